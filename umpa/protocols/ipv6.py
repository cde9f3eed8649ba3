"""IPv6."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Length, NextProtocol
from umpa.core.field import U16, Bits, Enum8, IPv6Address
from umpa.core.follow import NextBy
from umpa.core.overlay import OverEnumBits
from umpa.core.protocol import Protocol
from umpa.core.pseudo import PseudoHeader
from umpa.protocols.names import DSCP, ECN, IP_PROTOCOLS

__all__ = ["IPv6"]

_NO_NEXT = 59


def _jumbo(layers: Any, i: int) -> bool:
    """Whether a jumbo payload option tells the length instead (RFC 2675)."""
    upper = layers[i + 1] if i + 1 < len(layers) else None
    if upper.__class__ is bytes or upper is None or upper.name != "ipv6.hopopts":
        return False
    return "jumbo" in upper.options


class PayloadLength(Length):
    """Bytes behind the header; 0 where a jumbo payload option has the length."""

    def __init__(self) -> None:
        super().__init__(header=False)

    def source(self, field: Any) -> str:
        self.names["jumbo"] = _jumbo
        return "len(body) if len(body) < 65536 or not jumbo(layers, i) else 0"


class IPv6(Protocol, name="ipv6", follows={
    "eth.type": 0x86DD, "ip.proto": 41, "ipv6.nxt": 41, "linktype": 229, "ppp.protocol": 0x0057,
    "null.family": (30, 24, 28, 10), "fr.nlpid": 0x8E, "vxlan.next_proto": 2, "nsh.nextproto": 2,
    "arcnet.protID": 0xC4,
}):  # fmt: skip
    """Internet Protocol Version 6 (RFC 8200)."""

    version: Bits = Bits(4, default=6, doc="Always 6.")
    tclass: Bits = Bits(8, hexadecimal=True, doc="Differentiated services and ECN (RFC 2474).")
    flow: Bits = Bits(20, hexadecimal=True, doc="Flow label (RFC 6437).")
    plen: U16 = U16(auto=PayloadLength(), doc="Bytes behind this header; 0 for a jumbogram.")
    nxt: Enum8 = Enum8(
        auto=NextProtocol("ipv6.nxt"), default=_NO_NEXT, names=IP_PROTOCOLS, doc="What it carries."
    )
    hlim: Enum8 = Enum8(
        default=64, aliases={"linux": 64, "windows": 128, "max": 255}, doc="Hops left."
    )
    src: IPv6Address = IPv6Address(doc="Source address.")
    dst: IPv6Address = IPv6Address(doc="Destination address.")
    tclass_dscp: OverEnumBits = OverEnumBits(
        tclass, 0, 6, names=DSCP, key="tclass.dscp", doc="Differentiated services."
    )
    tclass_ecn: OverEnumBits = OverEnumBits(
        tclass, 6, 2, names=ECN, key="tclass.ecn", doc="Congestion notification."
    )

    next_by = NextBy("ipv6.nxt", nxt)
    steering = ("version",)
    mirror = (src, dst)
    pseudo_header = PseudoHeader("from_bytes(self.w_src, 'big') + from_bytes(self.w_dst, 'big')")

    def asks_group(self) -> bool:
        dst: bytes = self.w_dst  # type: ignore[attr-defined]
        return dst[0] == 0xFF

    def _invalid(self) -> str:
        return "" if self.version == 6 else f"version {self.version} instead of 6"

    def _limit(self, start: int, header: int) -> int | None:
        # 0 announces a jumbogram, or a segmentation that the card has still to do.
        return start + header + self.plen if self.plen or self.nxt == _NO_NEXT else None
