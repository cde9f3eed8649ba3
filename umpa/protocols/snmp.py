"""SNMP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from umpa.core.following import Following
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.decoded import parsed

__all__ = ["SNMP"]

PDUS = {
    0xA0: "get-request", 0xA1: "get-next-request", 0xA2: "response", 0xA3: "set-request",
    0xA4: "trap", 0xA5: "getBulkRequest", 0xA6: "informRequest", 0xA7: "snmpV2-trap",
    0xA8: "report",
}  # fmt: skip
_SEQUENCE, _LONG = 0x30, 0x80
_VERSIONS = (b"\2\1\0", b"\2\1\1", b"\2\1\3")
"""As ASN.1 has them: SNMPv1, SNMPv2c, SNMPv3."""
_LONGEST = 16384
_TRAP_V1 = 0xA4
_MOST_LENGTH_BYTES = 4


def _message(layer: Any) -> Any:
    """What the message's sequence holds, by dpkt; None where it is none."""
    data = layer.data
    if len(data) > _LONGEST:
        return None  # dpkt copies what is left at each level
    found = parsed("asn1", data, lambda module: module.decode(data))
    return found[0][1] if found and isinstance(found[0][1], list) else None


def _part(index: int, kind: type, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A view of the part of the message with that index, where it is of the right kind."""

    def view(layer: Any) -> Any:
        message = _message(layer)
        if message is None or index >= len(message) or not isinstance(message[index][1], kind):
            return None
        return read(message[index])

    return view


def _number(index: int) -> Callable[[Any], Any]:
    """A view of a number of the PDU; an SNMPv1 trap has others there."""

    def read(part: Any) -> int | None:
        kind, values = part
        if kind == _TRAP_V1 or index >= len(values) or not isinstance(values[index][1], int):
            return None
        return int(values[index][1])

    return _part(2, list, read)


class SNMP(Protocol, name="snmp", follows={"udp.port": (161, 162)}):
    """Simple Network Management Protocol (RFC 3416): what versions 1 and 2c say in the open."""

    data: Blob = Blob(doc="The message, in ASN.1.")
    version: View[int | None, int] = View(
        _part(0, int, lambda part: int(part[1])), doc="0: SNMPv1, 1: SNMPv2c, 3: SNMPv3."
    )
    community: View[str | None, str] = View(
        _part(1, bytes, lambda part: part[1].decode("latin-1")), doc="Name of a community."
    )
    pdu: View[str | None, str] = View(
        _part(2, list, lambda part: PDUS.get(part[0])), key="data.pdu", doc="Kind of PDU."
    )
    request_id: View[int | None, int] = View(_number(0), doc="Matches answers to requests.")
    error_status: View[int | None, int] = View(_number(1), doc="How it went.")
    error_index: View[int | None, int] = View(_number(2), doc="Where it went wrong.")

    telling = (pdu, request_id)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        head = data[start : min(end, start + 10)]
        if len(head) < 5 or head[0] != _SEQUENCE:
            return False
        more = head[1] - _LONG if head[1] > _LONG else 0
        return more <= _MOST_LENGTH_BYTES and head[2 + more : 5 + more] in _VERSIONS

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
