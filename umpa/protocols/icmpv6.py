"""ICMPv6, neighbour discovery and multicast listener discovery."""

from __future__ import annotations

from typing import ClassVar

from umpa.core.auto import CountOf, TransportChecksum
from umpa.core.case import CaseIPv6, CaseU32
from umpa.core.field import U8, U16, U32, Enum8, EnumBits
from umpa.core.following import Body, Following, ProtocolClass, by_name
from umpa.core.overlay import OverEnumBits, OverFlag, OverU8, OverU16, OverU32, leftover, only
from umpa.core.protocol import Protocol
from umpa.protocols.extensions import QuotedLength
from umpa.protocols.ipversion import by_version

__all__ = ["ICMPv6"]

TYPES = {
    1: "destination unreachable", 2: "packet too big", 3: "time exceeded", 4: "parameter problem",
    128: "echo request", 129: "echo reply", 130: "multicast listener query",
    131: "multicast listener report", 132: "multicast listener done", 133: "router solicitation",
    134: "router advertisement", 135: "neighbor solicitation", 136: "neighbor advertisement",
    137: "redirect", 138: "router renumbering", 139: "node information query",
    140: "node information response", 141: "inverse neighbor discovery solicitation",
    142: "inverse neighbor discovery advertisement", 143: "multicast listener report v2",
    144: "home agent address discovery request", 145: "home agent address discovery reply",
    146: "mobile prefix solicitation", 147: "mobile prefix advertisement",
    148: "certification path solicitation", 149: "certification path advertisement",
    151: "multicast router advertisement", 152: "multicast router solicitation",
    153: "multicast router termination", 155: "RPL control", 157: "duplicate address request",
    158: "duplicate address confirmation", 160: "extended echo request",
    161: "extended echo reply",
}  # fmt: skip
ALIASES = {
    "ping": 128, "pong": 129, "echo": 128, "dest-unreach": 1, "unreachable": 1, "too-big": 2,
    "rs": 133, "ra": 134, "ns": 135, "na": 136, "mld-query": 130, "mld-report": 131,
    "mld-done": 132, "mldv2-report": 143,
}  # fmt: skip
CODES = {
    (1, 0): "no route to destination", (1, 1): "administratively prohibited",
    (1, 2): "beyond scope of source address", (1, 3): "address unreachable",
    (1, 4): "port unreachable", (1, 5): "source address failed policy", (1, 6): "route rejected",
    (3, 0): "hop limit exceeded in transit", (3, 1): "fragment reassembly time exceeded",
    (4, 0): "erroneous header field", (4, 1): "unrecognized next header",
    (4, 2): "unrecognized option",
}  # fmt: skip
_CODE_ALIASES = {"no-route": 0, "admin-prohibited": 1, "addr-unreach": 3, "port-unreach": 4}
_ECHO = (128, 129)
_EXTENDED = (160, 161)
_MLD = (130, 131, 132)
_RS, _RA, _NS, _NA, _REDIRECT, _MLDV2_REPORT = 133, 134, 135, 136, 137, 143
_REDIRECTED_OPTION = b"\x04"
_PREFERENCES = {0: "medium", 1: "high", 2: "reserved", 3: "low"}


class ICMPv6(Protocol, name="icmpv6", follows={"ipv6.nxt": 58, "ip.proto": 58}):
    """Internet Control Message Protocol for IPv6 (RFC 4443).

    Neighbour discovery (RFC 4861) and multicast listener discovery (RFC 2710, RFC 3810) are
    messages of it. Their options and records are layers of their own behind it: `NDOptions`,
    `MLDQuery`, `MLDRecord`. Errors quote the packet they complain about, as in ICMP.
    """

    type: Enum8 = Enum8(default=128, names=TYPES, aliases=ALIASES, doc="Kind of message.")
    code: Enum8 = Enum8(aliases=_CODE_ALIASES, doc="What of that kind.")
    checksum: U16 = U16(auto=TransportChecksum(58), hexadecimal=True, doc="With pseudo-header.")
    reserved: U32 = U32(
        applies=leftover("reserved"),
        hexadecimal=True,
        doc="The second word, where it has bits that the type gives no other meaning.",
    )
    length: U8 = OverU8(
        reserved,
        0,
        auto=QuotedLength(8),
        applies=only(type, 1, 3),
        doc="Words of 64 bits of the quoted packet, before an extension structure (RFC 4884).",
    )
    mtu: U32 = OverU32(reserved, 0, applies=only(type, 2), doc="Of the next hop.")
    pointer: U32 = OverU32(reserved, 0, applies=only(type, 4), doc="Offset of the wrong byte.")
    echo_identifier: U16 = OverU16(
        reserved,
        0,
        applies=only(type, *_ECHO, *_EXTENDED),
        key="echo.identifier",
        doc="Identifier.",
    )
    echo_sequence_number: U16 = OverU16(
        reserved, 16, applies=only(type, *_ECHO), key="echo.sequence_number", doc="Number."
    )
    ext_echo_seq: U8 = OverU8(
        reserved, 16, applies=only(type, *_EXTENDED), key="ext.echo.seq", doc="Number (RFC 8335)."
    )
    mld_maximum_response_delay: U16 = OverU16(
        reserved,
        0,
        applies=only(type, *_MLD),
        key="mld.maximum_response_delay",
        doc="Within which to report, milliseconds (coded as RFC 3810, 5.1.3 from 32768 on).",
    )
    mldr_nb_mcast_records: U16 = OverU16(
        reserved,
        16,
        applies=only(type, _MLDV2_REPORT),
        auto=CountOf("icmpv6.mldr.mar"),
        key="mldr.nb_mcast_records",
        doc="Records (`MLDRecord`) that follow.",
    )
    nd_ra_cur_hop_limit: U8 = OverU8(
        reserved, 0, applies=only(type, _RA), key="nd.ra.cur_hop_limit", doc="For hosts; 0: unset."
    )
    nd_ra_flag_m: OverFlag = OverFlag(
        reserved, 8, applies=only(type, _RA), key="nd.ra.flag.m", doc="Addresses by DHCPv6."
    )
    nd_ra_flag_o: OverFlag = OverFlag(
        reserved, 9, applies=only(type, _RA), key="nd.ra.flag.o", doc="Other settings by DHCPv6."
    )
    nd_ra_flag_h: OverFlag = OverFlag(
        reserved, 10, applies=only(type, _RA), key="nd.ra.flag.h", doc="Home agent (RFC 6275)."
    )
    nd_ra_flag_prf: EnumBits = OverEnumBits(
        reserved,
        11,
        2,
        names=_PREFERENCES,
        applies=only(type, _RA),
        key="nd.ra.flag.prf",
        doc="Preference (RFC 4191).",
    )
    nd_ra_flag_p: OverFlag = OverFlag(
        reserved, 13, applies=only(type, _RA), key="nd.ra.flag.p", doc="Proxy (RFC 4389)."
    )
    nd_ra_router_lifetime: U16 = OverU16(
        reserved, 16, applies=only(type, _RA), key="nd.ra.router_lifetime", doc="Seconds."
    )
    nd_na_flag_r: OverFlag = OverFlag(
        reserved, 0, applies=only(type, _NA), key="nd.na.flag.r", doc="The sender is a router."
    )
    nd_na_flag_s: OverFlag = OverFlag(
        reserved, 1, applies=only(type, _NA), key="nd.na.flag.s", doc="It was asked for."
    )
    nd_na_flag_o: OverFlag = OverFlag(
        reserved, 2, applies=only(type, _NA), key="nd.na.flag.o", doc="Override what is cached."
    )
    nd_ra_reachable_time: U32 = CaseU32(
        only(type, _RA), key="nd.ra.reachable_time", doc="Milliseconds; 0: unset."
    )
    nd_ra_retrans_timer: U32 = CaseU32(
        only(type, _RA), key="nd.ra.retrans_timer", doc="Milliseconds; 0: unset."
    )
    nd_ns_target_address: CaseIPv6 = CaseIPv6(
        only(type, _NS), key="nd.ns.target_address", doc="Whose link address is asked for."
    )
    nd_na_target_address: CaseIPv6 = CaseIPv6(
        only(type, _NA), key="nd.na.target_address", doc="Whose link address is told."
    )
    nd_rd_target_address: CaseIPv6 = CaseIPv6(
        only(type, _REDIRECT), key="nd.rd.target_address", doc="The better next hop."
    )
    rd_na_destination_address: CaseIPv6 = CaseIPv6(
        only(type, _REDIRECT),
        key="rd.na.destination_address",
        doc="The destination to reach by it.",
    )
    mld_multicast_address: CaseIPv6 = CaseIPv6(
        only(type, *_MLD), key="mld.multicast_address", doc="The group; `::` asks for all."
    )

    next_by = Body("icmpv6.type", type)
    steering = ("type",)
    same = (echo_identifier, echo_sequence_number, ext_echo_seq)
    telling = (
        nd_ns_target_address,
        nd_na_target_address,
        nd_rd_target_address,
        mld_multicast_address,
        mtu,
    )
    replies: ClassVar[dict[str, dict[int, int]]] = {
        "type": {128: 129, 133: 134, 135: 136, 160: 161}
    }
    echoes = True
    quote_limit = 1232  # so many that the whole has 1280 (RFC 4443, 2.4)

    def _meaning(self, name: str) -> str:
        return CODES.get((self.type, self.code), "") if name == "code" else ""

    @property
    def quotes(self) -> bool:
        return self.type < 128

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in ("ip", "ipv6", "icmpv6.opt.redirected")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if self.quotes:
            return by_version(data, start) if 1 <= self.type <= 4 else None
        if self.type == _REDIRECT and data[start : start + 1] == _REDIRECTED_OPTION:
            return by_name("icmpv6.opt.redirected")
        return super()._next(data, start, end)
