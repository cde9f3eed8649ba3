"""UDP."""

from __future__ import annotations

from umpa.core.auto import TransportChecksum
from umpa.core.field import U16, Enum16
from umpa.core.follow import PortTable
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.protocols.fragments import FragmentLength
from umpa.protocols.names import PORT_ALIASES, PORTS
from umpa.protocols.suggest import suggested

__all__ = ["UDP"]


class UDP(Protocol, name="udp", follows={"ip.proto": 17, "ipv6.nxt": 17}):
    """User Datagram Protocol (RFC 768)."""

    srcport: Enum16 = Enum16(names=PORTS, aliases=PORT_ALIASES, doc="Source port.")
    dstport: Enum16 = Enum16(names=PORTS, aliases=PORT_ALIASES, doc="Destination port.")
    length: U16 = U16(auto=FragmentLength(), doc="Header and payload, bytes; 0 in a jumbogram.")
    checksum: U16 = U16(
        auto=TransportChecksum(17, zero_means_none=True), hexadecimal=True, doc="0: none (IPv4)."
    )

    next_by = PortTable("udp.port", dstport, srcport)
    steering = ()
    mirror = (srcport, dstport)

    def _limit(self, start: int, header: int) -> int | None:
        return start + self.length if self.length else None

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return suggested(self, data, start, end)
