"""GTP-U."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from umpa.core.auto import Length
from umpa.core.case import CaseU8, CaseU16
from umpa.core.field import U16, U32, Bits, Enum8, Flag
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.raw import by_version

__all__ = ["GTP"]

MESSAGES = {
    1: "echo request", 2: "echo response", 26: "error indication",
    31: "supported extension headers", 254: "end marker", 255: "G-PDU",
}  # fmt: skip
_FIXED = 8


def _options(layer: Any) -> bool:
    """Whether number, N-PDU number and next extension are there: all, if any flag is set."""
    return bool(layer.w_version_pt & 7)


def extensions_size(data: bytes, at: int, more: bool) -> int:
    """The size of the extension headers at `at`; each ends with the type of the next."""
    start = at
    while more and at < len(data) and data[at]:
        at += data[at] * 4
        more = at <= len(data) and data[at - 1] != 0
    return at - start


class Extensions(Blob):
    """The extension headers (TS 29.281, section 5.2)."""

    def source_names(self) -> dict[str, Any]:
        return {"extensions_size": extensions_size}

    def size_source(self) -> str:
        return f"len(self.{self.slot})"

    def unpack_source(self) -> Iterator[str]:
        yield f"n = extensions_size(data, p, {_more()})"
        yield f"self.{self.slot} = data[p:p + n]; p += n"


def _more() -> str:
    return "bool(self.w_version_pt & 4 and self.w_next)"


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
    extensions: Extensions = Extensions(doc="Extension headers.")

    @classmethod
    def carries(cls, upper: type[Protocol]) -> bool:
        return upper.name in ("ip", "ipv6")

    def _invalid(self) -> str:
        return "" if self.version == 1 else f"version {self.version} instead of 1"

    def _next(self, data: bytes, start: int, end: int) -> type[Protocol] | None:
        return by_version(data, start) if self.message == 255 else None
