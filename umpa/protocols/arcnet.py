"""ARCNET."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import NextProtocol
from umpa.core.case import CaseU8, CaseU16
from umpa.core.field import U8, U16, Enum8
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol

__all__ = ["ARCNET", "LinuxARCNET"]

PROTOCOLS = {
    0x80: "diagnose", 0xC4: "IPv6", 0xCD: "BACnet", 0xD4: "IP (RFC 1201)", 0xD5: "ARP (RFC 1201)",
    0xD6: "RARP (RFC 1201)", 0xDD: "AppleTalk", 0xEC: "NetWare", 0xF0: "IP (RFC 1051)",
    0xF1: "ARP (RFC 1051)",
}  # fmt: skip
_WHOLE = (0x80, 0xCD, 0xF0, 0xF1)
_EXCEPTION = 0xFF


def _split(layer: Any) -> bool:
    """Whether the protocol is one that has its packets split (RFC 1201)."""
    return bool(layer.w_protID not in _WHOLE)


def _exception(layer: Any) -> bool:
    return _split(layer) and bool(layer.w_split_flag == _EXCEPTION)


class _ProtID(NextProtocol):
    """What follows, where it is split as the protocol that stands there is, or like it is not."""

    def __init__(self) -> None:
        super().__init__("arcnet.protID")

    def number(self, value: int, upper: Any) -> int:
        found = super().number(value, upper)
        return found if (found in _WHOLE) is (value in _WHOLE) else value

    def static(self, upper: Any) -> bool:
        return False


class ARCNET(Protocol, name="arcnet", follows={"linktype": 7}):
    """ARCNET (RFC 1201, RFC 1051), as BSD captures it."""

    src: U8 = U8(hexadecimal=True, doc="Source.")
    dst: U8 = U8(hexadecimal=True, doc="Destination; 0: broadcast.")
    protID: Enum8 = Enum8(
        default=0xD4, auto=_ProtID(), names=PROTOCOLS, hexadecimal=True, doc="Protocol."
    )
    split_flag: U8 = CaseU8(_split, doc="Which piece of how many.")
    exception: U16 = CaseU16(_exception, doc="Padding of an exception frame.")
    exception_flag: U8 = CaseU8(_exception, doc="Which piece, in an exception frame.")
    sequence: U16 = CaseU16(_split, doc="Sequence number.")

    next_by = NextBy("arcnet.protID", protID)


class LinuxARCNET(Protocol, name="arcnet.linux", follows={"linktype": 129}):
    """ARCNET (RFC 1201, RFC 1051), as Linux captures it."""

    src: U8 = U8(hexadecimal=True, doc="Source.")
    dst: U8 = U8(hexadecimal=True, doc="Destination; 0: broadcast.")
    offset_bytes: U16 = U16(hexadecimal=True, key="offset", doc="Where the data was on the card.")
    protID: Enum8 = Enum8(
        default=0xD4, auto=_ProtID(), names=PROTOCOLS, hexadecimal=True, doc="Protocol."
    )
    split_flag: U8 = CaseU8(_split, doc="Which piece of how many.")
    sequence: U16 = CaseU16(_split, doc="Sequence number.")

    next_by = NextBy("arcnet.protID", protID)
