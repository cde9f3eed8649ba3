"""Link types without a link header: the packet begins with IP."""

from __future__ import annotations

from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol

__all__ = ["Raw", "by_version"]

_VERSIONS = {4: "ip", 6: "ipv6"}


def by_version(data: bytes, at: int) -> Following:
    """The IP version that the header at `at` claims; None where it claims neither."""
    return by_name(_VERSIONS.get(int.from_bytes(data[at : at + 1], "big") >> 4, ""))


class Raw(Protocol, name="raw", follows={"linktype": (101, 12, 14)}):
    """Raw IP (no link header at all: IPv4 or IPv6, as the first four bits say)."""

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in _VERSIONS.values()

    def _next(self, data: bytes, start: int, end: int) -> Following:
        if data[start : start + 2] == b"\xff\x03":  # a PPP device that older systems call raw
            return by_name("ppp")
        return by_version(data, start)
