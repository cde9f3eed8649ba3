"""Stacking: from what a person puts on one another to a sealed packet's content."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from umpa.core.layer import Layer, lend, packet_class, put_auto
from umpa.core.stack import Stack
from umpa.errors import FieldError

__all__ = ["parts_of", "pile"]


def pile(
    stack: Stack, below: tuple[Any, ...], layers: Iterable[Any], strict: bool = True,
    warn: bool = True,
) -> tuple[Stack, tuple[Any, ...]]:  # fmt: skip
    """What is sealed with `layers` on top of `below`: its stack, and the lent parts."""
    parts = list(below)
    for layer in layers:
        if isinstance(layer, Layer) and layer._packet == ():  # the usual case, without a call
            stack = stack.on_top(layer.__class__, strict, warn)
            parts.append(layer)
            continue
        for part in parts_of(layer):
            stack = stack.on_top(part.__class__, strict, warn)
            parts.append(part)
    return stack, tuple(parts)


def parts_of(layer: Any) -> tuple[Any, ...]:
    """What is stacked, lent: layers, and payload as bytes."""
    if isinstance(layer, Layer):
        return (lend(layer),)
    if isinstance(layer, str):
        layer = layer.encode()
    if isinstance(layer, (bytes, bytearray, memoryview)):
        return (bytes(layer),)
    if not isinstance(layer, packet_class()):
        called = hasattr(layer, "fields") and isinstance(layer, type)
        hint = f"{layer.__name__}()" if called else "a layer, a packet, bytes or text"
        raise FieldError(f"{layer!r} is no layer; expected {hint}")
    content = layer._content
    if content.__class__ is tuple:
        return content
    layers = layer._open()[1:]
    copies = tuple(one._copy(()) for one in layers)
    if layer._content[0].__class__ is bytes:
        for one, copy in zip(layers, copies, strict=True):
            put_auto(copy, 0 if one.quoted else copy._DERIVED)
    return copies
