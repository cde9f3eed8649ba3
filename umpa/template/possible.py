"""What can be said of matches without a packet: that none passes, or that one takes all of another.

Both answers are sure where they are given; where nothing is found, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from umpa.core.match import And, Compare, Contains, HasLayer, Match, Not, Or

__all__ = ["alternatives", "implies", "impossible", "parts"]


def impossible(match: Match) -> str:
    """Why no packet can pass; an empty text where one may."""
    reasons = [_contradiction(list(parts(one))) for one in alternatives(match)]
    return reasons[0] if all(reasons) else ""


def implies(narrow: object, wide: object) -> bool:
    """Whether every packet that passes `narrow` passes `wide` for sure; None passes every one."""
    if wide is None or narrow is wide:
        return True
    if not isinstance(narrow, Match) or not isinstance(wide, Match):
        return False
    return all(
        any(
            all(any(_implies(has, wanted) for has in parts(one)) for wanted in parts(other))
            for other in alternatives(wide)
        )
        for one in alternatives(narrow)
    )


def alternatives(match: Match) -> Iterator[Match]:
    """The matches of which one has to hold."""
    if isinstance(match, Or):
        yield from alternatives(match.left)
        yield from alternatives(match.right)
    else:
        yield match


def parts(match: Match) -> Iterator[Match]:
    """The matches that all have to hold."""
    if isinstance(match, And) and not isinstance(match, Or):
        yield from parts(match.left)
        yield from parts(match.right)
    else:
        yield match


def _contradiction(wanted: list[Match]) -> str:
    """Two of these that exclude each other, or one that nothing passes."""
    equal: dict[Any, Compare] = {}
    for part in wanted:
        if isinstance(part, Contains) and _nothing(part.words):
            return f"{part!r} is empty"
        if isinstance(part, Compare) and part.operator == "==":
            other = equal.setdefault(_field(part), part)
            if other.word != part.word:
                return f"{other!r} and {part!r}"
    for part in wanted:
        if isinstance(part, Not) and any(_implies(has, part.inner) for has in wanted):
            return f"{part!r} and its opposite"
        if isinstance(part, (Compare, Contains)):
            same = equal.get(_field(part))
            if same is not None and same is not part and not _holds(part, same.word):
                return f"{same!r} and {part!r}"
    return ""


def _implies(narrow: Match, wide: Match) -> bool:
    """The same, for two matches without alternatives."""
    if type(narrow) is type(wide) and narrow.parts() == wide.parts():
        return True
    if isinstance(narrow, Not) and isinstance(wide, Not):
        return _implies(wide.inner, narrow.inner)
    if isinstance(wide, HasLayer):
        return isinstance(narrow, (Compare, Contains)) and narrow.field.owner is wide.protocol
    if not isinstance(narrow, Compare) or narrow.operator != "==":
        return False
    if not isinstance(wide, (Compare, Contains)) or _field(narrow) != _field(wide):
        return False
    return _holds(wide, narrow.word)


def _holds(part: Compare | Contains, word: Any) -> bool:
    """Whether a field with that word passes; True where that is not known."""
    if isinstance(part, Compare):
        tests = {
            "==": lambda: word == part.word, "!=": lambda: word != part.word,
            "<": lambda: word < part.word, "<=": lambda: word <= part.word,
            ">": lambda: word > part.word, ">=": lambda: word >= part.word,
        }  # fmt: skip
        return bool(tests[part.operator]())
    if type(part) is Contains:
        return word in part.words
    return bool(word & part.words == part.words)  # HasBits


def _field(part: Compare | Contains) -> tuple[Any, str]:
    return part.field.owner, part.field.name


def _nothing(words: Any) -> bool:
    return isinstance(words, (frozenset, range)) and not words
