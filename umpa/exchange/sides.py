"""What each protocol contributes to the key of a packet: the values that tell answers apart.

A `Side` reads a header's values from bytes, and turns those of a request into those that its
answer will have: addresses and ports exchanged, identifiers repeated, types mapped. It is derived
from the protocol's own `mirror`, `same` and `replies`; only where an answer says less, or more,
than it mirrors has the side been written by hand (ARP, neighbour discovery).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from struct import Struct
from typing import Any, TypeAlias

from umpa.core.offsets import field_bit
from umpa.core.protocol import Protocol
from umpa.protocols.arp import ARP
from umpa.protocols.icmpv6 import ICMPv6
from umpa.protocols.ip import IP
from umpa.protocols.ipv6 import IPv6

__all__ = [
    "ADDRESSED",
    "ROUTER_SOLICITATION",
    "SOLICITATION",
    "Side",
    "Values",
    "decisive",
    "side_of",
    "stops",
]

Values: TypeAlias = "tuple[Hashable, ...]"

ADDRESSED: tuple[type[Protocol], ...] = (IP, IPv6)
"""Headers whose first two values are the addresses of sender and receiver."""

SOLICITATION, _ADVERTISEMENT = b"\x87", b"\x88"
"""Types of ICMPv6, of neighbours (RFC 4861, section 4)."""
ROUTER_SOLICITATION = b"\x85"
_ARP_FIXED = 8


class Side:
    """How the headers of one protocol are read, and what answers them."""

    __slots__ = ("changes", "expected", "needs", "order", "picks", "read", "sure", "width")

    def __init__(
        self,
        read: Callable[[bytes, int], Values],
        expected: Callable[[Values], Values],
        needs: int,
        width: int,
        picks: str = "",
        sure: bool = True,
        order: list[int] | None = None,
        changes: Mapping[int, Mapping[Any, Any]] | None = None,
    ) -> None:
        self.read = read
        """The values of the header at an offset; there are `needs` bytes of it at least."""
        self.expected = expected
        """Of a request's values those of its answer."""
        self.needs = needs
        self.width = width
        """How many values there are."""
        self.picks = picks
        """The format of `struct` that reads them, where one does."""
        self.sure = sure
        """Whether equal values make an answer; else the protocol has to be asked itself."""
        self.order = order
        """Where the expected values stand among the own, where that and `changes` is all."""
        self.changes = changes or {}
        """What then becomes of some of them."""


_sides: dict[type[Protocol], Side | None] = {}


def side_of(protocol: type[Protocol]) -> Side | None:
    """The side of a protocol; None where it does not tell answers apart."""
    try:
        return _sides[protocol]
    except KeyError:
        made = _sides[protocol] = _make(protocol) if decisive(protocol) else None
        return made


def decisive(protocol: type[Protocol]) -> bool:
    """Whether headers of this protocol tell answers apart."""
    return protocol.decisive and bool(protocol.mirror or protocol.same or protocol.replies)


def stops(protocol: type[Protocol]) -> bool:
    """Whether what follows is only suggested, so that a packet's shape ends there."""
    return protocol.next_by is not None and not protocol.next_by.certain


def _make(protocol: type[Protocol]) -> Side:
    if protocol is ARP:
        return Side(_read_arp, _expected_of_arp, _ARP_FIXED, 3)
    if protocol is ICMPv6:
        return _with_target(_by_fields(protocol))
    if protocol.answers_layer is not Protocol.answers_layer:
        return Side(lambda data, at: (), lambda values: values, 0, 0, sure=False)
    return _by_fields(protocol)


def _by_fields(protocol: type[Protocol]) -> Side:
    """From the table of fields: by `struct` where whole bytes hold them, else through a layer."""
    mirror, replies = protocol.mirror, protocol.replies
    fields = [*mirror, *protocol.same, *(protocol.fields[name] for name in replies)]
    swapped = [n ^ 1 for n in range(len(mirror))]
    places = [_place(protocol, field) for field in fields]
    if None in places:
        maps = dict(enumerate(replies.values(), len(mirror) + len(protocol.same)))
        order = [*swapped, *range(len(mirror), len(fields))]
        return Side(_reader(protocol, fields), _exchange(order, maps), protocol._FIXED, len(fields))
    # in the order of the wire; identifiers may overlap, so they are taken as the bytes they cover
    pieces = _pieces(places[: len(mirror)], places[len(mirror) :])  # type: ignore[arg-type]
    index = {place: n for n, place in enumerate(pieces)}
    order = list(range(len(pieces)))
    for n, other in enumerate(swapped):
        order[index[places[n]]] = index[places[other]]  # type: ignore[index]
    changes: dict[int, Any] = {}
    for name, values in replies.items():
        start, end = _place(protocol, protocol.fields[name])  # type: ignore[misc]
        number = next(n for n, (a, b) in enumerate(pieces) if a <= start and end <= b)
        changes[number] = _in_bytes(values, (start, end), pieces[number])
    picks, at = "", 0
    for start, end in pieces:
        picks += f"{start - at}x{end - start}s" if start > at else f"{end - start}s"
        at = end
    return Side(
        Struct(picks).unpack_from, _exchange(order, changes), at, len(pieces), picks,
        order=None if any(map(callable, changes.values())) else order, changes=changes,
    )  # fmt: skip


def _place(protocol: type[Protocol], field: Any) -> tuple[int, int] | None:
    """First and last byte of a field; None where it has no whole bytes at a fixed place."""
    base = getattr(field, "base", None)
    if (base or field).tail or field.when is not None:
        return None
    if base is None:
        bit = field_bit(protocol, field)
    else:
        bit = field_bit(protocol, base) + base.bits - field.shift - field.bits
    if bit % 8 or field.bits % 8:
        return None
    return bit // 8, (bit + field.bits) // 8


def _pieces(
    mirrored: list[tuple[int, int]], others: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The mirrored places as they are, and the others merged where they overlap."""
    pieces = list(mirrored)
    for start, end in sorted(others):
        if pieces[len(mirrored) :] and start < pieces[-1][1]:
            pieces[-1] = pieces[-1][0], max(end, pieces[-1][1])
        else:
            pieces.append((start, end))
    return sorted(pieces)


def _in_bytes(
    values: dict[int, int], place: tuple[int, int], piece_place: tuple[int, int]
) -> Mapping[bytes, bytes] | Callable[[Any], Any]:
    """The map of a field that is a piece of bytes, or a part of one."""
    at, size = place[0] - piece_place[0], place[1] - place[0]
    table = {a.to_bytes(size, "big"): b.to_bytes(size, "big") for a, b in values.items()}

    if place == piece_place:
        return table

    def replace(piece: bytes) -> bytes:
        word = piece[at : at + size]
        return piece[:at] + table.get(word, word) + piece[at + size :]

    return replace


def _exchange(order: list[int], maps: dict[int, Any]) -> Callable[[Values], Values]:
    def expected(values: Values) -> Values:
        found = [values[n] for n in order]
        for n, change in maps.items():
            found[n] = change(found[n]) if callable(change) else change.get(found[n], found[n])
        return tuple(found)

    return expected


def _reader(protocol: type[Protocol], fields: list[Any]) -> Callable[[bytes, int], Values]:
    names = [field.name for field in fields]

    def read(data: bytes, at: int) -> Values:
        layer = protocol._unpack(data, at, None, len(data))
        return tuple(getattr(layer, name) for name in names)

    return read


def _read_arp(data: bytes, at: int) -> Values:
    hardware, size = data[at + 4], data[at + 5]
    sender = at + _ARP_FIXED + hardware
    target = sender + size + hardware
    return data[at + 6 : at + 8], data[sender : sender + size], data[target : target + size]


_ARP_REPLIES = {
    asked.to_bytes(2, "big"): told.to_bytes(2, "big")
    for asked, told in ARP.replies["opcode"].items()
}


def _expected_of_arp(values: Values) -> Values:
    # a request does not know the hardware address that it asks for
    opcode, sender, target = values
    return _ARP_REPLIES.get(opcode), target, sender  # type: ignore[call-overload]


def _with_target(side: Side) -> Side:
    """Neighbour discovery: what is asked for is the target; the word before it is flags."""

    def read(data: bytes, at: int) -> Values:
        kind = data[at : at + 1]
        if kind in (SOLICITATION, _ADVERTISEMENT):
            return kind, data[at + 8 : at + 24], b""
        return side.read(data, at)

    def expected(values: Values) -> Values:
        kind, target, _ = values
        return (_ADVERTISEMENT, target, b"") if kind == SOLICITATION else side.expected(values)

    return Side(read, expected, side.needs, side.width)
