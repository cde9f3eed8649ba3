"""Two links connected to each other in memory, by a wire that may delay, lose and reorder.

Each direction of the wire (`_Way`) has one lock, which guards everything in it. A callback given
to `on_ready` runs outside of the lock. Where each frame takes it, it is not taken by `with`, which
costs twice as much as all else there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import islice
from random import Random
from threading import Condition, Lock

from umpa.core.packet import Packet
from umpa.errors import EncodeError, LinkClosed, LinkDown, LinkError, WouldBlock
from umpa.link.base import BATCH, Frame, Link, LinkStats
from umpa.link.clock import REAL, Clock
from umpa.link.frame import frame_of, longest_frame
from umpa.link.impairment import SECOND, Impairment, positive

__all__ = ["MemoryLink"]

_MAC = "02:00:00:00:00:{:02x}"  # locally administered


class _Way:
    """One direction: frames on the way, frames that arrived, and what happened to the others."""

    def __init__(self, impairment: Impairment, limited: bool, bound: int, clock: Clock) -> None:
        self.impairment = None if impairment.none else impairment
        self.limited = limited
        self.bound = bound
        self.clock = clock
        self.lock = Lock()
        self.changed = Condition(self.lock)
        self.waiting = 0
        self.woken = False
        self.callback: Callable[[], object] | None = None
        self.arrived: deque[Frame] = deque()
        self.held: list[tuple[int, int, bytes]] = []  # a heap: when due, in which order, what
        self.number = 0
        self.reader_gone = False
        self.writer_gone = False
        self.sent = self.refused = self.came = self.dropped = self.lost = 0

    def put(self, frames: Sequence[bytes]) -> int:
        """Take frames, as many as there is room for; how many were taken."""
        taken, news = len(frames), True
        self.lock.acquire()
        try:
            if self.impairment is not None:
                taken, news = self._hold(frames, self.impairment)
            else:
                now, arrived = self.clock.time_ns(), self.arrived
                free = self.bound - len(arrived)
                if taken > free:
                    self.dropped += taken - free
                    frames = frames[:free]
                for data in frames:
                    arrived.append((now, data, None))
            self.sent += taken
            if self.waiting:
                self.changed.notify_all()
            callback = self.callback if news else None
        finally:
            self.lock.release()
        if callback is not None:
            callback()
        return taken

    def _hold(self, frames: Sequence[bytes], impairment: Impairment) -> tuple[int, bool]:
        now = self.clock.monotonic_ns()
        self.arrive(now)
        held = self.held
        first = held[0][0] if held else None
        before = len(self.arrived)
        taken = 0
        for data in frames:
            if len(held) >= self.bound:
                if self.limited:
                    self.refused += 1
                    break
                self.came += 1
                self.dropped += 1
            else:
                copies = impairment.carry(data, now)
                self.lost += not copies
                for due, copy in copies:
                    self.number += 1
                    heappush(held, (due, self.number, copy))
            taken += 1
        news = bool(held) and held[0][0] != first
        self.arrive(now)
        return taken, news or len(self.arrived) > before

    def arrive(self, now: int) -> None:
        """Let those arrive that are due."""
        held = self.held
        if not held or held[0][0] > now:
            return
        offset = self.clock.time_ns() - now
        arrived = self.arrived
        while held and held[0][0] <= now:
            due, _, data = heappop(held)
            self.came += 1
            if len(arrived) < self.bound:
                arrived.append((due + offset, data, None))
            else:
                self.dropped += 1

    def due(self) -> int | None:
        """When there is something to read: a frame, or the news that none will come any more."""
        now = self.clock.monotonic_ns()
        self.arrive(now)
        if self.arrived:
            return now
        if self.held:
            return self.held[0][0]
        return now if self.writer_gone or self.reader_gone else None

    def room(self) -> int | None:
        """When there is room for one more frame."""
        now = self.clock.monotonic_ns()
        self.arrive(now)
        full = self.limited and len(self.held) >= self.bound
        return self.held[0][0] if full and not (self.reader_gone or self.writer_gone) else now

    def wait(self, when: Callable[[], int | None], timeout: float | None) -> bool:
        """Wait for the time that `when` tells, which is asked again at each change."""
        clock = self.clock
        with self.lock:
            deadline = None if timeout is None else clock.monotonic_ns() + round(timeout * SECOND)
            self.waiting += 1
            try:
                while True:
                    due, now = when(), clock.monotonic_ns()
                    if due is not None and due <= now:
                        return True
                    if deadline is not None and deadline <= now:
                        return False
                    ends = [end for end in (due, deadline) if end is not None]
                    clock.wait(self.changed, (min(ends) - now) / SECOND if ends else None)
            finally:
                self.waiting -= 1

    @property
    def received(self) -> int:
        """How many came to the other end, those that were dropped there included."""
        return self.sent if self.impairment is None else self.came

    def tell(self) -> None:
        """Make whoever waits look again."""
        with self.lock:
            self.changed.notify_all()
            callback = self.callback
        if callback is not None:
            callback()


class MemoryLink(Link):
    """One end of a wire in memory; `pair` makes both.

    A frame that nothing delays can be read as soon as `send` returns. Each direction holds at
    most `queue` frames on the way and `queue` frames that arrived and were not read. What arrives
    beyond is in the receiver's `stats.dropped`; what the wire lost is in its
    `dropped_by_interface`. When one end is closed, `send` of the other raises LinkDown, and so
    does its `read`, after every frame that was under way.
    """

    def __init__(
        self, name: str, incoming: _Way, outgoing: _Way, linktype: int, mtu: int | None, mac: str
    ) -> None:
        self.name = name
        self.linktype = linktype
        self.mtu = mtu
        self.mac = mac if linktype == 1 else None
        self.clock = incoming.clock
        self._in = incoming
        self._out = outgoing
        self._longest = longest_frame(linktype, mtu)

    @classmethod
    def pair(
        cls,
        latency: float = 0,
        jitter: float = 0,
        loss: float = 0,
        duplicate: float = 0,
        reorder: float = 0,
        bandwidth: float | None = None,
        seed: int | None = None,
        linktype: int = 1,
        mtu: int | None = 1500,
        queue: int = 65536,
        clock: Clock = REAL,
        names: tuple[str, str] = ("left", "right"),
    ) -> tuple[MemoryLink, MemoryLink]:
        """Two links: what is sent into one comes out of the other. Both directions are alike.

        Times are seconds, shares are fractions from 0 to 1, `bandwidth` is bits per second.

        - A frame takes `latency` and a random part of `jitter`; jitter alone never reorders.
        - `loss` and `duplicate` of all frames are lost, or arrive twice.
        - `reorder` of them come late by another `latency`, but 1 ms at least, so that those sent
          meanwhile overtake.
        - With `bandwidth`, frames leave one after the other, and `send` raises WouldBlock
          while `queue` frames are on the way; without, frames beyond that are dropped.

        The same `seed` gives the same run.

        :raises ValueError: a number is out of its range.
        """
        for name, value in (("queue", queue), ("mtu", 1 if mtu is None else mtu)):
            if int(positive(name, value)) != value:
                raise ValueError(f"{name} is {value!r}, expected a whole number above 0")
        ways = [
            _Way(
                Impairment(
                    latency=latency, jitter=jitter, loss=loss, duplicate=duplicate,
                    reorder=reorder, bandwidth=bandwidth,
                    random=Random(None if seed is None else f"{seed} {direction}"),
                ),
                bandwidth is not None, queue, clock,
            )
            for direction in ("to the left", "to the right")
        ]  # fmt: skip
        left = cls(names[0], ways[0], ways[1], linktype, mtu, _MAC.format(1))
        right = cls(names[1], ways[1], ways[0], linktype, mtu, _MAC.format(2))
        return left, right

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        out = self._out
        try:
            data = self._take(packet)
        except (EncodeError, LinkError):
            with out.lock:
                out.refused += 1
            raise
        if not out.put((data,)):
            raise WouldBlock(f"{self.name}: {out.bound} frames are on the way already")

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        """See `Link.send_many`."""
        out, longest = self._out, self._longest
        for packet in packets:
            if packet.__class__ is not bytes or not 0 < len(packet) <= longest:
                break
        else:
            if not (out.writer_gone or out.reader_gone):
                return out.put(packets)  # type: ignore[arg-type]  # quicker than isinstance
        frames: list[bytes] = []
        for packet in packets:
            try:
                frames.append(self._take(packet))
            except (EncodeError, LinkError):
                break
        if not frames and packets:
            self.send(packets[0])  # tells what is wrong with it, and counts it
        return self._out.put(frames)

    def _take(self, packet: Packet | bytes) -> bytes:
        if self._out.writer_gone:
            raise self._closed_error()
        if self._out.reader_gone:
            raise LinkDown(f"{self.name}: the other end was closed")
        return frame_of(packet, self.linktype, self._longest, self.name)

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """See `Link.read`."""
        way = self._in
        way.lock.acquire()
        try:
            if way.reader_gone:
                raise self._closed_error()
            if way.held:
                way.arrive(way.clock.monotonic_ns())
            arrived = way.arrived
            if len(arrived) <= max_packets:
                frames = list(arrived)
                arrived.clear()
            else:
                frames = list(islice(arrived, max_packets))
                for _ in frames:
                    arrived.popleft()
            if not frames and way.writer_gone and not way.held and max_packets > 0:
                raise LinkDown(f"{self.name}: the other end was closed")
        finally:
            way.lock.release()
        return frames

    def wait(self, timeout: float | None = None) -> bool:
        """See `Link.wait`."""
        way = self._in

        def when() -> int | None:
            if way.woken:
                way.woken = False
                return way.clock.monotonic_ns()
            return way.due()

        return way.wait(when, timeout)

    def wait_writable(self, timeout: float | None = None) -> bool:
        """See `Link.wait_writable`."""
        return self._out.wait(self._out.room, timeout)

    def on_ready(self, callback: Callable[[], object] | None) -> None:
        """See `Link.on_ready`. Called too when a frame is held back: then ask `due_ns`.

        :raises LinkError: somebody else asked before.
        """
        with self._in.lock:
            if callback is not None and self._in.callback is not None:
                raise LinkError(f"{self.name}: is watched already; one reader at a time")
            self._in.callback = callback

    def due_ns(self) -> int | None:
        """See `Link.due_ns`."""
        way = self._in
        if way.arrived:
            return 0
        if not (way.held or way.writer_gone or way.reader_gone):
            return None
        with way.lock:
            return way.due()

    def wakeup(self) -> None:
        """See `Link.wakeup`."""
        with self._in.lock:
            self._in.woken = True
            self._in.changed.notify_all()

    @property
    def stats(self) -> LinkStats:
        """See `Link.stats`."""
        way, out = self._in, self._out
        with way.lock:
            received, dropped, lost = way.received, way.dropped, way.lost
        return LinkStats(received, dropped, lost, out.sent, out.refused)

    @property
    def closed(self) -> bool:
        """See `Link.closed`."""
        return self._in.reader_gone

    def close(self) -> None:
        """See `Link.close`."""
        with self._in.lock:
            self._in.reader_gone = True
            self._in.arrived.clear()
            self._in.held.clear()
        self._out.writer_gone = True
        self._in.tell()
        self._out.tell()

    def _closed_error(self) -> LinkClosed:
        return LinkClosed(f"{self.name}: was closed")
