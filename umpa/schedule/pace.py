"""When: the deadlines of a job, as offsets from its start in nanoseconds.

Deadline number n is computed from n, not from the one before, so that nothing drifts. Only a rate
that changes with time has to be summed up.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Literal, TypeAlias

from umpa.errors import ScheduleError
from umpa.schedule.times import SECOND, Number, above_zero, exact, nanoseconds, whole

__all__ = ["At", "Pace", "Rate", "capture_offset", "ramp"]

Rate: TypeAlias = "Number | Callable[[float], float]"
"""Packets per second; or a function that tells them for each second since the start."""
At: TypeAlias = Literal["capture"]

_STEP = 0.01
"""Seconds. A changing rate is looked at at least this often."""
_ROUNDS = 12
_STILL = 86400.0
"""Seconds. A changing rate that stays 0 for so long is taken for a mistake."""


@dataclass(frozen=True)
class Pace:
    """How far apart deadlines are: `gap` nanoseconds between groups of `burst`; or by `rate`."""

    gap: Fraction = Fraction(0)
    burst: int = 1
    rate: Callable[[float], float] | None = None
    speed: Fraction | None = None
    """Not None: at the times of the capture, so many times as fast."""
    jitter: int = 0
    """Each deadline is moved by a random time from 0 to this, in nanoseconds."""
    seed: int | None = None

    @classmethod
    def of(
        cls,
        *,
        interval: Number | None = None,
        rate: Rate | None = None,
        jitter: Number = 0,
        seed: int | None = None,
        burst: int = 1,
        at: At | None = None,
        speed: Number | None = None,
    ) -> Pace:
        """What a caller asked for.

        :raises ScheduleError: it is out of range, or says two things at once.
        """
        moved = round(nanoseconds("jitter", jitter))
        whole("burst", burst, 1)
        if interval is not None and rate is not None:
            raise ScheduleError(
                f"both interval={interval} and rate={rate} are given, expected one of them"
            )
        if at is not None:
            return cls._at_capture(at, speed, moved, seed, interval, rate, burst)
        if speed is not None:
            raise ScheduleError(f'speed={speed} is for at="capture" only; give an interval or rate')
        if callable(rate):
            _asked(rate, 0.0)
            return cls(rate=rate, burst=burst, jitter=moved, seed=seed)
        if rate is not None:
            found = above_zero("rate", rate, "a number of packets per second")
            return cls(burst * SECOND / found, burst, jitter=moved, seed=seed)
        gap = nanoseconds("interval", interval or 0)
        if not gap and moved:
            raise ScheduleError(f"jitter={jitter} needs an interval or a rate")
        return cls(gap, burst, jitter=moved, seed=seed)

    @classmethod
    def _at_capture(
        cls,
        at: object,
        speed: Number | None,
        jitter: int,
        seed: int | None,
        interval: Number | None,
        rate: Rate | None,
        burst: int,
    ) -> Pace:
        if at != "capture":
            raise ScheduleError(f'at is {at!r}, expected "capture"')
        if interval is not None or rate is not None or burst != 1:
            raise ScheduleError('at="capture" sets the times; expected no interval, rate or burst')
        factor = above_zero("speed", 1 if speed is None else speed, "a factor")
        return cls(speed=factor, jitter=jitter, seed=seed)

    @property
    def at_once(self) -> bool:
        """Whether there are no deadlines: everything is due from the start."""
        return not self.gap and self.rate is None and self.speed is None

    @property
    def asked(self) -> float | None:
        """Packets per second, where that is one number."""
        return float(self.burst * SECOND / self.gap) if self.gap else None

    def offsets(self) -> Iterator[int]:
        """Nanoseconds from the start, one for each packet, for ever, in order."""
        if self.rate is not None:
            groups = _by_rate(self.rate, self.burst)
        elif self.gap:
            gap, part = self.gap.numerator, self.gap.denominator
            groups = itertools.count(0, gap) if part == 1 else _by_fraction(gap, part)
        else:
            return itertools.repeat(0)
        if self.jitter:
            groups = map(self.mover(), groups)
        if self.burst == 1:
            return groups
        return itertools.chain.from_iterable(
            map(itertools.repeat, groups, itertools.repeat(self.burst))
        )

    def mover(self) -> Callable[[int], int]:
        """What adds the jitter to one offset after the other; they stay in order."""
        uniform, last = Random(self.seed).random, 0

        def move(offset: int) -> int:
            nonlocal last
            last = max(last, offset + round(uniform() * self.jitter))
            return last

        return move


def _by_fraction(gap: int, part: int) -> Iterator[int]:
    return (number * gap // part for number in itertools.count())


def _by_rate(rate: Callable[[float], float], burst: int) -> Iterator[int]:
    """A deadline each time that the sum of the rate over time has grown by `burst`."""
    now, still = 0.0, 0.0
    while True:
        yield round(now * SECOND)
        needed = float(burst)
        while (grown := _STEP * _asked(rate, now + _STEP / 2)) < needed:
            now += _STEP
            needed -= grown
            still = 0.0 if grown else still + _STEP
            if still > _STILL:
                raise ScheduleError(f"rate stays 0 from second {now - still:g} on for a whole day")
        now += _step_for(rate, now, needed, grown)


def _step_for(rate: Callable[[float], float], now: float, needed: float, most: float) -> float:
    """How long, of one step in which the sum grows by `most`, until it has grown by `needed`.

    By the secant method, with the rate in the middle of the time: exact for rates that change
    evenly, and at once for those that do not change.
    """
    last, last_off = _STEP, most - needed
    step = _STEP * needed / most
    for _ in range(_ROUNDS):
        off = step * _asked(rate, now + step / 2) - needed
        if abs(off) <= 1e-9 * needed or off == last_off:
            break
        guess = step - off * (step - last) / (off - last_off)
        last, last_off = step, off
        step = min(max(guess, 0.0), _STEP)
    return step


def _asked(rate: Callable[[float], float], now: float) -> float:
    found = float(rate(now))
    if not 0 <= found < math.inf:
        raise ScheduleError(f"rate({now:g}) is {found}, expected packets per second, 0 or more")
    return found


def ramp(first: Number, last: Number, seconds: Number) -> Callable[[float], float]:
    """A rate that goes evenly from `first` to `last` packets/s in `seconds`, and stays there.

    :raises ScheduleError: a rate is negative, both are 0, or the time is not above 0.
    """
    expected = "packets per second, 0 or more"
    start, end = float(exact("first", first, expected)), float(exact("last", last, expected))
    if start < 0 or end < 0 or start == end == 0:
        raise ScheduleError(f"a ramp from {first} to {last}, expected {expected}, not both 0")
    length = float(above_zero("seconds", seconds, "a number of seconds"))

    def rate(now: float) -> float:
        return start + (end - start) * min(max(now / length, 0.0), 1.0)

    return rate


def capture_offset(time_ns: int, first_ns: int, speed: Fraction) -> int:
    """The time of a captured packet behind the first one, played `speed` times as fast."""
    return (time_ns - first_ns) * speed.denominator // speed.numerator
