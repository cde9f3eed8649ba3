"""Q.931."""

from __future__ import annotations

from umpa.core.auto import SizeOf
from umpa.core.case import CaseEnum8, always
from umpa.core.field import U8, Bits
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["Q931"]

DISCRIMINATOR = 8
MESSAGES = {
    0x01: "alerting", 0x02: "call proceeding", 0x03: "progress", 0x05: "setup", 0x07: "connect",
    0x0D: "setup acknowledge", 0x0F: "connect acknowledge", 0x45: "disconnect", 0x4D: "release",
    0x5A: "release complete", 0x62: "facility", 0x6E: "notify", 0x75: "status enquiry",
    0x7B: "information", 0x7D: "status",
}  # fmt: skip


class Q931(Protocol, name="q931", follows={"tpkt.discriminator": DISCRIMINATOR}):
    """Call signalling of ISDN (Q.931), as H.225.0 has it over TCP (section 7)."""

    disc: U8 = U8(default=DISCRIMINATOR, doc="8: call control.")
    reserved: Bits = Bits(4, doc="Zero.")
    call_ref_len: Bits = Bits(4, auto=SizeOf("call_ref"), doc="Of the reference, bytes.")
    call_ref: Blob = Blob(call_ref_len, doc="The call; first bit: from its destination.")
    message_type: CaseEnum8 = CaseEnum8(always, default=5, names=MESSAGES, doc="Kind of message.")
    data: Blob = Blob(doc="Information elements; H.225.0's own is one of them (user-user).")

    def _invalid(self) -> str:
        return "" if self.disc == DISCRIMINATOR else f"discriminator {self.disc} instead of 8"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
