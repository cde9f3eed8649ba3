"""TPKT."""

from __future__ import annotations

from umpa.core.auto import Length
from umpa.core.field import U8, U16
from umpa.core.following import Following, ProtocolClass, by_number
from umpa.core.protocol import Protocol

__all__ = ["TPKT"]


class TPKT(Protocol, name="tpkt", follows={"tcp.port": (102, 1720, 3389)}):
    """ISO transport over TCP (RFC 1006): the packet that a segment begins with."""

    version: U8 = U8(default=3, doc="3.")
    reserved: U8 = U8(doc="Zero.")
    length: U16 = U16(auto=Length(), doc="Of the packet, this header included, bytes.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        return data[start : start + 2] == b"\3\0" and 4 <= length <= end - start

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "q931"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_number("tpkt.discriminator", data[start]) if start < end else None
