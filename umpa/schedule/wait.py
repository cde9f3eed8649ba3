"""Waiting for a deadline on the machine's clock, as exactly as the user wants to pay for.

Plain: one sleep until the deadline; the kernel adds its timer slack, 50 µs. Precise: a sleep until
shortly before, with a slack of 1 ns (prctl(2), PR_SET_TIMERSLACK), and then a loop that
watches the clock.
"""

from __future__ import annotations

import sys
import time
from threading import Condition
from types import TracebackType
from typing import Protocol

from umpa.link.clock import Clock, RealClock
from umpa.schedule.clock import VirtualClock
from umpa.schedule.times import SECOND

__all__ = ["SPIN_LEAST", "SPIN_MOST", "Slack", "Waiter", "spin_for", "suspended_ns", "waiter_for"]

SPIN_LEAST = 30_000
SPIN_MOST = 100_000
"""Nanoseconds before a deadline from which on the precise way watches the clock: see `spin_for`."""
_PR_SET_TIMERSLACK = 29
_PR_GET_TIMERSLACK = 30
_LONGEST_SLEEP = 3600.0  # s; time.sleep refuses very long ones


class Waiter(Protocol):
    """Waits until its clock shows `deadline_ns`, about; may return early."""

    def __call__(self, deadline_ns: int, precise: bool) -> None: ...


def waiter_for(clock: Clock) -> Waiter:
    """How to wait on a clock."""
    if isinstance(clock, VirtualClock):
        return lambda deadline_ns, precise: clock.advance_to(deadline_ns)
    return _sleep if isinstance(clock, RealClock) else _ByClock(clock)


def spin_for(left: int) -> int:
    """How long to watch the clock, at the end of a wait of `left` nanoseconds.

    A core that idled for a millisecond takes longer to wake up than one that slept shortly, and
    its first packet takes longer too. At 10 thousand packets/s most of a core stays free.
    """
    return min(max(left >> 3, SPIN_LEAST), SPIN_MOST)


def _sleep(deadline_ns: int, precise: bool) -> None:
    now = time.monotonic_ns
    left = deadline_ns - now()
    if precise:
        spin = spin_for(left)
        if left > spin:
            time.sleep(min((left - spin) / SECOND, _LONGEST_SLEEP))
            left = deadline_ns - now()
        if left <= SPIN_MOST:
            while now() < deadline_ns:
                ...
    elif left > 0:
        time.sleep(min(left / SECOND, _LONGEST_SLEEP))


class _ByClock:
    """The clock's own way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._condition = Condition()

    def __call__(self, deadline_ns: int, precise: bool) -> None:
        left = deadline_ns - self._clock.monotonic_ns()
        if left > 0:
            with self._condition:
                self._clock.wait(self._condition, left / SECOND)


class Slack:
    """While entered, sleeps of this thread end as exactly as the kernel can (on Linux)."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and sys.platform == "linux"
        self._before = 0

    def __enter__(self) -> None:
        if self._wanted:
            self._before = _prctl(_PR_GET_TIMERSLACK, 0)
            _prctl(_PR_SET_TIMERSLACK, 1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._wanted and self._before > 0:
            _prctl(_PR_SET_TIMERSLACK, self._before)


def _prctl(option: int, value: int) -> int:
    import ctypes  # only who asks for precision pays for it

    return ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)  # type: ignore[no-any-return]


def suspended_ns(clock: Clock) -> int:
    """How long the machine has been suspended so far: CLOCK_BOOTTIME goes on meanwhile (Linux)."""
    if sys.platform != "linux" or not isinstance(clock, RealClock):
        return 0
    running = time.monotonic_ns()
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - running
