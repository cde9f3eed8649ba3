"""ICMP errors that carry an extension structure behind the packet that they quote (RFC 4884)."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Auto
from umpa.core.checksum import internet_checksum
from umpa.protocols.fragments import is_fragment

__all__ = ["QuotedLength"]

_LEAST = 128
"""The bytes to which a quoted packet is filled up before an extension structure."""
_VERSION = b"\x20\x00"
"""The version, 2, and reserved bits that a sender leaves 0."""
_HEADER = _OBJECT = 4
_MOST = 255


class QuotedLength(Auto):
    """The words, of `unit` bytes, of the quoted packet before an extension structure.

    As it stands where none is found.
    """

    def __init__(self, unit: int) -> None:
        super().__init__()
        self.unit = unit

    def source(self, field: Any) -> str:
        name = f"{field.name}_words"
        self.names[name] = self.words
        return f"{name}(self.{field.slot} >> {field.shift} & {field.mask}, layers, i, body)"

    def words(self, value: int, layers: Any, i: int, body: bytes) -> int:
        if len(body) < _LEAST + _HEADER + _OBJECT or is_fragment(layers, i):
            return value
        if self.ends(body, value):
            return value
        first = _LEAST // self.unit
        heads = body[_LEAST : (_MOST + 1) * self.unit : self.unit]
        at = heads.find(_VERSION[0])
        while at >= 0:
            if self.ends(body, first + at):
                return first + at
            at = heads.find(_VERSION[0], at + 1)
        return value

    def ends(self, body: bytes, words: int) -> bool:
        """Whether an extension structure stands behind that many words, and nothing else."""
        at = words * self.unit
        return (
            _LEAST <= at <= len(body) - _HEADER - _OBJECT
            and body[at : at + 2] == _VERSION
            and _has_objects(body, at + _HEADER)
            and (not any(body[at + 2 : at + 4]) or internet_checksum(body[at:]) == 0)
        )


def _has_objects(data: bytes, at: int) -> bool:
    """Whether objects, each with its length, go on to the very end."""
    while at + _OBJECT <= len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        if length < _OBJECT:
            return False
        at += length
    return at == len(data)
