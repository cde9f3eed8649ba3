"""ARCNET."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from umpa.core.auto import Kept
from umpa.core.case import CaseU8, CaseU16
from umpa.core.field import U8, U16, Enum8
from umpa.core.follow import NextBy
from umpa.core.following import ProtocolClass
from umpa.core.protocol import Protocol
from umpa.core.registry import table
from umpa.protocols.settling import announced, settling

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


def _shows_split(layer: Any) -> bool:
    """The same, the protocol read as it will be on the wire."""
    return layer.protID not in _WHOLE


def _shows_exception(layer: Any) -> bool:
    return _shows_split(layer) and bool(layer.split_flag == _EXCEPTION)


def _announce(layer: Any, upper: ProtocolClass) -> Mapping[str, Any]:
    """What follows; of several numbers one that keeps the form of the header."""
    number = announced("arcnet.protID", layer.w_protID, upper)
    if number is None:
        return {}
    if (number in _WHOLE) is _split(layer):
        alike = (n for n, other in table("arcnet.protID").classes.items() if other is upper)
        number = next((n for n in alike if (n in _WHOLE) is not _split(layer)), number)
    return {"protID": number}


class ARCNET(Protocol, name="arcnet", follows={"linktype": 7}):
    """ARCNET (RFC 1201, RFC 1051), as BSD captures it."""

    src: U8 = U8(hexadecimal=True, doc="Source.")
    dst: U8 = U8(hexadecimal=True, doc="Destination; 0: broadcast.")
    protID: Enum8 = Enum8(
        default=0xD4, auto=Kept(), names=PROTOCOLS, hexadecimal=True, doc="Protocol."
    )
    split_flag: U8 = CaseU8(_split, applies=_shows_split, doc="Which piece of how many.")
    exception: U16 = CaseU16(
        _exception, applies=_shows_exception, doc="Padding of an exception frame."
    )
    exception_flag: U8 = CaseU8(
        _exception, applies=_shows_exception, doc="Which piece, in an exception frame."
    )
    sequence: U16 = CaseU16(_split, applies=_shows_split, doc="Sequence number.")

    next_by = NextBy("arcnet.protID", protID)
    _assemble = settling(_announce)


class LinuxARCNET(Protocol, name="arcnet.linux", follows={"linktype": 129}):
    """ARCNET (RFC 1201, RFC 1051), as Linux captures it."""

    src: U8 = U8(hexadecimal=True, doc="Source.")
    dst: U8 = U8(hexadecimal=True, doc="Destination; 0: broadcast.")
    offset_bytes: U16 = U16(hexadecimal=True, key="offset", doc="Where the data was on the card.")
    protID: Enum8 = Enum8(
        default=0xD4, auto=Kept(), names=PROTOCOLS, hexadecimal=True, doc="Protocol."
    )
    split_flag: U8 = CaseU8(_split, applies=_shows_split, doc="Which piece of how many.")
    sequence: U16 = CaseU16(_split, applies=_shows_split, doc="Sequence number.")

    next_by = NextBy("arcnet.protID", protID)
    _assemble = settling(_announce)
