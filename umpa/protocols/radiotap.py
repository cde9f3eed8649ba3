"""Radiotap."""

from __future__ import annotations

from umpa.core.field import U8
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.little import LittleSize, LittleU16, LittleU32, swapped
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["Radiotap"]

_FIXED = 8


class Radiotap(Protocol, name="radiotap", follows={"linktype": 127}):
    """Radiotap capture header of 802.11 frames (radiotap.org)."""

    version: U8 = U8(doc="0.")
    pad: U8 = U8(doc="Zero.")
    length: LittleU16 = LittleU16(auto=LittleSize(2), doc="Header length, bytes.")
    present: LittleU32 = LittleU32(hexadecimal=True, doc="Which fields are in `data`.")
    data: Blob = Blob(
        lambda layer: max(0, swapped(layer.w_length, 2) - _FIXED),
        doc="The fields, each aligned to its size.",
    )

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "wlan"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("wlan")
