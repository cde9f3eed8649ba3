"""What both schedulers have in common: a link, a clock, an agenda, and how jobs come into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, TypedDict

import umpa.link
from umpa.errors import ScheduleError
from umpa.link.base import Link
from umpa.link.clock import Clock
from umpa.schedule.clock import shared_clock
from umpa.schedule.core import Agenda
from umpa.schedule.course import Missed, Timer
from umpa.schedule.pace import At, Pace, Rate
from umpa.schedule.supply import Packets
from umpa.schedule.times import Number, above_zero, nanoseconds, whole
from umpa.schedule.train import OnError, Train
from umpa.schedule.wait import suspended_ns

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Options", "Planner"]


class Options(TypedDict, total=False):
    """What can be said about sending; see `Scheduler.send`."""

    delay: Number
    interval: Number | None
    rate: Rate | None
    count: int | None
    repeat: float | None
    jitter: Number
    seed: int | None
    burst: int
    at: At | None
    speed: Number | None
    missed: Missed
    precise: bool
    on_error: OnError
    patience: Number


class Planner:
    """The common part of `Scheduler` and `AsyncScheduler`."""

    def __init__(
        self,
        link: Link | str,
        clock: Clock | None,
        changed: Callable[[], object] | None = None,
    ) -> None:
        if not isinstance(link, (Link, str)):
            raise ScheduleError(f"link is {link!r}, expected a Link or the name of a device")
        self._owns_link = isinstance(link, str)
        self._link = umpa.link.open(link) if isinstance(link, str) else link
        try:
            self._clock = shared_clock(self._link.clock, clock, self._link.name)
        except ScheduleError:
            self._close_own_link()
            raise
        self._agenda = Agenda(self._clock.monotonic_ns, changed)
        self._precise = False  # whether a job wants to be exact

    @property
    def link(self) -> Link:
        """Where packets go."""
        return self._link

    def call_later(self, delay: Number, callback: Callable[..., object], *args: Any) -> Timer:
        """Call `callback(*args)` once, `delay` seconds from now.

        :raises ScheduleError: the delay is negative, NaN or infinite.
        """
        start = self._clock.monotonic_ns() + round(nanoseconds("delay", delay))
        return self._add_timer(callback, args, iter([0]), start, "burst", endless=False)

    def every(
        self,
        interval: Number,
        callback: Callable[..., object],
        *args: Any,
        delay: Number | None = None,
        count: int | None = None,
        jitter: Number = 0,
        seed: int | None = None,
        missed: Missed = "skip",
    ) -> Timer:
        """Call `callback(*args)` each `interval` seconds, `count` times or without end.

        The first call comes after `delay` seconds, or after one interval. `jitter` seconds at
        most are added to each deadline, at random. `missed` says what is done about deadlines that
        passed while something else took long.

        :raises ScheduleError: a number is out of its range.
        """
        above_zero("interval", interval, "a number of seconds")
        pace = Pace.of(interval=interval, jitter=jitter, seed=seed)
        start = nanoseconds("delay", interval if delay is None else delay)
        offsets = pace.offsets()
        if count is not None:
            offsets = islice(offsets, whole("count", count, 1))
        now = self._clock.monotonic_ns()
        return self._add_timer(callback, args, offsets, now + round(start), missed, count is None)

    def _add_timer(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        offsets: Iterator[int],
        start_ns: int,
        missed: Missed,
        endless: bool,
    ) -> Timer:
        if not callable(callback):
            raise ScheduleError(f"callback is {callback!r}, expected a function")
        if args:
            callback = partial(callback, *args)
        timer = Timer(
            callback, zip(offsets, repeat(None)), start_ns, missed=missed, endless=endless
        )
        self._agenda.add(timer, self._order())
        return timer

    def _add_train(self, packets: Packets, **options: Unpack[Options]) -> Train:
        pace = Pace.of(
            interval=options.get("interval"),
            rate=options.get("rate"),
            jitter=options.get("jitter", 0),
            seed=options.get("seed"),
            burst=options.get("burst", 1),
            at=options.get("at"),
            speed=options.get("speed"),
        )
        train = Train(
            self._link,
            packets,
            pace,
            self._clock.monotonic_ns(),
            delay=options.get("delay", 0),
            count=options.get("count"),
            repeat=options.get("repeat"),
            missed=options.get("missed", "burst"),
            precise=options.get("precise", False),
            on_error=options.get("on_error", "raise"),
            patience=options.get("patience", 1),
            suspended_ns=partial(suspended_ns, self._clock),
        )
        self._precise |= train.precise
        self._agenda.add(train, self._order())
        return train

    def _order(self) -> int | None:
        """The place of a new entry among those due at the same time; None for the last."""
        return None

    def _close_own_link(self) -> None:
        if self._owns_link:
            self._link.close()
