"""Provider backbone bridges."""

from __future__ import annotations

from umpa.core.field import Bits, Flag
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.overlay import OverBits
from umpa.core.protocol import Protocol

__all__ = ["BackboneTag"]


class BackboneTag(Protocol, name="ieee8021ah", follows={"eth.type": 0x88E7}):
    """Backbone service instance tag (IEEE 802.1ah)."""

    priority: Bits = Bits(3, doc="Priority.")
    drop: Flag = Flag(doc="Drop eligible.")
    nca: Flag = Flag(doc="No customer addresses.")
    service: Bits = Bits(27, hexadecimal=True, doc="Reserved bits and service instance.")
    res1: OverBits = OverBits(service, 0, 3, doc="Zero.")
    isid: OverBits = OverBits(service, 3, 24, doc="Service instance.")

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "eth"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("eth")
