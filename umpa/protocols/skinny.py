"""Skinny."""

from __future__ import annotations

from typing import Any

from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.little import LittleU32, swapped
from umpa.core.parts import UpTo
from umpa.core.protocol import Protocol
from umpa.protocols.segments import MessageLength

__all__ = ["Skinny"]

_ID = 4
_HEADER, _LONGEST = 12, 4096
_VERSIONS = frozenset((0, 0x0A, 0x0B, 0x0F, *range(0x10, 0x20)))


def _rest(layer: Any) -> int:
    """The bytes behind the message's number, which the length counts too."""
    return max(0, swapped(layer.w_data_length, 4) - _ID)


class Skinny(Protocol, name="skinny", follows={"tcp.port": 2000}):
    """Skinny Client Control Protocol (Cisco): one message; others follow it."""

    data_length: LittleU32 = LittleU32(
        auto=MessageLength(_ID, little=4), doc="Of what follows `hdr_version`, bytes."
    )
    hdr_version: LittleU32 = LittleU32(hexadecimal=True, doc="0: basic.")
    messageId: LittleU32 = LittleU32(hexadecimal=True, doc="Kind of message.")
    data: UpTo = UpTo(_rest, doc="The message, as far as it is in this segment.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        if end - start < _HEADER:
            return False
        length = int.from_bytes(data[start : start + 4], "little")
        version = int.from_bytes(data[start + 4 : start + 8], "little")
        return _ID <= length <= _LONGEST and version in _VERSIONS

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("skinny") if self.plausible(data, start, end) else None
