"""A request that waits for answers, and where it is filed for them."""

from __future__ import annotations

from typing import Any, TypeVar

from umpa.core.packet import Packet

__all__ = ["NOWHERE", "F", "Filed"]

NOWHERE: dict[Any, Any] = {}


class Filed:
    """A request. Whoever wants to keep more with it makes a class of it."""

    __slots__ = ("frame", "key", "place", "quotes")

    def __init__(self, frame: Packet) -> None:
        self.frame = frame
        """As it is on the wire: the bytes at that moment, dissected when needed."""
        self.place: dict[Any, Any] = NOWHERE
        self.key: Any = None
        """Where it is filed for answers."""
        self.quotes: list[tuple[dict[Any, Any], Any]] | None = None
        """Where it is filed for errors that quote it."""


F = TypeVar("F", bound=Filed)
