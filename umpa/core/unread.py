"""Packets that nobody has read yet: where bytes will do, no `Packet` need be made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from umpa.core.origin import Origin

__all__ = ["Unread"]

T = TypeVar("T")


class Unread:
    """The base of what reads packets one after the other, and may hand out their bytes instead."""

    def each(self, make: Callable[[bytes, Origin], T]) -> Iterator[T] | None:
        """What `make` makes of the bytes of packet after packet; None where that cannot be.

        Whoever iterates over the packets themselves goes on where this stands, and ends it.
        """
        return None
