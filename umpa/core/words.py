"""Words: the integers of a header's fixed part, in a C structure in network byte order.

1. Unpacking is one copy of bytes, in C. A word becomes a Python number when it is read, and not
   before; a header of which two fields are read costs two numbers.
2. Words that are bytes (MAC and IPv6 addresses) lie in slots beside the structure, which only
   keeps their room: ctypes has no quick way to read them.
3. ctypes cuts numbers that are too large; so only checked values get here (`Field.parse`).
"""

from __future__ import annotations

from ctypes import BigEndianStructure, c_uint8, c_uint16, c_uint32, c_uint64
from typing import TYPE_CHECKING, Any

__all__ = ["TYPES", "Words", "WordsMeta", "blank", "make_class", "room"]

TYPES: dict[int, Any] = {1: c_uint8, 2: c_uint16, 4: c_uint32, 8: c_uint64}
"""By size in bytes."""

if TYPE_CHECKING:
    WordsMeta = type

    class Words: ...

else:
    WordsMeta = type(BigEndianStructure)

    class Words(BigEndianStructure):
        """The base of layers."""

        __slots__ = ()
        # that of structures takes values by position, and those of constructors by name
        __init__ = object.__init__


def make_class(meta: Any, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
    """A class of the metaclass `meta`, past what `meta` itself does with class statements."""
    made = WordsMeta.__new__(meta, name, bases, body)
    WordsMeta.__init__(made, name, bases, body)
    return made


def room(size: int) -> Any:
    """The place of a word that is bytes."""
    return c_uint8 * size


def blank(cls: Any) -> Any:
    """An instance with all words 0, made past the class's own constructor."""
    return Words.__new__(cls)
