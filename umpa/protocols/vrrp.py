"""VRRP."""

from __future__ import annotations

from umpa.core.auto import Checksum, Computed
from umpa.core.checksum import internet_checksum
from umpa.core.field import U8, U16, Bits, EnumBits
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["VRRP"]


class VRRP(Protocol, name="vrrp", follows={"ip.proto": 112}):
    """Virtual Router Redundancy Protocol, version 2 (RFC 3768)."""

    version: Bits = Bits(4, default=2, doc="2.")
    type: EnumBits = EnumBits(4, default=1, names={1: "advertisement"}, doc="1.")
    virt_rtr_id: U8 = U8(default=1, doc="The virtual router.")
    prio: U8 = U8(default=100, doc="The highest is master; 0: the master gives up.")
    addr_count: U8 = U8(
        auto=Computed(lambda self, layers, i, size, body: max(0, len(self.w_data) - 8) // 4),
        doc="Addresses in `data`.",
    )
    auth_type: U8 = U8(doc="0: none.")
    adver_int: U8 = U8(default=1, doc="Seconds between advertisements.")
    checksum: U16 = U16(auto=Checksum(internet_checksum), hexadecimal=True, doc="Of the message.")
    data: Blob = Blob(default=bytes(8), doc="Addresses, four bytes each, then eight bytes of zero.")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None

    def _invalid(self) -> str:
        return "" if self.version == 2 else f"version {self.version}, expected 2"
