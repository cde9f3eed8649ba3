"""The coroutines of a run, driven without a task or a turn of the event loop for each.

1. A coroutine is stepped at once. What it waits for of umpa's (an answer, a packet, a time) is a
   `Wait`; once that is settled, the coroutine goes on at the end of what is being handled.
2. It may wait for anything of asyncio's as well: a `Strand` is a task as asyncio's "Extending"
   describes one, so `asyncio.timeout`, `asyncio.gather` and others work in it.
3. A `Wait` may be awaited by any other task of the loop too.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError, current_task
from asyncio.tasks import _enter_task, _leave_task
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import copy_context
from inspect import isawaitable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from umpa.core.packet import Packet

if TYPE_CHECKING:
    from umpa.template.outbox import Outbox

__all__ = ["Runner", "Strand", "Wait", "waits"]

T = TypeVar("T")

Done = Callable[[Any, "BaseException | None"], object]
"""Gets the result of a coroutine, or its error: a CancelledError where it was cancelled."""


class Wait(Generic[T]):
    """Something that one coroutine waits for, and somebody settles."""

    __slots__ = ("_future", "_runner", "_strand", "settled", "value")

    value: T

    def __init__(self, runner: Runner) -> None:
        self.settled = False
        self._runner = runner
        self._strand: Strand | None = None
        self._future: asyncio.Future[None] | None = None

    def settle(self, value: T) -> bool:
        """Let the coroutine go on with a value; only the first counts. Always True."""
        if not self.settled:
            self.settled = True
            self.value = value
            strand = self._strand
            if strand is not None:
                strand._wait = self._strand = None
                self._runner.resume(strand)
            elif self._future is not None and not self._future.done():
                self._future.set_result(None)
        return True

    def __await__(self) -> Generator[Any, None, T]:
        if not self.settled:
            task: object = current_task()  # which is no strand in a task that began at once
            if isinstance(task, Strand):
                yield self
            else:
                self._future = asyncio.get_running_loop().create_future()
                yield from self._future
        return self.value


class Strand:
    """A coroutine under way."""

    __slots__ = (
        "__weakref__", "_cancels", "_context", "_coro", "_done", "_future", "_runner", "_thrown",
        "_wait", "ended",
    )  # fmt: skip

    def __init__(self, runner: Runner, coro: Coroutine[Any, Any, Any], done: Done) -> None:
        self.ended = False
        self._runner = runner
        self._coro = coro
        self._context = copy_context()
        """Context variables of its own, as those of a task are."""
        self._done = done
        self._wait: Wait[Any] | None = None
        self._future: Any = None
        self._thrown: BaseException | None = None
        """What is thrown into the coroutine when it goes on."""
        self._cancels = 0

    def step(self) -> None:
        """Let it run until it waits again, or ends."""
        loop: Any = self._runner.loop
        me: Any = self
        outer = current_task(loop)
        if outer is not None:
            _leave_task(loop, outer)
        _enter_task(loop, me)
        try:
            thrown = self._thrown
            if thrown is None:
                awaited = self._context.run(self._coro.send, None)
            else:
                self._thrown = None
                awaited = self._context.run(self._coro.throw, thrown)
        except StopIteration as stop:
            result, error = stop.value, None
        except (Exception, CancelledError) as caught:
            result, error = None, caught
        except BaseException:
            self._end()
            raise
        else:
            self._park(awaited)
            return
        finally:
            _leave_task(loop, me)
            if outer is not None:
                _enter_task(loop, outer)
        self._end()
        self._done(result, error)

    def _end(self) -> None:
        self.ended = True
        self._runner.forget(self)

    def _park(self, awaited: Any) -> None:
        if awaited.__class__ is Wait:
            awaited._strand = self
            self._wait = awaited
            if self._thrown is not None:
                self._leave(awaited)
        elif getattr(awaited, "_asyncio_future_blocking", False):
            awaited._asyncio_future_blocking = False
            self._future = awaited
            awaited.add_done_callback(self._wake)
            if self._thrown is not None and awaited.cancel():
                self._thrown = None
        else:
            if awaited is not None:
                self._thrown = RuntimeError(f"a coroutine waits for {awaited!r}, which is nothing")
            self._runner.loop.call_soon(self._wake)

    def _leave(self, wait: Wait[Any]) -> None:
        wait._strand = self._wait = None
        self._runner.resume(self)

    def _wake(self, future: object = None) -> None:
        self._future = None
        self._runner.resume(self)

    # What asyncio asks of the current task.

    def cancel(self, msg: object = None) -> bool:
        """Raise a CancelledError where it waits; False where it has ended."""
        if self.ended:
            return False
        self._cancels += 1
        if self._future is None or not self._future.cancel():
            self._thrown = CancelledError()
            if self._wait is not None:
                self._leave(self._wait)
        return True

    def cancelling(self) -> int:
        """How many cancellations were not taken back."""
        return self._cancels

    def uncancel(self) -> int:
        """Take a cancellation back; how many are left."""
        self._cancels = max(0, self._cancels - 1)
        return self._cancels

    def done(self) -> bool:
        """Whether it has ended."""
        return self.ended

    def get_name(self) -> str:
        """The name of its coroutine."""
        return str(getattr(self._coro, "__qualname__", "strand"))


class Runner:
    """Runs the coroutines of a run, and knows those that wait."""

    def __init__(self, outbox: Outbox) -> None:
        self.loop = asyncio.get_running_loop()
        self._outbox = outbox
        self._strands: dict[Strand, None] = {}
        self.ready: deque[Strand] = deque()
        """Those that go on at the end of what is being handled."""
        self._posted = False
        self._emptied: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._strands)

    def start(self, work: Awaitable[Any], done: Done) -> Strand | None:
        """Step `work` until it waits; what goes on with it, or None where it is through."""
        coro: Any = work if work.__class__ is CoroutineType else _awaited(work)
        strand = Strand(self, coro, done)
        strand.step()
        if strand.ended:
            return None
        self._strands[strand] = None
        return strand

    def resume(self, strand: Strand) -> None:
        """It goes on, once what is being handled is through."""
        self.ready.append(strand)
        if not (self._outbox.holding or self._posted):
            self._posted = True
            self.loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._posted = False
        self._outbox.holding = True
        self.end()

    def end(self) -> None:
        """What was handled is through: coroutines and frames that the outbox held go on now."""
        outbox = self._outbox
        try:
            if self.ready:
                self.drain()
        finally:
            outbox.holding = False
            if outbox.frames:
                outbox.flush()

    def drain(self) -> None:
        """Let those go on that may."""
        ready = self.ready
        while ready:
            ready.popleft().step()

    def forget(self, strand: Strand) -> None:
        """It has ended."""
        self._strands.pop(strand, None)
        if self._emptied is not None and not self._strands and not self._emptied.done():
            self._emptied.set_result(None)

    async def cancel_all(self, grace: float) -> int:
        """Cancel what still runs, and wait for it; how many did not end within `grace` seconds."""
        for strand in list(self._strands):
            strand.cancel()
        if self._strands:
            self._emptied = self.loop.create_future()
            await asyncio.wait((self._emptied,), timeout=grace)
        return len(self._strands)


def waits(result: object) -> bool:
    """Whether a handler's result is to be awaited."""
    return result.__class__ is CoroutineType or (
        result is not None and not isinstance(result, (Packet, tuple, list)) and isawaitable(result)
    )


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
