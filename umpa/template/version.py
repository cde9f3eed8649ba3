"""One version of a template's file at work: its rules, timers, resources and handlers.

A run has one, and another after each reload.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from umpa.schedule.course import Timer as Course
from umpa.template.context import Context
from umpa.template.declare import LinkState, Resource, Timer, place_of
from umpa.template.dispatch import Dispatcher
from umpa.template.rules import make
from umpa.template.running import Strand, waits
from umpa.template.status import Status, TimerStatus

if TYPE_CHECKING:
    from umpa.template.engine import Engine
    from umpa.template.loading import Template

__all__ = ["Version"]

_DAY = 86_400
_LOOK = 30.0
"""Seconds after which a time of day is looked at again: the clock may have been set."""


class ActiveTimer:
    """A timer at work."""

    def __init__(self, timer: Timer, version: Version) -> None:
        self._timer = timer
        self._version = version
        self._course: Course | None = None
        self._day: int | None = None
        self._calls = self._failed = self._left_out = 0
        self._busy = False

    def begin(self) -> None:
        """Start the clock."""
        timer, scheduler = self._timer, self._version.engine.scheduler
        if timer.daily is not None:
            self._course = scheduler.every(_LOOK, self._look_at_clock, delay=0)
        elif timer.interval is None:
            self._course = scheduler.call_later(timer.at or 0, self._call)
        else:
            self._course = scheduler.every(
                timer.interval, self._call, delay=timer.at, jitter=timer.jitter,
                seed=self._version.engine.rng.getrandbits(32) if timer.jitter else None,
                missed=timer.missed,
            )  # fmt: skip

    def _look_at_clock(self) -> None:
        """Set the exact time, if it comes before the next look."""
        now = self._version.engine.link.clock.time_ns()
        assert self._timer.daily is not None
        day, second = divmod(now / 1e9 - self._timer.daily, _DAY)
        left = _DAY - second if second else 0.0
        due = int(day) + bool(left)
        if left <= _LOOK and self._day != due:
            self._day = due
            self._version.engine.loop.call_later(left, self._call)

    def _call(self) -> None:
        version = self._version
        if version.stopped:
            return
        if self._busy and self._timer.missed == "skip":
            self._left_out += 1
            return
        self._calls += 1
        engine = version.engine
        engine.outbox.holding = True
        try:
            work = self._timer.handler(version.context)
            if work is not None and waits(work):
                self._follow(work)
        except Exception as error:
            self._went_wrong(error)
        finally:
            engine.runner.end()

    def _follow(self, work: Any) -> None:
        """Run a coroutine; there is no other call before it has ended."""
        if self._version.engine.runner.start(work, self._done) is None:
            return
        self._busy = True
        if self._course is not None and self._timer.missed != "skip":
            self._course.hold()

    def _done(self, result: object, error: BaseException | None) -> None:
        if self._busy:
            self._busy = False
            if self._course is not None and self._timer.missed != "skip":
                self._course.release()
        if isinstance(error, Exception):
            self._went_wrong(error)

    def _went_wrong(self, error: Exception) -> None:
        self._failed += 1
        self._version.engine.failed(error, self._timer.name, self._timer.place, None)

    def end(self) -> None:
        """No more calls."""
        if self._course is not None:
            self._course.cancel()

    def status(self) -> TimerStatus:
        """The figures."""
        timer, course = self._timer, self._course
        missed = 0 if course is None or timer.daily is not None else course.missed
        missed += self._left_out
        return TimerStatus(timer.name, str(timer.place), self._calls, missed, self._failed)


class Version:
    """What a file declared, at work for an engine."""

    def __init__(self, engine: Engine, template: Template) -> None:
        self.engine = engine
        self.template = template
        self.declarations = declarations = template.declarations
        self.context = Context(engine, template.parameters)
        self.dispatcher = Dispatcher(engine)
        self.actives = [make(rule, engine, self.context) for rule in declarations.rules]
        self.timers = [ActiveTimer(timer, self) for timer in declarations.timers]
        self.stopped = False
        self._begun = False
        self._sweeping: Course | None = None
        self._started: list[Resource] = []
        self._starting: list[Strand] = []

    async def start_resources(self) -> None:
        """Start what the template needs, in file order; where one cannot, stop those that did.

        :raises TemplateError: one cannot start.
        """
        try:
            for resource in self.declarations.resources:
                self._started.append(resource)
                work = resource.start(self.context)
                if work is not None:
                    await work
        except BaseException:
            await self._stop_resources()
            raise

    def take_over(self, before: Version) -> None:
        """Go on with what the version before has under way: its flows, and its connections."""
        self.dispatcher.keep_flows(before.dispatcher)
        left = list(before.declarations.resources)
        for resource in self.declarations.resources:
            same = next((one for one in left if resource.take_over(one)), None)
            if same is not None:
                left.remove(same)

    def begin(self) -> None:
        """From now on, packets and time lead to handlers."""
        self._begun = True
        self.dispatcher.begin(self.actives)
        for handler in self.declarations.on_start:
            strand = self._call(handler)
            if strand is not None:
                self._starting.append(strand)
        for timer in self.timers:
            timer.begin()
        interval = self.dispatcher.sweep_interval
        if interval is not None:
            self._sweeping = self.engine.scheduler.every(interval, self.dispatcher.sweep)

    async def stop(self) -> None:
        """No more calls, but for `@on_stop`, which is waited for. Flows are left alone."""
        if self.stopped:
            return
        for timer in self.timers:
            timer.end()
        for strand in self._starting:
            strand.cancel()
        self.stopped = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        try:
            if self._begun:
                for handler in self.declarations.on_stop:
                    await self._finish(handler)
        finally:
            await self._stop_resources()

    async def _finish(self, handler: Callable[..., Any]) -> None:
        try:
            work = handler(self.context)
            if waits(work):
                await work
        except Exception as error:
            self.engine.failed(error, "@on_stop", place_of(handler), None)

    async def _stop_resources(self) -> None:
        while self._started:
            resource = self._started.pop()
            try:
                work = resource.stop(self.context)
                if work is not None:
                    await work
            except Exception as error:
                self.engine.failed(error, f"stop of {type(resource).__name__}", None, None)

    def _call(self, handler: Callable[..., Any]) -> Strand | None:
        """Call a handler of the context; what goes on with it, where it waits."""
        name = getattr(handler, "__name__", "handler")

        def done(result: object, error: BaseException | None) -> None:
            if isinstance(error, Exception):
                self.engine.failed(error, name, place_of(handler), None)

        try:
            work = handler(self.context)
        except Exception as error:
            done(None, error)
            return None
        return self.engine.runner.start(work, done) if waits(work) else None

    def link_changed(self, state: LinkState) -> None:
        """Tell the template."""
        for wanted, handler in self.declarations.on_link:
            if self._begun and wanted in (None, state):
                self._call(handler)

    def status(self) -> Status:
        """The version's part of the run's status."""
        resources = ((type(one).__name__, one.status()) for one in self.declarations.resources)
        return Status(
            file=self.declarations.file, seed=0, seconds=0, link="", state="", received=0, sent=0,
            lost=0, asked=0, waiting=0, reloads=0, memory=0,
            rules=tuple(active.status() for active in self.actives),
            timers=tuple(timer.status() for timer in self.timers),
            parameters=self.context.parameters,
            resources=tuple((name, figures) for name, figures in resources if figures),
        )  # fmt: skip
