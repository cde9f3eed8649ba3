"""IPv4."""

from __future__ import annotations

from umpa.core.auto import HeaderLength, InternetChecksum, Length, NextProtocol
from umpa.core.field import U8, U16, Bits, Enum8, Flag, IPv4Address
from umpa.core.follow import NextBy
from umpa.core.following import Following
from umpa.core.options import OptionList
from umpa.core.overlay import OverEnumBits
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.pseudo import PseudoHeader
from umpa.protocols.ip_options import IP_OPTIONS, final_stop
from umpa.protocols.names import DSCP, ECN, IP_PROTOCOLS

__all__ = ["IP"]


class IP(Protocol, name="ip", follows={
    "eth.type": 0x0800, "ip.proto": 4, "ipv6.nxt": 4, "linktype": 228, "ppp.protocol": 0x0021,
    "null.family": 2, "llc.dsap": 0x06, "arcnet.protID": (0xD4, 0xF0), "fr.nlpid": 0xCC,
    "vxlan.next_proto": 1, "nsh.nextproto": 1,
}):  # fmt: skip
    """Internet Protocol Version 4 (RFC 791)."""

    version: Bits = Bits(4, default=4, doc="Always 4.")
    hdr_len: Bits = Bits(4, default=20, scale=4, auto=HeaderLength(4), doc="Header length, bytes.")
    dsfield: U8 = U8(hexadecimal=True, doc="Differentiated services and ECN (RFC 2474, RFC 3168).")
    len: U16 = U16(auto=Length(), doc="Header and payload, bytes.")
    id: U16 = U16(hexadecimal=True, doc="Identification of a datagram's fragments.")
    flags_rb: Flag = Flag(key="flags.rb", doc="Reserved bit.")
    flags_df: Flag = Flag(key="flags.df", doc="Don't fragment.")
    flags_mf: Flag = Flag(key="flags.mf", doc="More fragments follow.")
    frag_offset: Bits = Bits(13, doc="Fragment offset, units of 8 bytes.")
    ttl: Enum8 = Enum8(
        default=64,
        aliases={"linux": 64, "windows": 128, "cisco": 255, "max": 255},
        doc="Hops left.",
    )
    proto: Enum8 = Enum8(auto=NextProtocol("ip.proto"), names=IP_PROTOCOLS, doc="What it carries.")
    checksum: U16 = U16(auto=InternetChecksum(body=False), hexadecimal=True, doc="Of the header.")
    src: IPv4Address = IPv4Address(doc="Source address.")
    dst: IPv4Address = IPv4Address(doc="Destination address.")
    options: OptionList = OptionList(IP_OPTIONS, doc="Options (RFC 791, section 3.1).")
    dsfield_dscp: OverEnumBits = OverEnumBits(
        dsfield, 0, 6, names=DSCP, key="dsfield.dscp", doc="Differentiated services (RFC 2474)."
    )
    dsfield_ecn: OverEnumBits = OverEnumBits(
        dsfield, 6, 2, names=ECN, key="dsfield.ecn", doc="Congestion notification (RFC 3168)."
    )

    flags: View[int, int] = View(
        lambda layer: layer.w_flags_rb_flags_df >> 13,
        of="flags_rb, flags_df and flags_mf",
        hexadecimal=True,
        listed=False,
        doc="The three flags at once.",
    )

    telling = (frag_offset, flags_mf)

    next_by = NextBy("ip.proto", proto)
    steering = ("version", "frag_offset")
    mirror = (src, dst)
    # of a fragment there is none: the checksum covers bytes that are not here
    pseudo_header = PseudoHeader(
        "self.w_src + self.w_dst",
        "self.w_flags_rb_flags_df & 0x3FFF",
        odd="self.w_options",
        more="self._detour()",
    )

    def asks_group(self) -> bool:
        dst: int = self.w_dst  # type: ignore[attr-defined]
        return dst >> 28 == 14 or dst == 0xFFFFFFFF  # multicast (RFC 5771), limited broadcast

    def _detour(self) -> int:
        """What a source route makes of the sum of the addresses: its last one is who gets it."""
        dst: int = self.w_dst  # type: ignore[attr-defined]
        final = final_stop(self.w_options)  # type: ignore[attr-defined]
        return 0 if final is None else final - dst

    def _invalid(self) -> str:
        return "" if self.version == 4 else f"version {self.version} instead of 4"

    def _limit(self, start: int, header: int) -> int | None:
        # A length of 0 is what a segmentation offload leaves for the card to fill in.
        return start + self.len if self.len else None

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None if self.frag_offset else super()._next(data, start, end)
