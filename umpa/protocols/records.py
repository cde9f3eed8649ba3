"""Counting the questions and records of a message in the format of DNS (RFC 1035, section 4.1).

Which section a record belongs to is said by the counts alone. So counts stand that account for all
of the bytes; where they do not, records are answers, and those that only the last section may hold
(EDNS, signatures) are counted there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from umpa.core.auto import Computed
from umpa.core.field import U16
from umpa.protocols.domain import behind_name

__all__ = ["COUNTS", "Count"]

COUNTS = ("count_queries", "count_answers", "count_auth_rr", "count_add_rr")
_RECORDS = ("Questions", "Answers", "Authority records", "Additional records")
_ANSWERS, _LAST = 1, 3
_MOST_RECORDS = 1000
_LAST_ONLY = (24, 41, 250)  # SIG(0), OPT, TSIG


class Count(U16):
    """The count of a section: 0 questions, 1 answers, 2 authority, 3 additional."""

    def __init__(self, section: int) -> None:
        super().__init__(
            auto=Computed(lambda layer, *_: _counts(layer)[section]),
            key=COUNTS[section].replace("_", ".", 1),
            doc=f"{_RECORDS[section]} in `data`.",
        )


def _counts(layer: Any) -> tuple[int, ...]:
    words = tuple(getattr(layer, f"w_{name}") for name in COUNTS)
    free = tuple(bool(layer._auto & layer.fields[name].auto_bit) for name in COUNTS)
    return counted(layer.w_data, words, free)


@lru_cache(maxsize=32)
def counted(data: bytes, words: tuple[int, ...], free: tuple[bool, ...]) -> tuple[int, ...]:
    """The four counts for `data`: `words` as they stand where they fit, or else the free ones."""
    for questions in _guesses(words[0], free[0]):
        kinds = _kinds(data, questions)
        if kinds is None:
            continue
        if questions == words[0] and sum(words[1:]) == len(kinds):
            return words
        found = _shared_out(kinds, words, free)
        if found is not None:
            return (questions, *found)
    return words


def _guesses(word: int, free: bool) -> Iterator[int]:
    if word or not free:
        yield word
    if free:
        yield from (1, 0, 2)


def _shared_out(
    kinds: list[int], words: tuple[int, ...], free: tuple[bool, ...]
) -> list[int] | None:
    """The records in three sections; None where those that are pinned need more, or take less."""
    counts = [0 if may else word for may, word in zip(free, words, strict=True)]
    left = len(kinds) - sum(counts[_ANSWERS:])
    while left > 0 and free[_LAST] and kinds and kinds.pop() in _LAST_ONLY:
        counts[_LAST] += 1
        left -= 1
    open_to_all = [section for section in range(_ANSWERS, len(counts)) if free[section]]
    if left > 0 and open_to_all:
        counts[open_to_all[0]] += left
        left = 0
    return None if left else counts[_ANSWERS:]


def _kinds(data: bytes, questions: int) -> list[int] | None:
    """The types of the records behind so many questions; None where the bytes are not these."""
    at = 0
    for _ in range(questions):
        at = behind_name(data, at) + 4
        if at > len(data):
            return None
    kinds: list[int] = []
    while at < len(data):
        at = behind_name(data, at) + 10
        if at > len(data) or len(kinds) >= _MOST_RECORDS:
            return None
        kinds.append(int.from_bytes(data[at - 10 : at - 8], "big"))
        at += int.from_bytes(data[at - 2 : at], "big")
    return kinds if at == len(data) else None
