"""Multicast listener discovery, version 2: what its messages have behind the ICMPv6 header."""

from __future__ import annotations

from umpa.core.auto import Computed
from umpa.core.field import U8, U16, Bits, Enum8, Flag, IPv6Address
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.parts import IPv6List
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["MLDQuery", "MLDRecord"]

RECORD_TYPES = {
    1: "mode is include", 2: "mode is exclude", 3: "change to include", 4: "change to exclude",
    5: "allow new sources", 6: "block old sources",
}  # fmt: skip


class MLDQuery(Protocol, name="icmpv6.mld", follows={"icmpv6.type": 130}):
    """Multicast Listener Query, version 2 (RFC 3810, section 5.1)."""

    flag_resv: Bits = Bits(4, key="flag.resv", doc="Reserved.")
    flag_s: Flag = Flag(key="flag.s", doc="Suppress router-side processing.")
    flag_qrv: Bits = Bits(3, default=2, key="flag.qrv", doc="Querier's robustness.")
    qqi: U8 = U8(default=125, doc="Querier's query interval, seconds (coded from 128 on).")
    nb_sources: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: len(self.w_source_address) // 16),
        doc="Sources that follow.",
    )
    source_address: IPv6List = IPv6List(nb_sources, doc="Sources that are asked for.")

    terminal = True


class MLDRecord(Protocol, name="icmpv6.mldr.mar", follows={"icmpv6.type": 143}):
    """Multicast address record (RFC 3810, section 5.2.4)."""

    record_type: Enum8 = Enum8(default=4, names=RECORD_TYPES, doc="What the record says.")
    aux_data_len: U8 = U8(
        auto=Computed(lambda self, layers, i, size, body: (len(self.w_aux_data) + 3) // 4),
        doc="Words of auxiliary data.",
    )
    nb_sources: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: len(self.w_source_address) // 16),
        doc="Sources that follow.",
    )
    multicast_address: IPv6Address = IPv6Address(default="ff02::1", doc="The group.")
    source_address: IPv6List = IPv6List(nb_sources, doc="Its sources.")
    aux_data: Blob = Blob(lambda layer: layer.w_aux_data_len * 4, doc="Auxiliary data.")

    telling = (multicast_address,)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("icmpv6.mldr.mar")
