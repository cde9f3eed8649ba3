"""Long measurements in bounded memory: the last values, and alarms that do not flutter."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from umpa.errors import TemplateError

__all__ = ["Alarm", "Window", "alarm", "window"]

_MOST = 10_000


class Window:
    """The values of the last `seconds`, or the last `count` of them; `count` is always a bound.

    Times are seconds of any clock that does not go back, such as `context.now`.
    """

    def __init__(self, seconds: float | None, count: int) -> None:
        self.seconds = seconds
        self.count = count
        self.dropped = 0
        """Values that left because there were more than `count` within the time."""
        self._span = math.inf if seconds is None else seconds
        self._values: deque[tuple[float, float]] = deque()
        self._sorted: list[float] | None = None  # from when somebody asks for an order on
        self._sum = 0.0

    def add(self, value: float, now: float = 0.0) -> None:
        """Take a value in, measured at `now`.

        :raises TemplateError: the value is NaN, which nothing can be compared with.
        """
        if value != value:
            raise TemplateError("window: NaN is no measurement; leave it out, or count it")
        values = self._values
        values.append((now, value))
        if self._sorted is not None:
            insort(self._sorted, value)
        self._sum += value
        self.forget(now)
        if len(values) > self.count:
            self._drop()
            self.dropped += self.seconds is not None

    def forget(self, now: float) -> None:
        """Drop what is older than the window at `now`."""
        values, last = self._values, now - self._span
        while values and values[0][0] <= last:
            self._drop()

    def _drop(self) -> None:
        ordered = self._sorted
        _, value = self._values.popleft()
        self._sum -= value
        if ordered is not None:
            del ordered[bisect_left(ordered, value)]
        if not self._values:
            self._sum = 0.0  # rounding errors do not live for ever

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[float]:
        return (value for _, value in self._values)

    @property
    def mean(self) -> float:
        """The arithmetic mean; 0 where there is no value."""
        return self._sum / len(self._values) if self._values else 0.0

    @property
    def minimum(self) -> float:
        """The least value; 0 where there is none."""
        return self._in_order()[0] if self._values else 0.0

    @property
    def maximum(self) -> float:
        """The greatest value; 0 where there is none."""
        return self._in_order()[-1] if self._values else 0.0

    @property
    def median(self) -> float:
        """The value in the middle; 0 where there is none."""
        ordered = self._in_order()
        return ordered[(len(ordered) - 1) // 2] if ordered else 0.0

    def percentile(self, percent: float) -> float:
        """The least value that `percent` of all values do not exceed; 0 where there is none.

        :raises TemplateError: `percent` is not from 0 to 100.
        """
        if not 0 <= percent <= 100:
            raise TemplateError(f"percentile: {percent} is not from 0 to 100")
        if not self._values:
            return 0.0
        return self._in_order()[max(0, math.ceil(len(self._values) * percent / 100) - 1)]

    def _in_order(self) -> list[float]:
        if self._sorted is None:
            self._sorted = sorted(self)
        return self._sorted


@dataclass
class Alarm:
    """A state with two thresholds: a value between them changes nothing."""

    name: str
    raise_at: float
    clear_at: float
    raised: bool = False
    raises: int = 0
    """How often it was raised."""
    since: float | None = None
    """When it was last raised or cleared."""

    def update(self, value: float, now: float = 0.0) -> str | None:
        """Look at a value: "raised" or "cleared" where that changed the state, else None.

        NaN changes nothing.
        """
        high = self.raise_at >= self.clear_at
        if self.raised:
            if value <= self.clear_at if high else value >= self.clear_at:
                self.raised, self.since = False, now
                return "cleared"
        elif value >= self.raise_at if high else value <= self.raise_at:
            self.raised, self.since = True, now
            self.raises += 1
            return "raised"
        return None


def window(seconds: float | None = None, count: int | None = None) -> Window:
    """The last values: of so many seconds, or so many of them (10,000 unless told otherwise).

    :raises TemplateError: neither is given, or one is not positive.
    """
    if seconds is None and count is None:
        raise TemplateError("window: give seconds=, count=, or both")
    if seconds is not None and not 0 < seconds < math.inf:
        raise TemplateError(f"window: seconds={seconds}; expected a positive number")
    if count is not None and count < 1:
        raise TemplateError(f"window: count={count}; expected a positive number")
    return Window(seconds, _MOST if count is None else count)


def alarm(name: str, *, raise_at: float, clear_at: float) -> Alarm:
    """An alarm, raised at one threshold and cleared at another: above, or below where
    `raise_at` is the lower one.

    :raises TemplateError: a threshold is NaN, or both are the same and so would flutter.
    """
    if math.isnan(raise_at) or math.isnan(clear_at) or raise_at == clear_at:
        raise TemplateError(
            f"alarm {name!r}: raise_at={raise_at}, clear_at={clear_at}; expected two numbers that "
            "differ, so that a value in between changes nothing"
        )
    return Alarm(name, raise_at, clear_at)
