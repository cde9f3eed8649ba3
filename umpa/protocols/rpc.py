"""ONC RPC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from umpa.core.field import U32, Enum32
from umpa.core.following import Following, ProtocolClass, by_number
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.registry import table
from umpa.protocols.segments import MeasuredUpTo

__all__ = ["RPC"]


_CALL = 16
_PORTMAP, _PORTMAP_VERSION, _WITH_MAPPING = 100000, 2, (1, 2, 3)


def _header(layer: Any, data: bytes, at: int) -> int:
    """The bytes up to the arguments: those of a call are behind credentials and verifier."""
    if layer.w_msgtyp:
        return len(data) - at
    end = at + _CALL
    for _ in range(2):
        size = int.from_bytes(data[end + 4 : end + 8], "big")
        end += 8 + size + -size % 4
    return end - at


def _call(start: int) -> Callable[[Any], int | None]:
    def read(layer: Any) -> int | None:
        called = layer.msgtyp == 0 and len(layer.data) >= _CALL
        return int.from_bytes(layer.data[start : start + 4], "big") if called else None

    return read


class RPC(Protocol, name="rpc", follows={"udp.port": (111, 2049)}):
    """Remote Procedure Call (RFC 5531), over UDP."""

    xid: U32 = U32(hexadecimal=True, doc="Matches replies to calls.")
    msgtyp: Enum32 = Enum32(names={0: "call", 1: "reply"}, doc="Kind of message.")
    data: MeasuredUpTo = MeasuredUpTo(
        _header,
        doc="Of a call: version 2, program, version, procedure, credentials, verifier. A reply.",
    )
    program: View[int | None, int] = View(_call(4), doc="The program that is called.")
    programversion: View[int | None, int] = View(_call(8), doc="Its version.")
    procedure: View[int | None, int] = View(_call(12), doc="What it is to do.")

    same = (xid,)
    telling = (msgtyp, program, procedure)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        kind = data[start + 4 : start + 8]
        call = kind == b"\0\0\0\0" and data[start + 8 : start + 12] == b"\0\0\0\2"
        return call or (kind == b"\0\0\0\1" and data[start + 8 : start + 12] in _STATES)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper in table("rpc.program").numbers

    def _next(self, data: bytes, start: int, end: int) -> Following:
        mapping = self.program == _PORTMAP and self.programversion == _PORTMAP_VERSION
        if not mapping or self.procedure not in _WITH_MAPPING:
            return None
        return by_number("rpc.program", _PORTMAP)


_STATES = (b"\0\0\0\0", b"\0\0\0\1")
"""Accepted, denied."""
