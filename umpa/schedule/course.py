"""A course of deadlines, each with something to do; and what is done about those that passed.

Deadline and thing belong together: what is left out at its deadline is left out for good, and
counted. So of everything planned, each is either done or missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Literal, TypeAlias, TypeVar

from umpa.errors import ScheduleError
from umpa.schedule.core import Entry
from umpa.schedule.lateness import Lateness, LatenessMeter

__all__ = ["Course", "Missed", "Timer", "check_missed"]

Missed: TypeAlias = Literal["skip", "burst", "coalesce"]
"""What is done about deadlines that passed, because something else took long:

- "burst": everything at once, until it is on time again;
- "coalesce": only the last one of those that passed, at once, for all of them;
- "skip": nothing, if the next deadline is nearer than the last one that passed.
"""

_LEFT_OUT_AT_ONCE = 10_000  # deadlines; then others get a turn

T = TypeVar("T")


def check_missed(missed: str) -> None:
    """:raises ScheduleError: it is no way to treat deadlines that passed."""
    if missed not in ("skip", "burst", "coalesce"):
        raise ScheduleError(f'missed is {missed!r}, expected "skip", "burst" or "coalesce"')


class Course(Entry, Generic[T]):
    """An entry with a plan: pairs of a time, in nanoseconds behind the start, and a thing."""

    def __init__(self, plan: Iterator[tuple[int, T]], start_ns: int, missed: Missed) -> None:
        super().__init__()
        check_missed(missed)
        self.missed = 0
        """Deadlines that passed, and whose thing was left out."""
        self._late = LatenessMeter()
        self._plan = plan
        self._start_ns = start_ns
        self._ahead: tuple[int, T] | None = None  # taken from the plan before its turn
        self._gap: int | None = None  # between the last two deadlines that were not the same
        self._catches_up = missed == "burst"
        self._half = 2 if missed == "skip" else 1
        first = next(plan, None)
        if first is None:
            raise ScheduleError("there are no packets: the generator or file is empty")
        self.due_ns = start_ns + first[0]
        self._thing = first[1]

    @property
    def lateness(self) -> Lateness:
        """How long after their deadlines things were done, in seconds."""
        return self._late.read()

    def shift(self, by: int) -> None:
        """See `Entry.shift`."""
        self.due_ns += by
        self._start_ns += by

    def _advance(self) -> bool:
        """Go to the next deadline; False where there is none."""
        ahead = self._ahead
        if ahead is None:
            ahead = next(self._plan, None)
            if ahead is None:
                return False
        else:
            self._ahead = None
        due = self._start_ns + ahead[0]
        if due > self.due_ns:
            self._gap = due - self.due_ns
        self.due_ns = due
        self._thing = ahead[1]
        return True

    def _punctual(self, now: int) -> bool:
        """Leave out what passed, as the user wants; whether something is due after that."""
        if self._catches_up:
            return True
        for _ in range(_LEFT_OUT_AT_ONCE):
            if self._ahead is None:
                self._ahead = next(self._plan, None)
                if self._ahead is None:
                    return True  # no other comes after the last
            following = self._start_ns + self._ahead[0]
            due = self.due_ns
            # of things at the same time all have the same fate, by the gap before them
            gap = following - due if following > due else self._gap
            if gap is None or (now - due) * self._half < gap:
                return True
            self.missed += 1
            self._advance()
            if following > now:
                return False
        return False


class Timer(Course[None]):
    """A callback at its deadlines: once, or again and again."""

    def __init__(
        self,
        callback: Callable[[], object],
        plan: Iterator[tuple[int, None]],
        start_ns: int,
        *,
        missed: Missed = "burst",
        endless: bool = False,
    ) -> None:
        super().__init__(plan, start_ns, missed)
        self.calls = 0
        """How often it was called."""
        self.endless = endless
        self.on_result: Callable[[object], object] | None = None
        """Called with what a call returned, but for None."""
        self._callback = callback

    def run(self, now: int) -> bool:
        """See `Entry.run`."""
        if now > self.due_ns and not self._punctual(now):
            return True
        self._late.add(now - self.due_ns)
        more = self._advance()
        self.calls += 1
        result = self._callback()
        if result is not None and self.on_result is not None:
            self.on_result(result)
        return more
