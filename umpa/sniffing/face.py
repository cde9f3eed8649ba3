"""What the blocking and the asyncio face of a capture have in common: everything but waiting.

The packets of a capture are in `queue` until somebody takes them; calls that a packet leads to are
in `calls` until they are made. So an exception in a callback costs that one call, and nothing else.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar, overload

from umpa.core.packet import Packet
from umpa.link.impairment import SECOND, seconds
from umpa.sniffing.intake import Intake
from umpa.sniffing.reactions import Callback, Condition, Reactions
from umpa.sniffing.stats import CaptureStats

__all__ = ["DRAIN", "Call", "Face", "blame"]

C = TypeVar("C", bound=Callback)

DRAIN = 1.0
"""Seconds for which `dispatch(timeout=0)` handles what is there, should ever more be there."""


class Call(NamedTuple):
    """A callback to be called."""

    callback: Callable[[Packet], Any]
    packet: Packet
    last: bool
    """Whether it is the packet's last one."""


class Face:
    """The base of `Capture` and `AsyncCapture`."""

    _intake: Intake
    _reactions: Reactions
    _calls: deque[Call]
    _stopping = False

    @property
    def name(self) -> str:
        """The names of its sources."""
        return self._intake.name

    @property
    def linktypes(self) -> list[int]:
        """The link type of each source, as capture files number it; empty before it is open."""
        return [inlet.origin.linktype for inlet in self._intake.inlets]

    @property
    def stats(self) -> CaptureStats:
        """What was received, and what was lost. The last figures remain after the end."""
        return self._intake.stats

    @overload
    def on(self, match: Condition, callback: C, *, answers: Packet | None = None) -> C: ...
    @overload
    def on(
        self, match: Condition = None, callback: None = None, *, answers: Packet | None = None
    ) -> Callable[[C], C]: ...
    def on(
        self,
        match: Condition = None,
        callback: Any = None,
        *,
        answers: Packet | None = None,
    ) -> Any:
        """Call `callback` with every packet that passes `match` and answers the packet `answers`.

            @capture.on(TCP.flags == "SYN,ACK", answers=syn)
            def opened(packet): ...

            capture.on(has(ICMP), print)

        `match` is a match expression or another function of a packet; None is every packet.
        Answers are told by addresses, ports and identifiers, ICMP errors that quote `answers`
        included. Callbacks are called by `dispatch`, in the order they were added. A packet costs
        the same with ten of them as with a thousand, where they ask for values of the same fields.

        :raises TypeError: what is no match, or no callback.
        """
        if callback is not None:
            self._reactions.add(match, answers, callback)
            return callback

        waiting = self._reactions.expect()

        def decorate(function: C) -> C:
            self._reactions.expected.discard(waiting)
            self._reactions.add(match, answers, function)
            return function

        return decorate

    def off(self, callback: Callback) -> bool:
        """Do not call `callback` any more; returns whether it was there."""
        return self._reactions.remove(callback) > 0

    def stop(self) -> None:
        """End the `dispatch` or the loop that runs now, or the next one; from any thread.

        The packets that were not handled stay for the next one.
        """
        self._stopping = True
        self._wake()

    def _wake(self) -> None:
        """End a wait."""

    def _stopped(self) -> bool:
        """Whether `stop` was called; said once."""
        if self._stopping:
            self._stopping = False
            return True
        return False

    def _until(self, timeout: float | None) -> int | None:
        """When `timeout` seconds will have passed, on the clock of the sources."""
        if timeout is None:
            return None
        return self._intake.clock.monotonic_ns() + round(seconds("timeout", timeout) * SECOND)

    def _next_call(self, first: bool) -> Call | None:
        """The next call there is to make; None where no packet is left that leads to one."""
        calls, queue, find = self._calls, self._intake.queue, self._reactions.find
        while True:
            if calls:
                with suppress(IndexError):  # another thread was quicker
                    return calls.popleft()
            try:
                packet = queue.popleft()
            except IndexError:
                return None
            found = find(packet)
            if not found:
                continue
            if first or len(found) == 1:
                return Call(found[0], packet, True)
            last = len(found) - 1
            calls.extend(Call(one, packet, n == last) for n, one in enumerate(found))


def blame(error: Exception, packet: Packet) -> None:
    """Tell with an exception which packet it was raised for."""
    with suppress(AttributeError):  # an exception that takes no attributes
        error.packet = packet  # type: ignore[attr-defined]
    if sys.version_info >= (3, 11):
        error.add_note(f"while handling {packet.summary()}")
