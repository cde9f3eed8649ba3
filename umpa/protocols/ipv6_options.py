"""IPv6 hop-by-hop and destination options."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import HeaderLength, NextProtocol
from umpa.core.field import U8, Enum8
from umpa.core.follow import NextBy
from umpa.core.options import (
    ADDRESS_LIST6,
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


def _zeros(value: int | bytes) -> bytes:
    """Padding of that many bytes, or those bytes."""
    return bytes(value)


IPV6_OPTIONS = OptionFormat(
    Layout(singles=(0,), counts_header=False),
    OptionType(0, "pad1"),
    OptionType(1, "padn", Codec(bytes, _zeros)),
    OptionType(4, "tunnel_limit", BYTE),
    OptionType(5, "router_alert", U16),
    OptionType(7, "calipso"),
    OptionType(8, "smf_dpd"),
    OptionType(15, "pdm"),
    OptionType(0x30, "pmtu"),
    OptionType(0x63, "rpl"),
    OptionType(0xC2, "jumbo", U32),
    OptionType(0xC9, "home_address", Codec(
        lambda data: ADDRESS_LIST6.decode(data)[0], ADDRESS_LIST6.encode
    )),
    OptionType(0x8B, "ilnp_nonce", RAW),
)  # fmt: skip


class PaddedOptions(OptionList):
    """Options that by default are padding, for the header has at least 8 bytes."""

    def __init__(self, format: OptionFormat, **options: Any) -> None:
        super().__init__(format, **options)
        self.default = bytes([1, 4, 0, 0, 0, 0])


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
