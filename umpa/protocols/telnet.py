"""Telnet."""

from __future__ import annotations

from typing import Any

from umpa.core.following import Following
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.decoded import parsed

__all__ = ["Telnet"]

_IAC, _FIRST_COMMAND = 255, 236
_MOST = 64
_MOST_BYTES = 4096


def _commands(layer: Any) -> tuple[int, ...] | None:
    """The first commands: bytes from 236 behind one of 255, which twice stands for itself."""
    data: bytes = layer.data
    found: list[int] = []
    at = data.find(_IAC)
    while 0 <= at < len(data) - 1 and len(found) < _MOST:
        if _FIRST_COMMAND <= data[at + 1] < _IAC:
            found.append(data[at + 1])
        at = data.find(_IAC, at + 2)
    return tuple(found) or None


def _text(layer: Any) -> tuple[str, ...] | None:
    """The lines without the commands, by dpkt."""
    data = layer.data[:_MOST_BYTES]
    stripped = parsed("telnet", data, lambda module: module.strip_options(data)[0])
    return tuple(line.decode("latin-1") for line in stripped or ()) or None


class Telnet(Protocol, name="telnet", follows={"tcp.port": 23}):
    """Telnet (RFC 854): the piece of it that is in a segment."""

    data: Blob = Blob(doc="Text, and commands in it.")
    cmd: View[tuple[int, ...] | None, tuple[int, ...]] = View(
        _commands, doc="Commands: 251 will, 252 will not, 253 do, 254 do not, 250 and 240 around "
        "what an option has.",
    )  # fmt: skip
    data_text: View[tuple[str, ...] | None, tuple[str, ...]] = View(
        _text, key="data.text", doc="Lines of text, the first ones."
    )

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
