"""Ethernet II and IEEE 802.3 frames."""

from __future__ import annotations

from umpa.core.field import MAC, Enum16
from umpa.core.follow import NextBy
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol
from umpa.protocols.ethertype import MOST_LENGTH, EtherType, follower
from umpa.protocols.names import ETHER_TYPES

__all__ = ["Ethernet"]

_ISL = (b"\x01\0\x0c\0\0", b"\x0c\0\x0c\0\0")
"""The first five bytes of the addresses that mark a frame of Cisco's Inter-Switch Link."""


class Ethernet(Protocol, name="eth", follows={
    "linktype": 1, "eth.type": 0x6558, "ip.proto": 143, "ipv6.nxt": 143, "vxlan.next_proto": 3,
    "nsh.nextproto": 3, "ppp.protocol": 0x0031, "snap.bridged_pid": (7, 1),
}):  # fmt: skip
    """Ethernet (IEEE 802.3)."""

    dst: MAC = MAC(default="ff:ff:ff:ff:ff:ff", doc="Destination address.")
    src: MAC = MAC(doc="Source address.")
    type: Enum16 = Enum16(
        auto=EtherType(),
        names=ETHER_TYPES,
        hexadecimal=True,
        doc="Type of what follows; up to 1500, its length in bytes.",
    )

    next_by = NextBy("eth.type", type)
    steering = ()
    mirror = (dst, src)
    decisive = False

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in ("llc", "ipx", "isl")

    def _limit(self, start: int, header: int) -> int | None:
        return start + header + self.type if self.type <= MOST_LENGTH else None

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if self.type <= MOST_LENGTH and data[start - 14 : start - 9] in _ISL:
            return by_name("isl")
        return follower(self.type, data, start)
