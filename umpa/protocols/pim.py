"""PIM."""

from __future__ import annotations

from umpa.core.auto import Checksum
from umpa.core.checksum import internet_checksum
from umpa.core.field import U8, U16, Bits, EnumBits
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["PIM"]

TYPES = {
    0: "hello", 1: "register", 2: "register-stop", 3: "join/prune", 4: "bootstrap", 5: "assert",
    6: "graft", 7: "graft-ack", 8: "candidate-RP-advertisement", 9: "state-refresh",
}  # fmt: skip
_REGISTER, _REGISTER_HEADER = 1, 8


def _checksum(message: bytes) -> int:
    """RFC 7761, section 4.9: of the message, but without the packet that a register carries."""
    whole = message[0] & 15 != _REGISTER
    return internet_checksum(message if whole else message[:_REGISTER_HEADER])


class PIM(Protocol, name="pim", follows={"ip.proto": 103}):
    """Protocol Independent Multicast, version 2 (RFC 7761), over IPv4."""

    version: Bits = Bits(4, default=2, doc="2.")
    type: EnumBits = EnumBits(4, names=TYPES, doc="Kind of message.")
    reserved: U8 = U8(doc="Zero.")
    cksum: U16 = U16(auto=Checksum(_checksum), hexadecimal=True, doc="Of the message.")
    data: Blob = Blob(doc="What the kind of message says.")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
