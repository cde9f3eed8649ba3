"""IP payload compression."""

from __future__ import annotations

from umpa.core.field import U8, Enum8, Enum16
from umpa.core.protocol import Protocol
from umpa.protocols.names import IP_PROTOCOLS

__all__ = ["IPComp"]


class IPComp(Protocol, name="ipcomp", follows={"ip.proto": 108, "ipv6.nxt": 108}):
    """IP Payload Compression (RFC 3173); what follows is compressed."""

    next_header: Enum8 = Enum8(default=59, names=IP_PROTOCOLS, doc="What was compressed.")
    flags: U8 = U8(doc="Zero.")
    cpi: Enum16 = Enum16(
        names={1: "OUI", 2: "DEFLATE", 3: "LZS", 4: "LZJH"}, doc="How it was compressed."
    )
