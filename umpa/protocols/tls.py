"""TLS."""

from __future__ import annotations

from typing import Any

from umpa.core.field import U16, Enum8, Enum16
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.parts import UpTo, View
from umpa.core.protocol import Protocol
from umpa.protocols.decoded import parsed
from umpa.protocols.segments import MessageLength

__all__ = ["TLS"]

CONTENT_TYPES = {
    20: "change cipher spec", 21: "alert", 22: "handshake", 23: "application data",
    24: "heartbeat",
}  # fmt: skip
VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2",
            0x0304: "TLS 1.3"}  # fmt: skip
HANDSHAKES = {
    0: "hello request", 1: "client hello", 2: "server hello", 4: "new session ticket",
    8: "encrypted extensions", 11: "certificate", 12: "server key exchange",
    13: "certificate request", 14: "server hello done", 15: "certificate verify",
    16: "client key exchange", 20: "finished",
}  # fmt: skip
_HANDSHAKE = 22
_LONGEST = 2**14 + 2048
_SERVER_NAME, _PROTOCOLS = 0, 16


def _handshake(layer: Any) -> Any:
    """The handshake message that the record begins with, by dpkt."""
    if layer.record_content_type != _HANDSHAKE:
        return None
    data = layer.data
    return parsed("ssl", data, lambda module: module.TLSHandshake(data))


def _handshake_type(layer: Any) -> int | None:
    found = _handshake(layer)
    kind = None if found is None else int(found.type)
    return kind if kind in HANDSHAKES else None


def _extension(layer: Any, wanted: int) -> bytes | None:
    found = _handshake(layer)
    for kind, data in getattr(getattr(found, "data", None), "extensions", None) or ():
        if kind == wanted:
            return bytes(data)
    return None


def _server_name(layer: Any) -> str | None:
    """The first name of the extension (RFC 6066, section 3)."""
    data = _extension(layer, _SERVER_NAME)
    if not data or len(data) < 5:
        return None
    return data[5 : 5 + int.from_bytes(data[3:5], "big")].decode("ascii", "backslashreplace")


def _application_protocols(layer: Any) -> tuple[str, ...] | None:
    """The names of the extension (RFC 7301, section 3.1)."""
    data, found, at = _extension(layer, _PROTOCOLS), [], 2
    while data and at < len(data):
        found.append(data[at + 1 : at + 1 + data[at]].decode("ascii", "backslashreplace"))
        at += 1 + data[at]
    return tuple(found) or None


def _cipher_suite(layer: Any) -> str | None:
    suite = getattr(getattr(_handshake(layer), "data", None), "ciphersuite", None)
    return str(suite.name) if suite is not None else None


class TLS(Protocol, name="tls", follows={
    "tcp.port": (443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 8443, 8883),
}):  # fmt: skip
    """Transport Layer Security (RFC 8446): one record; several in a segment follow one another."""

    record_content_type: Enum8 = Enum8(
        default=23, names=CONTENT_TYPES, key="record.content_type", doc="What the record has."
    )
    record_version: Enum16 = Enum16(
        default=0x0303, names=VERSIONS, hexadecimal=True, key="record.version", doc="Version."
    )
    record_length: U16 = U16(auto=MessageLength(), key="record.length", doc="Of the fragment.")
    data: UpTo = UpTo(record_length, doc="The fragment, as far as it is in this segment.")
    handshake_type: View[int | None, int | str] = View(
        _handshake_type,
        of="data",
        names=HANDSHAKES,
        key="handshake.type",
        doc="Kind of the first handshake message.",
    )
    handshake_extensions_server_name: View[str | None, str] = View(
        _server_name, key="handshake.extensions_server_name", doc="The server that is asked for."
    )
    handshake_extensions_alpn_str: View[tuple[str, ...] | None, tuple[str, ...]] = View(
        _application_protocols, key="handshake.extensions_alpn_str", doc="What to talk over it."
    )
    handshake_ciphersuite: View[str | None, str] = View(
        _cipher_suite, key="handshake.ciphersuite", doc="The cipher that the server chose."
    )

    told = (record_content_type, handshake_type, handshake_extensions_server_name)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        if end - start < 5 or data[start] not in CONTENT_TYPES:
            return False
        version = int.from_bytes(data[start + 1 : start + 3], "big")
        return (
            version in VERSIONS and int.from_bytes(data[start + 3 : start + 5], "big") <= _LONGEST
        )

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("tls") if self.plausible(data, start, end) else None
