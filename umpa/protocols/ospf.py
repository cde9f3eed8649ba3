"""OSPF."""

from __future__ import annotations

from umpa.core.auto import Checksum, Computed
from umpa.core.checksum import internet_checksum
from umpa.core.field import U8, U16, Enum8, Enum16, FixedBytes, IPv4Address
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["OSPF"]

MESSAGES = {1: "hello", 2: "db description", 3: "ls request", 4: "ls update", 5: "ls acknowledge"}
_AUTHENTICATION = slice(16, 24)


def _checksum(packet: bytes) -> int:
    """RFC 2328, D.4: of all but the authentication; 0 where that is a digest."""
    if packet[14:16] == b"\0\2":
        return 0
    return internet_checksum(packet[: _AUTHENTICATION.start] + packet[_AUTHENTICATION.stop :])


class OSPF(Protocol, name="ospf", follows={"ip.proto": 89}):
    """Open Shortest Path First, version 2 (RFC 2328)."""

    version: U8 = U8(default=2, doc="2.")
    msg: Enum8 = Enum8(default=1, names=MESSAGES, doc="Kind of packet.")
    packet_length: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: size + len(body)),
        doc="Of the packet, bytes; a digest behind it does not count.",
    )
    srcrouter: IPv4Address = IPv4Address(doc="The sender's router ID.")
    area_id: IPv4Address = IPv4Address(doc="The area; 0.0.0.0 is the backbone.")
    checksum: U16 = U16(auto=Checksum(_checksum), hexadecimal=True, doc="Authentication left out.")
    auth_type: Enum16 = Enum16(
        names={0: "null", 1: "simple password", 2: "cryptographic"}, key="auth.type", doc="Kind."
    )
    auth: FixedBytes = FixedBytes(8, doc="Password, or key and sequence number of the digest.")
    data: Blob = Blob(doc="What the kind of packet says.")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None

    def _invalid(self) -> str:
        return "" if self.version == 2 else f"version {self.version}, expected 2"
