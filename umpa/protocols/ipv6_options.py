"""IPv6 hop-by-hop and destination options."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from umpa.core import text
from umpa.core.auto import HeaderLength, NextProtocol
from umpa.core.field import U8, Enum8
from umpa.core.follow import NextBy
from umpa.core.options import (
    RAW,
    U16,
    U32,
    Codec,
    Layout,
    OptionFormat,
    OptionList,
    OptionType,
)
from umpa.core.options import U8 as BYTE
from umpa.core.protocol import Protocol
from umpa.protocols.names import IP_PROTOCOLS

__all__ = ["IPV6_OPTIONS", "DestinationOptions", "HopByHop"]

_MOST_PADDING = 255
_HOME_ADDRESS = 0xC9
_HOME = bytes([_HOME_ADDRESS, 16])


def _one_address(data: bytes) -> str:
    if len(data) != 16:
        raise ValueError(data)
    return text.ipv6_text(data)


def _zeros(value: Any) -> bytes:
    """Padding of that many bytes."""
    if value is None:
        return b""
    if not isinstance(value, int) or value > _MOST_PADDING:
        raise ValueError(value)
    return bytes(value)


IPV6_OPTIONS = OptionFormat(
    Layout(singles=(0,), counts_header=False),
    OptionType(0, "pad1"),
    OptionType(1, "padn", Codec(bytes, _zeros, "a number of zeros, or bytes")),
    OptionType(4, "tunnel_limit", BYTE),
    OptionType(5, "router_alert", U16),
    OptionType(7, "calipso"),
    OptionType(8, "smf_dpd"),
    OptionType(15, "pdm"),
    OptionType(0x30, "pmtu"),
    OptionType(0x63, "rpl"),
    OptionType(0xC2, "jumbo", U32),
    OptionType(_HOME_ADDRESS, "home_address", Codec(
        _one_address, text.ipv6_word,
        "an IPv6 address, as in '2001:db8::1'",
    )),
    OptionType(0x8B, "ilnp_nonce", RAW),
)  # fmt: skip


def padding(size: int) -> bytes:
    """So many bytes that say nothing: Pad1 for one, PadN for more (RFC 8200, section 4.2)."""
    return bytes([1, size - 2]).ljust(size, b"\0") if size > 1 else bytes(size)


def _home_address(options: bytes) -> bytes | None:
    """The home address among options; None where there is none, as nearly always."""
    return _found_home(options) if _HOME in options else None


@lru_cache(maxsize=32)
def _found_home(options: bytes) -> bytes | None:
    # Asked for each checksum and header of a packet, which may have thousands of options.
    found = (one.data[2:] for one in IPV6_OPTIONS.decode(options) if one.kind == _HOME_ADDRESS)
    home = next(found, b"")
    return home if len(home) == 16 else None


class PaddedOptions(OptionList):
    """Options that by default are padding, for the header has at least 8 bytes."""

    filling = "padding"

    def __init__(self, format: OptionFormat, **options: Any) -> None:
        super().__init__(format, **options)
        self.default = padding(6)

    def source_names(self) -> dict[str, Any]:
        return super().source_names() | {"padding": padding}


class HopByHop(Protocol, name="ipv6.hopopts", follows={"ipv6.nxt": 0}):
    """IPv6 hop-by-hop options (RFC 8200, section 4.3)."""

    nxt: Enum8 = Enum8(
        auto=NextProtocol("ipv6.nxt"), default=59, names=IP_PROTOCOLS, doc="What follows."
    )
    len: U8 = U8(
        auto=HeaderLength(8, bias=1), doc="Header length in units of 8 bytes, less the first."
    )
    options: PaddedOptions = PaddedOptions(IPV6_OPTIONS, doc="Options, padded to 8 bytes.")

    next_by = NextBy("ipv6.nxt", nxt)


class DestinationOptions(Protocol, name="ipv6.dstopts", follows={"ipv6.nxt": 60}):
    """IPv6 destination options (RFC 8200, section 4.6)."""

    nxt: Enum8 = Enum8(
        auto=NextProtocol("ipv6.nxt"), default=59, names=IP_PROTOCOLS, doc="What follows."
    )
    len: U8 = U8(
        auto=HeaderLength(8, bias=1), doc="Header length in units of 8 bytes, less the first."
    )
    options: PaddedOptions = PaddedOptions(IPV6_OPTIONS, doc="Options, padded to 8 bytes.")

    next_by = NextBy("ipv6.nxt", nxt)

    def _pseudo(self, layers: Any, i: int, protocol: int, length: int) -> int | None:
        """With the home address of a mobile node in the place of its source (RFC 6275, 11.3.1)."""
        below = super()._pseudo(layers, i, protocol, length)
        home = _home_address(self.w_options)  # type: ignore[attr-defined]
        if below is None or home is None:
            return below
        for lower in reversed(layers[:i]):
            if lower.name == "ipv6":
                return below - int.from_bytes(lower.w_src, "big") + int.from_bytes(home, "big")
        return below
