"""Teredo."""

from __future__ import annotations

from typing import Any

from umpa.core.following import Following, ProtocolClass
from umpa.core.parts import Measured
from umpa.core.protocol import Protocol
from umpa.protocols.ipversion import by_version

__all__ = ["Teredo"]

_AUTHENTICATION, _ORIGIN = b"\0\x01", b"\0\0"


def _authentication_size(layer: Any, data: bytes, at: int) -> int:
    """Type, sizes, client identifier, value, nonce, confirmation (RFC 4380, section 5.1.1)."""
    if data[at : at + 2] != _AUTHENTICATION or len(data) < at + 4:
        return 0
    return 4 + data[at + 2] + data[at + 3] + 8 + 1


def _origin_size(layer: Any, data: bytes, at: int) -> int:
    """Type, port and address, both with every bit turned (RFC 4380, section 5.1.1)."""
    return 8 if data[at : at + 2] == _ORIGIN else 0


class Teredo(Protocol, name="teredo", follows={"udp.port": 3544}):
    """Teredo: IPv6 over UDP through NATs (RFC 4380)."""

    authentication: Measured = Measured(
        _authentication_size, key="auth", doc="Authentication, where it is there."
    )
    origin: Measured = Measured(
        _origin_size, key="orig", doc="Origin indication, where it is there."
    )

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        indication = data[start : start + 2] in (_AUTHENTICATION, _ORIGIN)
        return indication or (start < end and data[start] >> 4 == 6)

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "ipv6"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_version(data, start)
