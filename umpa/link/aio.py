"""Links in an asyncio loop: what every asynchronous face stands on.

1. Nothing here blocks, makes a task, or outlives its `close`: a cancelled `readable` leaves neither
   a reader nor a timer behind.
2. A link has one `Watch` at a time. Two would take each other's frames; the second is refused.
3. A loop without descriptors (in virtual time) is asked for none by links that have none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any
from weakref import WeakKeyDictionary

from umpa.errors import LinkError
from umpa.link.base import Link
from umpa.link.impairment import SECOND, seconds

__all__ = ["Watch", "readable", "writable"]

_FIRST_PAUSE = 0.0002
_LONGEST_PAUSE = 0.01
_STEP = 1e-6  # s; a timer that fired too early by rounding is not set closer than this

# The descriptors that are watched, for each loop: `add_reader` would replace the first silently.
_watched: WeakKeyDictionary[asyncio.AbstractEventLoop, set[int]] = WeakKeyDictionary()


class Watch:
    """Calls `callback()` in the running loop whenever `link` may have frames, until `close`.

    It is called again, after other things of the loop had their turn, for as long as frames remain
    that were not read. So it may read one batch and return. It is also called when reading would
    raise: the link was closed, or is down. Close the watch before the link: a descriptor that
    is closed is never ready.

    :raises LinkError: the link is watched already.
    :raises RuntimeError: no loop is running.
    """

    def __init__(self, link: Link, callback: Callable[[], object]) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._link = link
        self._callback = callback
        self._timer: asyncio.TimerHandle | None = None
        self._posted = False
        self._open = True
        self._call_soon = _calls_soon(loop, self._look)
        self._descriptor = link.fileno()
        if self._descriptor < 0:
            link.on_ready(self._post)
        else:
            watched = _watched.setdefault(loop, set())
            if self._descriptor in watched:
                raise LinkError(f"{link.name}: is watched already; one reader at a time")
            loop.add_reader(self._descriptor, self._call)
            watched.add(self._descriptor)
        loop.call_soon(self._look)

    def close(self) -> None:
        """Stop. The callback is not called again; a second call does nothing."""
        if not self._open:
            return
        self._open = False
        self._stop_timer()
        if self._descriptor < 0:
            self._link.on_ready(None)
        else:
            self._loop.remove_reader(self._descriptor)
            _watched[self._loop].discard(self._descriptor)

    def _post(self) -> None:
        """From any thread: look soon."""
        if self._posted:
            return
        self._posted = True
        if asyncio._get_running_loop() is self._loop:
            self._call_soon()
            return
        with suppress(RuntimeError):  # the loop was closed, and nobody can be told any more
            self._loop.call_soon_threadsafe(self._call_soon)

    def _look(self, step: float = 0) -> None:
        """Call back if there are frames; if they are held back, come again when they are due."""
        self._posted = False  # before looking: what comes from now on posts again
        if not self._open:
            return
        if self._timer is not None:
            self._stop_timer()
        due = self._link.due_ns()
        if due is None:
            return
        if due and (left := due - self._link.clock.monotonic_ns()) > 0:
            self._timer = self._loop.call_later(max(left / SECOND, step), self._look, _STEP)
        else:
            self._call()

    def _call(self) -> None:
        try:
            self._callback()
        finally:
            # frames that were not read; new ones post by themselves
            if self._open and not self._posted and self._link.due_ns() is not None:
                self._posted = True
                self._call_soon()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _calls_soon(
    loop: asyncio.AbstractEventLoop, callback: Callable[[], object]
) -> Callable[[], object]:
    """What has `callback` called in the next turn, in the context of whoever watches: those who
    send to the link have others."""
    recurring: Any = getattr(loop, "recurring", None)  # of a loop in virtual time
    if recurring is not None:
        return recurring(callback)  # type: ignore[no-any-return]
    context = copy_context()
    return lambda: loop.call_soon(callback, context=context)


async def readable(link: Link, timeout: float | None = None) -> bool:
    """Wait until there may be frames (True) or `timeout` seconds passed (False).

    :raises LinkError: something else watches the link.
    :raises ValueError: `timeout` is negative or no number.
    """
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[bool] = loop.create_future()

    def settle(answer: bool) -> None:
        if not ready.done():
            ready.set_result(answer)

    limit = None if timeout is None else seconds("timeout", timeout)
    watch = Watch(link, lambda: settle(True))
    timer = None if limit is None else loop.call_later(limit, settle, False)
    try:
        return await ready
    finally:
        watch.close()
        if timer is not None:
            timer.cancel()


async def writable(link: Link, timeout: float | None = None) -> bool:
    """Wait until a frame may be taken (True) or `timeout` seconds passed (False).

    The link is asked again and again, after pauses of 0.2 ms that grow to 10 ms: a full queue of
    a device gives no sign when it has room again.

    :raises ValueError: `timeout` is negative or no number.
    """
    loop = asyncio.get_running_loop()
    deadline = None if timeout is None else loop.time() + seconds("timeout", timeout)
    pause = _FIRST_PAUSE
    while not link.wait_writable(0):
        left = pause if deadline is None else deadline - loop.time()
        if left <= 0:
            return False
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)
    return True
