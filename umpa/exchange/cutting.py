"""Packets cut into fragments, as a router or a host cuts them.

RFC 791, sections 2.3 and 3.2: data is cut at multiples of 8 bytes, and only options with the copied
bit go along with later fragments. RFC 8200, section 4.5: what routers look at goes along with every
fragment, and only the source cuts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

from umpa.core.layer import no_packet
from umpa.core.packet import Packet
from umpa.errors import EncodeError, FieldError, LayerError
from umpa.protocols.ip import IP
from umpa.protocols.ipv6 import IPv6
from umpa.protocols.ipv6_fragment import Fragment
from umpa.protocols.ipv6_options import DestinationOptions, HopByHop
from umpa.protocols.ipv6_routing import Routing

__all__ = ["fragment"]

_UNIT = 8  # bytes; what offsets count in
_COPIED = 0x80


def fragment(packet: Packet, mtu: int = 1500, *, ident: int | None = None) -> list[Packet]:
    """The fragments of a packet, in order: none of their IP packets is longer than `mtu` bytes.

    The outermost IP or IPv6 header is the one that is fragmented; what lies below it goes along
    unchanged. A packet that fits is returned alone, as a copy. `ident` is the identification of
    the fragments; without it, it is the packet's own, or else made from what is cut, so that
    two packets do not get mixed up and the same packet is always cut alike. A source address that
    is found when they are sent (`umpa.send`) is put into the checksum of UDP or TCP then.
    Source: RFC 791, section 3.2; RFC 8200, section 4.5.

    :raises LayerError: it is no packet, or there is no IP or IPv6 header.
    :raises EncodeError: the packet says that it may not be fragmented (`ip.flags_df`).
    :raises FieldError: the MTU has no room for the headers and 8 bytes.
    """
    given: object = packet
    if not isinstance(given, Packet):
        raise LayerError(f"fragment: {no_packet(given, frames=False)}")
    wanted: object = mtu
    if not isinstance(wanted, int):
        raise FieldError(f"fragment: mtu={wanted!r}; expected a number of bytes")
    layers = packet.layers
    at = next((n for n, one in enumerate(layers) if isinstance(one, (IP, IPv6))), None)
    if at is None:
        raise LayerError(f"fragment: no IP or IPv6 header to fragment: {packet.summary()}")
    ip: Any = layers[at]
    data = bytes(packet)
    end = min(len(data), ip.offset + (ip.len if isinstance(ip, IP) else len(ip) + ip.plen))
    if end - ip.offset <= mtu:
        return [packet.copy()]
    below = [_derived_anew(layer) for layer in layers[:at]]
    if isinstance(ip, IP):
        pieces = _pieces(ip, data[ip.offset + len(ip) : end], mtu, ident)
    else:
        pieces = _pieces6(layers[at:], data[:end], mtu, ident)
    return [Packet(*below, *piece, strict=False, warn=False) for piece in pieces]


def _pieces(ip: IP, body: bytes, mtu: int, ident: int | None) -> Iterator[list[Any]]:
    if ip.flags_df:
        raise EncodeError(
            f"fragment: {20 + len(body)} bytes do not fit into {mtu}, and the packet may not be "
            "fragmented: it says so by ip.flags_df"
        )
    if ident is None:
        ident = ip.id or crc32(body) & 0xFFFF or 1
    copied = b"".join(option.data for option in ip.options if option.kind & _COPIED)
    for start, piece in _cut(body, mtu, len(ip), 20 + (len(copied) + 3) // 4 * 4):
        header = _derived_anew(ip)
        header.proto, header.id = ip.proto, ident
        header.frag_offset = ip.frag_offset + start // _UNIT
        header.flags_mf = ip.flags_mf or start + len(piece) < len(body)
        if start:
            header.options = copied + bytes(-len(copied) % 4)
        yield [header, piece]


def _pieces6(layers: Any, data: bytes, mtu: int, ident: int | None) -> Iterator[list[Any]]:
    count = _looked_at_by_routers(layers)
    ahead: list[Any] = [_derived_anew(layer) for layer in layers[:count]]
    size = sum(map(len, layers[:count]))
    first = layers[0].offset + size
    cut = Fragment(nxt=layers[count - 1].nxt)
    if isinstance(layers[count], Fragment):  # of which these are fragments, then
        cut = layers[count].copy()
        first += len(cut)
    body = data[first:]
    cut.ident = (cut.ident or crc32(body) or 1) if ident is None else ident
    offset, more = cut.offset_units, cut.more
    size += len(cut)
    for start, piece in _cut(body, mtu, size, size):
        header = cut.copy()
        header.offset_units = offset + start // _UNIT
        header.more = more or start + len(piece) < len(body)
        yield [*(layer.copy() for layer in ahead), header, piece]


def _looked_at_by_routers(layers: Any) -> int:
    """How many headers go along with each fragment: those for every hop on the way."""
    count = 1
    for number, layer in enumerate(layers):
        if isinstance(layer, (HopByHop, Routing)):
            count = number + 1
        elif number and not isinstance(layer, DestinationOptions):
            break
    return count


def _cut(body: bytes, mtu: int, first: int, later: int) -> Iterator[tuple[int, bytes]]:
    """Where each piece begins, and its bytes; headers take `first` bytes, then `later`."""
    longest = max(first, later)
    if mtu - longest < _UNIT:
        raise FieldError(
            f"fragment: mtu={mtu} has no room: headers take {longest} bytes, and a fragment has at "
            f"least {_UNIT} more"
        )
    start = 0
    while start < len(body):
        header = later if start else first
        room = mtu - header
        left = len(body) - start
        size = left if left <= room else room // _UNIT * _UNIT
        yield start, body[start : start + size]
        start += size


def _derived_anew(layer: Any) -> Any:
    """A copy whose lengths and checksums are those of the fragment."""
    copy = layer.copy()
    for name, field in copy.fields.items():
        if field.auto_bit:
            copy.auto(name)
    return copy
