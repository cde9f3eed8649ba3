"""What Ethernet, VLAN tags and their like share: a number that is a type, or else a length."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import NextProtocol
from umpa.core.following import Following, by_name, by_number

__all__ = ["MOST_LENGTH", "CookedType", "EtherType", "follower"]

MOST_LENGTH = 1500
"""The largest value that is a length; types begin at 1536 (IEEE 802.3, 3.2.6)."""

LINUX_LLC = 4

_WITHOUT_TYPE = ("llc", "ipx", "isl")


class EtherType(NextProtocol):
    """The type of what follows, or, before an LLC header, the length of it (IEEE 802.3, 3.2.6)."""

    def __init__(self) -> None:
        super().__init__("eth.type")

    def source(self, field: Any) -> str:
        announced = super().source(field)
        return (
            f"len(body) if i + 1 < len(layers) and layers[i + 1].name in {_WITHOUT_TYPE} "
            f"and (layers[i + 1].name != 'ipx' or value <= {MOST_LENGTH}) "
            f"and len(body) <= {MOST_LENGTH} else ({announced})"
        )

    def static(self, upper: Any) -> bool:
        return upper.name not in _WITHOUT_TYPE


class CookedType(NextProtocol):
    """The type of what follows, or Linux's own number for LLC."""

    def __init__(self) -> None:
        super().__init__("eth.type")

    def number(self, value: int, upper: Any) -> int:
        return LINUX_LLC if getattr(upper, "name", "") == "llc" else super().number(value, upper)

    def constant(self, upper: Any) -> int | None:
        return LINUX_LLC if upper.name == "llc" else super().constant(upper)


def follower(number: int, data: bytes, start: int) -> Following:
    """The protocol that a type, or a length, announces; None where that is not known."""
    if number > MOST_LENGTH:
        return by_number("eth.type", number)
    # Novell's raw 802.3 has no LLC header: it begins with an IPX checksum of ffff.
    return by_name("ipx" if data[start : start + 2] == b"\xff\xff" else "llc")
