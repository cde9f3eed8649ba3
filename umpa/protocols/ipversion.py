"""IPv4 or IPv6, as the first four bits say: where no number announces which."""

from __future__ import annotations

from umpa.core.following import Following, by_name

__all__ = ["by_version"]

_VERSIONS = {4: "ip", 6: "ipv6"}


def by_version(data: bytes, at: int) -> Following:
    """The IP version that the header at `at` claims; None where it claims neither."""
    return by_name(_VERSIONS.get(int.from_bytes(data[at : at + 1], "big") >> 4, ""))
