"""Prism capture header."""

from __future__ import annotations

from umpa.core.field import FixedBytes
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.little import LittleSize, LittleU32, swapped
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["Prism"]


class Prism(Protocol, name="prism", follows={"linktype": 119}):
    """Prism capture header of 802.11 frames (LINKTYPE_IEEE802_11_PRISM)."""

    msgcode: LittleU32 = LittleU32(default=0x44, hexadecimal=True, doc="0x44.")
    msglen: LittleU32 = LittleU32(auto=LittleSize(4), doc="Header length, bytes.")
    devname: FixedBytes = FixedBytes(16, doc="Device, filled with zeros.")
    data: Blob = Blob(
        lambda layer: max(0, swapped(layer.w_msglen, 4) - 24),
        default=bytes(120),
        doc="Values with their identifiers.",
    )

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "wlan"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("wlan")
