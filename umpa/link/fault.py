"""A link with a bad wire in between."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from heapq import heappop, heappush
from random import Random
from threading import Condition, Lock

from umpa.core.packet import Packet
from umpa.errors import LinkError, WouldBlock
from umpa.link.base import BATCH, Frame, Link, LinkStats
from umpa.link.frame import frame_of, longest_frame
from umpa.link.impairment import SECOND, Impairment, seconds
from umpa.link.wrap import Wrapper

__all__ = ["Fault"]

_HELD_AT_MOST = 65536


class Fault(Wrapper):
    """Loses, repeats, damages and delays what passes through a link.

    `loss`, `duplicate`, `corrupt` (one bit changed) and `reorder` are shares of all frames, each
    way. What comes in takes `delay` and a random part of `jitter` longer, in seconds; what goes out
    leaves at once, so a round trip takes `delay` longer. The same `seed` gives the same
    fate to the same frames. `lost` counts frames lost on the way out; those lost on the way in
    are in `stats.dropped_by_interface`.

    :raises ValueError: a number is out of its range.
    """

    def __init__(
        self,
        link: Link,
        *,
        loss: float = 0,
        corrupt: float = 0,
        duplicate: float = 0,
        reorder: float = 0,
        delay: float = 0,
        jitter: float = 0,
        seed: int | None = None,
    ) -> None:
        super().__init__(link)
        self._longest = longest_frame(link.linktype, link.mtu)
        self._out = Impairment(
            loss=loss, corrupt=corrupt, duplicate=duplicate,
            random=Random(None if seed is None else f"{seed} out"),
        )  # fmt: skip
        self._in = Impairment(
            loss=loss, corrupt=corrupt, duplicate=duplicate, reorder=reorder,
            latency=seconds("delay", delay), jitter=jitter,
            random=Random(None if seed is None else f"{seed} in"),
        )  # fmt: skip
        self._lock = Condition(Lock())
        self._held: list[tuple[int, int, Frame]] = []  # a heap: when due, in which order, what
        self._number = 0
        self._error: LinkError | None = None  # raised behind the frames that came before it
        self._sent = self._lost_in = self._copied = self._dropped = 0
        self.lost = 0

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        data = frame_of(packet, self.linktype, self._longest, self.name)
        with self._lock:
            copies = self._out.carry(data, 0)
            if copies:
                self.link.send(copies[0][1])
                for _, copy in copies[1:]:
                    with suppress(WouldBlock):  # one too many, by intent
                        self.link.send(copy)
            else:
                self.lost += 1
            self._sent += 1

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        """See `Link.send_many`."""
        return Link.send_many(self, packets)  # each frame has its own fate

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """See `Link.read`."""
        with self._lock:
            if self._error is None:
                self._take(max_packets)
            now = self.clock.monotonic_ns()
            held, frames = self._held, list[Frame]()
            while held and held[0][0] <= now and len(frames) < max_packets:
                frames.append(heappop(held)[2])
            if not frames and not held and self._error is not None:
                error, self._error = self._error, None
                raise error
            return frames

    def _take(self, max_packets: int) -> None:
        try:
            frames = self.link.read(max_packets)
        except LinkError as error:
            self._error = error
            return
        now = self.clock.monotonic_ns()
        for time_ns, data, length in frames:
            copies = self._in.carry(data, now)
            self._lost_in += not copies
            self._copied += len(copies) > 1
            for due, copy in copies:
                if len(self._held) >= _HELD_AT_MOST:
                    self._dropped += 1
                    continue
                self._number += 1
                heappush(self._held, (due, self._number, (time_ns + due - now, copy, length)))

    def wait(self, timeout: float | None = None) -> bool:
        """See `Link.wait`."""
        due = self._due()
        if due is None:
            return self.link.wait(timeout)
        left = max(due - self.clock.monotonic_ns(), 0) / SECOND
        limit = left if timeout is None else min(left, timeout)
        if self._error is None:
            return self.link.wait(limit) or limit == left
        with self._lock:  # inside there is nothing any more to wait for
            self.clock.wait(self._lock, limit)
        return limit == left

    def due_ns(self) -> int | None:
        """See `Link.due_ns`."""
        inner = self.link.due_ns() if self._error is None else None
        times = [due for due in (self._due(), inner) if due is not None]
        return min(times, default=None)

    def _due(self) -> int | None:
        with self._lock:
            if self._held:
                return self._held[0][0]
            return self.clock.monotonic_ns() if self._error is not None else None

    @property
    def stats(self) -> LinkStats:
        """See `Link.stats`."""
        inner = self.link.stats
        return replace(
            inner,
            received=inner.received - self._lost_in + self._copied,
            dropped=inner.dropped + self._dropped,
            dropped_by_interface=inner.dropped_by_interface + self._lost_in,
            sent=self._sent,
        )
