"""Pseudo-headers: what a transport's checksum covers of the layer below (RFC 9293, section 3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["PseudoHeader"]


class PseudoHeader(NamedTuple):
    """The sum of the addresses, and when there is none to be had: expressions over `self.w_...`.

    As expressions they become part of the functions that write whole stacks.
    """

    addresses: str
    absent: str = "False"
    odd: str = "False"
    """When the addresses in the header are not those that count, and `more` has to be added."""
    more: str = "0"

    def total(self, layer: str) -> str:
        """The sum of the addresses of the layer of that name."""
        return self.addresses.replace("self.", f"{layer}.")

    def none(self, layer: str) -> str:
        """The condition under which the layer of that name has no pseudo-header."""
        return self.absent.replace("self.", f"{layer}.")

    def unusual(self, layer: str) -> str:
        """The condition under which `total` is not all there is to it; empty where it always is."""
        return "" if self.odd == "False" else self.odd.replace("self.", f"{layer}.")

    def method(self) -> Iterator[str]:
        """The source of the protocol's `_pseudo`."""
        yield "def pseudo(self, layers, i, protocol, length):"
        yield f"    if {self.absent}: return None"
        yield f"    total = {self.addresses} + protocol + length"
        yield f"    return total + {self.more} if {self.odd} else total"
