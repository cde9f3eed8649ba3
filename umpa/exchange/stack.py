"""The headers of a packet that tell answers apart, and their values.

They are read in two parts: those that are certain (by numbers in the header before), whose places a
packet's shape knows, and behind them those that ports only suggest. Where the first part ends is
decided by classes alone, so it ends at the same header in a request and in its answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from struct import Struct
from typing import Any, NamedTuple

from umpa.core.offsets import field_offset
from umpa.core.packet import Packet
from umpa.core.protocol import Protocol
from umpa.core.registry import load
from umpa.core.walk import walk_frame
from umpa.exchange.sides import ADDRESSED, Side, Values, decisive, side_of, stops
from umpa.protocols.icmp import ICMP
from umpa.protocols.icmpv6 import ICMPv6

__all__ = ["GROUPS", "UNSET", "Plan", "Reading", "Stack", "plan_of", "read", "wire"]

GROUPS = 224
"""What an address that is a group begins with at least, of IPv4 and of IPv6."""
UNSET = frozenset((bytes(4), bytes(16)))
"""Addresses that are none."""

Protocols = tuple[type[Protocol], ...]
_UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Stack:
    """The certain headers of some packets that tell answers apart, outermost first."""

    __slots__ = ("_sides", "at", "expected", "key", "protocols", "sure")

    def __init__(self, protocols: Protocols) -> None:
        self.protocols = protocols
        self._sides: list[Side] = [side for one in protocols if (side := side_of(one))]
        self.sure = all(side.sure for side in self._sides)
        """Whether equal values make an answer."""
        self.at: int | None = None
        """Where the addresses of the outermost IP header stand among the values."""
        at = 0
        for protocol, side in zip(protocols, self._sides, strict=True):
            if protocol in ADDRESSED:
                self.at = at
                break
            at += side.width
        self.expected: Callable[[Values], Values] = _in_order(self._sides) or self._expected
        """Of a request's values those of its answers."""
        self.key: Callable[[Any], Any] = b"".join if _fixed(self._sides) else tuple
        """What values are filed under: as bytes, where their widths never change."""

    def _expected(self, values: Values) -> Values:
        found: list[Any] = []
        at = 0
        for side in self._sides:
            found += side.expected(values[at : at + side.width])
            at += side.width
        return tuple(found)

    def addresses(self, values: Values) -> tuple[bytes, bytes] | None:
        """Source and destination of the outermost IP header; None where there is none."""
        at = self.at
        return None if at is None else (values[at], values[at + 1])  # type: ignore[return-value]

    def hide(self, values: Values, source: bool, destination: bool, port: bool = False) -> Values:
        """The values with addresses blanked, and the port of who sends."""
        at = self.at
        if at is None:
            return values
        found = list(values)
        found[at : at + 2] = [
            None if source else values[at],
            None if destination else values[at + 1],
        ]
        if port:
            found[-2] = None
        return tuple(found)


def _in_order(sides: Sequence[Side]) -> Callable[[Values], Values] | None:
    """What only exchanges values and replaces some, in one call; None where that is not all."""
    order: list[int] = []
    changes: dict[int, Any] = {}
    for side in sides:
        if side.order is None:
            return None
        start = len(order)
        order += [start + n for n in side.order]
        changes.update((start + n, change) for n, change in side.changes.items())
    if changes:
        names = {f"t{n}": change.get for n, change in changes.items()}
        parts = [
            f"t{n}(v[{k}], v[{k}])" if n in changes else f"v[{k}]" for n, k in enumerate(order)
        ]
        made: Callable[[Values], Values] = eval(f"lambda v: ({', '.join(parts)},)", names)
        return made
    return itemgetter(*order) if len(order) > 1 else None


class Reading(NamedTuple):
    """What a packet has that tells answers apart."""

    protocols: Protocols
    """The certain headers."""
    values: Values
    deep: tuple[tuple[type[Protocol], Values], ...]
    """The headers that ports suggest."""
    quotes: bool
    """Whether it is an error that quotes another packet."""

    @property
    def in_tunnel(self) -> bool:
        """Whether ports lead to a tunnel, both ends of which listen at the same."""
        return bool(self.deep) and self.deep[0][0].same_ports

    def expected(self) -> tuple[tuple[type[Protocol], Values], ...]:
        """Of `deep` what its answers have."""
        found = []
        for protocol, values in self.deep:
            side = side_of(protocol)
            assert side is not None
            found.append((protocol, side.expected(values)))
        return tuple(found)


def wire(packet: Packet) -> bytes:
    """The bytes of a packet, without making anything of it that was not there."""
    content = packet._content
    if content.__class__ is bytes:
        return content
    head: Any = content[0] if content.__class__ is list else None
    return head if head.__class__ is bytes else bytes(packet)


def read(packet: Packet) -> Reading:
    """The slow and complete way: the whole packet is dissected."""
    data = wire(packet)
    walked = walk_frame(data, packet.linktype, whole=packet._whole())
    protocols: list[type[Protocol]] = []
    values: list[Any] = []
    deep: list[tuple[type[Protocol], Values]] = []
    certain = True
    for place in walked.places:
        if place.quoted:
            break
        side = side_of(place.protocol)
        if side is not None:
            own = side.read(data, place.at)
            if certain:
                protocols.append(place.protocol)
                values += own
            else:
                deep.append((place.protocol, own))
        certain = certain and not stops(place.protocol)
    quotes = any(place.quoted for place in walked.places)
    return Reading(tuple(protocols), tuple(values), tuple(deep), quotes)


class Plan:
    """How the packets of one shape are read."""

    __slots__ = (
        "deciding", "deeper", "key", "mirrored", "protocols", "quotes", "table", "values",
    )  # fmt: skip

    def __init__(self, places: Sequence[tuple[type[Protocol], int]]) -> None:
        self.table: Any = None
        """For whoever keeps the plan: what belongs to packets of these headers."""
        certain = _certain(places)
        told = [(protocol, at) for protocol, at in certain if decisive(protocol)]
        self.protocols: Protocols = tuple(protocol for protocol, _ in told)
        self.values: Callable[[bytes], Values] = _reader(told)
        self.key: Callable[[bytes], Any] = _key_reader(told, self.values)
        """The key (`Stack.key`) of these values, at once."""
        self.mirrored: Callable[[bytes], bytes | None] | None = _mirror(told)
        """The key of a request's answers, at once; None for one that asks a group, or has no
        address. None itself where answers are told by more than exchanged values.
        """
        last, at = certain[-1]
        self.quotes: Callable[[bytes], bool] | None = None
        """Whether it quotes; None where no packet of the shape does."""
        if last.quotes is not Protocol.quotes:
            self.quotes = _quoting(last, at)
        self.deeper: Callable[[bytes], bool] | None = _deeper(last, at) if stops(last) else None
        """Whether ports suggest more that tells answers apart; None where there is none."""
        self.deciding = _deciding(places)
        """The bytes that decide, for packets of one length, that they have this shape; None where
        no bytes at fixed places do."""


def _quoting(protocol: Any, at: int) -> Callable[[bytes], bool]:
    """Whether the header at `at` is that of an error, which quotes."""
    if protocol in (ICMP, ICMPv6):
        errors = _errors(protocol)
        return lambda data: data[at] in errors
    return lambda data: bool(protocol._unpack(data, at, None).quotes)


@cache
def _errors(protocol: Any) -> frozenset[int]:
    """The types of ICMP that quote."""
    return frozenset(number for number in range(256) if protocol(type=number).quotes)


def plan_of(shape: Any) -> Plan:
    """The plan for a shape of packets (`umpa.core.shape`)."""
    return Plan(shape._places)


def _certain(places: Sequence[tuple[type[Protocol], int]]) -> Sequence[tuple[type[Protocol], int]]:
    for number, (protocol, _) in enumerate(places, 1):
        if stops(protocol):
            return places[:number]
    return places


def _deciding(places: Sequence[tuple[type[Protocol], int]]) -> Callable[[bytes], Any] | None:
    wanted: set[int] = set()
    for protocol, at in places:
        steering = protocol._STEERING
        if steering is None:
            return None
        wanted.update(at + n for n, mask in enumerate(steering) if mask)
        if protocol._limiting:
            limit = protocol.fields[protocol._limiting]
            start = at + field_offset(protocol, limit)
            wanted.update(range(start, start + limit.bits // 8))
    form = "".join("s" if n in wanted else "x" for n in range(max(wanted, default=-1) + 1))
    return Struct(re.sub("ss+", lambda run: f"{len(run[0])}s", form)).unpack_from


def _fixed(sides: Sequence[Side]) -> bool:
    """Whether all values are bytes whose widths never change."""
    return all(side.picks for side in sides)


def _reader(places: Sequence[tuple[type[Protocol], int]]) -> Callable[[bytes], Values]:
    """One function for the values of all these headers."""
    sides = _sides(places)
    if _fixed([side for side, _ in sides]):
        return Struct(_format(sides)).unpack_from
    names: dict[str, Any] = {f"read{n}": side.read for n, (side, _) in enumerate(sides)}
    parts = [f"*read{n}(data, {at})" for n, (_, at) in enumerate(sides)]
    made: Callable[[bytes], Values] = eval(f"lambda data: ({', '.join(parts)},)", names)
    return made


def _key_reader(
    places: Sequence[tuple[type[Protocol], int]], values: Callable[[bytes], Values]
) -> Callable[[bytes], Any]:
    sides = _sides(places)
    if not _fixed([side for side, _ in sides]):
        return values
    form = _format(sides)
    gap = re.match(r"(?:\d+x)*", form)
    assert gap is not None
    if sides and "x" not in form[gap.end() :]:  # all side by side, as addresses and ports are
        return itemgetter(slice(Struct(gap[0]).size, Struct(form).size))
    join: Callable[[Any], bytes] = b"".join
    return lambda data: join(values(data))


def _mirror(
    places: Sequence[tuple[type[Protocol], int]],
) -> Callable[[bytes], bytes | None] | None:
    sides = _sides(places)
    if not sides or places[0][0] not in ADDRESSED or not _fixed([side for side, _ in sides]):
        return None
    spans: list[slice] = []
    for side, at in sides:
        if side.order is None or side.changes:
            return None
        own = _spans(side, at)
        spans += [own[n] for n in side.order]
    target, source = spans[:2]
    first, pick = target.start, itemgetter(*spans)
    join: Callable[[Any], bytes] = b"".join

    def mirrored(data: bytes) -> bytes | None:
        if data[first] >= GROUPS or data[source] in UNSET:
            return None
        return join(pick(data))

    return mirrored


def _spans(side: Side, at: int) -> list[slice]:
    """Where the values of a header at an offset are."""
    found: list[slice] = []
    for size, kind in re.findall(r"(\d+)([xs])", side.picks):
        if kind == "s":
            found.append(slice(at, at + int(size)))
        at += int(size)
    return found


def _sides(places: Sequence[tuple[type[Protocol], int]]) -> list[tuple[Side, int]]:
    return [(side, at) for protocol, at in places if (side := side_of(protocol))]


def _format(sides: Sequence[tuple[Side, int]]) -> str:
    """The format of `struct` for values of fixed widths."""
    form, end = "", 0
    for side, at in sides:
        form += (f"{at - end}x" if at > end else "") + side.picks
        end = at + side.needs
    return form


def _deeper(last: Any, at: int) -> Callable[[bytes], bool]:
    starts = sorted((field_offset(last, field), field.bits // 8) for field in last.next_by.fields)
    form, end = f">{at}x", 0
    for start, size in starts:
        form += f"{start - end}x{_UNSIGNED[size]}"
        end = start + size
    numbers, look_up = Struct(form).unpack_from, last.next_by.table.found
    known: dict[Any, bool] = {}

    def deeper(data: bytes) -> bool:
        for number in numbers(data):
            found = look_up(number)
            if found is None:
                continue
            if found not in known:
                cls = load(found) if found.__class__ is str else found
                known[found] = known[cls] = decisive(cls) or not cls.leaf
            if known[found]:
                return True
        return False

    return deeper
