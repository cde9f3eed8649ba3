"""On a wire, with tcpdump's time stamps as the judge.

Bounds are wide: the machine may be shared. `python -m tests.bench.pacing` measures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

import umpa
from tests.live.room import Room
from umpa import IP, UDP, Ethernet
from umpa.link import RawLink
from umpa.schedule import AsyncScheduler, Report, Scheduler

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool", "tcpdump")]

PACKET = Ethernet(dst="02:00:00:00:00:02") / IP(dst="10.0.0.2") / UDP(dstport=9) / bytes(18)
COUNT = 500
RATE = 1000
GAP = 1e6  # ns


def seen(file: Path) -> list[int]:
    """When the wire saw the packets, in nanoseconds."""
    times = [packet.time_ns for packet in umpa.read(file, filter="udp port 9")]
    return [time for time in times if time is not None]


def unsteady(times: list[int]) -> float:
    """By how much the usual gap is not as asked."""
    return abs(median(after - before for before, after in pairwise(times)) - GAP)


def recorded(room: Room, file: Path, send: Callable[[], Report]) -> tuple[list[int], Report]:
    """What was seen of a job; another time where other work kept the machine from it."""
    tries = 3
    while True:
        with room.server.recording(file, "eth0"):
            report = send()
        times, tries = seen(file), tries - 1
        if not tries or unsteady(times) < 100_000:
            return times, report


def judge(times: list[int], report: Report) -> None:
    assert report.sent == len(times) == COUNT
    assert unsteady(times) < 100_000
    rate = (len(times) - 1) / (times[-1] - times[0]) * 1e9
    assert abs(rate / RATE - 1) < 0.02
    assert report.rate is not None
    assert abs(report.rate / rate - 1) < 0.02


@pytest.mark.parametrize("precise", [False, True])
def test_the_blocking_face(room: Room, tmp_path: Path, precise: bool) -> None:
    def send() -> Report:
        with RawLink(room.device) as link:
            return Scheduler(link).send(PACKET, rate=RATE, count=COUNT, precise=precise)

    judge(*recorded(room, tmp_path / "seen.pcap", send))


def test_the_asyncio_face(room: Room, tmp_path: Path) -> None:
    async def main() -> Report:
        with RawLink(room.device) as link:
            async with AsyncScheduler(link) as scheduler:
                return await scheduler.send(PACKET, rate=RATE, count=COUNT)

    judge(*recorded(room, tmp_path / "seen.pcap", lambda: asyncio.run(main())))


def test_a_device_by_name_is_opened_and_closed(room: Room) -> None:
    with Scheduler(room.device) as scheduler:
        assert scheduler.send(PACKET, rate=RATE, count=5).sent == 5
    assert scheduler.link.closed
