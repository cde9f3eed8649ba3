"""VXLAN with a next-protocol field."""

from __future__ import annotations

from umpa.core.auto import NextProtocol
from umpa.core.field import U8, U16, Bits, Enum8
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol

__all__ = ["VXLANGPE"]


class VXLANGPE(Protocol, name="vxlan_gpe", follows={"udp.port": 4790}):
    """Generic Protocol Extension for VXLAN (draft-ietf-nvo3-vxlan-gpe)."""

    flags: U8 = U8(default=0x0C, hexadecimal=True, doc="0x08: `vni` is valid, 0x04: `next_proto`.")
    reserved_16: U16 = U16(doc="Zero.")
    next_proto: Enum8 = Enum8(
        default=3,
        auto=NextProtocol("vxlan.next_proto"),
        names={1: "IPv4", 2: "IPv6", 3: "Ethernet", 4: "NSH", 5: "MPLS"},
        doc="What it carries.",
    )
    vni: Bits = Bits(24, doc="Network identifier.")
    reserved8: Bits = Bits(8, doc="Zero.")

    next_by = NextBy("vxlan.next_proto", next_proto)
    same = (vni,)
    same_ports = True
