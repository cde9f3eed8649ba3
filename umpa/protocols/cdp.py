"""CDP."""

from __future__ import annotations

from umpa.core.field import U8, U16
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["CDP"]


class CDP(Protocol, name="cdp", follows={"llc.cisco_pid": 0x2000}):
    """Cisco Discovery Protocol.

    Its checksum treats an odd last byte in a way of its own, so it is not derived.
    """

    version: U8 = U8(default=2, doc="1 or 2.")
    ttl: U8 = U8(default=180, doc="Seconds that this is good for.")
    checksum: U16 = U16(hexadecimal=True, doc="Of the message.")
    data: Blob = Blob(doc="Type, length (both of 16 bits) and value, one after the other.")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
