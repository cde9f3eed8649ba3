"""PIM."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Auto
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
_PIM = 103
_REGISTER, _REGISTER_HEADER = 1, 8


def _checksum(message: bytes, layers: Any, i: int) -> int:
    """RFC 7761, section 4.9: of the message, but without the packet that a register carries.

    Over IPv6 with its pseudo-header, over IPv4 with none.
    """
    if message[0] & 15 == _REGISTER:
        message = message[:_REGISTER_HEADER]
    names = [layer.name for layer in layers[1:i] if layer.name in ("ip", "ipv6")]
    if names[-1:] != ["ipv6"]:
        return internet_checksum(message)
    return internet_checksum(message, layers[i - 1]._pseudo(layers, i - 1, _PIM, len(message)) or 0)


class _Checksum(Auto):
    sums = True

    def source(self, field: Any) -> str:
        self.names["pim_checksum"] = _checksum
        return "pim_checksum(pack(WORDS) + rest + body, layers, i)"


class PIM(Protocol, name="pim", follows={"ip.proto": _PIM, "ipv6.nxt": _PIM}):
    """Protocol Independent Multicast, version 2 (RFC 7761)."""

    version: Bits = Bits(4, default=2, doc="2.")
    type: EnumBits = EnumBits(4, names=TYPES, doc="Kind of message.")
    reserved: U8 = U8(doc="Zero.")
    cksum: U16 = U16(auto=_Checksum(), hexadecimal=True, doc="Of the message.")
    data: Blob = Blob(doc="What the kind of message says.")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
