"""Cisco's Inter-Switch Link."""

from __future__ import annotations

from umpa.core.field import U16, Bits, Flag
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol

__all__ = ["ISL"]


class ISL(Protocol, name="isl", follows={"eth.body": 1}):
    """Inter-Switch Link (Cisco), without its first 14 bytes.

    Those have the form of an Ethernet header and are shown as one: destination 01:00:0c:00:00
    with type and priority behind it, source, and length. An Ethernet frame follows, and a frame
    check sequence of its own.
    """

    hdr: Bits = Bits(24, default=0xAAAA03, hexadecimal=True, doc="0xaaaa03, as in SNAP.")
    hsa_high: Bits = Bits(8, key="hsa.high", doc="Vendor, the high byte.")
    hsa: U16 = U16(default=0x000C, hexadecimal=True, doc="Vendor, the low bytes.")
    vlan_id: Bits = Bits(15, doc="VLAN.")
    bpdu: Flag = Flag(doc="A spanning tree, CDP or VTP frame.")
    index: U16 = U16(doc="Port of the sender.")
    reserved: U16 = U16(hexadecimal=True, doc="For token ring and FDDI.")

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "eth"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("eth")
