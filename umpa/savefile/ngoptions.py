"""The blocks and options of pcapng (draft-ietf-opsawg-pcapng, sections 3 and 4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = [
    "COMMENT",
    "ENHANCED",
    "FCS_LENGTH",
    "INTERFACE",
    "NAME",
    "OBSOLETE",
    "RESOLUTION",
    "SECTION",
    "SIMPLE",
    "TIME_OFFSET",
    "Damage",
    "options",
    "resolution",
]

SECTION = 0x0A0D0D0A
INTERFACE = 1
OBSOLETE = 2
SIMPLE = 3
ENHANCED = 6

COMMENT = 1
NAME = 2
RESOLUTION = 9
FCS_LENGTH = 13
TIME_OFFSET = 14

_SECOND = 1_000_000_000


class Damage(Exception):
    """What is wrong with a block; the reader of the file knows where."""


def options(body: bytes, start: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Code and value of each option from `start` on.

    :raises Damage: an option is longer than what is left of its block.
    """
    unpack = struct.Struct(order + "HH").unpack_from
    while start + 4 <= len(body):
        code, length = unpack(body, start)
        if code == 0:
            return
        start += 4
        if start + length > len(body):
            raise Damage(
                f"option {code} needs {length} bytes, its block has {len(body) - start} left"
            )
        yield code, body[start : start + length]
        start += (length + 3) & ~3


def resolution(value: int) -> tuple[int, int]:
    """`if_tsresol` as factor and divisor that turn a time stamp into nanoseconds, exactly."""
    if value & 0x80:
        return _SECOND, 1 << (value & 0x7F)
    if value <= 9:
        return 10 ** (9 - value), 1
    return 1, 10 ** (value - 9)
