"""HTTP/2."""

from __future__ import annotations

from typing import ClassVar

from umpa.core.field import U8, Bits, Enum8, FixedBytes
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.parts import UpTo
from umpa.core.protocol import Protocol
from umpa.protocols.segments import MessageLength

__all__ = ["HTTP2", "HTTP2Magic"]

MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TYPES = {
    0: "DATA", 1: "HEADERS", 2: "PRIORITY", 3: "RST_STREAM", 4: "SETTINGS", 5: "PUSH_PROMISE",
    6: "PING", 7: "GOAWAY", 8: "WINDOW_UPDATE", 9: "CONTINUATION",
}  # fmt: skip
_HEADER, _LONGEST = 9, 2**14
_LENGTHS = {2: 5, 3: 4, 6: 8, 8: 4}
_ON_STREAM_0 = (4, 6, 7)
_ON_ANY = 8


class HTTP2Magic(Protocol, name="http2.magic"):
    """What a connection with HTTP/2 begins with (RFC 9113, section 3.4)."""

    magic: FixedBytes = FixedBytes(len(MAGIC), default=MAGIC, doc="PRI * HTTP/2.0 ...")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data.startswith(MAGIC, start, end)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is HTTP2

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return HTTP2 if HTTP2.plausible(data, start, end) else None


class HTTP2(Protocol, name="http2", follows={"tcp.port": 50051}):
    """Hypertext Transfer Protocol, version 2 (RFC 9113): one frame; others follow it."""

    length: Bits = Bits(24, auto=MessageLength(), doc="Of the payload, bytes.")
    type: Enum8 = Enum8(default=4, names=TYPES, doc="Kind of frame.")
    flags: U8 = U8(hexadecimal=True, doc="What the kind makes of them.")
    r: Bits = Bits(1, doc="Zero.")
    streamid: Bits = Bits(31, doc="The stream; 0: the connection.")
    data: UpTo = UpTo(length, doc="The payload, as far as it is in this segment.")

    instead: ClassVar[str] = "http2.magic"

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        head = data[start : min(end, start + _HEADER)]
        if len(head) < _HEADER or head[3] not in TYPES or head[5] & 0x80:
            return False
        length, kind, stream = int.from_bytes(head[:3], "big"), head[3], head[5:] != bytes(4)
        if length > _LONGEST or length != _LENGTHS.get(kind, length):
            return False
        return kind == _ON_ANY or stream is (kind not in _ON_STREAM_0)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("http2") if self.plausible(data, start, end) else None
