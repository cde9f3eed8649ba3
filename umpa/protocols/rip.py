"""RIP."""

from __future__ import annotations

from umpa.core.field import U16, Enum8
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["RIP"]


class RIP(Protocol, name="rip", follows={"udp.port": 520}):
    """Routing Information Protocol (RFC 2453)."""

    command: Enum8 = Enum8(default=1, names={1: "request", 2: "response"}, doc="Kind.")
    version: Enum8 = Enum8(default=2, names={1: "RIPv1", 2: "RIPv2"}, doc="Version.")
    routing_domain: U16 = U16(doc="Zero.")
    data: Blob = Blob(doc="Entries of 20 bytes: family, tag, address, mask, next hop, metric.")

    telling = (command,)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start] in (1, 2) and data[start + 1] in (1, 2) and (end - start - 4) % 20 == 0

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
