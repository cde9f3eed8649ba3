"""Waking an event loop at a deadline, as exactly as it can be done.

asyncio's own timers are rounded up to a millisecond by epoll(7). A timerfd (timerfd_create(2)) is a
descriptor like any other, and as exact as a sleep. Where there is none, or where a loop takes
no descriptors, asyncio's timers serve.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any, Protocol

from umpa.schedule.loop import Recurring, VirtualLoop
from umpa.schedule.times import SECOND

__all__ = ["Alarm", "alarm_for"]

_CLOCK_MONOTONIC = 1
_TFD_TIMER_ABSTIME = 1
_TFD_NONBLOCK = 0o4000
_TFD_CLOEXEC = 0o2000000


class Alarm(Protocol):
    """Calls back once, at or after the time that was set last."""

    def set(self, when_ns: int, order: int) -> None:
        """Ring at `when_ns`; `order` is the place among what is due at the same time."""

    def close(self) -> None:
        """Never ring again."""


def alarm_for(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> Alarm:
    """The best there is for a loop."""
    if isinstance(loop, VirtualLoop):
        return _VirtualAlarm(loop, callback)
    try:
        return _TimerDescriptor(loop, callback)
    except (OSError, AttributeError, NotImplementedError, TypeError):
        return _LoopAlarm(loop, callback)  # no timerfd, no libc, or no descriptors


class _VirtualAlarm:
    def __init__(self, loop: VirtualLoop, callback: Callable[[], object]) -> None:
        self._loop, self._callback = loop, callback
        self._timer = Recurring(callback, loop)

    def set(self, when_ns: int, order: int) -> None:
        if not self._timer.set(when_ns, order):
            self._timer.cancel()
            self._timer = Recurring(self._callback, self._loop)
            self._timer.set(when_ns, order)

    def close(self) -> None:
        self._timer.cancel()


class _LoopAlarm:
    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
        self._loop, self._callback = loop, callback
        self._timer: asyncio.TimerHandle | None = None

    def set(self, when_ns: int, order: int) -> None:
        self.close()
        self._timer = self._loop.call_at(when_ns / SECOND, self._callback)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _TimerDescriptor:
    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
        import ctypes

        libc: Any = ctypes.CDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        self._spec = (ctypes.c_long * 4)()  # interval and value, each in seconds and nanoseconds
        self._descriptor: int = libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._loop, self._callback = loop, callback
        try:
            loop.add_reader(self._descriptor, self._ring)
        except NotImplementedError:
            os.close(self._descriptor)
            raise

    def set(self, when_ns: int, order: int) -> None:
        # a time of 0 would disarm it
        self._spec[2], self._spec[3] = divmod(max(when_ns, 1), SECOND)
        self._settime(self._descriptor, _TFD_TIMER_ABSTIME, self._spec, None)

    def close(self) -> None:
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _ring(self) -> None:
        try:
            os.read(self._descriptor, 8)
        except BlockingIOError:
            return  # it was set anew before anybody looked
        self._callback()
