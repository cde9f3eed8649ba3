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
from umpa.protocols.sctp import SCTP
from umpa.protocols.tcp import TCP

__all__ = ["Fragments", "Piece", "completed", "may_be_piece", "piece_of"]

T = TypeVar("T")
Datagram: TypeAlias = "tuple[str, str, int, int]"
_MOST = 4096


_MORE, _FRAGMENT = 0x20, 44
_PORTED: dict[str, type[TCP | SCTP]] = {"tcp": TCP, "sctp": SCTP}
"""Whose headers are longer than 8 bytes, which a first fragment has at least."""


class Piece(NamedTuple):
    """What a fragment says of itself."""

    datagram: Datagram
    """Source, destination, protocol and identification."""
    at: int
    """Where its bytes stand in the datagram."""
    size: int
    more: bool
    """Whether others come behind it."""

    @property
    def first(self) -> bool:
        """Whether it is the first one."""
        return not self.at


def piece_of(packet: Packet) -> Piece | None:
    """What a packet is a fragment of; None where it is none. The packet stays asleep."""
    awake = packet.copy()
    ip = awake.get(IP)
    if ip is not None:
        if not ip.frag_offset and not ip.flags_mf:
            return None
        datagram = ip.src, ip.dst, int(ip.proto), ip.id
        return Piece(datagram, ip.frag_offset * 8, ip.len - len(ip), ip.flags_mf)
    ip6, part = awake.get(IPv6), awake.get(Fragment)
    if ip6 is None or part is None or (not part.offset_units and not part.more):
        return None
    size = ip6.plen - (part.offset + len(part) - ip6.offset - len(ip6))
    datagram = ip6.src, ip6.dst, int(part.nxt), part.ident
    return Piece(datagram, part.offset_units * 8, size, part.more)


def may_be_piece(data: bytes, at: int) -> bool:
    """Whether a packet looks like a fragment, where its IP header is at `at`; quickly told."""
    kind = data[at] >> 4
    return bool(data[at + 6] & _MORE) if kind == 4 else kind == 6 and data[at + 6] == _FRAGMENT


def completed(packet: Packet) -> Packet | None:
    """A first fragment that ends within its transport header as if the header were there whole.

    Ports come first in it, and tell answers apart. None for other packets.
    """
    error = packet.error
    protocol = None if error is None else _PORTED.get(error.layer)
    if error is None or error.got is None or protocol is None:
        return None
    rest = bytes(protocol())[error.got :]
    data = bytearray(bytes(packet)[: error.offset + error.got] + rest)
    awake = packet.copy()
    ip, ip6 = awake.get(IP), awake.get(IPv6)
    if ip is not None:
        data[ip.offset + 2 : ip.offset + 4] = (ip.len + len(rest)).to_bytes(2, "big")
        data[ip.offset + 6 : ip.offset + 8] = bytes(2)
    else:
        assert ip6 is not None  # nothing else has fragments
        data[ip6.offset + 4 : ip6.offset + 6] = (ip6.plen + len(rest)).to_bytes(2, "big")
        place = awake[Fragment].offset + 2
        data[place : place + 2] = bytes(2)
    return Packet.dissect(bytes(data), packet.linktype)


class _Tally:
    """How much of a datagram there is."""

    __slots__ = ("seen", "total")

    def __init__(self) -> None:
        self.seen = 0
        self.total: int | None = None

    def add(self, piece: Piece) -> None:
        """One more; a piece that comes twice counts twice, which only ends the waiting."""
        self.seen += piece.size
        if not piece.more:
            self.total = piece.at + piece.size

    @property
    def whole(self) -> bool:
        """Whether all of it is there."""
        return self.total is not None and self.seen >= self.total


class Fragments(Generic[T]):
    """Whose answers' fragments they are; the oldest 4096 datagrams, and pieces, are forgotten."""

    def __init__(self) -> None:
        self._known: dict[Datagram, tuple[T, _Tally]] = {}
        self._early: dict[Datagram, list[tuple[Piece, Packet]]] = {}
        self._waiting = 0

    def first(self, piece: Piece, item: T) -> list[Packet]:
        """A first fragment answered `item`; the pieces of it that came before."""
        known = self._known.get(piece.datagram)
        if known is not None and known[0] is item:
            return []
        if len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        tally = _Tally()
        tally.add(piece)
        self._known[piece.datagram] = item, tally
        early = self._early.pop(piece.datagram, [])
        self._waiting -= len(early)
        for other, _ in early:
            tally.add(other)
        return [packet for _, packet in early]

    def later(self, piece: Piece, packet: Packet) -> T | None:
        """Whose answer this piece belongs to; kept for its first where that is not known yet."""
        found = self._known.get(piece.datagram)
        if found is not None:
            found[1].add(piece)
            return found[0]
        if self._waiting < _MOST:
            self._early.setdefault(piece.datagram, []).append((piece, packet))
            self._waiting += 1
        return None

    def whole(self, piece: Piece) -> bool:
        """Whether all of the datagram came that this is a piece of."""
        found = self._known.get(piece.datagram)
        return found is None or found[1].whole
