"""Rx."""

from __future__ import annotations

from umpa.core.field import U8, U16, U32, Enum8
from umpa.core.following import Following
from umpa.core.protocol import Protocol

__all__ = ["Rx"]

TYPES = {
    1: "data", 2: "ack", 3: "busy", 4: "abort", 5: "ackall", 6: "challenge", 7: "response",
    8: "debug", 9: "params", 13: "version",
}  # fmt: skip
_TYPE = 20


class Rx(Protocol, name="rx", follows={"udp.port": (*range(7000, 7010), 7021)}):
    """Rx, the remote procedure calls of AFS."""

    epoch: U32 = U32(hexadecimal=True, doc="When the client was started.")
    cid: U32 = U32(hexadecimal=True, doc="Connection, and channel in it.")
    callnumber: U32 = U32(default=1, doc="Call.")
    seq: U32 = U32(doc="Number of the packet in the call.")
    serial: U32 = U32(default=1, doc="Number of the packet in the connection.")
    type: Enum8 = Enum8(default=1, names=TYPES, doc="Kind of packet.")
    flags: U8 = U8(default=1, hexadecimal=True, doc="1: from the client; 4: the last packet.")
    userstatus: U8 = U8(doc="What the application makes of it.")
    securityindex: U8 = U8(doc="0: none; 2: Kerberos.")
    spare: U16 = U16(hexadecimal=True, doc="Checksum of the kind of security.")
    serviceid: U16 = U16(doc="Service.")

    same = (epoch, cid, callnumber)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start + _TYPE] in TYPES

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
