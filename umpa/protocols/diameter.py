"""Diameter."""

from __future__ import annotations

from umpa.core.auto import Computed
from umpa.core.field import U8, U32, Bits, EnumBits, Flag
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.overlay import OverBits, OverEnumBits, OverFlag, OverU8, leftover
from umpa.core.parts import UpTo
from umpa.core.protocol import Protocol

__all__ = ["Diameter"]

COMMANDS = {
    257: "Capabilities-Exchange", 258: "Re-Auth", 265: "AA", 268: "Diameter-EAP", 271: "Accounting",
    272: "Credit-Control", 274: "Abort-Session", 275: "Session-Termination",
    280: "Device-Watchdog", 282: "Disconnect-Peer", 316: "3GPP-Update-Location",
    317: "3GPP-Cancel-Location", 318: "3GPP-Authentication-Information",
}  # fmt: skip
_HEADER = 20
_RESERVED = 0x0F


class Diameter(Protocol, name="diameter", follows={"tcp.port": 3868}):
    """Diameter (RFC 6733, section 3). AVPs are in `data`."""

    head: U32 = U32(default=1 << 24, applies=leftover("head"), doc="Version and length.")
    version: U8 = OverU8(head, 0, doc="1.")
    length: Bits = OverBits(
        head,
        8,
        24,
        auto=Computed(lambda self, layers, i, size, body: size),
        doc="Of the message, bytes.",
    )
    kind: U32 = U32(default=1 << 31 | 280, applies=leftover("kind"), doc="Flags and command.")
    flags_request: Flag = OverFlag(kind, 0, key="flags.request", doc="A request.")
    flags_proxyable: Flag = OverFlag(kind, 1, key="flags.proxyable", doc="May be relayed.")
    flags_error: Flag = OverFlag(kind, 2, key="flags.error", doc="A protocol error.")
    flags_T: Flag = OverFlag(kind, 3, key="flags.T", doc="Perhaps sent before.")
    flags_reserved: Bits = OverBits(kind, 4, 4, key="flags.reserved", doc="Zero.")
    cmd_code: EnumBits = OverEnumBits(kind, 8, 24, names=COMMANDS, key="cmd.code", doc="Command.")
    applicationId: U32 = U32(doc="The application.")
    hopbyhopid: U32 = U32(hexadecimal=True, doc="Matches answers to requests on a hop.")
    endtoendid: U32 = U32(hexadecimal=True, doc="Finds duplicates.")
    data: UpTo = UpTo(
        lambda layer: max(0, (layer.w_head & 0xFFFFFF) - _HEADER),
        doc="AVPs, as far as they are in this segment.",
    )

    same = (hopbyhopid, endtoendid)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        head = data[start : min(end, start + _HEADER)]
        if len(head) < _HEADER or head[0] != 1 or head[4] & _RESERVED:
            return False
        length = int.from_bytes(head[1:4], "big")
        return length >= _HEADER and length % 4 == 0

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("diameter") if self.plausible(data, start, end) else None
