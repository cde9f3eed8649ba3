"""EtherIP."""

from __future__ import annotations

from umpa.core.field import Bits
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol

__all__ = ["EtherIP"]


class EtherIP(Protocol, name="etherip", follows={"ip.proto": 97, "ipv6.nxt": 97}):
    """Ethernet in IP (RFC 3378)."""

    ver: Bits = Bits(4, default=3, doc="3.")
    reserved: Bits = Bits(12, doc="Zero.")

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "eth"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("eth")
