"""Yahoo Messenger."""

from __future__ import annotations

from typing import ClassVar

from umpa.core.field import U16, U32, FixedBytes
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.little import LittleU32
from umpa.core.parts import UpTo
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.segments import MessageLength

__all__ = ["YHOO", "YMSG"]

_MAGIC, _OLD = b"YMSG", (b"YPNS", b"YHOO")
_HEADER, _OLD_HEADER = 20, 104


class YMSG(Protocol, name="ymsg", follows={"tcp.port": 5050}):
    """Yahoo Messenger."""

    magic: FixedBytes = FixedBytes(4, default=_MAGIC, doc="YMSG.")
    version: U16 = U16(default=16, doc="Version.")
    vendor: U16 = U16(doc="Vendor.")
    len: U16 = U16(auto=MessageLength(), doc="Of what follows, bytes.")
    service: U16 = U16(hexadecimal=True, doc="Kind of message.")
    status: U32 = U32(hexadecimal=True, doc="State of the sender.")
    session_id: U32 = U32(hexadecimal=True, doc="Session.")
    data: UpTo = UpTo(len, doc="Keys and values, as far as they are in this segment.")

    instead: ClassVar[str] = "yhoo"

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return end - start >= _HEADER and data.startswith(_MAGIC, start, end)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("ymsg") if self.plausible(data, start, end) else None


class YHOO(Protocol, name="yhoo"):
    """Yahoo Messenger, as it was at first."""

    version: FixedBytes = FixedBytes(8, default=b"YHOO1.0\0", doc="YHOO or YPNS, and a version.")
    len: LittleU32 = LittleU32(doc="Of the packet, bytes.")
    service: LittleU32 = LittleU32(doc="Kind of message.")
    connection_id: LittleU32 = LittleU32(hexadecimal=True, doc="Connection.")
    magic_id: LittleU32 = LittleU32(hexadecimal=True, doc="Magic number.")
    unknown1: LittleU32 = LittleU32(hexadecimal=True, doc="Unknown.")
    msgtype: LittleU32 = LittleU32(doc="Kind of packet.")
    nick1: FixedBytes = FixedBytes(36, doc="Name of the user.")
    nick2: FixedBytes = FixedBytes(36, doc="Other name of the user.")
    content: Blob = Blob(doc="The message.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return end - start >= _OLD_HEADER and data.startswith(_OLD, start, end)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
