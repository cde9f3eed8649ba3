"""ATA over Ethernet."""

from __future__ import annotations

from umpa.core.field import U8, U16, U32, Bits, Enum8, Flag
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["AoE"]

COMMANDS = {
    0: "issue ATA command", 1: "query config information", 2: "MAC mask list",
    3: "reserve/release",
}  # fmt: skip
ERRORS = {
    1: "unrecognized command code", 2: "bad argument parameter", 3: "device unavailable",
    4: "config string present", 5: "unsupported version", 6: "target is reserved",
}  # fmt: skip


class AoE(Protocol, name="aoe", follows={"eth.type": 0x88A2}):
    """ATA over Ethernet."""

    version: Bits = Bits(4, default=1, doc="1.")
    response: Flag = Flag(doc="An answer.")
    error: Flag = Flag(doc="It failed; `err` says why.")
    reserved: Bits = Bits(2, doc="Zero.")
    err: Enum8 = Enum8(names=ERRORS, doc="Why it failed.")
    major: U16 = U16(default=0xFFFF, hexadecimal=True, doc="Shelf; 0xffff: all.")
    minor: U8 = U8(default=0xFF, hexadecimal=True, doc="Slot; 0xff: all.")
    cmd: Enum8 = Enum8(default=1, names=COMMANDS, doc="What is asked for.")
    tag: U32 = U32(hexadecimal=True, doc="Matches answers to requests.")
    data: Blob = Blob(doc="What the command has.")

    same = (tag,)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
