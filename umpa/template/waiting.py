"""What was asked and waits for an answer, and what is expected: thousands at a time.

Whose answer a packet is, is one look-up (`umpa.exchange.keys`), as is who expects it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from umpa.core.index import Index
from umpa.core.packet import Packet
from umpa.errors import TemplateError
from umpa.exchange.keys import Pending
from umpa.template.declare import Test
from umpa.template.outbox import Outbox
from umpa.template.status import Counts

__all__ = ["Accept", "Waiting"]

Accept = Callable[[Packet], bool]
"""Takes an answer; False where it is none after all."""
_MOST = 100_000


class Waiting:
    """The requests of a run that wait."""

    def __init__(self, outbox: Outbox, counts: Counts) -> None:
        self._loop = asyncio.get_running_loop()
        self._outbox = outbox
        self._counts = counts
        self._pending: Pending[Accept] = Pending()
        self._expected: Index[Accept] = Index()
        self.number = 0
        """How many wait."""
        self._expecting = 0

    async def ask(self, packet: Packet, timeout: float, retries: int) -> Packet | None:
        """Send a request and wait for its answer; None where none comes."""
        answer: asyncio.Future[Packet | None] = self._loop.create_future()

        def accept(found: Packet) -> bool:
            if not answer.done():
                answer.set_result(found)
            return True

        await self.answered(packet, timeout, retries, answer, accept)
        return answer.result()

    async def answered(
        self, packet: Packet, timeout: float, retries: int,
        answer: asyncio.Future[Any], accept: Accept,
    ) -> None:  # fmt: skip
        """Send a request, again where nothing comes, until `answer` is done.

        It becomes None where nothing came after the last of the retries.
        """
        if not isinstance(packet, Packet):
            raise TemplateError(f"ask: expected a packet, got {packet!r}")
        _check(timeout)
        if type(retries) is not int or retries < 0:
            raise TemplateError(f"ask: retries={retries!r}; expected 0 or more")
        self._check_room()
        frame = self._outbox.frame(packet)
        asked = self._pending.add(Packet.dissect(frame, packet.linktype), accept)
        self.number += 1
        tries = retries
        timer: asyncio.TimerHandle

        def over() -> None:
            nonlocal tries, timer
            if answer.done():
                return
            if not tries:
                answer.set_result(None)
                return
            tries -= 1
            self._outbox.put(frame)
            timer = self._loop.call_later(timeout, over)

        timer = self._loop.call_later(timeout, over)
        try:
            self._outbox.put(frame)
            await answer
        finally:
            timer.cancel()
            self._pending.remove(asked)
            self.number -= 1

    async def expect(self, match: Test | None, timeout: float) -> Packet | None:
        """Wait for a packet that passes `match`; None where none comes."""
        _check(timeout)
        self._check_room()
        answer: asyncio.Future[Packet | None] = self._loop.create_future()

        def accept(found: Packet | None) -> bool:
            if not answer.done():
                answer.set_result(found)
            return True

        number = self._expected.add(match, accept)
        self.number += 1
        self._expecting += 1
        timer = self._loop.call_later(timeout, accept, None)
        try:
            return await answer
        finally:
            timer.cancel()
            self._expected.remove(number)
            self.number -= 1
            self._expecting -= 1

    def give(self, packet: Packet, sound: Callable[[Packet], bool]) -> bool:
        """Give a packet to whoever waits for it; whether it is an answer to what was asked."""
        if self._expecting:
            expecting = self._expected.find(packet)
            if expecting and sound(packet):
                for accept in expecting:
                    accept(packet)
        if self.number > self._expecting:
            asked = self._pending.asked(packet)
            if asked is not None and sound(packet):
                taken = [one.item(packet) for one in asked]
                return any(taken)
        return False

    def _check_room(self) -> None:
        if self.number >= _MOST:
            raise TemplateError(f"{_MOST} requests wait for their answers already")


def _check(timeout: float) -> None:
    if isinstance(timeout, bool) or not 0 < timeout < 1e9:
        raise TemplateError(f"timeout={timeout!r}; expected seconds, more than 0")
