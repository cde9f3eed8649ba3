"""OSPF."""

from __future__ import annotations

from umpa.core.auto import Computed, PseudoChecksum
from umpa.core.case import CaseBytes, CaseEnum16, CaseU8
from umpa.core.checksum import internet_checksum
from umpa.core.field import U8, U16, Enum8, IPv4Address
from umpa.core.following import Following
from umpa.core.overlay import only
from umpa.core.parts import UpTo
from umpa.core.protocol import Protocol

__all__ = ["OSPF"]

MESSAGES = {1: "hello", 2: "db description", 3: "ls request", 4: "ls update", 5: "ls acknowledge"}
_V2, _V3 = 2, 3
_COMMON = 14
_HEADERS = {_V2: 24, _V3: 16}
_AUTHENTICATION = slice(16, 24)


def _checksum(packet: bytes, pseudo: int | None) -> int:
    """RFC 2328, D.4: of all but the authentication; 0 where that is a digest.

    Version 3 has no authentication, but a pseudo-header (RFC 5340, A.3.1). What follows the packet
    (RFC 5613, section 2.1) is not covered.
    """
    packet = packet[: max(_COMMON, int.from_bytes(packet[2:4], "big"))]
    if packet[0] == _V3:
        return internet_checksum(packet, pseudo or 0)
    if packet[14:16] == b"\0\2":
        return 0
    return internet_checksum(packet[: _AUTHENTICATION.start] + packet[_AUTHENTICATION.stop :])


class OSPF(Protocol, name="ospf", follows={"ip.proto": 89, "ipv6.nxt": 89}):
    """Open Shortest Path First, versions 2 (RFC 2328) and 3 (RFC 5340, over IPv6)."""

    version: U8 = U8(default=2, doc="2; 3 over IPv6.")
    msg: Enum8 = Enum8(default=1, names=MESSAGES, doc="Kind of packet.")
    packet_length: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: size),
        doc="Of the packet, bytes; a digest or a block for signalling behind it does not count.",
    )
    srcrouter: IPv4Address = IPv4Address(doc="The sender's router ID.")
    area_id: IPv4Address = IPv4Address(doc="The area; 0.0.0.0 is the backbone.")
    checksum: U16 = U16(
        auto=PseudoChecksum(_checksum, 89), hexadecimal=True, doc="Without authentication."
    )
    auth_type: CaseEnum16 = CaseEnum16(
        only(version, _V2),
        names={0: "null", 1: "simple password", 2: "cryptographic"},
        key="auth.type",
        doc="Kind.",
    )
    auth: CaseBytes = CaseBytes(
        only(version, _V2), 8, doc="Password, or key and sequence number of the digest."
    )
    instance_id: CaseU8 = CaseU8(only(version, _V3), doc="Which OSPF of several on a link.")
    reserved: CaseU8 = CaseU8(only(version, _V3), doc="Zero.")
    data: UpTo = UpTo(
        lambda layer: max(0, layer.w_packet_length - _HEADERS.get(layer.w_version, _COMMON)),
        doc="What the kind of packet says.",
    )

    telling = (msg, srcrouter)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None

    def _invalid(self) -> str:
        return "" if self.version in (_V2, _V3) else f"version {self.version}, expected 2 or 3"
