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
from umpa.exchange.keys import Asked, Pending
from umpa.template.declare import Test
from umpa.template.outbox import Outbox
from umpa.template.running import Runner, Wait

__all__ = ["Accept", "Waiting"]

Accept = Callable[[Packet], bool]
"""Takes an answer; False where it is none after all."""
_MOST = 100_000


class Waiting:
    """The requests of a run that wait."""

    def __init__(self, outbox: Outbox, runner: Runner) -> None:
        self._runner = runner
        self._outbox = outbox
        self._pending: Pending[Accept] = Pending()
        self._expected: Index[Accept] = Index()
        self.number = 0
        """How many wait."""
        self._expecting = 0

    async def ask(self, packet: Packet, timeout: float, retries: int) -> Packet | None:
        """Send a request and wait for its answer; None where none comes."""
        answer: Wait[Packet | None] = Wait(self._runner)
        request = self.request(packet, timeout, retries, answer, answer.settle)
        try:
            return await answer
        finally:
            request.end()

    def request(
        self, packet: Packet, timeout: float, retries: int, answer: Wait[Any], accept: Accept
    ) -> Request:
        """Send a request, again where nothing comes, until the request is ended.

        `accept` gets the answers. `answer` becomes None where nothing came after the last of
        the retries.
        """
        if not isinstance(packet, Packet):
            raise TemplateError(f"ask: expected a packet, got {packet!r}")
        _check(timeout)
        if type(retries) is not int or retries < 0:
            raise TemplateError(f"ask: retries={retries!r}; expected 0 or more")
        self._check_room()
        return Request(self, self._outbox.frame(packet), packet.linktype, timeout, retries, answer,
                       accept)  # fmt: skip

    async def expect(self, match: Test | None, timeout: float) -> Packet | None:
        """Wait for a packet that passes `match`; None where none comes."""
        _check(timeout)
        self._check_room()
        answer: Wait[Packet | None] = Wait(self._runner)
        number = self._expected.add(match, answer.settle)
        self.number += 1
        self._expecting += 1
        timer = self._runner.loop.call_later(timeout, answer.settle, None)
        try:
            return await answer
        finally:
            timer.cancel()
            self._expected.remove(number)
            self.number -= 1
            self._expecting -= 1

    async def sleep(self, seconds: float) -> None:
        """Wait for a time to pass."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        over: Wait[None] = Wait(self._runner)
        timer = self._runner.loop.call_later(seconds, over.settle, None)
        try:
            await over
        finally:
            timer.cancel()

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


class Request:
    """A request that was sent, and is sent again."""

    __slots__ = ("_answer", "_asked", "_frame", "_timeout", "_timer", "_tries", "_waiting")

    def __init__(
        self, waiting: Waiting, frame: bytes, linktype: int, timeout: float, retries: int,
        answer: Wait[Any], accept: Accept,
    ) -> None:  # fmt: skip
        self._waiting = waiting
        self._frame = frame
        self._timeout = timeout
        self._tries = retries
        self._answer = answer
        self._asked = Asked(frame, linktype, accept)
        waiting._pending.file(self._asked)
        waiting.number += 1
        self._send()

    def _send(self) -> None:
        waiting = self._waiting
        self._timer = waiting._runner.loop.call_later(self._timeout, self._over)
        waiting._outbox.put(self._frame)

    def _over(self) -> None:
        if self._tries:
            self._tries -= 1
            self._send()
        else:
            self._answer.settle(None)

    def end(self) -> None:
        """Nobody waits any more."""
        self._timer.cancel()
        self._waiting._pending.remove(self._asked)
        self._waiting.number -= 1


def _check(timeout: float) -> None:
    if isinstance(timeout, bool) or not 0 < timeout < 1e9:
        raise TemplateError(f"timeout={timeout!r}; expected seconds, more than 0")
