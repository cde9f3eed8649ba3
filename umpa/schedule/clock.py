"""Time that is not the machine's: it stands still, and jumps to what is due."""

from __future__ import annotations

from threading import Condition, Lock

from umpa.errors import DeadlockError, ScheduleError
from umpa.link.clock import Clock
from umpa.schedule.times import SECOND, Number, nanoseconds, whole

__all__ = ["VirtualClock", "shared_clock"]

_START = 946_684_800 * SECOND  # 2000-01-01, so that captures of simulations have sane dates


class VirtualClock:
    """A clock for links, schedulers and `run`, on which waiting takes no time.

    It begins at `start_ns`, nanoseconds since 1970 UTC; 2000-01-01 unless told otherwise.
    """

    __slots__ = ("_lock", "_now", "_start")

    def __init__(self, start_ns: int = _START) -> None:
        self._start = whole("start_ns", start_ns, 0)
        self._now = 0
        self._lock = Lock()

    def time_ns(self) -> int:
        """See `Clock.time_ns`."""
        return self._start + self._now

    def monotonic_ns(self) -> int:
        """See `Clock.monotonic_ns`: nanoseconds since this clock was made."""
        return self._now

    def advance(self, seconds: Number) -> None:
        """Let so many seconds pass.

        :raises ScheduleError: the number is negative, NaN or infinite.
        """
        with self._lock:
            self._now += round(nanoseconds("seconds", seconds))

    def advance_to(self, deadline_ns: int) -> None:
        """Let time pass until `monotonic_ns` is `deadline_ns`; nothing where that has passed."""
        self._lock.acquire()  # `with` costs more than all else here
        try:
            if deadline_ns > self._now:
                self._now = deadline_ns
        finally:
            self._lock.release()

    def wait(self, condition: Condition, timeout: float | None) -> bool:
        """See `Clock.wait`. Nobody could notify meanwhile, so `timeout` passes at once.

        :raises DeadlockError: without a timeout this would wait for ever.
        """
        if timeout is None:
            raise DeadlockError(
                "waits without a timeout in virtual time, and nothing is on its way: give a "
                "timeout, or wait in a coroutine, under umpa.schedule.run"
            )
        with self._lock:
            self._now += round(timeout * SECOND)
        return False

    def __repr__(self) -> str:
        return f"<VirtualClock at {self._now / SECOND:.9f} s>"


def shared_clock(link_clock: Clock, clock: Clock | None, name: str) -> Clock:
    """The clock of a link, which has to be the scheduler's too.

    :raises ScheduleError: they differ.
    """
    if clock is None or clock is link_clock:
        return link_clock
    if isinstance(clock, VirtualClock):
        raise ScheduleError(
            f"{name} is not on the virtual clock: real descriptors and other clocks do not wait "
            "for virtual time; use MemoryLink.pair(clock=clock), or the real clock"
        )
    raise ScheduleError(
        f"{name} is on another clock than the scheduler ({link_clock!r}): leave out clock="
    )
