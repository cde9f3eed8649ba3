"""Three ways to drive the same schedule, and a link that remembers what came when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from umpa import IP, UDP, Ethernet, Packet
from umpa.errors import WouldBlock
from umpa.link.base import BATCH, Frame, Link, LinkStats
from umpa.link.clock import REAL, Clock
from umpa.schedule import AsyncScheduler, Report, Scheduler, VirtualClock, run
from umpa.schedule.planner import Options
from umpa.schedule.supply import Packets

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["DRIVERS", "Driver", "Outcome", "Recorder", "numbered"]

MS = 1_000_000


class Recorder(Link):
    """Takes everything, unless `trouble` says otherwise, and remembers it."""

    name = "recorder"
    linktype = 1

    def __init__(self, clock: Clock = REAL) -> None:
        self.clock = clock
        self.frames: list[tuple[int, bytes]] = []
        self.trouble: Callable[[bytes], Exception | None] = lambda data: None
        self.attempts = 0
        self._closed = False

    def send(self, packet: Packet | bytes) -> None:
        self.attempts += 1
        data = bytes(packet)
        if (error := self.trouble(data)) is not None:
            raise error
        self.frames.append((self.clock.monotonic_ns(), data))

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        return []

    def wait(self, timeout: float | None = None) -> bool:
        return False

    def wakeup(self) -> None:
        """Nobody waits."""

    @property
    def stats(self) -> LinkStats:
        return LinkStats(sent=len(self.frames))

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True

    def full_for(self, attempts: int) -> None:
        """Refuse so many attempts, and then no more."""
        left = attempts

        def trouble(data: bytes) -> Exception | None:
            nonlocal left
            left -= 1
            return WouldBlock("the queue is full") if left >= 0 else None

        self.trouble = trouble


def numbered(count: int) -> list[Packet]:
    """Packets that can be told apart."""
    return [Ethernet() / IP() / UDP() / bytes([number % 256]) for number in range(count)]


@dataclass
class Outcome:
    """What a driver did."""

    report: Report
    frames: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    started: int = 0

    @property
    def numbers(self) -> list[int]:
        """Of `numbered` packets, in the order in which they were sent."""
        return [data[-1] for _, data in self.frames]

    @property
    def times(self) -> list[int]:
        """Nanoseconds after the start."""
        return [when - self.started for when, _ in self.frames]


@dataclass
class Driver:
    """A way to send. `slack` is how late it may be, in nanoseconds."""

    name: str
    clock: Callable[[], Clock]
    face: Callable[[Recorder, Packets, Options], Report]
    slack: int

    def send(
        self,
        packets: Packets,
        prepare: Callable[[Recorder], object] = lambda link: None,
        **options: Unpack[Options],
    ) -> Outcome:
        """Send, and tell what became of it."""
        link = Recorder(self.clock())
        prepare(link)
        started = link.clock.monotonic_ns()
        report = self.face(link, packets, options)
        return Outcome(report, link.frames, started)

    def assert_times(self, outcome: Outcome, expected_ms: list[float]) -> None:
        """Nothing too early, and nothing later than this driver may be."""
        assert len(outcome.times) == len(expected_ms)
        for got, wanted in zip(outcome.times, expected_ms, strict=True):
            late = got - round(wanted * MS)
            assert 0 <= late <= self.slack, (outcome.times, expected_ms)

    def __repr__(self) -> str:
        return self.name


def _blocking(link: Recorder, packets: Packets, options: Options) -> Report:
    return Scheduler(link).send(packets, **options)


def _asyncio(link: Recorder, packets: Packets, options: Options) -> Report:
    async def main() -> Report:
        async with AsyncScheduler(link) as scheduler:
            return await scheduler.send(packets, **options)

    if isinstance(link.clock, VirtualClock):
        return run(main(), clock=link.clock)
    return asyncio.run(main())


_REAL_SLACK = 250 * MS  # a machine that is shared hiccups

DRIVERS = [
    Driver("blocking, virtual clock", VirtualClock, _blocking, 0),
    Driver("asyncio, virtual clock", VirtualClock, _asyncio, 0),
    Driver("blocking, real clock", lambda: REAL, _blocking, _REAL_SLACK),
    Driver("asyncio, real clock", lambda: REAL, _asyncio, _REAL_SLACK),
]
