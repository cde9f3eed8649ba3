"""ONC RPC."""

from __future__ import annotations

from umpa.core.field import U32, Enum32
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["RPC"]


class RPC(Protocol, name="rpc", follows={"udp.port": (111, 2049)}):
    """Remote Procedure Call (RFC 5531), over UDP."""

    xid: U32 = U32(hexadecimal=True, doc="Matches replies to calls.")
    msgtyp: Enum32 = Enum32(names={0: "call", 1: "reply"}, doc="Kind of message.")
    data: Blob = Blob(doc="The call: version 2, program, version, procedure; or the reply.")

    same = (xid,)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        kind = data[start + 4 : start + 8]
        call = kind == b"\0\0\0\0" and data[start + 8 : start + 12] == b"\0\0\0\2"
        return call or (kind == b"\0\0\0\1" and data[start + 8 : start + 12] in _STATES)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None


_STATES = (b"\0\0\0\0", b"\0\0\0\1")
"""Accepted, denied."""
