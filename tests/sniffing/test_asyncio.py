"""The asyncio face: the same captures, awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

import umpa
from tests.link.frames import frame
from umpa import IP, UDP, Ethernet, Packet, has
from umpa.errors import LinkClosed, LinkDown, ScheduleError
from umpa.link.memory import MemoryLink
from umpa.schedule import VirtualClock
from umpa.schedule import run as run_virtual
from umpa.sniffing import Capture, receive_loop, receive_one

Wire = tuple[MemoryLink, MemoryLink]


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(main, 20))


def test_iteration(wire: Wire) -> None:
    near, far = wire

    async def main() -> None:
        async with Capture(near, filter=UDP.dstport != 3, count=5) as capture:
            asyncio.get_running_loop().call_later(0.02, far.send_many, [frame(n) for n in range(6)])
            seen = [packet.udp.dstport async for packet in capture]
            assert seen == [0, 1, 2, 4, 5]
            assert capture.stats.captured == 5

    run(main())


def test_a_loop_that_is_left_is_taken_up_again(wire: Wire) -> None:
    near, far = wire

    async def main() -> None:
        far.send_many([frame(n) for n in range(4)])
        async with Capture(near) as capture:
            async for packet in capture:
                if packet.udp.dstport == 1:
                    break
            got = await capture.next()
            assert got is not None
            assert got.udp.dstport == 2
            async for packet in capture:
                assert packet.udp.dstport == 3
                break
            assert await capture.next(0.02) is None

    run(main())


def test_others_have_their_turn(wire: Wire) -> None:
    """Also while packets are always there."""
    near, far = wire
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def main() -> None:
        far.send_many([frame(1)] * 20_000)
        task = asyncio.create_task(other())
        async with Capture(near, count=20_000) as capture:
            number = 0
            async for _ in capture:
                number += 1
        task.cancel()
        assert number == 20_000

    run(main())
    assert turns > 20


def test_callbacks_may_be_coroutines(wire: Wire) -> None:
    near, far = wire
    seen: list[Any] = []

    async def main() -> None:
        capture_of = Capture(near)

        @capture_of.on(UDP.dstport == 1)
        async def slowly(packet: Packet) -> None:
            await asyncio.sleep(0.01)
            seen.append("slow")

        async with capture_of as capture:
            capture.on(has(UDP), lambda packet: seen.append(packet.udp.dstport))
            far.send_many([frame(1), frame(2)])
            assert await capture.dispatch(count=2) == 2
            assert seen == ["slow", 1, 2]
            await capture.send(frame(3))
            assert far.read()[0][1] == frame(3)
            assert await capture.dispatch(timeout=0.02) == 0

    run(main())


def test_an_exception_reaches_the_caller_with_the_packet(wire: Wire) -> None:
    near, far = wire
    seen: list[int] = []

    async def main() -> None:
        async with Capture(near) as capture:

            @capture.on()
            async def fragile(packet: Packet) -> None:
                seen.append(packet.udp.dstport)
                if packet.udp.dstport == 1:
                    raise RuntimeError("no ones")

            far.send_many([frame(n) for n in range(3)])
            with pytest.raises(RuntimeError) as raised:
                await capture.dispatch(timeout=0)
            assert raised.value.packet.udp.dstport == 1  # type: ignore[attr-defined]
            assert await capture.dispatch(timeout=0) == 1

    run(main())
    assert seen == [0, 1, 2]


def test_stop_and_cancel(wire: Wire) -> None:
    near, far = wire

    async def main() -> None:
        async with Capture(near) as capture:
            threading.Timer(0.03, capture.stop).start()
            assert await capture.dispatch() == 0
            task = asyncio.create_task(capture.dispatch())
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            far.send(frame(1))
            assert await capture.next() is not None

    run(main())


def test_several_sources_and_files(wire: Wire, captures: Path) -> None:
    near, far = wire
    other, peer = MemoryLink.pair(latency=0.02)

    async def main() -> None:
        async with Capture([near, other], timeout=5) as capture:
            peer.send(frame(7))
            got = await capture.next()
            assert got is not None
            assert got.udp.dstport == 7
            far.send(frame(8))
            assert await capture.next() is not None
        async with Capture(captures / "ping.pcap") as capture:
            assert [packet async for packet in capture] == list(umpa.read(captures / "ping.pcap"))

    run(main())


def test_errors_surface_where_they_are_awaited(wire: Wire) -> None:
    near, far = wire

    async def main() -> None:
        async with Capture(near) as capture:
            asyncio.get_running_loop().call_later(0.02, far.close)
            with pytest.raises(LinkDown):
                await capture.next()
        with pytest.raises(LinkClosed):
            await capture.next()

    run(main())


def test_closing_while_a_task_waits(wire: Wire) -> None:
    near, _ = wire

    async def main() -> None:
        async with Capture(near) as capture:
            task = asyncio.create_task(capture.next())
            await asyncio.sleep(0.02)
            capture.close()
            with pytest.raises(LinkClosed):
                await task

    run(main())


def test_the_blocking_face_in_a_running_loop(wire: Wire) -> None:
    """As in a cell of a notebook, where a loop runs already."""
    near, far = wire
    seen: list[int] = []

    async def cell() -> None:
        far.send(frame(5))
        packet = receive_one(near, timeout=1)
        assert packet is not None
        assert packet.udp.dstport == 5
        far.send_many([frame(n) for n in range(3)])
        with Capture(near, timeout=0.1) as capture:
            assert [one.udp.dstport for one in capture] == [0, 1, 2]
        assert umpa.send(frame(9), link=far).sent == 1
        receive_loop(lambda one: seen.append(one.udp.dstport), near, timeout=0.1)
        answers = umpa.sr(Ethernet() / IP(dst="10.0.0.2") / UDP(), timeout=0.1, link=near)
        assert len(answers.unanswered) == 1

    run(cell())
    assert seen == [9]


def test_a_source_in_another_time_than_the_loop_is_refused(wire: Wire) -> None:
    near, _ = wire
    clock = VirtualClock()
    virtual, _ = MemoryLink.pair(clock=clock)

    async def main(source: MemoryLink) -> None:
        async with Capture(source, timeout=1) as capture:
            await capture.next()

    with pytest.raises(ScheduleError, match=r"virtual clock.*umpa.schedule.run"):
        run(main(virtual))
    with pytest.raises(ScheduleError, match="not on the virtual clock"):
        run_virtual(main(near), clock=clock)
    with (
        pytest.raises(ScheduleError, match="are on different clocks"),
        Capture([near, virtual]),
    ):
        pass
    assert not near.closed


def test_in_virtual_time() -> None:
    clock = VirtualClock()
    near, far = MemoryLink.pair(latency=3600, clock=clock)

    async def main() -> None:
        async with Capture(near, timeout=7200) as capture:
            far.send(frame(1))
            assert [packet.udp.dstport async for packet in capture] == [1]

    run_virtual(main(), clock=clock)
    assert clock.monotonic_ns() == 7200 * 10**9
