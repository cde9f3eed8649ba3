"""The options of neighbour discovery."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from umpa.core import text
from umpa.core.auto import Computed
from umpa.core.field import U8, FixedBytes
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.options import (
    ADDRESS_LIST6,
    Codec,
    Layout,
    OptionFormat,
    OptionType,
    packed,
)
from umpa.core.parts import TrailingOptions
from umpa.core.protocol import Protocol
from umpa.protocols.domain import encoded_all, names
from umpa.protocols.ipversion import by_version

__all__ = [
    "ND_OPTIONS",
    "NAT64Prefix",
    "NDOptions",
    "PrefixInformation",
    "RedirectedHeader",
    "RouteInformation",
    "SearchList",
    "Servers",
]

_REDIRECTED = 4


class PrefixInformation(NamedTuple):
    """A prefix of the link (RFC 4861, section 4.6.2); lifetimes in seconds."""

    prefix: str
    length: int = 64
    on_link: bool = True
    autonomous: bool = True
    valid_lifetime: int = 2592000
    preferred_lifetime: int = 604800


class NAT64Prefix(NamedTuple):
    """A prefix for addresses that NAT64 translates (RFC 8781); lifetime in seconds."""

    prefix: str
    length: int = 96
    lifetime: int = 65528


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
    value = PrefixInformation(*_parts(value))
    flags = value.on_link << 7 | value.autonomous << 6
    prefix = text.ipv6_word(value.prefix)
    return struct.pack(
        ">BBII4x16s", value.length, flags, value.valid_lifetime, value.preferred_lifetime, prefix
    )


def _parts(value: Any) -> Iterable[Any]:
    """What begins with a prefix: of text such as `2001:db8::/32` the address and the length."""
    if not isinstance(value, str):
        return tuple(value)
    prefix, slash, length = value.partition("/")
    return (prefix, int(length)) if slash else (prefix,)


def _route(data: bytes) -> RouteInformation:
    length, flags, lifetime = struct.unpack_from(">BBI", data)
    prefix = text.ipv6_text(data[6:22].ljust(16, b"\0"))
    return RouteInformation(prefix, length, flags >> 3 & 3, lifetime)


def _from_route(value: Any) -> bytes:
    value = RouteInformation(*_parts(value))
    size = (value.length + 63) // 64 * 8
    prefix = text.ipv6_word(value.prefix)[:size]
    return struct.pack(">BBI", value.length, value.preference << 3, value.lifetime) + prefix


def _servers(data: bytes) -> Servers:
    (lifetime,) = struct.unpack_from(">2xI", data)
    stops = range(22, len(data) + 1, 16)
    return Servers(tuple(text.ipv6_text(data[at - 16 : at]) for at in stops), lifetime)


def _from_servers(value: Any) -> bytes:
    value = value if isinstance(value, Servers) else Servers(value)
    return struct.pack(">2xI", value.lifetime) + ADDRESS_LIST6.encode(value.addresses)


def _search(data: bytes) -> SearchList:
    (lifetime,) = struct.unpack_from(">2xI", data)
    return SearchList(names(data[6:]), lifetime)


def _from_search(value: Any) -> bytes:
    value = value if isinstance(value, SearchList) else SearchList(value)
    return struct.pack(">2xI", value.lifetime) + encoded_all(value.domains)


_NAT64_LENGTHS = (96, 64, 56, 48, 40, 32)


def _nat64(data: bytes) -> NAT64Prefix:
    scaled, prefix = struct.unpack(">H12s", data)
    return NAT64Prefix(
        text.ipv6_text(prefix + bytes(4)), _NAT64_LENGTHS[scaled & 7], scaled & 0xFFF8
    )


def _from_nat64(value: Any) -> bytes:
    value = NAT64Prefix(*_parts(value))
    prefix, code = text.ipv6_word(value.prefix), _NAT64_LENGTHS.index(value.length)
    if value.lifetime & 7:
        raise ValueError(value)
    return struct.pack(">H12s", value.lifetime | code, prefix[:12])


_MTU = packed("2xI")

_PREFIX = "a prefix, as in '2001:db8::/64', or"
LINK_ADDRESS = Codec(
    text.mac_text, text.mac_word, "an address, as in '02:00:00:00:00:01', or bytes of any other"
)

ND_OPTIONS = OptionFormat(
    Layout(unit=8),
    OptionType(1, "source_lladdr", LINK_ADDRESS),
    OptionType(2, "target_lladdr", LINK_ADDRESS),
    OptionType(3, "prefix", Codec(_prefix, _from_prefix, f"{_PREFIX} a PrefixInformation")),
    OptionType(4, "redirected"),
    OptionType(5, "mtu", _MTU),
    OptionType(7, "advertisement_interval", _MTU),
    OptionType(13, "timestamp"),
    OptionType(14, "nonce"),
    OptionType(24, "route", Codec(_route, _from_route, f"{_PREFIX} a RouteInformation")),
    OptionType(25, "rdnss", Codec(_servers, _from_servers, "IPv6 addresses, or Servers")),
    OptionType(31, "dnssl", Codec(_search, _from_search, "domain names, or a SearchList")),
    OptionType(34, "6co"),
    OptionType(
        38,
        "pref64",
        Codec(
            _nat64,
            _from_nat64,
            f"{_PREFIX} a NAT64Prefix, whose length is "
            "96, 64, 56, 48, 40 or 32, and whose lifetime is a multiple of 8",
        ),
    ),
)


class NDOptionList(TrailingOptions):
    """Options to the end, or to the one that quotes a packet: that is a layer of its own."""

    def source_names(self) -> dict[str, Any]:
        return super().source_names() | {"redirected_at": _redirected_at}

    def unpack_source(self) -> Iterator[str]:
        yield "stop = redirected_at(data, p, end if end is not None else len(data))"
        yield f"self.{self.slot} = data[p:stop]; p = stop"


def _redirected_at(data: bytes, at: int, end: int) -> int:
    """Where the first redirected header option begins; `end` where there is none."""
    while at + 1 < end and data[at] != _REDIRECTED and data[at + 1]:
        at += data[at + 1] * 8
    return at if at + 1 < end and data[at] == _REDIRECTED else end


class NDOptions(Protocol, name="icmpv6.opt", follows={"icmpv6.type": (133, 134, 135, 136, 137)}):
    """Neighbor discovery options (RFC 4861, section 4.6)."""

    options: NDOptionList = NDOptionList(ND_OPTIONS, doc="The options, to the end.")

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "icmpv6.opt.redirected"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        more = start < end and data[start] == _REDIRECTED
        return by_name("icmpv6.opt.redirected") if more else None


class RedirectedHeader(Protocol, name="icmpv6.opt.redirected", follows={"icmpv6.opt.type": 4}):
    """Redirected header option (RFC 4861, section 4.6.3); the packet it quotes follows."""

    type: U8 = U8(default=_REDIRECTED, doc="4.")
    length: U8 = U8(
        auto=Computed(lambda self, layers, i, size, body: (size + len(body)) // 8),
        doc="Of the option with the packet, units of 8 bytes.",
    )
    reserved: FixedBytes = FixedBytes(6, doc="Zero.")

    @property
    def quotes(self) -> bool:
        return True

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "ipv6"

    def _limit(self, start: int, header: int) -> int | None:
        return start + self.length * 8 if self.length else None

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_version(data, start)
