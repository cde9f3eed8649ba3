"""CDP."""

from __future__ import annotations

from umpa.core.auto import Checksum
from umpa.core.checksum import internet_checksum
from umpa.core.field import U8, U16
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["CDP"]


def _checksum(message: bytes) -> int:
    """The Internet checksum, but an odd last byte counts as a word of its own, with its sign."""
    if not len(message) & 1:
        return internet_checksum(message)
    last = message[-1]
    return internet_checksum(
        message[:-1] + (last if last < 0x80 else last + 0xFEFF).to_bytes(2, "big")
    )


class CDP(Protocol, name="cdp", follows={"llc.cisco_pid": 0x2000}):
    """Cisco Discovery Protocol."""

    version: U8 = U8(default=2, doc="1 or 2.")
    ttl: U8 = U8(default=180, doc="Seconds that this is good for.")
    checksum: U16 = U16(auto=Checksum(_checksum), hexadecimal=True, doc="Of the message.")
    data: Blob = Blob(doc="Type, length (both of 16 bits) and value, one after the other.")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
