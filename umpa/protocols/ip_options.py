"""The options of IPv4 (RFC 791, section 3.1, and those that came after)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from umpa.core import text
from umpa.core.options import U16, U32, Codec, Layout, OptionFormat, OptionType, packed

__all__ = ["IP_OPTIONS", "Route", "Timestamps", "final_stop"]

_SOURCE_ROUTES = (131, 137)
_FIRST = 4


class Route(NamedTuple):
    """The value of `rr`, `lsr` and `ssr`: addresses, and the place in them that is next.

    `pointer` counts bytes from the option's first one, so 4 is the first address (RFC 791).
    """

    addresses: tuple[str, ...]
    pointer: int = 4


class Timestamps(NamedTuple):
    """The value of `ts`: milliseconds since midnight UT, with addresses where `flag` says so.

    `flag` 0: timestamps only, 1: with addresses, 3: addresses are given; `overflow` counts the
    hosts that found no room. With addresses `entries` are pairs `(address, time)`.
    """

    entries: tuple[Any, ...]
    pointer: int = 5
    flag: int = 0
    overflow: int = 0


def _route(data: bytes) -> Route:
    if not data or (len(data) - 1) % 4:
        raise ValueError("whole addresses behind the pointer")
    words = struct.unpack(f">{len(data) // 4}I", data[1:])
    return Route(tuple(map(text.ipv4_text, words)), data[0])


def _from_route(value: Any) -> bytes:
    """A `Route`, a list of addresses, or for `rr` the number of empty slots."""
    if isinstance(value, int):
        value = ("0.0.0.0",) * value
    if not isinstance(value, Route):
        value = Route((value,) if isinstance(value, str) else tuple(value))
    words = [text.ipv4_word(address) for address in value.addresses]
    return struct.pack(f">B{len(words)}I", value.pointer, *words)


def _timestamps(data: bytes) -> Timestamps:
    if len(data) < 2 or (len(data) - 2) % 4:
        raise ValueError("whole timestamps behind pointer and flags")
    words = struct.unpack(f">{len(data) // 4}I", data[2:])
    flag, overflow = data[1] & 15, data[1] >> 4
    if flag:
        if len(words) % 2:
            raise ValueError("pairs of address and time")
        pairs = zip(words[::2], words[1::2], strict=True)
        return Timestamps(tuple((text.ipv4_text(a), t) for a, t in pairs), data[0], flag, overflow)
    return Timestamps(words, data[0], flag, overflow)


def _from_timestamps(value: Any) -> bytes:
    """A `Timestamps`, a list of times, or of pairs `(address, time)`, or a number of slots."""
    if isinstance(value, int):
        value = (0,) * value
    if not isinstance(value, Timestamps):
        entries = tuple(value)
        paired = bool(entries) and isinstance(entries[0], (tuple, list, str))
        value = Timestamps(entries, flag=int(paired))
    words: list[int] = []
    for entry in value.entries:
        words += _pair(entry)
    return struct.pack(f">BB{len(words)}I", value.pointer, value.overflow << 4 | value.flag, *words)


def _pair(entry: Any) -> Iterable[int]:
    if isinstance(entry, int):
        return (entry,)
    if isinstance(entry, str):
        return text.ipv4_word(entry), 0
    return text.ipv4_word(entry[0]), entry[1]


ROUTE = Codec(
    _route, _from_route, "IPv4 addresses, as in ['10.0.0.1'], a number of empty slots, or a Route"
)
TIMESTAMPS = Codec(
    _timestamps,
    _from_timestamps,
    "times, pairs of an IPv4 address and a time, a number of empty slots, or Timestamps",
)

IP_OPTIONS = OptionFormat(
    Layout(singles=(0, 1), end=0),
    OptionType(0, "eol"),
    OptionType(1, "nop"),
    OptionType(7, "rr", ROUTE),
    OptionType(11, "mtu_probe", U16),
    OptionType(12, "mtu_reply", U16),
    OptionType(25, "qs"),
    OptionType(68, "ts", TIMESTAMPS),
    OptionType(82, "traceroute", packed("HHHI")),
    OptionType(130, "sec"),
    OptionType(131, "lsr", ROUTE),
    OptionType(133, "esec"),
    OptionType(134, "cipso"),
    OptionType(136, "sid", U16),
    OptionType(137, "ssr", ROUTE),
    OptionType(148, "ra", U16),
    OptionType(149, "sdb", U32),
)


@lru_cache(maxsize=32)
def final_stop(options: bytes) -> int | None:
    """Where a source route ends; None where there is none, or all of it was travelled."""
    for option in IP_OPTIONS.decode(options):
        if option.kind in _SOURCE_ROUTES and isinstance(option.value, Route):
            addresses, pointer = option.value
            ahead = bool(addresses) and pointer < _FIRST + 4 * len(addresses)
            return text.ipv4_word(addresses[-1]) if ahead else None
    return None
