"""BGP."""

from __future__ import annotations

from umpa.core.field import U16, Enum8, FixedBytes
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.parts import UpTo
from umpa.core.protocol import Protocol
from umpa.protocols.segments import MessageLength

__all__ = ["BGP"]

TYPES = {1: "open", 2: "update", 3: "notification", 4: "keepalive", 5: "route refresh"}
_MARKER = b"\xff" * 16
_HEADER = 19


class BGP(Protocol, name="bgp", follows={"tcp.port": 179}):
    """Border Gateway Protocol message (RFC 4271, section 4)."""

    marker: FixedBytes = FixedBytes(16, default=_MARKER, doc="All ones.")
    length: U16 = U16(
        auto=MessageLength(_HEADER),
        doc="Of the message, bytes.",
    )
    type: Enum8 = Enum8(default=4, names=TYPES, doc="Kind of message.")
    data: UpTo = UpTo(
        lambda layer: max(0, layer.w_length - _HEADER),
        doc="What the kind has, as far as it is in this segment.",
    )

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start : start + 16] == _MARKER and data[start + 18 : start + 19] != b"\0"

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("bgp") if data[start : start + 16] == _MARKER else None
