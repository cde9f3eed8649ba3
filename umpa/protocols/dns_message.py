"""What a DNS message says: its questions and records, read from the bytes (RFC 1035, section 4).

1. A record is kept whatever its type; what it holds is put in words where the type is known.
2. Reading ends at what the bytes do not have, and keeps what was read until then.
3. A compressed name may only point to what stands before it (RFC 1035, section 4.1.4), so that
   following it comes to an end.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from umpa.core import text
from umpa.core.layer import Layer
from umpa.protocols.dns_parts import KINDS, NAMED, NUMBERS
from umpa.protocols.domain import Cut, name_at, number_at
from umpa.protocols.records import COUNTS

__all__ = ["Message", "Question", "Record", "message_of"]

_HEADER = 12
_MOST_RECORDS = 1000


class Question(NamedTuple):
    """What is asked for."""

    name: str
    kind: int
    cls: int

    def __str__(self) -> str:
        return f"{self.name or '.'} {_word(_CLASSES, self.cls)} {_word(NUMBERS, self.kind)}"


class Record(NamedTuple):
    """What is known of a name."""

    name: str
    kind: int
    """The type, as a number: 1 for A."""
    cls: int
    ttl: int
    """Seconds."""
    data: bytes
    """What it holds."""
    values: tuple[Any, ...]
    """The same, part by part, as the type defines it; () where that is not known or damaged."""

    def __str__(self) -> str:
        """As in zone files."""
        kind = _word(NUMBERS, self.kind)
        return f"{self.name or '.'} {self.ttl} {_word(_CLASSES, self.cls)} {kind} {self.held}"

    @property
    def held(self) -> str:
        """What it holds, as in zone files."""
        if self.kind == KINDS["TXT"]:
            return " ".join(f'"{text}"' for text in self.values)
        values = (value if value != "" else "." for value in self.values)
        # Bytes of types that are not known: as RFC 3597, section 5, writes them.
        return " ".join(map(str, values)) or f"\\# {len(self.data)} {self.data.hex()}".rstrip()


class Message(NamedTuple):
    """Questions, and records by section."""

    questions: tuple[Question, ...]
    answers: tuple[Record, ...]
    authority: tuple[Record, ...]
    additional: tuple[Record, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """Of all sections."""
        return self.answers + self.authority + self.additional


_CLASSES = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}


def _word(names: dict[int, str], number: int) -> str:
    """A type or class by its name, or as RFC 3597, section 5, writes those that have none."""
    return names.get(number) or f"{'TYPE' if names is NUMBERS else 'CLASS'}{number}"


def message_of(layer: Layer) -> Message:
    """What a layer says; not by its bytes, for which all of its packet would be written."""
    return _read(layer["data"], tuple(layer[name] for name in COUNTS))


@lru_cache(maxsize=64)  # for several fields ask for the same
def _read(behind_header: bytes, counts: tuple[int, ...]) -> Message:
    data = bytes(_HEADER) + behind_header  # pointers count from where the message begins
    questions: list[Question] = []
    sections: tuple[list[Record], ...] = ([], [], [])
    at = _HEADER
    with suppress(Cut):
        for _ in range(min(counts[0], _MOST_RECORDS)):
            name, at = name_at(data, at)
            questions.append(Question(name, number_at(data, at), number_at(data, at + 2)))
            at += 4
        for count, section in zip(counts[1:], sections, strict=True):
            for _ in range(min(count, _MOST_RECORDS)):
                record, at = _record(data, at)
                section.append(record)
    return Message(tuple(questions), *map(tuple, sections))


def _record(data: bytes, at: int) -> tuple[Record, int]:
    name, at = name_at(data, at)
    start = at + 10
    end = start + number_at(data, at + 8)
    if end > len(data):
        raise Cut
    kind, cls, ttl = number_at(data, at), number_at(data, at + 2), number_at(data, at + 4, 4)
    values: tuple[Any, ...] = ()
    with suppress(Cut):
        values = _READ[kind](data, start, end) if kind in _READ else ()
    return Record(name, kind, cls, ttl, data[start:end], values), end


# What records hold, from `start` to `end`.

_Values = Callable[[bytes, int, int], tuple[Any, ...]]


def _address(data: bytes, start: int, end: int) -> tuple[Any, ...]:
    held = data[start:end]
    if len(held) == 4:
        return (text.ipv4_text(int.from_bytes(held, "big")),)
    return (text.ipv6_text(held),) if len(held) == 16 else ()


def _numbers_and_name(numbers: int) -> _Values:
    """So many numbers of two bytes, and a name behind them."""

    def read(data: bytes, start: int, end: int) -> tuple[Any, ...]:
        name, at = name_at(data, start + 2 * numbers)
        _must_fit(at, end)
        return (*(number_at(data, start + 2 * n) for n in range(numbers)), name)

    return read


def _authority(data: bytes, start: int, end: int) -> tuple[Any, ...]:
    server, at = name_at(data, start)
    mailbox, at = name_at(data, at)
    _must_fit(at + 20, end)
    return (server, mailbox, *(number_at(data, at + n, 4) for n in range(0, 20, 4)))


def _texts(data: bytes, start: int, end: int) -> tuple[Any, ...]:
    found, at = [], start
    while at < end:
        behind = at + 1 + data[at]
        _must_fit(behind, end)
        found.append(data[at + 1 : behind].decode("utf-8", "backslashreplace"))
        at = behind
    return tuple(found)


def _must_fit(at: int, end: int) -> None:
    if at > end:
        raise Cut


_READ: dict[int, _Values] = {
    **{KINDS[kind]: _numbers_and_name(numbers) for kind, numbers in NAMED.items()},
    KINDS["A"]: _address,
    KINDS["AAAA"]: _address,
    KINDS["SOA"]: _authority,
    KINDS["TXT"]: _texts,
}
