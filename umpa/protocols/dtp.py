"""DTP."""

from __future__ import annotations

from umpa.core.field import U8
from umpa.core.following import Following
from umpa.core.options import Layout, OptionFormat, OptionType
from umpa.core.parts import TrailingOptions
from umpa.core.protocol import Protocol

__all__ = ["DTP", "DTP_TLVS"]

DTP_TLVS = OptionFormat(
    Layout(kind_size=2, length_size=2),
    OptionType(1, "domain"),
    OptionType(2, "status"),
    OptionType(3, "type"),
    OptionType(4, "neighbor"),
)


class DTP(Protocol, name="dtp", follows={"llc.cisco_pid": 0x2004}):
    """Dynamic Trunking Protocol (Cisco)."""

    version: U8 = U8(default=1, doc="1.")
    tlvs: TrailingOptions = TrailingOptions(DTP_TLVS, doc="Domain, status, type and neighbor.")

    terminal = True

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
