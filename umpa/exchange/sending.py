"""The core of sending: packets find their ways, and leave at their times.

It stops where a hardware address has to be asked for (`unknown`), and goes on when it was told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby, islice, repeat
from typing import TypeAlias

from umpa.core.layer import Layer, no_packet
from umpa.core.packet import Packet
from umpa.errors import ScheduleError, WouldBlock
from umpa.exchange.way import Ready
from umpa.link.base import Frame, Link
from umpa.link.clock import REAL, Clock
from umpa.link.frame import Frames
from umpa.link.impairment import SECOND
from umpa.schedule.lateness import LatenessMeter
from umpa.schedule.pace import Pace
from umpa.schedule.report import Ending, Report
from umpa.schedule.times import whole

__all__ = ["Packets", "Sending", "listed"]

Packets: TypeAlias = "Packet | bytes | Iterable[Packet | bytes]"
"""One packet, a list, or a generator; bytes are a whole frame."""

_CHUNK = 1024
_PAUSE = 100_000  # ns, after a queue was full


def listed(packets: Packets, count: int = 1) -> Iterator[Packet | bytes]:
    """The packets, `count` times; a generator is kept in memory only to be sent again.

    :raises ScheduleError: there is nothing to send, or `count` is out of range.
    """
    whole("count", count, 1)
    if isinstance(packets, (Packet, bytes)):
        return repeat(packets, count)
    given: object = packets
    if isinstance(given, Layer) or not isinstance(given, Iterable):
        raise ScheduleError(no_packet(given))
    if count == 1:
        return iter(packets)
    several = packets if isinstance(packets, Sequence) else list(packets)
    return chain.from_iterable(repeat(several, count))


class Sending:
    """A core for `umpa.exchange.talk`."""

    def __init__(
        self,
        packets: Iterator[Packet | bytes],
        prepare: Callable[[Packet | bytes], Ready],
        out: Callable[[Ready], Link],
        pace: Pace,
        straight: Link | None = None,
    ) -> None:
        self._packets = packets
        self._prepare = prepare
        self._out = out
        self._pace = pace
        self.clock: Clock = REAL if straight is None else straight.clock
        self._straight = straight
        """Where frames go that are bytes, without being looked at."""
        self._offsets = None if pace.at_once else pace.offsets()
        self._offset = next(self._offsets) if self._offsets else 0
        self._held: deque[tuple[Link, Sequence[bytes]]] = deque()  # runs through the same link
        self.unknown: list[Ready] = []
        """What waits for the hardware address of its next hop."""
        self.finished = False
        self.ending: Ending = "complete"
        self._late = LatenessMeter()
        self._start: int | None = None
        self._first = self._last = 0
        self._sent = self._bytes = self._full = 0

    def step(self, now: int) -> int | None:
        """See `Talk.step`. None too when an address is needed first."""
        if self._start is not None and now < self._start + self._offset:
            return self._start + self._offset
        if not self._held and not self._take():
            return None
        if self._start is None:
            self._start = now  # what it took to find the way is not late
        link, run = self._held[0]
        frames = run[:1] if self._offsets is not None else run
        try:
            taken = link.send_many(frames)
        except WouldBlock:
            taken = 0
        self._account(frames if taken == len(frames) else frames[:taken], now)
        if taken == len(run):
            self._held.popleft()
        else:
            self._held[0] = link, run[taken:]
        if taken < len(frames):
            self._full += 1
            return now + _PAUSE
        return now

    def receive(self, frames: list[Frame], now: int) -> None:
        """See `Talk.receive`: nothing is read here."""

    def _account(self, frames: Sequence[bytes], now: int) -> None:
        if not frames:
            return
        if not self._sent:
            self._first = now
        self._last = now
        self._sent += len(frames)
        self._bytes += frames.size if isinstance(frames, Frames) else sum(map(len, frames))
        if self._offsets is not None and self._start is not None:
            self._late.add(now - self._start - self._offset)
            self._offset = next(self._offsets)

    def _take(self) -> bool:
        """Hold the next packets; False where there are none, or an address is needed."""
        if self.unknown:
            waiting, self.unknown = self.unknown, []
            self._hold(waiting)
            return True
        size = _CHUNK if self._offsets is None else 1
        chunk = list(islice(self._packets, size))
        if not chunk:
            self.finished = True
            return False
        frames = None if self._straight is None else Frames.of(chunk)
        if frames is not None and self._straight is not None:
            self._held.append((self._straight, frames))
            return True
        found = [self._prepare(packet) for packet in chunk]
        if any(ready.way.header is None for ready in found):
            self.unknown = found
            return False
        self._hold(found)
        return True

    def _hold(self, found: Sequence[Ready]) -> None:
        for link, run in groupby(found, self._out):
            self._held.append((link, [ready.frame() for ready in run]))

    @property
    def report(self) -> Report:
        """What became of it so far."""
        return Report(
            sent=self._sent,
            bytes=self._bytes,
            asked_rate=self._pace.asked,
            duration=(self._last - self._first) / SECOND,
            lateness=self._late.read(),
            retries=self._full,
            ending=self.ending,
        )
