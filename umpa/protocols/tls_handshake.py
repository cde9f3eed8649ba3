"""The first handshake message of a TLS record, as far as the record has it (RFC 8446, section 4).

1. A client hello is often longer than a segment: what is before the cut is read all the same.
2. Encrypted messages have no mark of their own: a type and a length that fit tell the others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

__all__ = ["ALPN", "CLIENT_HELLO", "HANDSHAKES", "SERVER_HELLO", "SERVER_NAME", "Handshake", "read"]

HANDSHAKES = {
    0: "hello request", 1: "client hello", 2: "server hello", 4: "new session ticket",
    8: "encrypted extensions", 11: "certificate", 12: "server key exchange",
    13: "certificate request", 14: "server hello done", 15: "certificate verify",
    16: "client key exchange", 20: "finished", 22: "certificate status",
}  # fmt: skip
CLIENT_HELLO, SERVER_HELLO = 1, 2
SERVER_NAME, ALPN = 0, 16
"""Types of extensions."""
_EMPTY = (0, 14)
"""Messages that hold nothing."""
_RANDOM = 32


class Handshake(NamedTuple):
    """A message; what is behind the type is of hellos only."""

    kind: int
    version: int | None = None
    ciphers: tuple[int, ...] = ()
    """Those that a client offers, or the one that a server chose."""
    extensions: tuple[tuple[int, bytes], ...] = ()

    def extension(self, kind: int) -> bytes | None:
        """What an extension holds, as far as it is there."""
        return next((data for found, data in self.extensions if found == kind), None)


@lru_cache(maxsize=64)  # for several fields ask for the same
def read(data: bytes, record_length: int) -> Handshake | None:
    """The message that a record of so many bytes begins with; None where none is readable."""
    if len(data) < 4 or data[0] not in HANDSHAKES:
        return None
    kind, length = data[0], int.from_bytes(data[1:4], "big")
    if 4 + length > record_length or (length == 0) != (kind in _EMPTY):
        return None
    if kind == 0 and record_length > 4:
        return None
    if kind not in (CLIENT_HELLO, SERVER_HELLO) or len(data) < 6:
        return Handshake(kind)
    return _hello(kind, data[4 : 4 + length])


def _hello(kind: int, body: bytes) -> Handshake:
    at = 2 + _RANDOM
    at += 1 + _number(body, at, 1)
    size = 2
    if kind == CLIENT_HELLO:
        size = _number(body, at, 2)
        at += 2
    ciphers = tuple(_number(body, n, 2) for n in range(at, min(at + size, len(body) - 1), 2))
    at += size
    at += 1 + _number(body, at, 1) if kind == CLIENT_HELLO else 1  # compression
    return Handshake(kind, _number(body, 0, 2), ciphers, _extensions(body, at + 2))


def _extensions(body: bytes, at: int) -> tuple[tuple[int, bytes], ...]:
    found = []
    while at + 4 <= len(body):
        size = _number(body, at + 2, 2)
        found.append((_number(body, at, 2), body[at + 4 : at + 4 + size]))
        at += 4 + size
    return tuple(found)


def _number(data: bytes, at: int, size: int) -> int:
    """A number; 0 where the data ends before."""
    return int.from_bytes(data[at : at + size], "big") if at + size <= len(data) else 0
