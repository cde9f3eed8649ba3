"""Ethernet II and IEEE 802.3 frames."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import NextProtocol
from umpa.core.field import MAC, Enum16
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol
from umpa.core.registry import protocols
from umpa.protocols.names import ETHER_TYPES

__all__ = ["Ethernet"]

class EtherType(NextProtocol):
    """The type of what follows, or, before an LLC header, the length of it (IEEE 802.3, 3.2.6)."""

    def source(self, field: Any) -> str:
        self.names["llc"] = "llc"
        announced = super().source(field)
        return (
            "len(body) if i + 1 < len(layers) and layers[i + 1].name == 'llc' "
            f"else {announced}"
        )


class Ethernet(Protocol, name="eth", follows={"linktype": 1, "gre.proto": 0x6558, "udp.vxlan": 0}):
    """Ethernet (IEEE 802.3)."""

    dst: MAC = MAC(default="ff:ff:ff:ff:ff:ff", doc="Destination address.")
    src: MAC = MAC(doc="Source address.")
    type: Enum16 = Enum16(
        auto=EtherType("eth.type"),
        names=ETHER_TYPES,
        hexadecimal=True,
        doc="Type of what follows; up to 1500, its length in bytes.",
    )

    next_by = NextBy("eth.type", type)
    mirror = (dst, src)
