"""The express way: answers by pattern, from bytes to bytes, with no packet made.

A packet goes this way only if all that was decided about an earlier one would be decided the same
way again: it is as long, and has the same values in every byte that leads to its shape, to a rule,
to a pattern, or to the kinds that are not answered. Whatever depends on more (floods, loops, own
frames) is still asked of each packet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from umpa.core.index import Index
from umpa.template.guard import kind_places
from umpa.template.patched import Pattern, bytes_at, steering_places
from umpa.template.rules import Active, ActiveRule

__all__ = ["Express"]

_MOST_LENGTHS = 2048
_MOST_WAYS = 4
_MOST_ANSWERS = 4096

_Answers: TypeAlias = "dict[tuple[Any, ...], tuple[ActiveRule, Pattern]]"
_Way: TypeAlias = "tuple[tuple[int, ...], Callable[[bytes], tuple[Any, ...]], _Answers]"
"""Which bytes decide, what takes them, and what they lead to."""


class Express:
    """Answers of rules with `patch=True`, found by the bytes that decide."""

    def __init__(self, rules: Index[Active]) -> None:
        self._rules = rules
        self._ways: dict[int, list[_Way]] = {}
        """For each length of a packet."""

    def find(self, data: bytes) -> tuple[ActiveRule, Pattern] | None:
        """Which rule answers it by which pattern; None where the packet has to go the usual way."""
        for _, taken, answers in self._ways.get(len(data), ()):
            found = answers.get(taken(data))
            if found is not None:
                active, pattern = found
                from_itself = data[26:30] == data[30:34]  # which no bytes alone tell
                usable = pattern.is_trusted() and active.off_until is None and not from_itself
                return found if usable else None
        return None

    def learn(self, data: bytes, packet: Any, active: ActiveRule) -> None:
        """A sound packet was answered by a rule: may others like it take this way?"""
        assert active.patched is not None
        shape = packet.__class__
        pattern = active.patched.pattern_of(data, shape)
        if pattern is None or not pattern.is_trusted():
            return
        by_rules, by_kind = self._rules.decisive(shape), kind_places(data)
        if by_rules is None or by_kind is None:
            return
        all_places = by_rules | by_kind | steering_places(shape)
        places = tuple(sorted(place for place in all_places if place < len(data)))
        if len(self._ways) >= _MOST_LENGTHS:
            self._ways.clear()
        ways = self._ways.setdefault(len(data), [])
        answers = next((answers for known, _, answers in ways if known == places), None)
        if answers is None:
            if len(ways) >= _MOST_WAYS:
                return
            answers = {}
            ways.append((places, bytes_at(places), answers))
        if len(answers) >= _MOST_ANSWERS:
            answers.clear()
        answers[tuple(data[place] for place in places)] = active, pattern
