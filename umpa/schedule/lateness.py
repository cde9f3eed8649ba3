"""How late: any number of measurements in a bounded memory, with their quantiles.

The buckets are as wide as a 64th of what they hold, so a quantile is right to 1 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Lateness", "LatenessMeter"]

_FINE = 6  # bits of a value that are kept
_EXACT = 1 << _FINE  # ns; up to here each value has a bucket of its own


@dataclass(frozen=True)
class Lateness:
    """How long after their deadlines things were done, in seconds; zeros where nothing was."""

    median: float = 0.0
    p99: float = 0.0
    """99 % were not later than this."""
    max: float = 0.0

    def __str__(self) -> str:
        return (
            f"{duration(self.median)} median, {duration(self.p99)} 99 %, {duration(self.max)} max"
        )


class LatenessMeter:
    """Takes nanoseconds, gives a `Lateness`."""

    __slots__ = ("_buckets", "_max")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self._max = 0

    def add(self, late: int) -> None:
        """One measurement, 0 or more."""
        if late > self._max:
            self._max = late
        if late >= _EXACT:
            shift = late.bit_length() - _FINE
            late = (late >> shift) + (shift << _FINE)
        buckets = self._buckets
        buckets[late] = buckets.get(late, 0) + 1

    def read(self) -> Lateness:
        """The quantiles so far."""
        if not self._buckets:
            return Lateness()
        found = _quantiles(self._buckets, (0.5, 0.99))
        median, p99 = (min(value, self._max) / 1e9 for value in found)
        return Lateness(median, p99, self._max / 1e9)


def _quantiles(buckets: dict[int, int], wanted: Iterable[float]) -> list[int]:
    found: list[int] = []
    count = sum(buckets.values())
    ordered = sorted(buckets.items())
    for share in wanted:
        rank, seen, value = share * count, 0, 0
        for key, number in ordered:
            seen += number
            value = key
            if seen >= rank:
                break
        shift = value >> _FINE
        # the middle of the bucket
        low = (value & (_EXACT - 1)) << shift if shift else value
        found.append(low + ((1 << shift) >> 1) if shift else low)
    return found


def duration(seconds: float) -> str:
    """A time as people say it: `3.2 µs`, `12 ms`, `2.50 s`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"
