"""GTP-U."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Length
from umpa.core.case import CaseU8, CaseU16
from umpa.core.field import U16, U32, Bits, Enum8, Flag
from umpa.core.following import Following, ProtocolClass
from umpa.core.parts import Measured
from umpa.core.protocol import Protocol
from umpa.protocols.ipversion import by_version

__all__ = ["GTP"]

MESSAGES = {
    1: "echo request", 2: "echo response", 26: "error indication",
    31: "supported extension headers", 254: "end marker", 255: "G-PDU",
}  # fmt: skip
_FIXED = 8


def _options(layer: Any) -> bool:
    """Whether number, N-PDU number and next extension are there: all, if any flag is set."""
    return bool(layer.w_version_pt & 7)


def _extensions(layer: Any, data: bytes, at: int) -> int:
    """The size of the extension headers at `at` (TS 29.281, section 5.2).

    Each begins with its length in words and ends with the type of the next.
    """
    start = at
    more = bool(layer.w_version_pt & 4 and layer.w_next)
    while more and at < len(data) and data[at]:
        at += data[at] * 4
        more = at <= len(data) and data[at - 1] != 0
    return at - start


class GTP(Protocol, name="gtp", follows={"udp.port": 2152}):
    """GPRS Tunnelling Protocol, user plane (3GPP TS 29.281)."""

    version: Bits = Bits(3, default=1, key="flags.version", doc="1.")
    pt: Flag = Flag(default=True, key="flags.payload", doc="Set: GTP; clear: GTP'.")
    reserved: Flag = Flag(key="flags.reserved", doc="Zero.")
    e: Flag = Flag(key="flags.e", doc="`next` says which extension header follows.")
    s: Flag = Flag(key="flags.s", doc="`seq_number` means something.")
    pn: Flag = Flag(key="flags.pn", doc="`npdu_number` means something.")
    message: Enum8 = Enum8(default=255, names=MESSAGES, doc="Kind of message.")
    length: U16 = U16(auto=Length(fixed=_FIXED), doc="What follows the first 8 bytes, bytes.")
    teid: U32 = U32(hexadecimal=True, doc="Tunnel endpoint identifier.")
    seq_number: CaseU16 = CaseU16(_options, doc="Sequence number.")
    npdu_number: CaseU8 = CaseU8(_options, doc="N-PDU number.")
    next: CaseU8 = CaseU8(_options, hexadecimal=True, doc="Type of the first extension header.")
    extensions: Measured = Measured(_extensions, doc="Extension headers.")

    telling = (message, teid)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in ("ip", "ipv6")

    def _invalid(self) -> str:
        return "" if self.version == 1 else f"version {self.version} instead of 1"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_version(data, start) if self.message == 255 else None
