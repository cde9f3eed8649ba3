"""The authentication header of IPsec."""

from __future__ import annotations

from umpa.core.auto import HeaderLength, NextProtocol
from umpa.core.field import U8, U16, U32, Enum8
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol
from umpa.core.tail import HeaderBlob
from umpa.protocols.names import IP_PROTOCOLS

__all__ = ["AH"]


class AH(Protocol, name="ah", follows={"ip.proto": 51, "ipv6.nxt": 51}):
    """Authentication Header (RFC 4302)."""

    next_header: Enum8 = Enum8(
        auto=NextProtocol("ipv6.nxt"), default=59, names=IP_PROTOCOLS, doc="What follows."
    )
    length: U8 = U8(auto=HeaderLength(4, bias=2), doc="Header length in words, less two.")
    reserved: U16 = U16(doc="Zero.")
    spi: U32 = U32(hexadecimal=True, doc="Security parameters index.")
    sequence: U32 = U32(doc="Sequence number.")
    icv: HeaderBlob = HeaderBlob(default=bytes(12), doc="Integrity check value.")

    next_by = NextBy("ipv6.nxt", next_header)
    same = (spi,)
    telling = (sequence,)
