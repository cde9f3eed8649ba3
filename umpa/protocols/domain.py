"""Domain names on the wire: labels, each behind its length (RFC 1035, sections 3.1 and 4.1.4).

1. As text, a name has dots between its labels, and what would be taken for something else is
   escaped as in zone files (RFC 1035, section 5.1). So the text gives the bytes again, but of a
   name of other characters than ASCII's, which is written as IDNA has it.
2. A pointer may only lead to what stands before it, so that following it comes to an end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from umpa.errors import FieldError

__all__ = ["Cut", "encoded", "encoded_all", "name_at", "names", "number_at"]

_LONGEST_LABEL, _LONGEST_NAME = 63, 255
_POINTER = 0xC0
_MOST_POINTERS = 128
_LABEL = re.compile(r"(?:\\\d{3}|\\\D|[^.\\])*")
_ESCAPE = re.compile(rb"\\(\d{3}|\D)", re.DOTALL)
_ESCAPED = str.maketrans(
    {chr(byte): f"\\{byte:03}" for byte in (*range(0x20), *range(0x7F, 0x100))}
    | {".": "\\.", "\\": "\\\\"}
)
"""As in zone files (RFC 1035, section 5.1)."""


class Cut(ValueError):
    """The bytes end, or are none that could be here."""


def encoded(name: object) -> bytes:
    """The bytes of a name; other than ASCII is written as IDNA has it (RFC 5890).

    :raises FieldError: it is no name.
    """
    if not isinstance(name, str):
        raise FieldError(f"{name!r} is no name; expected text")
    try:
        pieces = [_label_of(label) for label in _labels(name)] if name != "." else []
    except ValueError as error:
        raise FieldError(f"{name!r} is no name: {error}") from None
    if not all(0 < len(piece) <= _LONGEST_LABEL for piece in pieces):
        raise FieldError(f"{name!r} is no name: a label has 1 to {_LONGEST_LABEL} bytes")
    data = b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"
    if len(data) > _LONGEST_NAME:
        raise FieldError(f"{name!r} is no name: it takes more than {_LONGEST_NAME} bytes")
    return data


def _labels(name: str) -> Iterator[str]:
    """Between dots that are not escaped."""
    at = 0
    while at < len(name):
        label: Any = _LABEL.match(name, at)
        yield label[0]
        at = label.end() + 1
        if name[at - 1 : at] not in (".", ""):
            raise ValueError(r"expected \DDD or \., or no backslash")


def _label_of(text: str) -> bytes:
    if not text.isascii():
        return text.encode("idna")
    return _ESCAPE.sub(lambda found: _character(found[1]), text.encode())


def _character(escaped: bytes) -> bytes:
    return bytes([int(escaped)]) if len(escaped) == 3 else escaped


def encoded_all(names: str | Iterable[str]) -> bytes:
    """The bytes of one name, or of several, one after the other."""
    return b"".join(map(encoded, (names,) if isinstance(names, str) else names))


def names(data: bytes) -> tuple[str, ...]:
    """The names in `data`, one after the other; zeros behind them are filling.

    A name may end with a pointer to one before it. Source: RFC 3397, section 2.

    :raises Cut: `data` end within a name, or a pointer leads on.
    """
    found: list[str] = []
    at = 0
    while at < len(data):
        name, at = name_at(data, at)
        if name:
            found.append(name)
    return tuple(found)


def name_at(data: bytes, at: int) -> tuple[str, int]:
    """The name that starts at `at`, and where the bytes behind it are. The root is "".

    :raises Cut: the bytes are no name, or end within it.
    """
    labels, _, end = _read(data, at, 0)
    return ".".join(labels), end


def _read(data: bytes, start: int, pointers: int) -> tuple[list[str], int, int]:
    """The labels of a name, their size in bytes, and where the name ends."""
    labels: list[str] = []
    at, size = start, 0
    while length := number_at(data, at, 1):
        if length >= _POINTER:
            target = number_at(data, at) & 0x3FFF
            found = _pointed(data, target, pointers + 1) if target < start else None
            if found is None or size + found[1] >= _LONGEST_NAME:
                raise Cut
            return labels + found[0], size + found[1], at + 2
        label = data[at + 1 : at + 1 + length]
        size += 1 + length
        if length >= 0x40 or len(label) < length or size >= _LONGEST_NAME:
            raise Cut
        labels.append(_label(label))
        at += 1 + length
    return labels, size, at + 1


@lru_cache(maxsize=256)  # for all names of a message may point to one
def _pointed(data: bytes, at: int, pointers: int) -> tuple[list[str], int] | None:
    """The same for what a pointer leads to; None where that is no name."""
    if pointers > _MOST_POINTERS:
        return None
    try:
        labels, size, _ = _read(data, at, pointers)
    except Cut:
        return None
    return labels, size


def _label(data: bytes) -> str:
    """ASCII, or UTF-8 as multicast DNS has it (RFC 6762, section 16); escaped what is neither."""
    if not data.isascii():
        with suppress(UnicodeDecodeError):
            label = data.decode()
            if label.isprintable():
                return label.replace("\\", "\\\\").replace(".", "\\.")
    return data.decode("latin-1").translate(_ESCAPED)


def number_at(data: bytes, at: int, size: int = 2) -> int:
    """The number of `size` bytes at a place.

    :raises Cut: the data end before.
    """
    if at + size > len(data):
        raise Cut
    return int.from_bytes(data[at : at + size], "big")
