"""The IPv6 fragment header."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import NextProtocol
from umpa.core.field import U8, U32, Bits, Enum8, Flag
from umpa.core.follow import NextBy
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.protocols.names import IP_PROTOCOLS

__all__ = ["Fragment"]


class Fragment(Protocol, name="ipv6.fraghdr", follows={"ipv6.nxt": 44}):
    """IPv6 fragment header (RFC 8200, section 4.5)."""

    nxt: Enum8 = Enum8(
        auto=NextProtocol("ipv6.nxt"), default=59, names=IP_PROTOCOLS, doc="What follows."
    )
    reserved_octet: U8 = U8(doc="Zero.")
    offset_units: Bits = Bits(13, key="offset", doc="Fragment offset, units of 8 bytes.")
    reserved_bits: Bits = Bits(2, doc="Zero.")
    more: Flag = Flag(doc="More fragments follow.")
    ident: U32 = U32(hexadecimal=True, doc="Identification of a packet's fragments.")

    telling = (offset_units, more, ident)

    next_by = NextBy("ipv6.nxt", nxt)
    steering = ("offset_units",)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None if self.offset_units else super()._next(data, start, end)

    def _pseudo(self, layers: Any, i: int, protocol: int, length: int) -> int | None:
        if self.offset_units or self.more:
            return None  # the checksum covers bytes that are not here
        return super()._pseudo(layers, i, protocol, length)
