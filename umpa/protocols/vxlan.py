"""VXLAN."""

from __future__ import annotations

from umpa.core.field import U16, Bits
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.overlay import OverFlag
from umpa.core.protocol import Protocol

__all__ = ["VXLAN"]


class VXLAN(Protocol, name="vxlan", follows={"udp.port": (4789, 8472)}):
    """Virtual eXtensible Local Area Network (RFC 7348; group policy: draft-smith-vxlan)."""

    flags: U16 = U16(default=0x0800, hexadecimal=True, doc="0x0800: `vni` is valid.")
    gbp: U16 = U16(doc="Group policy, where `flag_g` is set.")
    vni: Bits = Bits(24, doc="Network identifier.")
    reserved8: Bits = Bits(8, doc="Zero.")
    flag_g: OverFlag = OverFlag(flags, 0, doc="`gbp` is a group policy.")
    flag_i: OverFlag = OverFlag(flags, 4, doc="`vni` is valid.")
    flag_d: OverFlag = OverFlag(flags, 9, doc="Don't learn.")
    flag_a: OverFlag = OverFlag(flags, 12, doc="The policy was applied.")

    same = (vni,)
    same_ports = True

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "eth"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("eth")
