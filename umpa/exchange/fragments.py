"""Later fragments of answers: without ports or identifiers, they are told by their first.

A first fragment has the headers that tell answers apart, so it is matched like any packet. What
follows shares addresses, protocol and identification with it (RFC 791, section 3.2; RFC 8200,
section 4.5), and may come before it.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeAlias, TypeVar

from umpa.core.packet import Packet
from umpa.protocols.ip import IP
from umpa.protocols.ipv6 import IPv6
from umpa.protocols.ipv6_fragment import Fragment

__all__ = ["Fragments", "Piece", "piece_of"]

T = TypeVar("T")
Datagram: TypeAlias = "tuple[str, str, int, int]"
_MOST = 4096


class Piece(NamedTuple):
    """What a fragment says of itself."""

    datagram: Datagram
    """Source, destination, protocol and identification."""
    first: bool


def piece_of(packet: Packet) -> Piece | None:
    """What a packet is a fragment of; None where it is none. The packet stays asleep."""
    awake = packet.copy()
    ip = awake.get(IP)
    if ip is not None:
        if not ip.frag_offset and not ip.flags_mf:
            return None
        return Piece((ip.src, ip.dst, int(ip.proto), ip.id), ip.frag_offset == 0)
    ip6, part = awake.get(IPv6), awake.get(Fragment)
    if ip6 is None or part is None or (not part.offset_units and not part.more):
        return None
    return Piece((ip6.src, ip6.dst, int(part.nxt), part.ident), part.offset_units == 0)


class Fragments(Generic[T]):
    """Whose answers' fragments they are; the oldest 4096 datagrams, and pieces, are forgotten."""

    def __init__(self) -> None:
        self._known: dict[Datagram, T] = {}
        self._early: dict[Datagram, list[Packet]] = {}
        self._waiting = 0

    def first(self, piece: Piece, item: T) -> list[Packet]:
        """A first fragment answered `item`; the pieces of it that came before."""
        if len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[piece.datagram] = item
        early = self._early.pop(piece.datagram, [])
        self._waiting -= len(early)
        return early

    def later(self, piece: Piece, packet: Packet) -> T | None:
        """Whose answer this piece belongs to; kept for its first where that is not known yet."""
        found = self._known.get(piece.datagram)
        if found is None and self._waiting < _MOST:
            self._early.setdefault(piece.datagram, []).append(packet)
            self._waiting += 1
        return found
