"""STUN."""

from __future__ import annotations

from umpa.core.auto import Computed
from umpa.core.field import U16, U32, Enum16, FixedBytes
from umpa.core.following import Following
from umpa.core.options import Layout, OptionFormat, OptionType
from umpa.core.parts import SizedOptions
from umpa.core.protocol import Protocol

__all__ = ["STUN", "STUN_ATTRIBUTES"]

TYPES = {
    0x0001: "binding request", 0x0011: "binding indication", 0x0101: "binding success",
    0x0111: "binding error", 0x0003: "allocate request", 0x0103: "allocate success",
    0x0113: "allocate error", 0x0004: "refresh request", 0x0104: "refresh success",
    0x0016: "send indication", 0x0017: "data indication", 0x0008: "create permission request",
    0x0108: "create permission success", 0x0009: "channel bind request",
    0x0109: "channel bind success",
}  # fmt: skip
COOKIE = 0x2112A442
_HEADER = 20

STUN_ATTRIBUTES = OptionFormat(
    Layout(kind_size=2, length_size=2, counts_header=False, align=4),
    OptionType(0x0001, "mapped_address"),
    OptionType(0x0006, "username"),
    OptionType(0x0008, "message_integrity"),
    OptionType(0x0009, "error_code"),
    OptionType(0x0014, "realm"),
    OptionType(0x0015, "nonce"),
    OptionType(0x0020, "xor_mapped_address"),
    OptionType(0x0024, "priority"),
    OptionType(0x8022, "software"),
    OptionType(0x8028, "fingerprint"),
)


class STUN(Protocol, name="stun", follows={"udp.port": 3478, "tcp.port": 3478}):
    """Session Traversal Utilities for NAT (RFC 8489)."""

    type: Enum16 = Enum16(default=1, names=TYPES, hexadecimal=True, doc="Method and class.")
    length: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: size - _HEADER),
        doc="Of the attributes, bytes.",
    )
    cookie: U32 = U32(default=COOKIE, hexadecimal=True, doc="0x2112a442.")
    id: FixedBytes = FixedBytes(12, doc="Transaction.")
    attributes: SizedOptions = SizedOptions(STUN_ATTRIBUTES, length, doc="Attributes.")

    terminal = True
    same = (id,)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start + 4 : start + 8] == COOKIE.to_bytes(4, "big")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
