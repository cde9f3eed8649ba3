"""NetBIOS session service."""

from __future__ import annotations

from umpa.core.auto import Length
from umpa.core.field import U8, U16, Enum8
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol

__all__ = ["NBSS"]

TYPES = {
    0x00: "session message", 0x81: "session request", 0x82: "positive session response",
    0x83: "negative session response", 0x84: "retarget session response",
    0x85: "session keep-alive",
}  # fmt: skip
_HEADER = 4
_MAGIC = b"\xffSMB"


class NBSS(Protocol, name="nbss", follows={"tcp.port": (139, 445)}):
    """NetBIOS session service (RFC 1002, section 4.3): the message that a segment begins with."""

    type: Enum8 = Enum8(names=TYPES, hexadecimal=True, doc="Kind of message.")
    flags: U8 = U8(hexadecimal=True, doc="1: the length is 65536 more.")
    length: U16 = U16(auto=Length(header=False), doc="Of what follows, bytes.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        length = int.from_bytes(data[start + 1 : start + _HEADER], "big")
        return data[start] in TYPES and length <= end - start - _HEADER

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "smb"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("smb") if data.startswith(_MAGIC, start, end) else None
