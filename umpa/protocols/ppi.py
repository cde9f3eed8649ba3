"""Per-packet information."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import NextProtocol
from umpa.core.field import U8
from umpa.core.following import Following, ProtocolClass, by_number
from umpa.core.little import LittleSize, LittleU16, LittleU32, swapped
from umpa.core.protocol import Protocol
from umpa.core.registry import linktypes
from umpa.core.tail import Blob

__all__ = ["PPI"]


class _LittleNext(NextProtocol):
    """The link type, least significant byte first."""

    def number(self, value: int, upper: Any) -> int:
        return swapped(super().number(swapped(value, 4), upper), 4)

    def constant(self, upper: Any) -> int | None:
        found = super().constant(upper)
        return None if found is None else swapped(found, 4)


class PPI(Protocol, name="ppi", follows={"linktype": 192}):
    """Per-Packet Information header (LINKTYPE_PPI)."""

    version: U8 = U8(doc="0.")
    flags: U8 = U8(hexadecimal=True, doc="1: fields are aligned to 32 bits.")
    length: LittleU16 = LittleU16(auto=LittleSize(2), doc="Header length, bytes.")
    dlt: LittleU32 = LittleU32(
        default=105, auto=_LittleNext("linktype"), doc="Link type of what follows."
    )
    data: Blob = Blob(
        lambda layer: max(0, swapped(layer.w_length, 2) - 8),
        doc="Fields: type, length, value.",
    )

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper in linktypes.numbers

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_number("linktype", self.dlt)
