"""MPLS."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Computed
from umpa.core.field import U8, Bits, EnumBits
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol
from umpa.core.registry import table
from umpa.protocols.ipversion import by_version

__all__ = ["MPLS", "PseudowireControl"]

LABELS = {
    0: "IPv4 explicit null", 1: "router alert", 2: "IPv6 explicit null", 3: "implicit null",
    7: "entropy label indicator", 13: "generic associated channel", 14: "OAM alert",
    15: "extension",
}  # fmt: skip


def _is_bottom(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    """1 but before another label; as it stands where nothing that is known follows."""
    upper = getattr(layers[i + 1], "name", "data") if i + 1 < len(layers) else "data"
    if upper != "data":
        return int(upper != "mpls")
    return int(layer.w_label_exp & 0x100 != 0)


def looks_like_ethernet(data: bytes, at: int, end: int) -> bool:
    """Whether an Ethernet header there has a known type, or a length that fits."""
    if end - at < 14:
        return False
    number = int.from_bytes(data[at + 12 : at + 14], "big")
    return number in table("eth.type").classes or 3 <= number <= min(1500, end - at - 14)


class MPLS(Protocol, name="mpls", follows={
    "eth.type": (0x8847, 0x8848), "ppp.protocol": (0x0281, 0x0283), "ip.proto": 137,
    "ipv6.nxt": 137, "udp.port": 6635, "vxlan.next_proto": 5, "nsh.nextproto": 5,
}):  # fmt: skip
    """MPLS label (RFC 3032).

    No number says what the last label carries. What begins like IP is taken for IP (RFC 4928),
    then a control word (RFC 4385) or an Ethernet header that makes sense for a pseudowire.
    """

    label: EnumBits = EnumBits(20, names=LABELS, doc="Label.")
    exp: Bits = Bits(3, doc="Traffic class (RFC 5462).")
    bottom: Bits = Bits(1, default=1, auto=Computed(_is_bottom), doc="1: the last label.")
    ttl: U8 = U8(default=64, doc="Hops left.")

    telling = (label,)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in ("mpls", "ip", "ipv6", "eth", "pwethcw")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if not self.bottom:
            return by_name("mpls")
        version = by_version(data, start)
        if version is not None:
            return version
        if data[start : start + 1] < b"\x10" and looks_like_ethernet(data, start + 4, end):
            return by_name("pwethcw")
        return by_name("eth") if looks_like_ethernet(data, start, end) else None


class PseudowireControl(Protocol, name="pwethcw", follows={"mpls.payload": 1}):
    """Pseudowire control word before Ethernet (RFC 4448, section 4.6)."""

    nibble: Bits = Bits(4, doc="0.")
    reserved: Bits = Bits(12, doc="Zero.")
    sequence_number: Bits = Bits(16, doc="Sequence number; 0: none.")

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "eth"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("eth")
