"""VRRP."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Computed, PseudoChecksum
from umpa.core.checksum import internet_checksum
from umpa.core.field import U8, U16, Bits, EnumBits
from umpa.core.following import Following
from umpa.core.overlay import OverBits, OverU8, leftover, only
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["VRRP"]

_V2, _V3 = 2, 3
_AUTHENTICATION = 8


def _addresses(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    """How many addresses `data` has: four bytes each, or sixteen over IPv6."""
    if layer.version == _V2:
        return max(0, len(layer.w_data) - _AUTHENTICATION) // 4
    return len(layer.w_data) // (16 if getattr(layers[i - 1], "name", "") == "ipv6" else 4)


def _checksum(message: bytes, pseudo: int | None) -> int:
    """Of the message; from version 3 on with the pseudo-header (RFC 5798, section 5.2.8)."""
    return internet_checksum(message, (pseudo or 0) if message[0] >> 4 >= _V3 else 0)


class VRRP(Protocol, name="vrrp", follows={"ip.proto": 112, "ipv6.nxt": 112}):
    """Virtual Router Redundancy Protocol, versions 2 (RFC 3768) and 3 (RFC 5798)."""

    version: Bits = Bits(4, default=_V2, doc="2 or 3.")
    type: EnumBits = EnumBits(4, default=1, names={1: "advertisement"}, doc="1.")
    virt_rtr_id: U8 = U8(default=1, doc="The virtual router.")
    prio: U8 = U8(default=100, doc="The highest is master; 0: the master gives up.")
    addr_count: U8 = U8(auto=Computed(_addresses), doc="Addresses in `data`.")
    interval: U16 = U16(
        default=1,
        applies=leftover("interval"),
        hexadecimal=True,
        doc="Authentication and interval, where the version says nothing else of them.",
    )
    checksum: U16 = U16(
        auto=PseudoChecksum(_checksum, 112), hexadecimal=True, doc="Of the message."
    )
    data: Blob = Blob(
        default=bytes(_AUTHENTICATION),
        doc="Addresses; in version 2 of four bytes each, and eight bytes of zero behind them.",
    )
    auth_type: U8 = OverU8(interval, 0, applies=only(version, _V2), doc="0: none.")
    adver_int: U8 = OverU8(
        interval, 8, applies=only(version, _V2), doc="Seconds between advertisements."
    )
    reserved_mbz: Bits = OverBits(interval, 0, 4, applies=only(version, _V3), doc="Zero.")
    short_adver_int: Bits = OverBits(
        interval, 4, 12, applies=only(version, _V3), doc="Hundredths of a second between them."
    )

    telling = (virt_rtr_id, prio)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None

    def _invalid(self) -> str:
        return "" if self.version in (_V2, _V3) else f"version {self.version}, expected 2 or 3"
