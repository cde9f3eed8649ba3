"""Fields of a packet as a whole, such as `frame.len`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from umpa.core.field import Field

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["FRAME", "OfFrame"]


class OfFrame(Field[Any, Any]):
    """What is known of a packet as a whole."""

    def __init__(self, key: str, of: Callable[[Packet], Any], source: str) -> None:
        super().__init__(0, key=key)
        self.of = of
        self.source = source

    @property
    def full_key(self) -> str:
        return self.key


FRAME = {
    field.key: field
    for field in (
        OfFrame(
            "frame.time_epoch",
            lambda packet: None if packet.time_ns is None else packet.time_ns / 1e9,
            "None if packet.time_ns is None else packet.time_ns / 1e9",
        ),
        OfFrame("frame.len", lambda packet: packet.wire_length, "packet.wire_length"),
        OfFrame("frame.cap_len", len, "len(data)"),
    )
}
