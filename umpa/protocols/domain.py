"""Domain names on the wire: labels, each behind its length (RFC 1035, section 3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from umpa.errors import FieldError

__all__ = ["behind_name", "encoded", "encoded_all", "name_at", "names"]

_LONGEST_LABEL, _LONGEST_NAME = 63, 255
_POINTER = 0xC0


def encoded(name: object) -> bytes:
    """The bytes of a name; other than ASCII is written as IDNA has it.

    :raises FieldError: it is no name.
    """
    if not isinstance(name, str):
        raise FieldError(f"{name!r} is no name; expected text")
    labels = [label for label in name.rstrip(".").split(".") if name.strip(".")]
    try:
        pieces = [label.encode("ascii" if label.isascii() else "idna") for label in labels]
    except UnicodeError as error:
        raise FieldError(f"{name!r} is no name: {error}") from None
    if not all(0 < len(piece) <= _LONGEST_LABEL for piece in pieces):
        raise FieldError(f"{name!r} is no name: a label has 1 to {_LONGEST_LABEL} bytes")
    data = b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"
    if len(data) > _LONGEST_NAME:
        raise FieldError(f"{name!r} is no name: it takes more than {_LONGEST_NAME} bytes")
    return data


def encoded_all(names: str | Iterable[str]) -> bytes:
    """The bytes of one name, or of several, one after the other."""
    return b"".join(map(encoded, (names,) if isinstance(names, str) else names))


def names(data: bytes) -> tuple[str, ...]:
    """The names in `data`, one after the other; zeros behind them are filling.

    A name may end with a pointer to one before it. Source: RFC 3397, section 2.

    :raises ValueError: `data` end within a name, or a pointer leads on.
    """
    found: list[str] = []
    at = 0
    while at < len(data):
        name, at = name_at(data, at)
        if name:
            found.append(name)
    return tuple(found)


def behind_name(data: bytes, at: int) -> int:
    """Where a name ends; beyond the data where it does not."""
    while at < len(data):
        size = data[at]
        if size >= _POINTER:
            return at + 2
        at += 1 + size
        if not size:
            return at
    return len(data) + 1


def name_at(data: bytes, at: int) -> tuple[str, int]:
    """The name at a place, and where it ends there.

    :raises ValueError: `data` end within it, or it is longer than names are.
    """
    labels: list[str] = []
    end, first, length = 0, at, 0
    while length < _LONGEST_NAME:
        if at >= len(data):
            raise ValueError("it ends within a name")
        size = data[at]
        if size >= _POINTER:
            target = int.from_bytes(data[at : at + 2], "big") & 0x3FFF
            if target >= first:  # so each leads further back, and there is an end to it
                raise ValueError("a pointer that leads on")
            end, at, first = end or at + 2, target, target
        elif not size:
            return ".".join(labels), end or at + 1
        else:
            labels.append(data[at + 1 : at + 1 + size].decode("utf-8", "backslashreplace"))
            if at + 1 + size > len(data):
                raise ValueError("it ends within a label")
            at += 1 + size
        length += 1 if size >= _POINTER else 1 + size  # pointers that follow each other count too
    raise ValueError(f"it is longer than {_LONGEST_NAME} bytes")
