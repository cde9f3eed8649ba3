"""TFTP."""

from __future__ import annotations

from typing import Any

from umpa.core.case import CaseEnum16, CaseU16
from umpa.core.field import Enum16
from umpa.core.following import Following
from umpa.core.overlay import only
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["TFTP"]

OPCODES = {1: "read request", 2: "write request", 3: "data", 4: "ack", 5: "error", 6: "option ack"}
ERRORS = {
    0: "not defined", 1: "file not found", 2: "access violation", 3: "disk full",
    4: "illegal operation", 5: "unknown transfer", 6: "file exists", 7: "no such user",
}  # fmt: skip
_REQUESTS = (1, 2)


def _text(place: int) -> Any:
    def read(layer: Any) -> str | None:
        parts = layer.data.split(b"\0")
        there = layer.opcode in _REQUESTS and len(parts) > place + 1
        return parts[place].decode("ascii", "backslashreplace") if there else None

    return read


class TFTP(Protocol, name="tftp", follows={"udp.port": 69}):
    """Trivial File Transfer Protocol (RFC 1350)."""

    opcode: Enum16 = Enum16(default=1, names=OPCODES, doc="Kind of packet.")
    block: CaseU16 = CaseU16(only(opcode, 3, 4), doc="Number of the block.")
    error_code: CaseEnum16 = CaseEnum16(
        only(opcode, 5), names=ERRORS, key="error.code", doc="What went wrong."
    )
    data: Blob = Blob(doc="Names and options, or the block, or the error in words.")
    source_file: View[str | None, str] = View(_text(0), doc="The file.")
    type: View[str | None, str] = View(_text(1), doc="How it is sent: octet, netascii.")

    telling = (source_file, block, error_code)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return int.from_bytes(data[start : start + 2], "big") in OPCODES

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
