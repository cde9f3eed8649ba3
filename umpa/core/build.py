"""From layers to bytes, from the inside out; and which layer may stand on which.

Each layer writes itself before the bytes it carries; padding follows the layer it belongs to,
outside of the lengths and checksums of the layers above.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from umpa.core.registry import protocols
from umpa.errors import LayerError, LayerWarning

__all__ = ["assemble", "check_order", "headers"]


def assemble(layers: Sequence[Any], first: int = 0) -> bytes:
    """The bytes of the layers from index `first` on; the layers stay as they are."""
    body = b""
    i = len(layers) - 1
    if i >= 0 and layers[i].name == "padding":
        return _padded(layers, first)
    while i >= first:
        body = layers[i]._assemble(layers, i, body)
        i -= 1
    return body


def _padded(layers: Sequence[Any], first: int) -> bytes:
    padding: dict[int, bytes] = {}
    count = len(layers)
    while count and layers[count - 1].name == "padding":
        count -= 1
        after = min(layers[count].after, count - 1) if count else 0
        padding[after] = bytes(layers[count].data) + padding.get(after, b"")
    if not count:
        return padding.get(0, b"")
    body = b""
    for i in range(count - 1, first - 1, -1):
        body = layers[i]._assemble(layers, i, body) + padding.get(i, b"")
    return body


def headers(layers: Sequence[Any]) -> list[bytes]:
    """Each layer's own bytes, as they stand in the packet."""
    found = []
    for i, layer in enumerate(layers):
        if layer.name == "padding":
            found.append(bytes(layer.data))
            continue
        written = layer._assemble(layers, i, body := assemble(layers, i + 1) if i + 1 < len(layers) else b"")
        found.append(written[: len(written) - len(body)])
    return found


_fits: dict[tuple[Any, Any], bool] = {}


def fits(lower: Any, upper: Any) -> bool:
    """Whether `upper` may stand right on `lower`."""
    key = (lower, upper)
    try:
        return _fits[key]
    except KeyError:
        known = _fits[key] = _may_follow(lower, upper)
        return known


def _may_follow(lower: Any, upper: Any) -> bool:
    if upper.name in ("data", "padding"):
        return True
    if lower.name in ("data", "padding") or lower.terminal:
        return False
    if lower.carries(upper):
        return True
    follow = lower.next_by
    if follow is None:
        return not upper.announced
    return upper in follow.table.numbers or (not follow.certain and not upper.announced)


def check_order(layers: Sequence[Any], strict: bool, warn: bool = True) -> None:
    """:raises LayerError: a layer stands where no header announces it (`strict`)."""
    for lower, upper in zip(layers, layers[1:], strict=False):
        if fits(type(lower), type(upper)):
            continue
        message = misfit(type(lower), type(upper))
        if strict:
            raise LayerError(message + "; Packet(..., strict=False) builds it all the same")
        if warn:
            warnings.warn(message, LayerWarning, stacklevel=4)


def misfit(lower: Any, upper: Any) -> str:
    """Why `upper` may not stand on `lower`, and what may."""
    allowed = [other.__name__ for other in protocols.values() if fits(lower, other)]
    return (
        f"{upper.__name__} may not stand on {lower.__name__}, which carries "
        f"{', '.join(sorted(allowed)) or 'nothing'}"
    )
