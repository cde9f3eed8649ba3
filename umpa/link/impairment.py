"""What a wire does to frames: delays, loses, repeats, reorders and damages them.

All randomness comes from one seed, and is asked for frame by frame: the same frames with the
same seed meet the same fate.
"""

from __future__ import annotations

import math
from random import Random

__all__ = ["Impairment", "fraction", "positive", "seconds"]

SECOND = 1_000_000_000
_LATE_AT_LEAST = 1_000_000  # ns that a reordered frame comes late by, however short the latency


class Impairment:
    """One direction of a wire. Times are nanoseconds of a monotonic clock that the caller reads."""

    __slots__ = (
        "_bandwidth", "_corrupt", "_duplicate", "_free", "_jitter", "_last", "_latency", "_loss",
        "_random", "_reorder",
    )  # fmt: skip

    def __init__(
        self,
        *,
        latency: float = 0,
        jitter: float = 0,
        loss: float = 0,
        duplicate: float = 0,
        reorder: float = 0,
        corrupt: float = 0,
        bandwidth: float | None = None,
        random: Random,
    ) -> None:
        self._latency = round(seconds("latency", latency) * SECOND)
        self._jitter = round(seconds("jitter", jitter) * SECOND)
        self._loss = fraction("loss", loss)
        self._duplicate = fraction("duplicate", duplicate)
        self._reorder = fraction("reorder", reorder)
        self._corrupt = fraction("corrupt", corrupt)
        self._bandwidth = None if bandwidth is None else positive("bandwidth", bandwidth)
        self._random = random
        self._free = 0  # when the last frame's last bit has left
        self._last = 0  # when the last frame that keeps the order arrives

    @property
    def none(self) -> bool:
        """Whether frames pass at once and as they are."""
        chances = (self._loss, self._duplicate, self._reorder, self._corrupt)
        return not (any(chances) or self._latency or self._jitter or self._bandwidth)

    def carry(self, data: bytes, now: int) -> list[tuple[int, bytes]]:
        """When this frame arrives, sent now, and as what: nothing, once, or twice."""
        chance = self._random.random
        if self._bandwidth is not None:  # what gets lost occupies the wire all the same
            self._free = max(self._free, now)
            self._free += round(len(data) * 8 * SECOND / self._bandwidth)
            now = self._free
        if self._loss and chance() < self._loss:
            return []
        due = now + self._latency
        if self._jitter:
            due += round(chance() * self._jitter)
        if self._reorder and chance() < self._reorder:
            due += max(self._latency, _LATE_AT_LEAST)
        else:
            due = self._last = max(due, self._last)
        if self._corrupt and chance() < self._corrupt:
            data = self._damaged(data)
        if self._duplicate and chance() < self._duplicate:
            return [(due, data), (due, data)]
        return [(due, data)]

    def _damaged(self, data: bytes) -> bytes:
        bit = self._random.randrange(len(data) * 8)
        changed = bytearray(data)
        changed[bit >> 3] ^= 1 << (bit & 7)
        return bytes(changed)


def seconds(name: str, value: float) -> float:
    """A duration.

    :raises ValueError: it is negative, endless or no number.
    """
    if _is_number(value) and 0 <= value < math.inf:
        return value
    raise ValueError(f"{name} is {value!r}, expected seconds, 0 or more")


def fraction(name: str, value: float) -> float:
    """A share of all frames.

    :raises ValueError: it is not between 0 and 1.
    """
    if _is_number(value) and 0 <= value <= 1:
        return value
    raise ValueError(f"{name} is {value!r}, expected a fraction from 0 to 1 (0.05 is 5 %)")


def positive(name: str, value: float) -> float:
    """A rate, a bound or a factor.

    :raises ValueError: it is not above 0, or is endless.
    """
    if _is_number(value) and 0 < value < math.inf:
        return value
    raise ValueError(f"{name} is {value!r}, expected a number above 0")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
