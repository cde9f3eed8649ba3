"""Juniper's capture header before Ethernet."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import SizeOf
from umpa.core.case import CaseU16
from umpa.core.field import U8, Bits
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["Juniper"]

_EXTENSIONS, _NO_LINK_HEADER = 0x80, 0x02
MAGIC = 0x4D4743


def _extended(layer: Any) -> bool:
    return bool(layer.w_magic_number_flags & _EXTENSIONS)


class Juniper(Protocol, name="juniper", follows={"linktype": 178}):
    """Juniper capture header before Ethernet (LINKTYPE_JUNIPER_ETHER)."""

    magic_number: Bits = Bits(24, default=MAGIC, hexadecimal=True, key="magic-number", doc="MGC.")
    flags: U8 = U8(hexadecimal=True, doc="1: outgoing, 2: no link header, 0x80: extensions.")
    ext_total_len: CaseU16 = CaseU16(
        _extended, auto=SizeOf("extensions"), doc="Of the extensions, bytes."
    )
    extensions: Blob = Blob(
        lambda layer: layer.w_ext_total_len if _extended(layer) else 0, doc="Extensions."
    )

    def _invalid(self) -> str:
        return "" if self.magic_number == MAGIC else "no Juniper magic number"

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "eth"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None if self.flags & _NO_LINK_HEADER else by_name("eth")
