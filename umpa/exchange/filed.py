"""A request that waits for answers, and where it is filed for them."""

from __future__ import annotations

from typing import Any, TypeVar

from umpa.core.packet import Packet

__all__ = ["NOWHERE", "F", "Filed"]

NOWHERE: dict[Any, Any] = {}


class Filed:
    """A request. Whoever wants to keep more with it makes a class of it."""

    __slots__ = ("data", "group", "key", "linktype", "place", "quotes")

    def __init__(self, data: bytes, linktype: int, group: bool | None = None) -> None:
        self.data = data
        """The bytes on the wire, at that moment."""
        self.linktype = linktype
        self.group = group
        """Whether anybody's answer counts, because several were asked; None decides by the
        address."""
        self.place: dict[Any, Any] = NOWHERE
        self.key: Any = None
        """Where it is filed for answers."""
        self.quotes: list[tuple[dict[Any, Any], Any]] | None = None
        """Where it is filed for errors that quote it."""

    @property
    def frame(self) -> Packet:
        """The packet that was sent; made when it is needed."""
        return Packet.dissect(self.data, self.linktype)


F = TypeVar("F", bound=Filed)
