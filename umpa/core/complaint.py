"""Layers of a reply that its request has none of, such as an ICMP error about the request.

The first of them stands on the innermost header that carries it, in the place of what was there. An
error that has no payload of its own quotes what it complains about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from umpa.core.stack import STACKS, may_follow
from umpa.errors import LayerError

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["below", "check_order", "is_new", "quote"]


def is_new(layer: Any, headers: Sequence[Any]) -> bool:
    """Whether no header of the request is what `layer` is the answer to."""
    return layer.quotes or all(layer.__class__ is not header.__class__ for header in headers)


def below(headers: Sequence[Any], layer: Any) -> Sequence[Any]:
    """The headers that `layer` stands on.

    :raises LayerError: none of them carries it.
    """
    for count in range(len(headers), 0, -1):
        if may_follow(headers[count - 1].__class__, layer.__class__):
            return headers[:count]
    names = ", ".join(header.name for header in headers)
    raise LayerError(f"a reply to {names} has no place for {layer.__class__.__name__}")


def check_order(lowest: Any, layers: Sequence[Any]) -> None:
    """:raises LayerError: what was given does not stand on each other in this order."""
    STACKS.of([lowest, *layers], strict=True)


def quote(packet: Packet, error: Any) -> bytes:
    """The start of what `error`, which is none of the packet's layers, complains about."""
    layers = [layer for layer in packet.layers if layer.name != "padding"]
    carried = [n for n, layer in enumerate(layers) if error.carries(layer.__class__)]
    if not carried:
        return b""
    quoted = layers[carried[-1] :]
    start, size = quoted[0].offset, sum(map(len, quoted))
    return bytes(packet)[start : start + min(size, error.quote_limit)]
