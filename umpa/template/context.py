"""What a handler may do: send, ask, wait, count, and know the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from umpa.core.packet import Packet
from umpa.link.base import Link
from umpa.template.declare import LinkState, Test
from umpa.template.log import Log
from umpa.template.status import Counts

if TYPE_CHECKING:
    from umpa.template.engine import Engine

__all__ = ["Context", "Handle"]

_SECOND = 1e9


class Handle(Protocol):
    """Something that will happen, unless it is cancelled."""

    def cancel(self) -> None:
        """It will not happen."""


class Context:
    """The run, as its template sees it. Every time and all randomness come from here."""

    rng: Random
    """Random numbers from the seed of the run: the same seed, the same numbers."""
    link: Link
    """What the run receives from and sends into."""
    parameters: Mapping[str, bool | int | float | str]
    """The values of the template's parameters."""
    guard: bool
    """Whether endpoints may claim addresses of this machine, and keep the kernel out of them."""

    def __init__(self, engine: Engine, parameters: Mapping[str, bool | int | float | str]) -> None:
        self._engine = engine
        self._outbox = engine.outbox
        self._waiting = engine.waiting
        self._counts: Counts = engine.counts
        self._log: Log = engine.log
        self._runner = engine.runner
        self._started_ns = engine.started_ns
        self._monotonic_ns = engine.link.clock.monotonic_ns
        self.link = engine.link
        self.rng = engine.rng
        self.guard = engine.options.guard
        self.parameters = parameters

    def send(self, what: Packet | bytes | Iterable[Packet | bytes], delay: float = 0.0) -> None:
        """Send a packet, bytes (a whole frame), or several, now or after `delay` seconds.

        The bytes are made at once: what becomes of a packet afterwards does not matter.

        :raises EncodeError: one cannot be written, or is longer than the link takes.
        :raises TemplateError: it is nothing sendable, or more than 65,536 packets at once.
        """
        self._outbox.send(what, delay)

    async def ask(self, packet: Packet, timeout: float = 1.0, retries: int = 0) -> Packet | None:
        """Send a request and wait for its answer: the answer, or None where none comes.

        An ICMP error that quotes the request is an answer. After `timeout` seconds the request is
        sent again, `retries` times. Answers go to nobody else but to `@observe`.

        :raises TemplateError: a number is out of range, or 100,000 requests wait already.
        """
        return await self._waiting.ask(packet, timeout, retries)

    async def expect(self, match: Test | None = None, timeout: float = 1.0) -> Packet | None:
        """Wait for the next packet that passes `match`; None where none comes in time.

        The packet goes its usual way too: to flows and rules.
        """
        return await self._waiting.expect(match, timeout)

    async def sleep(self, seconds: float) -> None:
        """Wait, on the run's clock."""
        await self._waiting.sleep(seconds)

    def call_later(self, seconds: float, function: Callable[[], object]) -> Handle:
        """Call a function after so many seconds, unless the handle is cancelled before."""
        return self._engine.call_later(seconds, function)

    @property
    def now(self) -> float:
        """Seconds since the run started, on its clock; never goes back."""
        return (self._monotonic_ns() - self._started_ns) / _SECOND

    @property
    def time_ns(self) -> int:
        """Nanoseconds since 1970 UTC, on the run's clock; may be set back."""
        return self.link.clock.time_ns()

    @property
    def link_state(self) -> LinkState:
        """Whether the link is up."""
        return self._engine.link_state

    def log(self, text: str, **fields: Any) -> None:
        """Write a line to the run's log: time, text, and the fields as name=value."""
        self._log.say(text, **fields)

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter of the run's status."""
        self._counts.count(name, number)

    def stop(self) -> None:
        """End the run, as soon as what runs now has had its turn."""
        self._engine.stop()
