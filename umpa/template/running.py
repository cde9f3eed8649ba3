"""Coroutines stepped at once: only one that waits becomes a task."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import CoroutineType, coroutine
from typing import Any

__all__ = ["Runner"]


class Runner:
    """Runs the coroutines of a run, and knows those that wait."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def start(
        self, work: Awaitable[Any], done: Callable[[Any, BaseException | None], object]
    ) -> asyncio.Task[Any] | None:
        """Step `work` until it waits; the task that goes on with it, or None where it is through.

        `done` gets its result, or its error, in any case but for a task that was cancelled, for
        which it gets a CancelledError.
        """
        coro: Coroutine[Any, Any, Any]
        coro = work if isinstance(work, CoroutineType) else _awaited(work)
        if sys.version_info >= (3, 12):
            task = asyncio.Task(coro, loop=self._loop, eager_start=True)
            if task.done():
                _tell(task, done)
                return None
        else:
            try:
                awaited = coro.send(None)
            except StopIteration as stop:
                done(stop.value, None)
                return None
            except Exception as error:
                done(None, error)
                return None
            rest: Any = _rest(coro, awaited)
            task = self._loop.create_task(rest)
        self._tasks[task] = None

        def ended(task: asyncio.Task[Any]) -> None:
            del self._tasks[task]
            coro.close()  # of a task that was cancelled before it went on
            _tell(task, done)

        task.add_done_callback(ended)
        return task

    async def cancel_all(self, grace: float) -> int:
        """Cancel what still runs, and wait for it; how many did not end within `grace` seconds."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if not tasks:
            return 0
        _, pending = await asyncio.wait(tasks, timeout=grace)
        return len(pending)


def _tell(task: asyncio.Task[Any], done: Callable[[Any, BaseException | None], object]) -> None:
    if task.cancelled():
        done(None, asyncio.CancelledError())
        return
    error = task.exception()
    done(None if error is not None else task.result(), error)


@coroutine
def _rest(work: Coroutine[Any, Any, Any], awaited: Any) -> Generator[Any, Any, Any]:
    """The rest of a coroutine that waits for `awaited`."""
    while True:
        try:
            value = yield awaited
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:
            step: Callable[[Any], Any] = work.throw
            value = error
        else:
            step = work.send
        try:
            awaited = step(value)
        except StopIteration as stop:
            return stop.value


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
