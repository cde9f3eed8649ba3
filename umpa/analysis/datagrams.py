"""Fragments of IP, put together to what was cut (RFC 791, section 3.2; RFC 8200, section 4.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from umpa.analysis.assembly import Assembly
from umpa.core.packet import Packet
from umpa.protocols.ip import IP
from umpa.protocols.ipv6 import IPv6

__all__ = ["Datagrams", "Piece", "Whole"]

_PATIENCE_NS = 60 * 10**9
"""How long the rest of a datagram may take to come (RFC 8200, section 4.5)."""
_MOST_HELD = 4 << 20
"""Bytes that wait for others, of all datagrams: as many as Linux lets wait."""
_COST = 200
"""What a fragment costs beside its bytes."""
_MOST = {4: 0xFFFF - 20, 6: 0xFFFF}
"""Bytes that a datagram carries at most."""
_RAW_IP = 101

_Key: TypeAlias = "tuple[str, str, int, int | None]"


class Piece(NamedTuple):
    """A fragment, from the first byte behind its headers."""

    vlan: int | None
    src: str
    dst: str
    number: int
    """Of the protocol that the datagram carries."""
    ident: int | None
    at: int
    data: bytes
    end: int
    """Where it ends; beyond `data` where the capture cut it."""
    more: bool
    time_ns: int | None

    @property
    def most(self) -> int:
        """Bytes that its datagram carries at most."""
        return _MOST[6 if ":" in self.src else 4]

    @property
    def fits(self) -> bool:
        """Whether a datagram can have it: it is not empty, and not beyond any."""
        return self.at < self.end <= self.most


class Whole(NamedTuple):
    """A datagram that was put together, as a packet of its own."""

    packet: Packet
    vlan: int | None


class _Datagram:
    """What is there of a datagram."""

    def __init__(self, piece: Piece) -> None:
        self.first = piece
        self.assembly = Assembly(piece.most)
        self.end = 0
        self.ended = False
        self.cost = 0

    @property
    def complete(self) -> bool:
        return self.ended and self.assembly.kept == self.end

    def add(self, piece: Piece) -> None:
        self.assembly.add(piece.at, piece.data)
        self.end = max(self.end, piece.end)
        self.ended = self.ended or not piece.more
        self.cost += len(piece.data) + _COST

    def whole(self, time_ns: int | None) -> Whole | None:
        """It as one packet, cut at the first hole; None where its beginning is missing."""
        at, data = next(self.assembly.pieces(), (0, b""))
        if at or not data:
            return None
        _, src, dst, number, *_ = self.first
        header: IP | IPv6
        if ":" in src:
            header = IPv6(src=src, dst=dst, nxt=number, plen=self.end)
        else:
            header = IP(src=src, dst=dst, proto=number, len=20 + self.end)
        found = bytes(Packet(header, data))
        length = len(found) - len(data) + self.end
        packet = Packet.dissect(found, _RAW_IP, time_ns=time_ns, wire_length=length)
        return Whole(packet, self.first.vlan)


class Datagrams:
    """Datagrams of which fragments came, the oldest first; so many bytes of them at most."""

    def __init__(self) -> None:
        self._open: dict[_Key, _Datagram] = {}
        self._held = 0
        self.incomplete = 0
        """Datagrams that were given up: something is missing, or there was no room."""

    def add(self, piece: Piece) -> Iterator[Whole]:
        """Take a fragment that fits; the datagrams that are complete by it, or were given up."""
        yield from self._late(piece.time_ns)
        key = piece[1:5]
        datagram = self._open.setdefault(key, _Datagram(piece))
        self._held -= datagram.cost
        datagram.add(piece)
        self._held += datagram.cost
        if datagram.complete:
            yield from self._close(key, piece.time_ns)
        while self._held > _MOST_HELD:
            yield from self._give_up(next(iter(self._open)))

    def rest(self) -> Iterator[Whole]:
        """Give up what is still waiting."""
        while self._open:
            yield from self._give_up(next(iter(self._open)))

    def _late(self, now: int | None) -> Iterator[Whole]:
        while self._open and now is not None:
            key, oldest = next(iter(self._open.items()))
            if oldest.first.time_ns is None or now - oldest.first.time_ns <= _PATIENCE_NS:
                return
            yield from self._give_up(key)

    def _give_up(self, key: _Key) -> Iterator[Whole]:
        self.incomplete += 1
        yield from self._close(key, self._open[key].first.time_ns)

    def _close(self, key: _Key, time_ns: int | None) -> Iterator[Whole]:
        datagram = self._open.pop(key)
        self._held -= datagram.cost
        whole = datagram.whole(time_ns)
        if whole is not None:
            yield whole
