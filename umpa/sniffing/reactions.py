"""Which callbacks a packet concerns, whatever their number.

Callbacks behind a match are found by an `Index`, those behind a request by the key of its answers
(`umpa.exchange.keys`): a packet costs the same with ten of them as with thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from umpa.core.glance import glance
from umpa.core.index import Index
from umpa.core.match import Match
from umpa.core.packet import Packet
from umpa.exchange.keys import Asked, Pending

__all__ = ["Callback", "Condition", "Reactions"]

Callback: TypeAlias = Callable[[Packet], object]
Condition: TypeAlias = "Callable[[Packet], object] | None"
"""A match expression or another function of a packet; None for every packet."""


class _Reaction(NamedTuple):
    """A callback for answers to a request."""

    number: int
    test: Condition
    callback: Callback


class Reactions:
    """Callbacks, each with what a packet has to be."""

    def __init__(self) -> None:
        self._index = Index[tuple[int, Callback]]()
        self._pending = Pending[_Reaction]()
        self._filed: dict[int, tuple[Callback, int | Asked[_Reaction]]] = {}
        self._number = 0
        self.expected: set[object] = set()
        """Decorators that no function followed so far."""

    def expect(self) -> object:
        """A decorator was made; returns what to take out of `expected` when it is used."""
        waiting = object()
        self.expected.add(waiting)
        return waiting

    def require_complete(self) -> None:
        """:raises TypeError: a decorator stands before no function."""
        if self.expected:
            self.expected.clear()  # said once
            raise TypeError(
                "capture.on declared nothing: write @capture.on(match), or @capture.on(), above a "
                "function, or capture.on(match, function)"
            )

    def __len__(self) -> int:
        return len(self._filed)

    def add(self, condition: Condition, answers: Packet | None, callback: Callback) -> None:
        """Call `callback` with packets that pass `condition` and answer the packet `answers`.

        :raises TypeError: the condition, or the callback, cannot be called.
        """
        given: object = condition
        if given is not None and (not callable(given) or isinstance(given, type)):
            raise TypeError(
                f"{given!r} is no match; expected TCP.dstport == 80, has(TCP) or a function"
            )
        if not callable(callback):
            raise TypeError(f"{callback!r} cannot be called with a packet")
        number = self._number = self._number + 1
        place: int | Asked[_Reaction]
        if answers is None:
            place = self._index.add(condition, (number, callback))
        else:
            if isinstance(condition, Match):
                condition = glance(condition, Packet.shapes)
            place = self._pending.add(answers, _Reaction(number, condition, callback))
        self._filed[number] = callback, place

    def remove(self, callback: Callback) -> int:
        """Take a callback out, as often as it was added; returns how often."""
        numbers = [number for number, (own, _) in self._filed.items() if own is callback]
        for number in numbers:
            _, place = self._filed.pop(number)
            if isinstance(place, int):
                self._index.remove(place)
            else:
                self._pending.remove(place)
        return len(numbers)

    def find(self, packet: Packet) -> list[Callback]:
        """The callbacks that the packet concerns, in the order they were added."""
        found = self._index.find(packet)
        if len(self._pending):
            answered = self._pending.find(packet)
            if answered is not None:
                own = [(r.number, r.callback) for r in answered if r.test is None or r.test(packet)]
                found = sorted([*found, *own], key=lambda pair: pair[0])
        return [callback for _, callback in found]
