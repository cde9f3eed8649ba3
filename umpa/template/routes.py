"""Routes: packets that are like one that came before go where that one went.

A packet takes a route only if all that was decided about the earlier one would be decided the same
way again: it is as long, and has the same values in every byte that leads to its shape, to rules,
to a pattern, or to the kinds that are not answered. Whatever depends on more (floods, loops, own
frames, what a handler says) is still asked of each packet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from umpa.core.index import Index
from umpa.core.packet import Packet
from umpa.template.guard import kind_places
from umpa.template.patched import Pattern, bytes_at, steering_places
from umpa.template.rules import Active, ActiveRule

__all__ = ["Route", "Routes"]

_MOST_LENGTHS = 2048
_MOST_WAYS = 4
_MOST_ROUTES = 4096
_MOST_SHAPES = 512
_PAUSE = 32
"""So many times as many packets as there are routes pass before others are tried, where the
routes were taken less often than they were made."""

Test: TypeAlias = "Callable[[bytes], object]"
_Way: TypeAlias = "tuple[tuple[int, ...], Callable[[bytes], tuple[Any, ...]], dict[Any, Route]]"
"""Which bytes decide, what takes them, and what they lead to."""


class Route:
    """What was decided about a packet."""

    __slots__ = ("actives", "blank", "kind", "pattern", "rule", "shape", "suspect")

    def __init__(self, actives: Sequence[Active], kind: int) -> None:
        self.actives = actives
        """Those that ask for it, in file order."""
        self.kind = kind
        """Of `umpa.template.guard`."""
        self.shape: Any = None
        """The shape of packets that take it; None for one that only its own packet takes."""
        self.blank: list[None] = []
        self.suspect: Test | None = None
        """Whether there may be an application behind the headers, which has to be looked at."""
        self.rule: ActiveRule | None = None
        """The one that answers by `pattern`, once it has one."""
        self.pattern: Pattern | None = None

    def learn_pattern(self, data: bytes) -> None:
        """The first rule took the packet; if it answers by a trusted pattern, so do others."""
        first = self.actives[0]
        if self.shape is not None and isinstance(first, ActiveRule) and first.patched is not None:
            pattern = first.patched.pattern_of(data, self.shape)
            if pattern is not None and pattern.is_trusted():
                self.rule, self.pattern = first, pattern

    def usable_pattern(self) -> Pattern | None:
        """The pattern, unless the next answer has to be the handler's own."""
        pattern, rule = self.pattern, self.rule
        if pattern is None or rule is None or rule.off_until is not None:
            return None
        return pattern if pattern.is_trusted() else None


class Routes:
    """Routes by the bytes that decide, within bounds."""

    def __init__(self, rules: Index[Active]) -> None:
        self._rules = rules
        self._ways: dict[int, list[_Way]] = {}
        """For each length of a packet."""
        self._places: dict[Any, set[int] | None] = {}
        """For each shape, which bytes decide about rules and patterns; None where more does."""
        self._made = self._taken = self._pause = 0
        self.forgotten = Packet.shapes.forgotten
        """How often shapes had been forgotten when the first of these routes was made."""

    def forget(self) -> None:
        """Begin anew, for shapes were forgotten: protocols that came meanwhile may change them."""
        self.forgotten = Packet.shapes.forgotten
        self._ways.clear()
        self._places.clear()

    def find(self, data: bytes) -> Route | None:
        """The route of a packet; None where it has to go the usual way."""
        for _, taken, routes in self._ways.get(len(data), ()):
            found = routes.get(taken(data))
            if found is not None:
                self._taken += 1
                if data[29] == data[33] and data[26:30] == data[30:34]:
                    return None  # from where it goes to: no bytes alone tell that
                return found if found.suspect is None or not found.suspect(data) else None
        return None

    def learn(self, data: bytes, packet: Packet, route: Route, suspect: Test | None) -> None:
        """Let packets like this one, which is sound and of a shape, take its route, if they can."""
        if self._pause:
            self._pause -= 1
            return
        if suspect is not None and suspect(data):
            return
        shape: Any = packet.__class__
        if shape not in self._places:
            if len(self._places) >= _MOST_SHAPES:
                self._places.clear()
            by_rules = self._rules.decisive(shape)
            self._places[shape] = None if by_rules is None else by_rules | steering_places(shape)
        by_shape, leaf = self._places[shape], Packet.shapes.find(data, packet._origin)
        by_kind = kind_places(data) if by_shape is not None else None
        if by_shape is None or by_kind is None or leaf is None or leaf.shape is not shape:
            return
        places = tuple(sorted(place for place in by_shape | by_kind if place < len(data)))
        way = self._way(len(data), places)
        if way is None:
            return
        if self._made >= _MOST_ROUTES:
            self._begin_anew()
            return
        self._made += 1
        route.shape, route.blank, route.suspect = shape, shape._blank, suspect
        _, taken, routes = way
        routes[taken(data)] = route

    def _way(self, length: int, places: tuple[int, ...]) -> _Way | None:
        """The way of packets that are told apart by these bytes; None where there are too many."""
        if len(self._ways) >= _MOST_LENGTHS:
            self._ways.clear()
        ways = self._ways.setdefault(length, [])
        found = next((way for way in ways if way[0] == places), None)
        if found is None and len(ways) < _MOST_WAYS:
            found = places, bytes_at(places), {}
            ways.append(found)
        return found

    def _begin_anew(self) -> None:
        self._ways.clear()
        if self._taken < self._made:
            self._pause = _PAUSE * _MOST_ROUTES
        self._made = self._taken = 0
