"""MACsec."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Computed
from umpa.core.case import CaseBytes, CaseEnum16
from umpa.core.field import U8, U32, Bits, Flag
from umpa.core.follow import NextBy
from umpa.core.following import Following
from umpa.core.parts import TailNextProtocol
from umpa.core.protocol import Protocol
from umpa.protocols.names import ETHER_TYPES

__all__ = ["MACsec"]


def _plain(layer: Any) -> bool:
    """Whether the frame is only protected, not encrypted: neither E nor C."""
    return not layer.w_version_es & 0x0C


_CHECK_VALUE = 16
"""Bytes of the integrity check value of every standard cipher suite."""
_LEAST_LONG = 48
_TYPE = 2


def _secured_type(layer: Any) -> int:
    """Bytes of what is secured that stand in this header: the type of what follows."""
    return _TYPE if _plain(layer) else 0


def _short_length(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    """What is secured, up to the integrity check value; as it stands where that is missing."""
    secured = _secured_type(layer) + len(body) - _CHECK_VALUE
    if len(body) < _CHECK_VALUE:
        return layer.w_sl  # type: ignore[no-any-return]
    return secured if secured < _LEAST_LONG else 0


class MACsec(Protocol, name="macsec", follows={"eth.type": 0x88E5}):
    """MAC security tag (IEEE 802.1AE).

    What follows can be read where it is authenticated only; its integrity check value, the
    last 16 bytes, is then padding. `sl` is derived for a frame that has one.
    """

    version: Flag = Flag(key="TCI.V", doc="0.")
    es: Flag = Flag(key="TCI.ES", doc="End station.")
    sc: Flag = Flag(key="TCI.SC", doc="`sci` is there.")
    scb: Flag = Flag(key="TCI.SCB", doc="Single copy broadcast.")
    e: Flag = Flag(key="TCI.E", doc="Encrypted.")
    c: Flag = Flag(key="TCI.C", doc="Changed text.")
    an: Bits = Bits(2, key="AN", doc="Association number.")
    sl: U8 = U8(
        auto=Computed(_short_length),
        key="SL",
        doc="Bytes that are secured, up to 47; 0 for more.",
    )
    pn: U32 = U32(key="PN", doc="Packet number.")
    sci: CaseBytes = CaseBytes(
        lambda layer: bool(layer.w_version_es & 0x20),
        8,
        key="SCI",
        doc="Secure channel: address and port.",
    )
    etype: CaseEnum16 = CaseEnum16(
        _plain,
        auto=TailNextProtocol("eth.type"),
        names=ETHER_TYPES,
        hexadecimal=True,
        doc="Type of what follows, where plain.",
    )

    next_by = NextBy("eth.type", etype)

    def _limit(self, start: int, header: int) -> int | None:
        """What is behind the integrity check value of a short frame fills up the frame."""
        if not 0 < self.sl < _LEAST_LONG:
            return None
        return start + header + self.sl - _secured_type(self) + _CHECK_VALUE

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return super()._next(data, start, end) if _plain(self) else None
