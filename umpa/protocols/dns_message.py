"""What a DNS message says: its question and its records (RFC 1035, section 4.1).

What cannot be read ends it: all before that stands. Types of records that nobody knows are records
like any other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from umpa.core import text
from umpa.protocols.domain import behind_name, name_at

__all__ = ["Message", "Question", "Record", "addresses", "aliases", "message"]

_HEADER = 12
_MOST_RECORDS = 1000
_A, _CNAME, _AAAA = 1, 5, 28
_SIZES = {_A: 4, _AAAA: 16}


class Question(NamedTuple):
    """What is asked."""

    name: str
    kind: int
    cls: int


class Record(NamedTuple):
    """A record: its type, and where in the message its data is."""

    kind: int
    start: int
    end: int


class Message(NamedTuple):
    """A message that was read."""

    data: bytes
    question: Question | None
    """The first; there is seldom another."""
    records: tuple[Record, ...]
    """Of all sections."""


@lru_cache(maxsize=16)
def message(data: bytes) -> Message:
    """What the bytes of a message say. Never raises."""
    questions, *counts = (int.from_bytes(data[at : at + 2], "big") for at in range(4, _HEADER, 2))
    question, at = None, _HEADER
    for number in range(min(questions, _MOST_RECORDS)):
        start, at = at, behind_name(data, at) + 4
        if at > len(data):
            return Message(data, question, ())
        if not number:
            question = _question(data, start, at)
    return Message(data, question, tuple(_records(data, at, min(sum(counts), _MOST_RECORDS))))


def _question(data: bytes, start: int, end: int) -> Question | None:
    try:
        name, _ = name_at(data, start)
    except ValueError:
        return None
    kind, cls = (int.from_bytes(data[at : at + 2], "big") for at in (end - 4, end - 2))
    return Question(name, kind, cls)


def _records(data: bytes, at: int, count: int) -> list[Record]:
    found: list[Record] = []
    for _ in range(count):
        start = behind_name(data, at) + 10
        at = start + int.from_bytes(data[start - 2 : start], "big")
        if at > len(data):
            break
        found.append(Record(int.from_bytes(data[start - 10 : start - 8], "big"), start, at))
    return found


def addresses(said: Message, kind: int) -> tuple[str, ...]:
    """The addresses in records of type A or AAAA."""
    found = [
        said.data[record.start : record.end]
        for record in said.records
        if record.kind == kind and record.end - record.start == _SIZES[kind]
    ]
    if kind == _A:
        return tuple(text.ipv4_text(int.from_bytes(word, "big")) for word in found)
    return tuple(map(text.ipv6_text, found))


def aliases(said: Message) -> tuple[str, ...]:
    """The names in records of type CNAME, those that can be read."""
    found: list[str] = []
    for record in said.records:
        if record.kind == _CNAME:
            try:
                found.append(name_at(said.data[: record.end], record.start)[0])
            except ValueError:
                continue
    return tuple(found)
