"""IGMP."""

from __future__ import annotations

from umpa.core.auto import Computed, CountOf
from umpa.core.case import CaseIPv4
from umpa.core.field import U8, U16, Bits, Enum8, Flag, IPv4Address
from umpa.core.following import Body, Following, ProtocolClass, by_name
from umpa.core.parts import IPv4List
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.fragments import FragmentChecksum

__all__ = ["IGMP", "IGMPQuery", "IGMPRecord", "IGMPReport"]

TYPES = {
    0x11: "membership query", 0x12: "membership report v1", 0x13: "DVMRP", 0x14: "PIM v1",
    0x16: "membership report v2", 0x17: "leave group", 0x1E: "multicast traceroute response",
    0x1F: "multicast traceroute", 0x22: "membership report v3", 0x30: "router advertisement",
    0x31: "router solicitation", 0x32: "router termination",
}  # fmt: skip
ALIASES = {"query": 0x11, "report": 0x16, "leave": 0x17, "report-v3": 0x22}
RECORD_TYPES = {
    1: "mode is include", 2: "mode is exclude", 3: "change to include", 4: "change to exclude",
    5: "allow new sources", 6: "block old sources",
}  # fmt: skip
_V3_REPORT = 0x22


class IGMP(Protocol, name="igmp", follows={"ip.proto": 2, "ipv6.nxt": 2}):
    """Internet Group Management Protocol (RFC 1112, RFC 2236, RFC 3376).

    What version 3 has behind the common header is a layer of its own: `IGMPQuery` and, behind
    `IGMPReport`, an `IGMPRecord` for each group.
    """

    type: Enum8 = Enum8(default=0x11, names=TYPES, aliases=ALIASES, hexadecimal=True, doc="Kind.")
    max_resp: U8 = U8(doc="Within which to report, tenths of a second (0 in version 1).")
    checksum: U16 = U16(auto=FragmentChecksum(), hexadecimal=True, doc="Of the whole message.")
    maddr: CaseIPv4 = CaseIPv4(
        lambda layer: layer.w_type != _V3_REPORT, doc="The group; 0.0.0.0 asks for all."
    )

    telling = (maddr,)

    next_by = Body("igmp.type", type)


class IGMPQuery(Protocol, name="igmp.query", follows={"igmp.type": 0x11}):
    """IGMPv3 membership query (RFC 3376, section 4.1)."""

    reserved: Bits = Bits(4, doc="Zero.")
    s: Flag = Flag(doc="Suppress router-side processing.")
    qrv: Bits = Bits(3, default=2, doc="Querier's robustness.")
    qqic: U8 = U8(default=125, doc="Querier's query interval, seconds (coded from 128 on).")
    num_src: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: len(self.w_saddr) // 4),
        doc="Sources that follow.",
    )
    saddr: IPv4List = IPv4List(num_src, doc="Sources that are asked for.")

    terminal = True


class IGMPReport(Protocol, name="igmp.report", follows={"igmp.type": 0x22}):
    """IGMPv3 membership report (RFC 3376, section 4.2)."""

    reserved: U16 = U16(doc="Zero.")
    num_grp_recs: U16 = U16(
        auto=CountOf("igmp.record"),
        doc="Records that follow.",
    )

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "igmp.record"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("igmp.record") if self.num_grp_recs else None


class IGMPRecord(Protocol, name="igmp.record", follows={"igmp.record": 0}):
    """IGMPv3 group record (RFC 3376, section 4.2.4)."""

    record_type: Enum8 = Enum8(default=4, names=RECORD_TYPES, doc="What the record says.")
    aux_data_len: U8 = U8(
        auto=Computed(lambda self, layers, i, size, body: (len(self.w_aux_data) + 3) // 4),
        doc="Words of auxiliary data.",
    )
    num_src: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: len(self.w_saddr) // 4),
        doc="Sources that follow.",
    )
    maddr: IPv4Address = IPv4Address(doc="The group.")
    saddr: IPv4List = IPv4List(num_src, doc="Its sources.")
    aux_data: Blob = Blob(lambda layer: layer.w_aux_data_len * 4, doc="Auxiliary data.")

    telling = (maddr,)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("igmp.record")
