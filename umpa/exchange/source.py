"""The source address of a packet that has none yet: it is known when the way is.

The packet's own checksums follow the address by themselves. That of a fragment does not: it covers
bytes that are elsewhere, and was summed while there was no address. So what the address adds to
the sum of the pseudo-header is added to it here (RFC 1624, eqn. 3).
"""

from __future__ import annotations

from umpa.core.checksum import internet_sum, update_checksum
from umpa.core.packet import Packet
from umpa.exchange.fragments import piece_of
from umpa.net.model import IpAddress
from umpa.protocols.ip import IP
from umpa.protocols.ipv6 import IPv6
from umpa.protocols.ipv6_fragment import Fragment

__all__ = ["from_source", "unset"]

_TCP, _UDP, _ICMPV6, _DESTINATION_OPTIONS = 6, 17, 58, 60
_CHECKSUM = {_TCP: 16, _UDP: 6, _ICMPV6: 2}
"""Where the checksums stand that cover a source address."""


def unset(address: str) -> bool:
    """Whether an address is none."""
    return address in ("0.0.0.0", "::")


def from_source(packet: Packet, ip: IP | IPv6, source: IpAddress) -> Packet:
    """A copy of a packet, of which `ip` is the first layer, that comes from `source`."""
    changed = packet._changed(type(ip), "src", str(source).partition("%")[0])
    if isinstance(ip, IP):
        cut = ip.flags_mf or ip.frag_offset
    else:
        cut = packet._seen(Fragment) is not None
    return _summed(changed, source) if cut else changed


def _summed(piece: Packet, source: IpAddress) -> Packet:
    """A fragment, with the source address in the checksum of its datagram, if that is in it."""
    data = bytearray(bytes(piece))
    place = _checksum_place(Packet.dissect(bytes(data), piece.linktype), data)
    if place is None:
        return piece
    protocol, at = place
    checksum = int.from_bytes(data[at : at + 2], "big")
    if protocol == _UDP and not checksum:  # left out
        return piece
    checksum = update_checksum(checksum, 0, internet_sum(source.packed))
    if protocol == _UDP:
        checksum = checksum or 0xFFFF
    data[at : at + 2] = checksum.to_bytes(2, "big")
    return Packet.dissect(bytes(data), piece.linktype)


def _checksum_place(packet: Packet, data: bytearray) -> tuple[int, int] | None:
    """Protocol and place of the checksum; None where it is elsewhere, or covers no address."""
    piece = piece_of(packet)
    if piece is None:
        return None
    protocol = piece.datagram[2]
    at = len(packet[IP]) if IP in packet else packet[Fragment].offset + 8
    if piece.first:
        while protocol == _DESTINATION_OPTIONS and at + 2 <= len(data):
            protocol, at = data[at], at + 8 + 8 * data[at + 1]
    if protocol not in _CHECKSUM:
        return None
    place = at + _CHECKSUM[protocol] - piece.at
    return (protocol, place) if at <= place <= len(data) - 2 else None
