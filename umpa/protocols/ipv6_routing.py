"""The IPv6 routing header."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import HeaderLength, NextProtocol
from umpa.core.field import U8, Enum8
from umpa.core.follow import NextBy
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import HeaderBlob
from umpa.core.text import ipv6_text, ipv6_word
from umpa.errors import FieldError
from umpa.protocols.names import IP_PROTOCOLS

__all__ = ["Routing"]

TYPES = {0: "source route", 2: "mobile IP", 3: "RPL source route", 4: "segment routing"}
_PLAIN = (0, 2)
_SEGMENTS = 4


def _addresses(layer: Any) -> tuple[str, ...] | None:
    """The route, in the order of the header; None for types that have none, or pack it (RPL)."""
    data: bytes = layer.w_data
    if layer.type in _PLAIN:
        return tuple(ipv6_text(data[at - 16 : at]) for at in range(20, len(data) + 1, 16))
    if layer.type == _SEGMENTS and len(data) >= 4:
        stop = min(4 + 16 * (data[0] + 1), len(data))
        return tuple(ipv6_text(data[at - 16 : at]) for at in range(20, stop + 1, 16))
    return None


def _last_entry(layer: Any) -> int | None:
    return layer.w_data[0] if layer.type == _SEGMENTS and layer.w_data else None


class Routing(Protocol, name="ipv6.routing", follows={"ipv6.nxt": 43}):
    """IPv6 routing header (RFC 8200, section 4.4).

    Type 0 is RFC 5095's deprecated source route, 2 mobile IPv6's (RFC 6275), 3 RPL's with
    compressed addresses (RFC 6554), 4 segment routing's, last segment first (RFC 8754).
    """

    nxt: Enum8 = Enum8(
        auto=NextProtocol("ipv6.nxt"), default=59, names=IP_PROTOCOLS, doc="What follows."
    )
    len: U8 = U8(
        auto=HeaderLength(8, bias=1), doc="Header length in units of 8 bytes, less the first."
    )
    type: Enum8 = Enum8(names=TYPES, doc="What kind of route.")
    segleft: U8 = U8(doc="Stops that are still to come.")
    data: HeaderBlob = HeaderBlob(default=bytes(4), doc="What the type makes of it: the route.")
    last_entry: View[int | None, int] = View(
        _last_entry, key="srh.last_entry", doc="Index of the list's last segment (RFC 8754)."
    )
    addresses: View[tuple[str, ...] | None, tuple[str, ...]] = View(
        _addresses, key="src.addr", doc="The route."
    )

    next_by = NextBy("ipv6.nxt", nxt)

    @staticmethod
    def route(*addresses: str) -> bytes:
        """The `data` of a header of type 0 or 2 that visits `addresses`.

        :raises FieldError: one of them is no address.
        """
        try:
            return bytes(4) + b"".join(map(ipv6_word, addresses))
        except ValueError as error:
            raise FieldError(f"Routing.route: {addresses!r} do not fit; expected {error}") from None

    def _final(self) -> bytes | None:
        """The address that the packet ends up at; None where it is the one it has."""
        if not self.segleft:
            return None
        data: bytes = self.w_data  # type: ignore[attr-defined]
        if self.type in _PLAIN:
            return data[-16:] if len(data) >= 20 else None
        return data[4:20] if self.type == _SEGMENTS and len(data) >= 20 else None

    def _pseudo(self, layers: Any, i: int, protocol: int, length: int) -> int | None:
        below = super()._pseudo(layers, i, protocol, length)
        final = self._final()
        if final is None or below is None:
            return below
        for lower in reversed(layers[:i]):
            if lower.name == "ipv6":
                return below - int.from_bytes(lower.w_dst, "big") + int.from_bytes(final, "big")
        return below
