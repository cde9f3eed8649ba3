"""A template at work: one link, one event loop, from the first packet to the last.

1. Nothing is sent before everything has started; everything that started is stopped, in reverse.
2. An error of the template never ends the run, unless it is strict, or an error of its start.
3. Another version of the template takes over between two packets; what the old one has under way
   (flows, waiting handlers) goes on as it began.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from umpa.core.packet import Packet
from umpa.core.vary import RANDOMNESS
from umpa.errors import FileError, LinkClosed, LinkDown, LinkError, ScheduleError, TemplateError
from umpa.link.aio import Watch
from umpa.link.base import BATCH, Link
from umpa.link.clock import REAL
from umpa.schedule.aio import AsyncScheduler
from umpa.schedule.loop import VirtualLoop
from umpa.template.declare import LinkState, Place
from umpa.template.guard import Guard, Limits
from umpa.template.log import Log, LogSink
from umpa.template.outbox import Outbox
from umpa.template.running import Runner
from umpa.template.status import Counts, Status, memory
from umpa.template.store import Store
from umpa.template.version import Version
from umpa.template.waiting import Waiting

if TYPE_CHECKING:
    from umpa.template.context import Handle
    from umpa.template.loading import Template

__all__ = ["Engine", "Options"]

_SECOND = 1_000_000_000
_FIRST_LOOK, _LONGEST_LOOK = 0.05, 1.0
_MOST_LATER = 1_000_000


@dataclass(frozen=True)
class Options:
    """How a template is run."""

    seconds: float | None = None
    """After these the run ends; None: when it is stopped."""
    strict: bool = False
    """Whether the first error of a handler ends the run."""
    guard: bool = False
    """Whether endpoints may claim addresses of this machine."""
    state: str | None = None
    """The file of the persistent values; None keeps them in memory."""
    flush_interval: float = 5.0
    """Seconds between two transactions of that file."""
    grace: float = 5.0
    """Seconds that `@on_stop` and flows have to end."""
    limits: Limits = field(default_factory=Limits)
    log: LogSink | None = None
    on_ready: Callable[[Engine], object] | None = None
    """Called when everything has started."""


class Engine:
    """One run of a template."""

    def __init__(self, template: Template, link: Link, options: Options) -> None:
        self.loop = asyncio.get_running_loop()
        self.link = link
        self.options = options
        self.seed = template.seed
        self.rng = template.random
        self.link_state: LinkState = "up"
        self.started_ns = link.clock.monotonic_ns()
        self.counts = Counts()
        self.log = Log(lambda: (link.clock.monotonic_ns() - self.started_ns) / _SECOND, options.log)
        self.guard = Guard(link.linktype, options.limits)
        self.outbox = Outbox(link, self.guard, self.counts, self.log)
        self.runner = Runner(self.outbox)
        self.waiting = Waiting(self.outbox, self.runner)
        self.scheduler: AsyncScheduler
        self.store = Store(None)
        self.reloads = 0
        self._flushed_ns = REAL.monotonic_ns()
        self.stopping = False
        self._ended = asyncio.Event()
        self._error: BaseException | None = None
        self._watch: Watch | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self._later = 0
        self._reloading = asyncio.Lock()
        self.version = Version(self, template)

    # The run.

    async def run(self) -> Status:
        """From start to end.

        :raises TemplateError: something could not start; or, when strict, a handler failed.
        :raises LinkError: the link fails.
        """
        virtual = self.loop.clock if isinstance(self.loop, VirtualLoop) else None
        if (self.link.clock is not virtual) and (virtual is not None or _is_virtual(self.link)):
            raise ScheduleError(
                f"{self.link.name} and the event loop have different clocks: give the link and "
                "run() the same VirtualClock, or none to both"
            )
        token = RANDOMNESS.set(self.rng)
        try:
            self.store = Store(self.options.state)
            try:
                return await self._run()
            finally:
                self.store.close()
        finally:
            RANDOMNESS.reset(token)

    async def _run(self) -> Status:
        async with AsyncScheduler(self.link) as scheduler:
            self.scheduler = scheduler
            try:
                await self._start()
                await self._ended.wait()
            finally:
                await self._stop()
        if self._error is not None:
            raise self._error
        return self.status()

    async def _start(self) -> None:
        for persistent in self.version.declarations.persistents.values():
            self.store.add(persistent)
        self._watch = Watch(self.link, self._readable)
        await self.version.start_resources()
        if self.store.path is not None:
            self.scheduler.every(self.options.flush_interval, self._flush_in_time)
        if self.options.seconds is not None:
            self._end_timer = self.loop.call_later(self.options.seconds, self.stop)
        self.version.begin()
        if self.options.on_ready is not None:
            self.options.on_ready(self)

    def stop(self, error: BaseException | None = None) -> None:
        """End the run: intake stops, `@on_stop` is called, what is under way gets some time."""
        self._error = self._error or error
        self._ended.set()

    async def _stop(self) -> None:
        self.stopping = True
        self._close_watch()
        if self._end_timer is not None:
            self._end_timer.cancel()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.version.stop(), self.options.grace)
        self.version.dispatcher.end_flows()
        left = await self.runner.cancel_all(self.options.grace)
        if left:
            self.log.warn(f"{left} handlers did not end within {self.options.grace} s")
        self.outbox.close()
        self.flush()

    def _close_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    async def reload(self, template: Template) -> None:
        """Go on with another version of the template; the old one stays where that cannot start.

        :raises TemplateError: it cannot start.
        """
        async with self._reloading:
            if self.stopping or self._ended.is_set():
                raise TemplateError("the run is ending: it takes no other version")
            new = Version(self, template)
            known = self.version.declarations.persistents
            await new.start_resources()
            for name, persistent in new.declarations.persistents.items():
                if name not in known:
                    self.store.add(persistent)
            old, self.version = self.version, new
            new.take_over(old)
            await old.stop()
            new.begin()
            self.reloads += 1

    def _flush_in_time(self) -> None:
        """Write what changed, at an interval of real time: a simulated week takes a moment."""
        now = REAL.monotonic_ns()
        if now - self._flushed_ns >= 0.9 * _SECOND * self.options.flush_interval:
            self._flushed_ns = now
            self.flush()

    def flush(self) -> None:
        """Write the persistent values that changed."""
        try:
            if not self.store.flush():
                self.log.warn_again(
                    "flush", lambda: f"the state file {self.store.path} could not be written"
                )
        except TemplateError as error:
            self.failed(error, "persistent", None, None)

    # The link.

    def _readable(self) -> None:
        try:
            frames = self.link.read(BATCH)
        except LinkClosed:
            self.stop()
            return
        except LinkDown as error:
            self._down(error)
            return
        except LinkError as error:
            self.stop(error)
            return
        except FileError as error:  # of a capture beside the link, which gets no more frames
            self.log.warn(f"{error}; the run goes on without it")
            return
        if frames:
            self.version.dispatcher.handle(frames)

    def _down(self, error: LinkDown) -> None:
        """Tell it, and look now and then whether the link is back; timers go on."""
        self._close_watch()
        self.link_state = "down"
        self.log.warn(f"{error}; the run goes on when it is back")
        self.version.link_changed("down")
        self._look(_FIRST_LOOK)

    def _look(self, pause: float) -> None:
        self.loop.call_later(pause, self._look_now, min(2 * pause, _LONGEST_LOOK))

    def _look_now(self, pause: float) -> None:
        if self.stopping:
            return
        try:
            frames = self.link.read(BATCH)
        except LinkClosed:
            self.stop()
            return
        except LinkError:
            self._look(pause)
            return
        if getattr(self.link, "state", "up") != "up":
            self._look(pause)
            return
        self.link_state = "up"
        self.log.warn(f"{self.link.name} is back")
        self.outbox.measure()
        self.version.dispatcher.measure()
        self._watch = Watch(self.link, self._readable)
        self.version.link_changed("up")
        self.version.dispatcher.handle(frames)

    # For rules, timers and the context.

    def failed(
        self, error: BaseException, name: str, place: Place | None, packet: Packet | None
    ) -> None:
        """An error of the template: told, counted, and the end of a strict run."""
        where = self.version.template.place_of(error) or place
        packet_text = "" if packet is None else f"; the packet: {packet.summary()}"
        text = f"{where or self.version.declarations.file}: {name} failed: "
        text += f"{type(error).__name__}: {error}{packet_text}"
        self.counts.drop("failed", packet is not None)
        self.log.warn_again((where, type(error)), lambda: text)
        if self.options.strict:
            wrong = TemplateError(text)
            wrong.__cause__ = error
            self.stop(wrong)

    def call_later(self, seconds: float, function: Callable[[], object]) -> Handle:
        """See `Context.call_later`."""
        if self._later >= _MOST_LATER:
            raise TemplateError(f"{_MOST_LATER} calls wait for their time already")
        self._later += 1
        return Later(self, seconds, function)

    def status(self) -> Status:
        """How it goes."""
        version, counts, stats = self.version, self.counts, self.link.stats
        return replace(
            version.status(),
            seed=self.seed,
            seconds=(self.link.clock.monotonic_ns() - self.started_ns) / _SECOND,
            link=self.link.name,
            state=self.link_state,
            received=counts.received,
            sent=counts.sent,
            lost=stats.dropped + stats.dropped_by_interface,
            asked=self.waiting.number,
            waiting=self.outbox.waiting,
            reloads=self.reloads,
            memory=memory(),
            dropped=dict(counts.dropped),
            counts=dict(counts.events),
        )


class Later:
    """A function that will be called."""

    def __init__(self, engine: Engine, seconds: float, function: Callable[[], object]) -> None:
        self._engine = engine
        self._function: Callable[[], object] | None = function
        self._timer = engine.loop.call_later(seconds, self._call)

    def _call(self) -> None:
        function = self._over()
        if function is None or self._engine.stopping:
            return
        try:
            function()
        except Exception as error:
            self._engine.failed(error, "call_later", None, None)

    def _over(self) -> Callable[[], object] | None:
        function, self._function = self._function, None
        self._engine._later -= function is not None
        return function

    def cancel(self) -> None:
        """It will not be called."""
        self._over()
        self._timer.cancel()


def _is_virtual(link: Link) -> bool:
    from umpa.schedule.clock import VirtualClock

    return isinstance(link.clock, VirtualClock)
