"""The asyncio face of a capture."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from inspect import isawaitable

from umpa.core.packet import Packet
from umpa.errors import WouldBlock
from umpa.exchange.script import run_async, sending
from umpa.link.aio import Watch, writable
from umpa.schedule.loop import refuse_other_clock
from umpa.sniffing.face import DRAIN, Call, Face, blame
from umpa.sniffing.intake import Intake, framed, routed
from umpa.sniffing.reactions import Reactions

__all__ = ["AsyncCapture"]


class AsyncCapture(Face):
    """What `async with Capture(...)` gives: the same capture, awaited. It belongs to one loop.

    Other tasks of the loop have their turn after every batch of packets (256 at most).

    :raises ScheduleError: a source is on another clock than the loop.
    """

    def __init__(self, intake: Intake, reactions: Reactions) -> None:
        for link in intake.links:
            refuse_other_clock(link.clock, link.name)
        self._intake = intake
        self._reactions = reactions
        self._calls: deque[Call] = deque()
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._watches: list[Watch] = []

    def __aiter__(self) -> AsyncIterator[Packet]:
        """The packets, until the capture ends. A loop that is left can be taken up again.

        :raises LinkError: a device failed, after what came before; `LinkDown` says why.
        :raises FileError: a file is damaged here.
        """
        self._intake.require_open()
        return self._packets()

    async def _packets(self) -> AsyncIterator[Packet]:
        take = self._intake.queue.popleft
        busy = False
        while True:
            try:
                while True:
                    yield take()
            except IndexError:  # of an empty queue
                if not await self._more(None, None, busy):
                    return
                busy = True

    async def next(self, timeout: float | None = None) -> Packet | None:
        """The next packet; None where none comes within `timeout` seconds, or the capture ended.

        :raises LinkError: a device failed.
        """
        until = self._until(timeout)
        while True:
            try:
                return self._intake.queue.popleft()
            except IndexError:
                if not await self._more(until, None, False):
                    return None

    async def _more(self, until: int | None, late: int | None, busy: bool) -> bool:
        """See `Capture._more`."""
        intake = self._intake
        while True:
            if self._stopped():
                return False
            if busy and intake.remaining(late) == 0:
                return False
            left = intake.remaining(until)
            if intake.fill():
                if busy:
                    await asyncio.sleep(0)  # the others' turn
                return True
            if intake.ended or left == 0:
                return False
            await self._wait(left)

    async def _wait(self, timeout: float | None) -> None:
        """Wait until something may be there, or for a `_wake`."""
        news = self._news
        if any(inlet.link is None and not inlet.exhausted for inlet in self._intake.inlets):
            await asyncio.sleep(0)
            return
        watches = self._watches
        timer = None if timeout is None else self._loop.call_later(timeout, news.set)
        try:
            for link in self._intake.links:
                watches.append(Watch(link, news.set))
            await news.wait()
        finally:
            news.clear()
            self._unwatch()
            if timer is not None:
                timer.cancel()

    def _unwatch(self) -> None:
        while self._watches:
            self._watches.pop().close()

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)

    async def dispatch(
        self, timeout: float | None = None, count: int | None = None, *, first: bool = False
    ) -> int:
        """Call the callbacks of `on`, and await those that are coroutines: see `Capture.dispatch`.

        A coroutine is awaited before the next callback is called. What takes long belongs into a
        task of its own.

        :raises LinkError: a device failed, after what came before was handled.
        """
        self._intake.require_open()
        self._reactions.require_complete()
        until, late = self._until(timeout), self._until(DRAIN if timeout == 0 else timeout)
        handled, busy = 0, False
        while count is None or handled < count:
            call = self._next_call(first)
            if call is None:
                if not await self._more(until, late, busy):
                    break
                busy = True
                continue
            try:
                result = call.callback(call.packet)
                if result is not None and isawaitable(result):
                    await result
            except Exception as error:
                blame(error, call.packet)
                raise
            handled += call.last
            if self._stopping and self._stopped():
                break
        return handled

    async def send(self, packet: Packet | bytes) -> None:
        """Send a packet: see `Capture.send`.

        :raises EncodeError: it cannot be written, or is no frame of that device.
        :raises LinkDown: the device is down.
        :raises LinkError: a file cannot be sent into; or it is not clear which device is meant.
        """
        link = self._intake.link_for(packet)
        if routed(packet, link):
            frame = framed(packet, link)
            if frame is None:
                await run_async(sending(packet, link.name, 1, None, None))
                return None
            packet = frame
        while True:
            try:
                return link.send(packet)
            except WouldBlock:
                await writable(link)

    def close(self) -> None:
        """Give everything back, as the end of `async with` does; a second call does nothing.

        A task that waits for packets gets a `LinkClosed`.
        """
        self._unwatch()  # a descriptor that is closed is never ready
        self._news.set()
        self._intake.close()
