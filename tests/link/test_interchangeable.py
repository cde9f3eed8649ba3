"""Whatever takes a link takes any link: sending, scheduling, asking, capturing, in both faces."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

import umpa
from tests.live.room import Room
from umpa import ICMP, IP, Ethernet, Packet, aio
from umpa.link import (
    Fault,
    FileLink,
    Limit,
    LiveLink,
    MemoryLink,
    RawIPLink,
    RawLink,
    TapLink,
    Tee,
    Trace,
)
from umpa.link.base import Link
from umpa.schedule import AsyncScheduler, Scheduler
from umpa.sniffing import Capture, receive

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]

PING = IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(ident=77)
FRAME = Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / PING

Making = Callable[[], Link]


def wrapped(making: Callable[[Link], Link]) -> Making:
    """Around a link of memory."""
    return lambda: making(MemoryLink.pair()[0])


KINDS: dict[str, Making] = {
    "live": lambda: LiveLink("eth0", timeout_ms=1),
    "raw": lambda: RawLink("eth0"),
    "raw IP": RawIPLink,
    "TAP": lambda: TapLink("umpa%d", address="10.9.0.1/24"),
    "TUN": lambda: TapLink("umpa%d", tun=True, address="10.9.1.1/24"),
    "memory": lambda: MemoryLink.pair()[0],
    "trace": wrapped(lambda inner: Trace(inner, lambda line: None)),
    "fault": wrapped(Fault),
    "tee": wrapped(lambda inner: Tee(inner, io.BytesIO())),
    "limit": wrapped(lambda inner: Limit(inner, rate=1e6, burst=1e6)),
}


@pytest.fixture(params=[*KINDS, "savefile"])
def link(request: pytest.FixtureRequest, room: Room, tmp_path: Path) -> Iterator[Link]:
    if request.param == "savefile":
        umpa.write(str(tmp_path / "in.pcap"), [FRAME])
        made: Link = FileLink(tmp_path / "in.pcap", out=tmp_path / "out.pcap")
    else:
        made = KINDS[request.param]()
    with made:
        yield made


def packet_for(link: Link) -> Packet:
    return FRAME if link.linktype == 1 else PING


def test_it_sends_and_schedules(link: Link) -> None:
    packet = packet_for(link)
    before = link.stats.sent
    assert umpa.send([packet, bytes(packet)], link=link).sent == 2
    assert Scheduler(link).send(packet, count=2, interval=0.001).sent == 2

    async def main() -> None:
        assert (await aio.send(packet, link=link)).sent == 1
        async with AsyncScheduler(link) as scheduler:
            assert (await scheduler.send(packet, count=2)).sent == 2

    asyncio.run(main())
    assert link.stats.sent - before == 7


def test_it_asks(link: Link) -> None:
    packet = packet_for(link)
    answers = umpa.sr([packet], link=link, timeout=0.05)
    assert answers.stats.sent == 1

    async def main() -> None:
        assert (await aio.sr([packet], link=link, timeout=0.05)).stats.sent == 1

    asyncio.run(main())


def test_it_is_captured_from(link: Link) -> None:
    def capture() -> AbstractContextManager[Capture]:
        return Capture(link, timeout=0.05)

    with ExitStack() as stack:
        armed = stack.enter_context(capture())
        armed.send(packet_for(link))
        assert armed.stats.dropped == 0
        list(armed)
    receive(1, device=link, timeout=0.05)

    async def main() -> None:
        async with Capture(link, timeout=0.05) as awaited:
            await awaited.next()

    asyncio.run(main())
    assert not link.closed
