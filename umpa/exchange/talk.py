"""Cores that talk over a link, and the two drivers that run them.

A core is given the time and the frames, and never waits; the blocking driver and the asyncio
driver only wait. So both faces do the same, in real and in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from umpa.link.base import Frame, Link
from umpa.link.clock import Clock
from umpa.link.impairment import SECOND
from umpa.schedule.wait import waiter_for

if TYPE_CHECKING:
    import asyncio

__all__ = ["Talk", "drive", "drive_async"]

_BATCH = 512
_FULL = 0.0002  # s; a queue that is full is tried again after that


class Talk(Protocol):
    """A core."""

    clock: Clock
    """What it is run by."""

    def step(self, now: int) -> int | None:
        """Do what is due; when to come again, in nanoseconds; None when all is done."""

    def receive(self, frames: list[Frame], now: int) -> None:
        """Take what was read."""


def drive(talk: Talk, link: Link | None) -> None:
    """Run a core to its end; reads from `link`, if there is one to read from."""
    now_ns = talk.clock.monotonic_ns
    if link is None:
        wait = waiter_for(talk.clock)
        while (due := talk.step(now_ns())) is not None:
            wait(due, False)
        return
    while (due := talk.step(now_ns())) is not None:
        left = due - now_ns()
        if left > 0:
            link.wait(left / SECOND)
        while frames := link.read(_BATCH):
            talk.receive(frames, now_ns())
            if len(frames) < _BATCH:
                break


async def drive_async(talk: Talk, link: Link | None) -> None:
    """The same beside others in the running loop. Nobody else may watch the link meanwhile.

    :raises ScheduleError: the core is on another clock than the loop.
    """
    import asyncio

    from umpa.link.aio import Watch
    from umpa.schedule.loop import refuse_other_clock

    refuse_other_clock(talk.clock, "the link" if link is None else link.name)
    now_ns = talk.clock.monotonic_ns
    if link is None:
        while (due := talk.step(now_ns())) is not None:
            await asyncio.sleep(max(due - now_ns(), 0) / SECOND)
        return
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[None] | None = None

    def wake() -> None:
        if woken is not None and not woken.done():
            woken.set_result(None)

    def read() -> None:
        frames = link.read(_BATCH)
        if frames:
            talk.receive(frames, now_ns())
            wake()

    guarded = _Guard(read, wake)
    watch = Watch(link, guarded)
    try:
        while (due := talk.step(now_ns())) is not None:
            left = due - now_ns()
            woken = loop.create_future()
            timer = loop.call_later(max(left, 0) / SECOND, wake)
            try:
                await woken
            finally:
                timer.cancel()
            if guarded.error is not None:
                raise guarded.error
    finally:
        watch.close()


class _Guard:
    """Keeps what the reading raises, for whoever waits."""

    def __init__(self, work: Callable[[], object], wake: Callable[[], object]) -> None:
        self._work = work
        self._wake = wake
        self.error: Exception | None = None

    def __call__(self) -> None:
        if self.error is not None:
            return
        try:
            self._work()
        except Exception as error:
            self.error = error
            self._wake()
