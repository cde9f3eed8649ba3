"""Addresses, ports and segments of packets, read from their bytes.

Of a packet counts its outermost IP header, and what that carries. So what a tunnel carries belongs
to the tunnel, and what an ICMP error quotes to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from umpa.analysis.datagrams import Piece
from umpa.core.frame import OfFrame
from umpa.core.packet import Packet
from umpa.core.pick import Pick
from umpa.core.places import lay_out
from umpa.protocols.ah import AH
from umpa.protocols.ip import IP
from umpa.protocols.ipv6 import IPv6
from umpa.protocols.ipv6_fragment import Fragment
from umpa.protocols.ipv6_options import DestinationOptions, HopByHop
from umpa.protocols.ipv6_routing import Routing
from umpa.protocols.sctp import SCTP
from umpa.protocols.tcp import TCP
from umpa.protocols.udp import UDP
from umpa.protocols.vlan import VLAN

__all__ = ["Carried", "Transport", "protocol_name"]

_MOST_KINDS = 512
_NOTHING = OfFrame("nothing", lambda packet: None, "None")
_EXTENSIONS: tuple[Any, ...] = (AH, DestinationOptions, Fragment, HopByHop, Routing)
_WITH_PORTS: tuple[Any, ...] = (TCP, UDP, SCTP)


class Carried(NamedTuple):
    """What a packet's outermost IP header and the transport header behind it say.

    What the packet has not is None: ports of a later fragment, a VLAN where there is no tag.
    """

    vlan: int | None
    src: str
    dst: str
    number: int
    """Of the protocol that is carried, as in `ip.proto`."""
    fragment: int | None
    """The fragment's offset; 0 for a first fragment and for what is whole."""
    more: bool | None
    """Whether more fragments follow."""
    ident: int | None
    """The identification of a datagram's fragments."""
    srcport: int | None
    dstport: int | None
    flags: int | None
    """Of TCP, and so are all that follow."""
    seq: int | None
    ack: int | None
    header: int | None
    """Bytes of the header."""
    length: int | None
    """Bytes of the packet, as IP says; 0 where it leaves that open."""


class Transport:
    """Reads `Carried` of packet after packet; each kind of packet is looked at once."""

    def __init__(self) -> None:
        self._kinds: dict[Any, _Kind | None] = {}

    def __call__(self, packet: Packet) -> Carried | None:
        """What the packet carries; None where it has no IP header."""
        kind = self._kind(packet)
        return None if kind is None else Carried._make(kind.pick(packet))

    def payload(self, packet: Packet, carried: Carried) -> tuple[bytes, int]:
        """What a TCP header carries, and how many bytes of it the capture did not keep."""
        kind = self._kind(packet)
        assert kind is not None
        data = bytes(packet)
        start = kind.at + (carried.header or 0)
        end = packet.wire_length
        if carried.length:  # 0 is what a segmentation offload leaves
            end = min(end, kind.end + carried.length)
        return data[start:end], max(0, end - max(start, len(data)))

    def piece(self, packet: Packet, carried: Carried) -> Piece:
        """A fragment's part of its datagram: all that stands behind the headers each one has."""
        kind = self._kind(packet)
        assert kind is not None
        data = bytes(packet)
        if kind.extension is None:  # RFC 791, section 3.1: header length and protocol
            start, number = kind.start + (data[kind.start] & 15) * 4, data[kind.start + 9]
        else:
            start, number = kind.extension + 8, data[kind.extension]
        end = packet.wire_length
        if carried.length:
            end = min(end, kind.end + carried.length)
        at, end = (carried.fragment or 0) * 8, max(start, end)
        return Piece(
            *(carried.vlan, carried.src, carried.dst, number, carried.ident),
            *(at, data[start:end], at + end - start, bool(carried.more), packet.time_ns),
        )

    def _kind(self, packet: Packet) -> _Kind | None:
        shape = _shape(packet)
        if shape is None:
            laid = lay_out(packet)
            found = zip(laid.stack[1:], laid.spans, strict=True)
            return _kind([(type(layer), span.at) for layer, span in found if not span.quoted])
        if shape not in self._kinds:
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            self._kinds[shape] = _kind(shape._places)
        return self._kinds[shape]


def _shape(packet: Packet) -> Any:
    """The packet's shape; None for one that has none, or was changed."""
    content: Any = packet._content
    if content.__class__ is bytes:
        leaf = Packet.shapes.find(content, packet._origin)
        if leaf is not None:
            return leaf.shape
        packet.get(IP)  # from now on the shape is known
    shape: Any = packet.__class__
    return shape if shape._index is not None and packet._content[0].__class__ is bytes else None


class _Kind(NamedTuple):
    """How packets with one stack of headers are read."""

    pick: Pick
    at: int
    """Where the transport header starts."""
    start: int
    """Where the IP header starts."""
    end: int
    """Where the packet's length is counted from."""
    extension: int | None
    """Where the fragment header of IPv6 starts."""


def _kind(places: Sequence[tuple[Any, int]]) -> _Kind | None:
    network = next((i for i, (protocol, _) in enumerate(places) if protocol in (IP, IPv6)), None)
    if network is None:
        return None
    ip, start = places[network]
    upper = network + 1
    while upper < len(places) and places[upper][0] in _EXTENSIONS:
        upper += 1
    protocol, at = places[upper] if upper < len(places) else (ip, 0)
    ports: list[Any] = [_NOTHING, _NOTHING]
    segment = [_NOTHING, _NOTHING, _NOTHING, _NOTHING]
    if protocol in _WITH_PORTS:
        ports = _fields(protocol, "srcport", "dstport")
    if protocol is TCP:
        segment = _fields(TCP, "flags", "seq", "ack", "hdr_len")
    before = places[upper - 1][0]
    fragment = [_NOTHING, _NOTHING, _NOTHING]
    extension = next((at for found, at in places[network:upper] if found is Fragment), None)
    if ip is IP:
        fragment = _fields(IP, "frag_offset", "flags_mf", "id")
    elif extension is not None:
        fragment = _fields(Fragment, "offset_units", "more", "ident")
    tag = VLAN.fields["id"] if VLAN in [tag for tag, _ in places[:network]] else _NOTHING
    fields = [tag, *_fields(ip, "src", "dst"), *_fields(before, _next_name(before))]
    fields += [*fragment, *ports, *segment, *_fields(ip, "len" if ip is IP else "plen")]
    end = start if ip is IP else start + 40
    return _Kind(Pick(tuple((field,) for field in fields)), at, start, end, extension)


def _next_name(protocol: Any) -> str:
    return {IP: "proto", AH: "next_header"}.get(protocol, "nxt")


def _fields(protocol: Any, *names: str) -> list[Any]:
    return [protocol.fields[name] for name in names]


def protocol_name(number: int) -> str:
    """What a protocol over IP is called: "tcp", or its number."""
    return IP.fields["proto"].meaning(number).lower() or str(number)
