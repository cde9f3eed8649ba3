"""The scheduler that never blocks, for asyncio.

1. Nothing outlives the `async with`: no job, no callback, no task.
2. The first error cancels everything else of the scheduler, and is raised at the end of the block.
3. The loop gets a turn after half a millisecond at most, but for a callback that takes longer.
"""

from __future__ import annotations

import asyncio
import inspect
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from umpa.errors import ScheduleError
from umpa.link.base import Link
from umpa.link.clock import REAL
from umpa.schedule.alarm import Alarm, alarm_for
from umpa.schedule.clock import shared_clock
from umpa.schedule.core import Entry
from umpa.schedule.course import Missed, Timer
from umpa.schedule.job import Job
from umpa.schedule.loop import VirtualLoop
from umpa.schedule.pace import At, Rate
from umpa.schedule.planner import Planner
from umpa.schedule.progress import Progress, follow
from umpa.schedule.supply import Packets
from umpa.schedule.times import Number
from umpa.schedule.train import OnError
from umpa.schedule.wait import SPIN_LEAST, SPIN_MOST, Slack, spin_for

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AsyncScheduler", "Job"]

_TURN = 500_000  # ns
_STEPS = range(1000)  # in one turn; virtual time cannot end it


class AsyncScheduler(Planner):
    """Sends packets at their times, and calls functions at theirs, beside others in the loop.

        async with AsyncScheduler(link) as scheduler:
            job = scheduler.send(packets, interval=0.01)
            scheduler.every(1.0, callback)
            report = await job

    `link` is a link, or the name of a device, which is then opened here and closed at the end of
    the block. The block ends when every job and every callback with an end is through; those of
    `every` without `count` are cancelled then. The clock is the running loop's.
    """

    def __init__(self, link: Link | str) -> None:
        super().__init__(link, None, self._changed)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._virtual: VirtualLoop | None = None
        self._parent: asyncio.Task[Any] | None = None
        self._alarm: Alarm | None = None
        self._slack: Slack | None = None  # while a job wants to be exact, on the real clock
        self._precise_jobs = 0
        self._tasks: dict[asyncio.Task[Any], Timer] = {}
        self._to_end = 0  # entries that are not endless, and tasks of such
        self._set_ns: int | None = None  # when the alarm rings
        self._awaited_ns = 0  # the deadline for which it was set
        self._posted = self._pumping = False
        self._error: Exception | None = None
        self._in_block = self._cancelled_parent = False
        self._waiter: asyncio.Future[None] | None = None

    def send(
        self,
        packets: Packets,
        *,
        delay: Number = 0,
        interval: Number | None = None,
        rate: Rate | None = None,
        count: int | None = None,
        repeat: float | None = None,
        jitter: Number = 0,
        seed: int | None = None,
        burst: int = 1,
        at: At | None = None,
        speed: Number | None = None,
        missed: Missed = "burst",
        precise: bool = False,
        on_error: OnError = "raise",
        patience: Number = 1,
        progress: Progress = False,
    ) -> Job:
        """Begin to send, and return at once. The arguments are those of `Scheduler.send`.

        With `precise=True` the loop is kept busy for the last 30 to 100 µs before each deadline;
        above some 30 thousand packets/s that is always, but for one turn each 0.5 ms.

        :raises ScheduleError: as `Scheduler.send`, and outside of the `async with`.
        """
        loop = self._running()
        train = self._add_train(
            packets, delay=delay, interval=interval, rate=rate, count=count, repeat=repeat,
            jitter=jitter, seed=seed, burst=burst, at=at, speed=speed, missed=missed,
            precise=precise, on_error=on_error, patience=patience,
        )  # fmt: skip
        job = Job(train, loop)
        teller = follow(train, progress, self._clock.monotonic_ns())
        if teller is not None:
            self._agenda.add(teller, self._order())
        self._to_end += 1

        def ended() -> None:
            if teller is not None:
                teller.cancel()
            self._to_end -= 1
            self._precise_jobs -= precise
            if not self._precise_jobs:
                self._relax()
            job.ended()
            self._look()

        train.on_end = ended
        self._precise_jobs += precise
        if precise and self._slack is None and self._virtual is None:
            self._slack = Slack(True)
            self._slack.__enter__()
        return job

    def _add_timer(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        offsets: Iterator[int],
        start_ns: int,
        missed: Missed,
        endless: bool,
    ) -> Timer:
        self._running()

        timer = super()._add_timer(callback, args, offsets, start_ns, missed, endless)
        timer.on_result = partial(self._follow, timer)
        if not endless:
            self._to_end += 1
            timer.on_end = self._one_ended
        return timer

    def _follow(self, timer: Timer, work: Any) -> None:
        """Run what a coroutine function returned. It is not called again before that has ended."""
        if not inspect.isawaitable(work):
            return
        loop = self._running()
        task: asyncio.Task[Any] = asyncio.ensure_future(work, loop=loop)
        self._tasks[task] = timer
        timer.hold()
        self._to_end += not timer.endless
        task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[Any]) -> None:
        timer = self._tasks.pop(task)
        if not task.cancelled():
            error = task.exception()
            if isinstance(error, Exception):
                timer.end("failed", error)
                self._fail(error)
        timer.release()
        self._to_end -= not timer.endless
        self._look()

    def _one_ended(self) -> None:
        self._to_end -= 1
        self._look()

    # Deadlines.

    def _order(self) -> int | None:
        return None if self._virtual is None else self._virtual.next_order()

    def _changed(self) -> None:
        head = self._agenda.head()
        if head is not None and not self._pumping:
            self._set_alarm(head)

    def _set_alarm(self, head: Entry) -> None:
        due = self._awaited_ns = head.due_ns
        if self._slack is not None:
            due -= spin_for(due - self._clock.monotonic_ns())
        if self._posted or (self._set_ns is not None and self._set_ns <= due):
            return
        if due <= self._clock.monotonic_ns():
            self._post()
        elif self._alarm is not None:
            self._set_ns = due
            self._alarm.set(due, head.order)

    def _post(self) -> None:
        if not self._posted and self._loop is not None:
            self._posted = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Do what is due, for one turn at most."""
        self._posted, self._set_ns = False, None
        if self._alarm is None:
            return
        self._pumping = True
        try:
            head = self._turn()
        except BaseException:  # a callback's, meant for the loop; the others go on
            self._post()
            raise
        finally:
            self._pumping = False
        if head is not None:
            self._set_alarm(head)

    def _turn(self) -> Entry | None:
        """Do what is due; the entry to wait for, if the turn is not over before."""
        agenda, now_ns, virtual = self._agenda, self._clock.monotonic_ns, self._virtual
        now = now_ns()
        end = now + _TURN
        for _ in _STEPS:
            head = agenda.head()
            if head is None:
                return None
            if head.due_ns > now:
                if virtual is not None:
                    if not virtual.jump(head.due_ns, head.order):
                        return head
                elif self._slack is None or head.due_ns - now > (
                    SPIN_MOST if head.due_ns == self._awaited_ns else SPIN_LEAST
                ):
                    return head
                while (now := now_ns()) < head.due_ns:
                    ...
            elif (error := agenda.run_head(head, now)) is not None:
                self._fail(error)
            elif (now := now_ns()) > end and virtual is None:
                break
        self._post()
        return None

    # The block.

    async def __aenter__(self) -> Self:
        if self._loop is not None:
            raise ScheduleError("this scheduler was entered before: make a new one")
        loop = asyncio.get_running_loop()
        self._virtual = loop if isinstance(loop, VirtualLoop) else None
        try:
            clock = REAL if self._virtual is None else self._virtual.clock
            shared_clock(self._clock, clock, self._link.name)
        except ScheduleError:
            self._close_own_link()
            raise
        self._loop = loop
        self._parent = asyncio.current_task()
        self._alarm = alarm_for(loop, self._pump)
        self._in_block = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._in_block = False
        if error is not None:
            self._cancel_all()
        elif self._cancelled_parent:
            try:
                await asyncio.sleep(0)  # the block ended before it heard that it was cancelled
            except CancelledError as cancelled:
                error = cancelled
        from_outside = await self._wait_for_all()
        self._close()
        if self._cancelled_parent and self._parent is not None:
            uncancel: Callable[[], int] = getattr(self._parent, "uncancel", int)  # from 3.11 on
            if uncancel() > 0:
                return  # somebody else cancelled it as well, and that goes on
        elif isinstance(error, CancelledError):
            return
        if from_outside is not None:
            raise from_outside
        if self._error is not None and (error is None or isinstance(error, CancelledError)):
            raise self._error from None

    async def _wait_for_all(self) -> CancelledError | None:
        """Wait until nothing is left; a cancellation that came meanwhile."""
        came: CancelledError | None = None
        while self._to_end or self._tasks:
            if not self._to_end:
                self._cancel_all()  # what is left has no end of its own
            self._waiter = self._running_loop().create_future()
            try:
                await self._waiter
            except CancelledError as cancelled:
                came = cancelled
                self._cancel_all()
            finally:
                self._waiter = None
        self._cancel_all()
        return came

    def _look(self) -> None:
        """Something ended: whoever waits at the end of the block may have waited for that."""
        if not self._to_end and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self._error is not None:
            self._running_loop().call_exception_handler(
                {"message": "a second error of a scheduler that ended", "exception": error}
            )
            return
        self._error = error
        self._cancel_all()
        if self._in_block and self._parent is not None:
            self._cancelled_parent = True
            self._parent.cancel()

    def _cancel_all(self) -> None:
        for entry in self._agenda.entries:
            entry.cancel()
        for task in list(self._tasks):
            task.cancel()

    def _close(self) -> None:
        if self._alarm is not None:
            self._alarm.close()
            self._alarm = None
        self._relax()
        self._close_own_link()

    def _relax(self) -> None:
        """No job wants to be exact any more."""
        if self._slack is not None:
            self._slack.__exit__(None, None, None)
            self._slack = None

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise ScheduleError("enter it first: async with AsyncScheduler(link) as scheduler:")
        return self._loop

    def _running(self) -> asyncio.AbstractEventLoop:
        """The loop, of a scheduler that still takes jobs."""
        loop = self._running_loop()
        if self._alarm is None:
            raise ScheduleError("the block of this scheduler has ended: it takes no more jobs")
        if self._error is not None:
            raise ScheduleError(f"this scheduler failed, it takes no more jobs: {self._error}")
        return loop
