"""TLS."""

from __future__ import annotations

from typing import Any

from umpa.core.field import U16, Enum8, Enum16
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.parts import UpTo, View
from umpa.core.protocol import Protocol
from umpa.protocols import tls_handshake
from umpa.protocols.decoded import parsed
from umpa.protocols.segments import MessageLength
from umpa.protocols.tls_handshake import (
    ALPN,
    HANDSHAKES,
    SERVER_HELLO,
    SERVER_NAME,
    Handshake,
)

__all__ = ["TLS"]

CONTENT_TYPES = {
    20: "change cipher spec", 21: "alert", 22: "handshake", 23: "application data",
    24: "heartbeat",
}  # fmt: skip
VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2",
            0x0304: "TLS 1.3"}  # fmt: skip
_HANDSHAKE = 22
_LONGEST = 2**14 + 2048


def _handshake(layer: Any) -> Handshake | None:
    if layer.record_content_type != _HANDSHAKE:
        return None
    return tls_handshake.read(layer.data, layer.record_length)


def _handshake_type(layer: Any) -> int | None:
    found = _handshake(layer)
    return found.kind if found is not None else None


def _handshake_version(layer: Any) -> int | None:
    found = _handshake(layer)
    return found.version if found is not None else None


def _server_name(layer: Any) -> str | None:
    """The first name of the extension (RFC 6066, section 3)."""
    found = _handshake(layer)
    data = found.extension(SERVER_NAME) if found is not None else None
    if not data or len(data) < 5:
        return None
    return data[5 : 5 + int.from_bytes(data[3:5], "big")].decode("ascii", "backslashreplace")


def _application_protocols(layer: Any) -> tuple[str, ...] | None:
    """The names of the extension (RFC 7301, section 3.1)."""
    handshake, found, at = _handshake(layer), [], 2
    data = handshake.extension(ALPN) if handshake is not None else None
    while data and at < len(data):
        found.append(data[at + 1 : at + 1 + data[at]].decode("ascii", "backslashreplace"))
        at += 1 + data[at]
    return tuple(found) or None


def _cipher_suite(layer: Any) -> str | None:
    """The name of what a server chose."""
    found = _handshake(layer)
    if found is None or found.kind != SERVER_HELLO or not found.ciphers:
        return None
    code = found.ciphers[0]
    return (
        parsed(
            "ssl_ciphersuites", code.to_bytes(2, "big"), lambda module: module.BY_CODE[code].name
        )
        or f"{code:#06x}"
    )


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
        names=HANDSHAKES,
        key="handshake.type",
        doc="Kind of the first handshake message.",
    )
    handshake_version: View[int | None, int | str] = View(
        _handshake_version,
        names=VERSIONS,
        key="handshake.version",
        doc="Version of a hello; that of TLS 1.3 is in an extension.",
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

    def _summary(self) -> str:
        """What the record is, and whom a client wants: `client hello host.example`."""
        kind, handshake = self.record_content_type, self.handshake_type
        said = CONTENT_TYPES.get(kind, f"content type {kind}")
        if handshake is not None:
            said = HANDSHAKES[handshake]
        return f"{said} {self.handshake_extensions_server_name or ''}".rstrip()

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
