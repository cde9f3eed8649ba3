"""What a link asks of a clock, and the clock of the machine.

Links never ask the machine for the time by themselves, so that the same link works in virtual
time (`umpa.schedule.VirtualClock`).
"""

from __future__ import annotations

import time
from threading import Condition
from typing import Protocol

__all__ = ["REAL", "Clock", "RealClock"]


class Clock(Protocol):
    """Two readings, and a way to wait."""

    def time_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC: what packets are stamped with. May be set back."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds from an arbitrary start: what delays are counted with. Never goes back."""
        ...

    def wait(self, condition: Condition, timeout: float | None) -> bool:
        """Wait, with `condition` held, until it is notified (True) or `timeout` seconds passed."""
        ...


class RealClock:
    """The machine's."""

    __slots__ = ()

    time_ns = staticmethod(time.time_ns)
    monotonic_ns = staticmethod(time.monotonic_ns)

    def wait(self, condition: Condition, timeout: float | None) -> bool:
        """See `Clock.wait`."""
        return condition.wait(timeout)


REAL = RealClock()
