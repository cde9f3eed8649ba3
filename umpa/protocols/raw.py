"""Link types without a link header: the packet begins with IP."""

from __future__ import annotations

from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol
from umpa.protocols.ipversion import by_version

__all__ = ["Raw"]


class Raw(Protocol, name="raw", follows={"linktype": (101, 12, 14)}):
    """Raw IP (no link header at all: IPv4 or IPv6, as the first four bits say)."""

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in ("ip", "ipv6")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if data[start : start + 2] == b"\xff\x03":  # a PPP device that older systems call raw
            return by_name("ppp")
        return by_version(data, start)
