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

    def total(self, layer: str) -> str:
        """The sum of the addresses of the layer of that name."""
        return self.addresses.replace("self.", f"{layer}.")

    def none(self, layer: str) -> str:
        """The condition under which the layer of that name has no pseudo-header."""
        return self.absent.replace("self.", f"{layer}.")

    def method(self) -> Iterator[str]:
        """The source of the protocol's `_pseudo`."""
        yield "def pseudo(self, layers, i, protocol, length):"
        yield f"    return None if {self.absent} else {self.addresses} + protocol + length"
