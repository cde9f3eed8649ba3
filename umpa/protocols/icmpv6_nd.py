"""The options of neighbour discovery."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from umpa.core import text
from umpa.core.options import (
    Codec,
    Layout,
    OptionFormat,
    OptionType,
    TrailingOptions,
    packed,
)
from umpa.core.protocol import Protocol

__all__ = ["ND_OPTIONS", "NDOptions", "PrefixInformation", "RouteInformation", "Servers"]


class PrefixInformation(NamedTuple):
    """A prefix of the link (RFC 4861, section 4.6.2); lifetimes in seconds."""

    prefix: str
    length: int = 64
    on_link: bool = True
    autonomous: bool = True
    valid_lifetime: int = 2592000
    preferred_lifetime: int = 604800


class RouteInformation(NamedTuple):
    """A route by this router (RFC 4191, section 2.3); preference 0 medium, 1 high, 3 low."""

    prefix: str
    length: int = 64
    preference: int = 0
    lifetime: int = 1800


class Servers(NamedTuple):
    """Recursive DNS servers (RFC 8106, section 5.1)."""

    addresses: tuple[str, ...]
    lifetime: int = 1800


class SearchList(NamedTuple):
    """DNS search domains (RFC 8106, section 5.2)."""

    domains: tuple[str, ...]
    lifetime: int = 1800


def _prefix(data: bytes) -> PrefixInformation:
    length, flags, valid, preferred, prefix = struct.unpack(">BBII4x16s", data)
    return PrefixInformation(
        text.ipv6_text(prefix), length, bool(flags & 0x80), bool(flags & 0x40), valid, preferred
    )


def _from_prefix(value: Any) -> bytes:
    value = PrefixInformation(value) if isinstance(value, str) else PrefixInformation(*value)
    flags = value.on_link << 7 | value.autonomous << 6
    prefix = text.ipv6_word(value.prefix)
    return struct.pack(
        ">BBII4x16s", value.length, flags, value.valid_lifetime, value.preferred_lifetime, prefix
    )


def _route(data: bytes) -> RouteInformation:
    length, flags, lifetime = struct.unpack_from(">BBI", data)
    prefix = text.ipv6_text(data[6:22].ljust(16, b"\0"))
    return RouteInformation(prefix, length, flags >> 3 & 3, lifetime)


def _from_route(value: Any) -> bytes:
    value = RouteInformation(value) if isinstance(value, str) else RouteInformation(*value)
    size = (value.length + 63) // 64 * 8
    prefix = text.ipv6_word(value.prefix)[:size]
    return struct.pack(">BBI", value.length, value.preference << 3, value.lifetime) + prefix


def _servers(data: bytes) -> Servers:
    (lifetime,) = struct.unpack_from(">2xI", data)
    stops = range(22, len(data) + 1, 16)
    return Servers(tuple(text.ipv6_text(data[at - 16 : at]) for at in stops), lifetime)


def _from_servers(value: Any) -> bytes:
    value = value if isinstance(value, Servers) else Servers(tuple(value))
    return struct.pack(">2xI", value.lifetime) + b"".join(map(text.ipv6_word, value.addresses))


def _search(data: bytes) -> SearchList:
    (lifetime,) = struct.unpack_from(">2xI", data)
    domains, labels, at = [], [], 6
    while at < len(data):
        size = data[at]
        if not size:
            if labels:
                domains.append(b".".join(labels).decode("ascii", "backslashreplace"))
            labels = []
        else:
            labels.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return SearchList(tuple(domains), lifetime)


def _from_search(value: Any) -> bytes:
    value = value if isinstance(value, SearchList) else SearchList(tuple(value))
    names = b""
    for domain in value.domains:
        for label in domain.split("."):
            names += bytes([len(label)]) + label.encode("ascii")
        names += b"\0"
    return struct.pack(">2xI", value.lifetime) + names


_MTU = packed("2xI")

LINK_ADDRESS = Codec(
    lambda data: text.mac_text(data),
    lambda value: value if isinstance(value, bytes) else text.mac_word(value),
)

ND_OPTIONS = OptionFormat(
    Layout(unit=8),
    OptionType(1, "source_lladdr", LINK_ADDRESS),
    OptionType(2, "target_lladdr", LINK_ADDRESS),
    OptionType(3, "prefix", Codec(_prefix, _from_prefix)),
    OptionType(4, "redirected"),
    OptionType(5, "mtu", _MTU),
    OptionType(7, "advertisement_interval", _MTU),
    OptionType(13, "timestamp"),
    OptionType(14, "nonce"),
    OptionType(24, "route", Codec(_route, _from_route)),
    OptionType(25, "rdnss", Codec(_servers, _from_servers)),
    OptionType(31, "dnssl", Codec(_search, _from_search)),
    OptionType(34, "6co"),
    OptionType(38, "pref64"),
)


class NDOptions(Protocol, name="icmpv6.opt", follows={"icmpv6.body": 1}):
    """Neighbor discovery options (RFC 4861, section 4.6)."""

    options: TrailingOptions = TrailingOptions(ND_OPTIONS, doc="The options, to the end.")

    terminal = True

    def _next(self, data: bytes, start: int, end: int) -> type[Protocol] | None:
        return None
