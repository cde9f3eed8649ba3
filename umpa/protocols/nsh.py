"""Network service header."""

from __future__ import annotations

from umpa.core.auto import HeaderLength, NextProtocol
from umpa.core.field import Bits, Enum8, EnumBits, Flag
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol
from umpa.core.tail import HeaderBlob

__all__ = ["NSH"]


class NSH(Protocol, name="nsh", follows={
    "eth.type": 0x894F, "vxlan.next_proto": 4, "udp.port": 6633, "nsh.nextproto": 4,
}):  # fmt: skip
    """Network Service Header (RFC 8300)."""

    version: Bits = Bits(2, doc="0.")
    Obit: Flag = Flag(doc="An OAM packet.")
    unassigned1: Flag = Flag(doc="Zero.")
    ttl: Bits = Bits(6, default=63, doc="Service functions left.")
    length: Bits = Bits(6, auto=HeaderLength(4), doc="Header length, units of 4 bytes.")
    unassigned2: Bits = Bits(4, doc="Zero.")
    mdtype: EnumBits = EnumBits(
        4, default=1, names={1: "fixed length", 2: "variable length"}, doc="Kind of context."
    )
    nextproto: Enum8 = Enum8(
        auto=NextProtocol("nsh.nextproto"),
        names={1: "IPv4", 2: "IPv6", 3: "Ethernet", 4: "NSH", 5: "MPLS"},
        doc="What it carries.",
    )
    spi: Bits = Bits(24, doc="Service path.")
    si: Bits = Bits(8, default=255, doc="Place in the path.")
    contextheader: HeaderBlob = HeaderBlob(default=bytes(16), doc="Context headers.")

    next_by = NextBy("nsh.nextproto", nextproto)
