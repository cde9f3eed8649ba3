"""VNC."""

from __future__ import annotations

from typing import Any

from umpa.core.field import U8
from umpa.core.following import Following
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["RFB"]

_VERSION, _VERSION_SIZE = b"RFB ", 12
_SIZES = {0: (20,), 3: (10,), 4: (8,), 5: (6,)}
"""Messages of a client that are of one size: pixel format, update request, key, pointer."""


def _version(layer: Any) -> str | None:
    """`003.008` and the like, where the two sides agree on one."""
    text: bytes = bytes([layer.type]) + layer.data[: _VERSION_SIZE - 1]
    if not text.startswith(_VERSION):
        return None
    return text[len(_VERSION) : _VERSION_SIZE - 1].decode("ascii", "backslashreplace")


class RFB(Protocol, name="vnc", follows={"tcp.port": (*range(5900, 5904), 5500)}):
    """Remote Framebuffer Protocol (RFC 6143): the message that a segment begins with.

    Only what is told by its size is taken for one, for nothing else tells messages from the middle
    of a picture: the version that both sides begin with, and what a client sends.
    """

    type: U8 = U8(
        default=3,
        key="client_message_type",
        doc="Kind of message of a client: 0 pixel format, 3 update request, 4 key, 5 pointer.",
    )
    data: Blob = Blob(doc="The message.")
    protocol_version: View[str | None, str] = View(
        _version, key="client_proto_ver", doc="What a side begins with."
    )

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        size = end - start
        version = size == _VERSION_SIZE and data.startswith(_VERSION, start, end)
        return version or size in _SIZES.get(data[start], ())

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
