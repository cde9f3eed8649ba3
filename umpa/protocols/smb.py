"""SMB."""

from __future__ import annotations

from umpa.core.field import U8, U32, Enum8, FixedBytes
from umpa.core.following import Following
from umpa.core.little import LittleU16, LittleU32
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["SMB"]

MAGIC = 0xFF534D42
COMMANDS = {
    0x00: "create directory", 0x01: "delete directory", 0x02: "open", 0x03: "create",
    0x04: "close", 0x05: "flush", 0x06: "delete", 0x07: "rename", 0x0A: "read", 0x0B: "write",
    0x24: "locking andX", 0x25: "trans", 0x2B: "echo", 0x2D: "open andX", 0x2E: "read andX",
    0x2F: "write andX", 0x32: "trans2", 0x34: "find close2", 0x71: "tree disconnect",
    0x72: "negotiate protocol", 0x73: "session setup andX", 0x74: "logoff andX",
    0x75: "tree connect andX", 0xA0: "NT trans", 0xA2: "NT create andX", 0xA4: "NT cancel",
}  # fmt: skip


class SMB(Protocol, name="smb", follows={"nbss.message": 1}):
    """Server Message Block, version 1 ([MS-CIFS], section 2.2.3.1)."""

    server_component: U32 = U32(default=MAGIC, hexadecimal=True, doc="0xff, SMB.")
    cmd: Enum8 = Enum8(default=0x72, names=COMMANDS, hexadecimal=True, doc="What is asked for.")
    nt_status: LittleU32 = LittleU32(hexadecimal=True, doc="How it went.")
    flags: U8 = U8(hexadecimal=True, doc="0x80: an answer; 8: names in any case.")
    flags2: LittleU16 = LittleU16(hexadecimal=True, doc="0x8000: Unicode; 0x4000: NT status.")
    pid_high: LittleU16 = LittleU16(key="pid.high", doc="High half of the process.")
    signature: FixedBytes = FixedBytes(8, doc="Signature.")
    reserved: FixedBytes = FixedBytes(2, doc="Zero.")
    tid: LittleU16 = LittleU16(doc="Tree: what is shared.")
    pid: LittleU16 = LittleU16(doc="Process that asks.")
    uid: LittleU16 = LittleU16(doc="User.")
    mid: LittleU16 = LittleU16(doc="Matches answers to requests.")
    data: Blob = Blob(doc="Parameter words and bytes of the command.")

    same = (pid_high, tid, pid, uid, mid)
    telling = (cmd,)

    def _invalid(self) -> str:
        return "" if self.server_component == MAGIC else "it does not begin with 0xff, SMB"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
