"""An asyncio event loop in virtual time, and `run`, which runs a coroutine in it.

1. Time stands still while anything can run, and jumps to the next timer when nothing can.
2. Timers due at the same time run in the order of their creation.
3. While a thread of `run_in_executor` or `asyncio.to_thread` works, time stands still too. Such a
   thread must not wait for virtual time to pass.
4. With nothing ready, no timer and no such thread, the loop raises a DeadlockError.
5. There are no descriptors: what would need one is refused. The machine would answer in its own
   time, and how far the virtual clock had jumped by then would be chance.
"""

from __future__ import annotations

import asyncio
import threading
from asyncio import AbstractEventLoop, BaseEventLoop, Handle, Task, TimerHandle
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context, copy_context
from functools import partial
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from umpa.errors import DeadlockError, ScheduleError
from umpa.link.clock import Clock
from umpa.schedule.clock import VirtualClock, shared_clock
from umpa.schedule.times import SECOND
from umpa.schedule.who import who_waits

if TYPE_CHECKING:
    from typing_extensions import TypeVarTuple, Unpack

    Ts = TypeVarTuple("Ts")

__all__ = ["Recurring", "VirtualLoop", "refuse_other_clock", "run"]

T = TypeVar("T")

_FEW = 64  # cancelled timers that are not worth tidying up


def run(main: Coroutine[Any, Any, T], *, clock: VirtualClock | None = None) -> T:
    """Run a coroutine and return its result, as `asyncio.run` does, but on `clock`.

    With a `VirtualClock`, `asyncio.sleep(3600)` takes no time; without, it is `asyncio.run`.

    :raises DeadlockError: in virtual time, everybody waits and nothing is scheduled.
    :raises ScheduleError: the clock is no virtual one; or, where the program opens a socket, a
        pipe or a process in virtual time.
    """
    what: object = main
    if not asyncio.iscoroutine(what):
        raise ScheduleError(f"{what!r} cannot be run, expected a coroutine: call the function")
    if clock is None:
        return asyncio.run(main)
    given: object = clock
    if not isinstance(given, VirtualClock):
        main.close()
        raise ScheduleError(f"clock is {given!r}, expected a VirtualClock, or None for real time")
    if asyncio._get_running_loop() is not None:
        main.close()
        raise ScheduleError(
            "a loop is running in this thread already: run virtual time in a thread of its own"
        )
    loop = VirtualLoop(clock)
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        try:
            _cancel_all(loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


def refuse_other_clock(clock: Clock, name: str) -> None:
    """:raises ScheduleError: the running loop is in another time than `name`, which has `clock`."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualLoop):
        shared_clock(clock, loop.clock, name)
    elif isinstance(clock, VirtualClock):
        raise ScheduleError(
            f"{name} is on a virtual clock, and the running loop is in real time, so nothing would "
            "let its time pass: run the coroutine by umpa.schedule.run(main(), clock=clock)"
        )


def _cancel_all(loop: AbstractEventLoop) -> None:
    tasks: set[Task[Any]] = asyncio.all_tasks(loop)
    if not tasks:
        return
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            loop.call_exception_handler(
                {"message": "error while ending", "exception": error, "task": task}
            )


class _Soon(Handle):
    """A call in the next turn. Made without what the base class does for debugging."""

    __slots__ = ()

    _callback: Any
    _args: Any
    _context: Context
    _loop: Any
    _cancelled: bool

    def __init__(
        self, callback: Any, args: tuple[Any, ...], loop: VirtualLoop, context: Context | None
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None


class VirtualTimer(_Soon, TimerHandle):
    """A call at a time, made in the same way."""

    __slots__ = ()

    _scheduled: bool
    _when: float

    def __init__(
        self, callback: Any, args: tuple[Any, ...], loop: VirtualLoop, context: Context | None
    ) -> None:
        self._context = copy_context() if context is None else context  # without a second call
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None
        self._scheduled = True

    def cancel(self) -> None:
        """See `asyncio.Handle.cancel`."""
        if not self._cancelled:
            self._cancelled = True
            self._callback = self._args = None
            if self._scheduled:
                self._loop.timer_cancelled()


class Recurring(VirtualTimer):
    """A call that is made again and again, which is cheaper than many."""

    __slots__ = ("_run",)

    _run: Any

    def __init__(self, callback: Callable[[], object], loop: VirtualLoop) -> None:
        super().__init__(callback, (), loop, None)
        self._scheduled = False
        self._run = partial(self._context.run, callback)

    def set(self, when_ns: int, order: int) -> bool:
        """Make it at `when_ns`; False for one that is set or was cancelled."""
        if self._scheduled or self._cancelled:
            return False
        self._scheduled = True
        self._when = when_ns / SECOND
        heappush(self._loop._timers, (when_ns, order, self))
        return True


class VirtualLoop(BaseEventLoop):
    """The loop behind `run`."""

    # the base class's own, which its stub does not name
    _closed: bool
    _ready: deque[Handle]
    _stopping: bool

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.clock = clock
        self._timers: list[tuple[int, int, VirtualTimer]] = []
        self._cancelled_timers = 0
        self._created = 0
        self._threads = 0
        self._called = threading.Event()

    # Time.

    def time(self) -> float:
        """Seconds on the virtual clock."""
        return self.clock.monotonic_ns() / SECOND

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> TimerHandle:
        """See `asyncio.loop.call_later`; to the nanosecond."""
        return self.call_at_ns(
            self.clock._now + round(delay * SECOND), callback, *args, context=context
        )

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> TimerHandle:
        """See `asyncio.loop.call_at`."""
        return self.call_at_ns(round(when * SECOND), callback, *args, context=context)

    def call_at_ns(
        self,
        when_ns: int,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
        order: int | None = None,
    ) -> TimerHandle:
        """A timer at an exact time; `order`, of `next_order`, is its place among equals."""
        if self._closed:
            raise RuntimeError("Event loop is closed")
        if order is None:
            self._created = order = self._created + 1
        timer = VirtualTimer(callback, args, self, context)
        timer._when = when_ns / SECOND
        heappush(self._timers, (when_ns, order, timer))
        return timer

    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> Handle:
        """See `asyncio.loop.call_soon`."""
        if self._closed:
            raise RuntimeError("Event loop is closed")
        handle = _Soon(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def recurring(self, callback: Callable[[], object]) -> Callable[[], object]:
        """What makes `callback` be called in the next turn: the same handle, again and again."""
        return partial(self._ready.append, Recurring(callback, self))

    def next_order(self) -> int:
        """The place of something that is created now among what is due at the same time."""
        self._created += 1
        return self._created

    def timer_cancelled(self) -> None:
        """One more of the timers is such: now and then they are tidied up."""
        self._cancelled_timers += 1
        if self._cancelled_timers > _FEW and self._cancelled_timers * 2 > len(self._timers):
            self._timers[:] = [item for item in self._timers if not item[2]._cancelled]
            heapify(self._timers)
            self._cancelled_timers = 0

    # Turns.

    def _run_once(self) -> None:
        """One turn after the other, until the loop is stopped."""
        ready, timers, clock = self._ready, self._timers, self.clock
        while True:
            if not ready:
                self._sleep()
            now = clock._now
            while timers and timers[0][0] <= now:
                handle = heappop(timers)[2]
                handle._scheduled = False
                if handle._cancelled:
                    self._cancelled_timers -= 1
                else:
                    ready.append(handle)
            left = len(ready)
            while left:
                left -= 1
                call = ready.popleft()
                try:
                    if not call._cancelled:
                        call._run()
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # of one that recurs; the others tell theirs
                    self.call_exception_handler(
                        {"message": f"Exception in {call!r}", "exception": error, "handle": call}
                    )
            if self._stopping:
                return

    def _sleep(self) -> None:
        """Nothing is ready: wait for threads, or jump to the next timer, or give up."""
        if self._stopping:
            return
        if self._threads:
            self._called.clear()
            if not self._ready:  # looked at after `clear`, so that no call is slept over
                self._called.wait()
            return
        first = self._first_timer()
        if first is None:
            raise DeadlockError(
                "in virtual time nothing is scheduled any more, and everybody waits:\n"
                + who_waits(asyncio.all_tasks(self))
            )
        self.clock.advance_to(first[0])

    def _first_timer(self) -> tuple[int, int, VirtualTimer] | None:
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heappop(timers)[2]._scheduled = False
            self._cancelled_timers -= 1
        return timers[0] if timers else None

    def jump(self, when_ns: int, order: int) -> bool:
        """From within a callback: jump there, if nothing else of the loop comes before.

        A turn of the loop would do the same, and cost more than what is done in it.
        """
        if self._ready or self._threads or self._stopping:
            return False
        first = self._first_timer()
        if first is not None and first < (when_ns, order):
            return False
        self.clock.advance_to(when_ns)
        return True

    def _write_to_self(self) -> None:
        self._called.set()

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    # Threads.

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: Unpack[Ts]
    ) -> asyncio.Future[T]:
        """See `asyncio.loop.run_in_executor`; time stands still until the function returns."""
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, future: asyncio.Future[Any]) -> None:
        self._threads -= 1

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """See `asyncio.loop.shutdown_default_executor`. Not in virtual time: threads are real."""
        self._threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._threads -= 1


def _refused(name: str) -> Callable[..., NoReturn]:
    def refuse(self: VirtualLoop, *args: object, **options: object) -> NoReturn:
        raise ScheduleError(
            f"{name} is refused in virtual time: sockets, pipes, processes and signals answer in "
            "the machine's time, for which the virtual clock does not wait; use a MemoryLink, "
            "or run without clock="
        )

    refuse.__name__ = name
    refuse.__doc__ = "Refused."
    return refuse


for _name in (
    "add_reader add_writer remove_reader remove_writer sock_recv sock_recv_into sock_recvfrom "
    "sock_recvfrom_into sock_sendall sock_sendto sock_connect sock_accept sock_sendfile sendfile "
    "start_tls create_connection create_server create_datagram_endpoint create_unix_connection "
    "create_unix_server connect_accepted_socket connect_read_pipe connect_write_pipe "
    "subprocess_exec subprocess_shell add_signal_handler remove_signal_handler getaddrinfo "
    "getnameinfo"
).split():
    setattr(VirtualLoop, _name, _refused(_name))
