"""A train of packets as asyncio sees it: to be awaited, watched, and steered."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from umpa.core.packet import Packet
from umpa.schedule.report import Report
from umpa.schedule.train import Train

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Job"]

_UNSEEN = 1024  # packets that a watcher may be behind


class Job:
    """Packets that an `AsyncScheduler` sends.

    `await job` waits for the last one, and gives the report; an error of the job is raised.
    `async for packet in job` gives each packet after it was sent. Whoever looks too slowly does
    not slow down the job: of more than 1024 packets not yet looked at, the oldest are left out,
    and counted in `unseen`.
    """

    def __init__(self, train: Train, loop: asyncio.AbstractEventLoop) -> None:
        self._train = train
        self._loop = loop
        self._through: asyncio.Future[None] = loop.create_future()
        self._watchers: WeakSet[_Watcher] = WeakSet()
        self.unseen = 0
        """Packets that were sent, and left out of an `async for` that was too slow."""

    @property
    def report(self) -> Report:
        """What became of it so far."""
        return self._train.report

    @property
    def done(self) -> bool:
        """Whether nothing more will be sent."""
        return self._train.done

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self._train.paused

    def cancel(self) -> None:
        """Send nothing more. Whoever awaits the job gets the report of what was sent."""
        self._train.cancel()

    def pause(self) -> None:
        """Stand still, until `resume`."""
        self._train.pause()

    def resume(self) -> None:
        """Go on; all deadlines to come are later by the length of the pause."""
        self._train.resume()

    def __await__(self) -> Generator[Any, None, Report]:
        return self._wait().__await__()

    async def _wait(self) -> Report:
        await asyncio.shield(self._through)  # cancelling one who waits does not end the job
        if self._train.error is not None:
            raise self._train.error
        return self._train.report

    def __aiter__(self) -> AsyncIterator[Packet | bytes]:
        watcher = _Watcher(self)
        self._watchers.add(watcher)
        self._train.on_sent = self._tell
        return watcher

    def _tell(self, packet: Packet | bytes) -> None:
        for watcher in self._watchers:
            self.unseen += watcher.see(packet)

    def ended(self) -> None:
        """The train is through."""
        if not self._through.done():
            self._through.set_result(None)
        for watcher in self._watchers:
            watcher.wake()


class _Watcher(AsyncIterator["Packet | bytes"]):
    """One `async for`."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._packets: deque[Packet | bytes] = deque(maxlen=_UNSEEN)
        self._waiter: asyncio.Future[None] | None = None

    def see(self, packet: Packet | bytes) -> bool:
        """A packet was sent; whether an older one had to give way."""
        full = len(self._packets) == _UNSEEN
        self._packets.append(packet)
        self.wake()
        return full

    def wake(self) -> None:
        """There is something to look at."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Packet | bytes:
        while not self._packets:
            if self._job.done:
                await self._job  # raises what ended it
                raise StopAsyncIteration
            self._waiter = self._job._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._packets.popleft()
