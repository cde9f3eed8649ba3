"""Links in an asyncio loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from umpa.errors import LinkError
from umpa.link.aio import Watch, readable, writable
from umpa.link.base import Frame, Link, LinkStats
from umpa.link.memory import MemoryLink

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, within reason, and leave nothing behind."""

    async def whole() -> T:
        result = await asyncio.wait_for(main, 20)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    return asyncio.run(whole())


class PipeLink(Link):
    """A link with a descriptor: each byte in a pipe is a frame."""

    name = "pipe"
    linktype = 1

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        self.full = self._closed = False

    def send(self, packet: Any) -> None:
        os.write(self.write_end, packet)

    def read(self, max_packets: int = 256) -> list[Frame]:
        try:
            return [(0, bytes([byte]), None) for byte in os.read(self.read_end, max_packets)]
        except BlockingIOError:
            return []

    def wait(self, timeout: float | None = None) -> bool:
        return True

    def wait_writable(self, timeout: float | None = None) -> bool:
        return not self.full

    def fileno(self) -> int:
        return self.read_end

    def wakeup(self) -> None: ...

    @property
    def stats(self) -> LinkStats:
        return LinkStats()

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True
        os.close(self.read_end)
        os.close(self.write_end)


def links() -> tuple[MemoryLink, MemoryLink]:
    return MemoryLink.pair()


def piped() -> tuple[PipeLink, PipeLink]:
    link = PipeLink()
    return link, link


both = pytest.mark.parametrize("make", [links, piped])
Make = Callable[[], tuple[Link, Link]]


@both
def test_every_frame_is_seen(make: Make) -> None:
    async def main() -> None:
        sender, receiver = make()
        got: list[bytes] = []
        done = asyncio.get_running_loop().create_future()

        def callback() -> None:
            got.extend(data for _, data, _ in receiver.read(3))
            if len(got) == 20 and not done.done():
                done.set_result(None)

        watch = Watch(receiver, callback)
        sender.send_many([b"a"] * 10)  # more than one call reads
        await asyncio.sleep(0.01)
        sender.send_many([b"b"] * 10)
        await done
        watch.close()
        watch.close()
        sender.send(b"c")
        await asyncio.sleep(0.01)
        assert len(got) == 20
        sender.close()
        if receiver is not sender:
            receiver.close()

    run(main())


def test_frames_that_were_there_before_are_told() -> None:
    async def main() -> None:
        left, right = MemoryLink.pair()
        left.send(b"x")
        assert await readable(right)
        assert await readable(right, 0.1)
        assert len(right.read()) == 1
        assert not await readable(right, 0.01)

    run(main())


def test_a_frame_that_is_held_back_is_told_when_it_is_due() -> None:
    async def main() -> None:
        left, right = MemoryLink.pair(latency=0.05)
        waiting = asyncio.ensure_future(readable(right, 10))
        await asyncio.sleep(0)
        left.send(b"x")
        assert await waiting
        assert len(right.read()) == 1

    run(main())


def test_frames_from_another_thread_wake_the_loop() -> None:
    async def main() -> None:
        left, right = MemoryLink.pair()
        thread = threading.Timer(0.02, left.send, (b"x",))
        thread.start()
        assert await readable(right, 10)
        thread.join()

    run(main())


def test_closing_wakes_who_waits() -> None:
    async def main() -> None:
        left, right = MemoryLink.pair()
        for link in (left, right):
            asyncio.get_running_loop().call_later(0.01, link.close)
            assert await readable(right, 10)

    run(main())


@both
def test_a_second_watch_is_refused(make: Make) -> None:
    async def main() -> None:
        sender, receiver = make()
        watch = Watch(receiver, lambda: None)
        with pytest.raises(LinkError, match="is watched already; one reader at a time"):
            Watch(receiver, lambda: None)
        with pytest.raises(LinkError, match="is watched already"):
            await readable(receiver)
        watch.close()
        Watch(receiver, lambda: None).close()
        sender.close()

    run(main())


@both
def test_a_cancelled_wait_leaves_nothing_behind(make: Make) -> None:
    async def main() -> None:
        sender, receiver = make()
        for _ in range(3):
            waiting = asyncio.ensure_future(readable(receiver, 60))
            await asyncio.sleep(0.001)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert not await readable(receiver, 0.001)
        sender.send(b"x")
        assert await readable(receiver, 10)
        sender.close()

    run(main())


def test_waiting_to_write() -> None:
    async def main() -> None:
        left, _right = MemoryLink.pair(bandwidth=80_000, queue=1)  # 10 ms for 100 bytes
        assert await writable(left, 0)
        left.send(bytes(100))
        assert not await writable(left, 0)
        assert await writable(left, 10)
        left.send(bytes(100))
        with pytest.raises(ValueError, match="timeout is -1"):
            await writable(left, -1)
        with pytest.raises(ValueError, match="timeout is -1"):
            await readable(left, -1)

    run(main())


@both
def test_a_callback_that_closes_its_link_is_called_once_more(make: Make) -> None:
    async def main() -> list[bool]:
        left, right = make()
        seen: list[bool] = []

        def look() -> None:
            seen.append(right.closed)
            if seen == [False]:
                right.read()
                right.close()
            else:
                watch.close()

        watch = Watch(right, look)
        left.send(b"x")
        await asyncio.sleep(0.05)
        return seen

    assert run(main()) == [False, True]


def test_an_error_of_the_callback_goes_to_the_loop_and_ends_nothing() -> None:
    async def main() -> None:
        left, right = MemoryLink.pair()
        errors: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: errors.append(context["exception"])
        )

        def callback() -> None:
            right.read(1)
            raise KeyError("mine")

        watch = Watch(right, callback)
        left.send_many([b"x"] * 3)
        await asyncio.sleep(0.05)
        watch.close()
        assert [type(error) for error in errors] == [KeyError] * 3

    run(main())


def test_no_descriptor_is_asked_for_where_there_is_none() -> None:
    class Loop(asyncio.SelectorEventLoop):
        def add_reader(  # type: ignore[override]  # generic there, refused here
            self, fd: Any, callback: Any, *args: Any
        ) -> None:
            raise AssertionError("a loop in virtual time has no descriptors")

    async def main() -> None:
        left, right = MemoryLink.pair(latency=0.01)
        left.send(b"x")
        assert await readable(right, 10)

    loop = Loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
