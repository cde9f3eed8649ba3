"""IP over InfiniBand."""

from __future__ import annotations

from umpa.core.auto import NextProtocol
from umpa.core.field import U16, Enum16, FixedBytes
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol
from umpa.protocols.names import ETHER_TYPES

__all__ = ["IPoIB"]


class IPoIB(Protocol, name="ipoib", follows={"linktype": 242}):
    """IP over InfiniBand (LINKTYPE_IPOIB; RFC 4391)."""

    reserved_before: FixedBytes = FixedBytes(20, doc="What the capturing system left there.")
    daddr: FixedBytes = FixedBytes(20, doc="Destination: queue pair number and port identifier.")
    type: Enum16 = Enum16(
        auto=NextProtocol("eth.type"), names=ETHER_TYPES, hexadecimal=True, doc="What it carries."
    )
    reserved: U16 = U16(doc="Zero.")

    next_by = NextBy("eth.type", type)
