"""TNS."""

from __future__ import annotations

from typing import Any

from umpa.core.field import U8, U16, Enum8
from umpa.core.following import Following
from umpa.core.parts import UpTo
from umpa.core.protocol import Protocol
from umpa.protocols.segments import MessageLength

__all__ = ["TNS"]

TYPES = {
    1: "connect", 2: "accept", 3: "acknowledge", 4: "refuse", 5: "redirect", 6: "data", 7: "null",
    9: "abort", 11: "resend", 12: "marker", 13: "attention", 14: "control",
}  # fmt: skip
_HEADER = 8


def _rest(layer: Any) -> int:
    return max(0, int(layer.w_length) - _HEADER)


class TNS(Protocol, name="tns", follows={"tcp.port": 1521}):
    """Transparent Network Substrate (Oracle)."""

    length: U16 = U16(auto=MessageLength(_HEADER), doc="Of the packet, bytes.")
    packet_checksum: U16 = U16(hexadecimal=True, doc="Of the packet; 0: none.")
    type: Enum8 = Enum8(default=1, names=TYPES, doc="Kind of packet.")
    reserved_byte: U8 = U8(hexadecimal=True, doc="Zero.")
    header_checksum: U16 = U16(hexadecimal=True, doc="Of the header; 0: none.")
    data: UpTo = UpTo(_rest, doc="What the kind has, as far as it is in this segment.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        length = int.from_bytes(data[start : start + 2], "big")
        return length >= _HEADER and data[start + 4] in TYPES

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
