"""The encrypting header of IPsec."""

from __future__ import annotations

from umpa.core.field import U32
from umpa.core.protocol import Protocol

__all__ = ["ESP"]


class ESP(Protocol, name="esp", follows={"ip.proto": 50, "ipv6.nxt": 50}):
    """Encapsulating Security Payload (RFC 4303); what follows is encrypted."""

    spi: U32 = U32(hexadecimal=True, doc="Security parameters index.")
    sequence: U32 = U32(doc="Sequence number.")

    telling = (spi, sequence)
