"""GRE."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import InternetChecksum, Kept, NextProtocol, Present
from umpa.core.field import Bits, Enum16, Flag
from umpa.core.follow import NextBy
from umpa.core.following import Following, by_name
from umpa.core.overlay import OverBits, OverFlag
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import OptionalU16, OptionalU32
from umpa.protocols.names import ETHER_TYPES

__all__ = ["GRE"]

_ERSPAN = 0x88BE


class GREProto(NextProtocol):
    """The EtherType of what follows; ERSPAN's stays before Ethernet: type I has no header."""

    def number(self, value: int, upper: Any) -> int:
        return value if value == _ERSPAN and upper.name == "eth" else super().number(value, upper)

    def constant(self, upper: Any) -> int | None:
        return None if upper.name == "eth" else super().constant(upper)


def _first_word(layer: Any) -> int:
    """Flags and version, those flags that follow from other fields as they will be written."""
    word: int = layer.w_flags_checksum_flags_routing
    return int.from_bytes(bytes(layer)[:2], "big") if layer._auto else word


class GRE(Protocol, name="gre", follows={"ip.proto": 47, "ipv6.nxt": 47, "udp.port": 4754}):
    """Generic Routing Encapsulation (RFC 2784, RFC 2890; version 1 is PPTP's: RFC 2637).

    Setting `checksum`, `key`, `sequence_number` or `ack_number` sets its flag. With
    `flags_checksum=True` the checksum is computed.
    """

    flags_checksum: Flag = Flag(
        key="flags.checksum", auto=Present("checksum"), doc="A checksum is there."
    )
    flags_routing: Flag = Flag(key="flags.routing", doc="Routing is there (RFC 1701).")
    flags_key: Flag = Flag(key="flags.key", auto=Present("key"), doc="A key is there.")
    flags_sequence_number: Flag = Flag(
        key="flags.sequence_number", auto=Present("sequence_number"), doc="A number is there."
    )
    flags_reserved: Bits = Bits(9, key="flags.reserved", doc="Zero in RFC 2784.")
    flags_version: Bits = Bits(3, key="flags.version", doc="0; 1: PPTP.")
    proto: Enum16 = Enum16(
        auto=GREProto("eth.type"), names=ETHER_TYPES, hexadecimal=True, doc="What it carries."
    )
    checksum: OptionalU16 = OptionalU16(
        when=flags_checksum,
        auto=InternetChecksum(),
        hexadecimal=True,
        doc="Of the header and all it carries.",
    )
    reserved1: OptionalU16 = OptionalU16(
        when=flags_checksum,
        auto=Kept(),
        key="offset",
        doc="Zero; with routing, an offset (RFC 1701).",
    )
    key: OptionalU32 = OptionalU32(
        when=flags_key, hexadecimal=True, doc="Which flow; in PPTP payload length and call."
    )
    sequence_number: OptionalU32 = OptionalU32(when=flags_sequence_number, doc="Number.")
    flags_ack: OverFlag = OverFlag(
        flags_reserved,
        4,
        key="flags.ack",
        auto=Present("ack_number"),
        doc="An acknowledgment is there (PPTP).",
    )
    ack_number: OptionalU32 = OptionalU32(when=flags_ack, doc="Highest number received (PPTP).")
    flags_strict_source_route: OverFlag = OverFlag(
        flags_reserved, 0, key="flags.strict_source_route", doc="RFC 1701."
    )
    flags_recursion_control: OverBits = OverBits(
        flags_reserved, 1, 3, key="flags.recursion_control", doc="RFC 1701."
    )
    flags_and_version: View[int, int] = View(_first_word, hexadecimal=True, doc="All of them.")

    next_by = NextBy("eth.type", proto)
    same = (key,)

    def _invalid(self) -> str:
        return "" if self.flags_version <= 1 else f"version {self.flags_version} instead of 0 or 1"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if self.flags_routing:
            return None  # source route entries, which nobody sends any more
        if self.proto == _ERSPAN and not self.flags_sequence_number:
            return by_name("eth")  # ERSPAN type I has no header of its own
        return super()._next(data, start, end)
