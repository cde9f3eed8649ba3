"""Cisco HDLC."""

from __future__ import annotations

from umpa.core.auto import NextProtocol
from umpa.core.field import U8, Enum8, Enum16
from umpa.core.follow import NextBy
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.protocols.names import ETHER_TYPES

__all__ = ["CHDLC"]

_SLARP = 0x8035


class CHDLC(Protocol, name="chdlc", follows={"linktype": 104}):
    """Cisco HDLC (LINKTYPE_C_HDLC)."""

    address: Enum8 = Enum8(
        default=0x0F, names={0x0F: "unicast", 0x8F: "multicast"}, hexadecimal=True, doc="Address."
    )
    control: U8 = U8(hexadecimal=True, doc="0.")
    protocol: Enum16 = Enum16(
        auto=NextProtocol("eth.type"),
        names=ETHER_TYPES | {_SLARP: "SLARP", 0xFEFE: "OSI"},
        hexadecimal=True,
        doc="What it carries.",
    )

    next_by = NextBy("eth.type", protocol)
    steering = ()

    def _next(self, data: bytes, start: int, end: int) -> Following:
        # 0x8035 is RARP elsewhere; here it is Cisco's own keep-alive.
        return None if self.protocol == _SLARP else super()._next(data, start, end)
