"""ICMP errors: the request that they quote, found by the start of the quoted packet.

Routers change the quoted packet (time to live, checksum) and cut it, to eight bytes behind its IP
header at worst (RFC 792). So a request is filed under its addresses and the ports or identifiers of
the next header, and what is found is compared in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from umpa.core.packet import Packet
from umpa.core.walk import Place, walk_frame
from umpa.exchange.filed import F
from umpa.exchange.sides import ADDRESSED, side_of
from umpa.exchange.stack import wire

__all__ = ["file_for_quotes", "find_quoted"]

_IDENT = slice(4, 6)  # of an IPv4 header


def find_quoted(filed: dict[Any, list[F]], packet: Packet) -> list[F] | None:
    """Those that the error `packet` quotes; None for none.

    Where several are the same but for the identification of their IPv4 header, it decides.
    """
    data = wire(packet)
    quoted = [place for place in _places(packet, data) if place.quoted]
    if not quoted:
        return None
    found = [one for one in filed.get(_key(data, quoted), ()) if packet.answers(one.frame)]
    if len(found) > 1:
        at = quoted[0].at
        ident = data[at : at + 8][_IDENT]
        found = [one for one in found if _ident(one.frame) == ident] or found
    return found or None


def file_for_quotes(filed: dict[Any, list[F]], one: F) -> None:
    """File a request under each of its IP headers that an error may begin its quote with."""
    data = one.data
    places = [place for place in _places(one.frame, data) if not place.quoted]
    seen: set[Any] = set()
    for number, place in enumerate(places):
        if place.protocol in ADDRESSED and place.protocol not in seen:
            seen.add(place.protocol)
            key = _key(data, places[number:])
            filed.setdefault(key, []).append(one)
            one.quotes = [*(one.quotes or ()), (filed, key)]


def _places(packet: Packet, data: bytes) -> list[Place]:
    return walk_frame(data, packet.linktype, whole=packet._whole()).places


def _key(data: bytes, places: Sequence[Place]) -> Any:
    """The values of the first header, and of the next that tells requests apart."""
    key: list[Any] = []
    for place in places:
        side = side_of(place.protocol)
        if side is not None and place.size >= side.needs:
            key += (
                place.protocol.name,
                side.read(data, place.at),
            )  # a cut header has its own class
            if len(key) == 4:
                break
    return tuple(key)


def _ident(packet: Packet) -> bytes | None:
    data = wire(packet)
    for place in _places(packet, data):
        if place.protocol in ADDRESSED:
            return data[place.at : place.at + 8][_IDENT]
    return None
