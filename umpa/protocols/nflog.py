"""Linux netfilter log."""

from __future__ import annotations

from typing import Any, Literal

from umpa.core.auto import Computed
from umpa.core.field import U8, U16, Enum8
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.parts import Measured
from umpa.core.protocol import Protocol

__all__ = ["NFLog"]

_PAYLOAD = 9
FAMILIES = {2: "IPv4", 7: "bridge", 10: "IPv6"}
_CARRIED = {2: "ip", 7: "eth", 10: "ipv6"}


def _attributes(layer: Any, data: bytes, at: int) -> int:
    """The size of the attributes at `at`, the header of the one that has the packet included.

    Their sizes are in the byte order of the capturing machine: the one in which they fit.
    """
    start = at
    while at + 4 <= len(data):
        order: Literal["little", "big"] = "little" if data[at + 1] == 0 or data[at] >= 4 else "big"
        size = int.from_bytes(data[at : at + 2], order)
        kind = int.from_bytes(data[at + 2 : at + 4], order) & 0x7FFF
        if kind == _PAYLOAD or size < 4:
            return at + 4 - start
        at += (size + 3) & ~3
    return min(at, len(data)) - start


def _family(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    """The family of what follows; as it stands where that has none."""
    upper = getattr(layers[i + 1], "name", "") if i + 1 < len(layers) else ""
    families = (family for family, name in _CARRIED.items() if name == upper)
    return next(families, layer.w_family)


class NFLog(Protocol, name="nflog", follows={"linktype": 239}):
    """Linux netfilter log (LINKTYPE_NFLOG)."""

    family: Enum8 = Enum8(default=2, auto=Computed(_family), names=FAMILIES, doc="Address family.")
    version: U8 = U8(doc="0.")
    res_id: U16 = U16(doc="Log group.")
    attributes: Measured = Measured(_attributes, doc="Attributes, up to the packet.")

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in _CARRIED.values()

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name(_CARRIED.get(self.family, ""))
