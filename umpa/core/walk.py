"""Dissection: from bytes to the places of layers in them. The slow, complete way.

1. "We don't trust any bytes after the first error": good layers stay, the error is kept beside
   them, and what could not be read is payload.
2. A header's own length field bounds what it carries; the bytes beyond it are padding. A header
   that claims more than there is was cut, which is an error unless the capture says it cut it.
3. Nothing here raises, whatever the bytes, and the number of layers is bounded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from umpa.core.ground import GROUND
from umpa.core.plugins import discover
from umpa.core.registry import linktypes, protocols
from umpa.errors import DecodeError

__all__ = ["MOST_LAYERS", "Place", "Walk", "walk", "walk_frame"]

MOST_LAYERS = 64


class Place(NamedTuple):
    """A layer's class, where its header starts, how long it is, and where all it carries ends."""

    protocol: Any
    at: int
    size: int
    end: int
    quoted: bool = False


class Walk:
    """The places found, the layers unpacked on the way, and the first thing that was wrong."""

    __slots__ = (
        "data", "end", "error", "layers", "lazy", "padding", "places", "quoted", "short", "whole",
    )  # fmt: skip

    def __init__(self, data: bytes, whole: bool) -> None:
        self.data = data
        self.end = len(data)
        self.whole = whole
        """Whether the capture kept the whole packet: then a cut is an error."""
        self.places: list[Place] = []
        self.layers: list[Any] = []
        self.padding: list[tuple[int, int, int]] = []
        """Start, end, and the index of the layer that each piece of padding follows."""
        self.error: DecodeError | None = None
        self.quoted = False
        self.short = False
        """Whether a header was announced where nothing is left: others of its kind go on there."""
        self.lazy = False
        """Whether it stopped at a header whose ports only suggest what follows."""

    def wrong(
        self,
        layer: Any,
        at: int,
        needed: int | None = None,
        got: int | None = None,
        reason: str = "",
    ) -> None:
        """Keep the first error; the later ones follow from it."""
        if self.error is None:
            self.error = DecodeError(layer.name, at, needed, got, reason)

    def add(self, layer: Any, at: int, size: int) -> None:
        self.layers.append(layer)
        self.places.append(Place(type(layer), at, size, self.end, self.quoted))


def walk(
    data: bytes,
    first: Any,
    *,
    start: int = 0,
    whole: bool = True,
    deep: bool = True,
    quoted: bool = False,
) -> Walk:
    """Find the layers of `data` from `start`, beginning with the protocol `first`.

    With `deep` false it stops where the next protocol is only suggested (by ports), or quoted.
    """
    state = Walk(data, whole)
    state.quoted = quoted
    at, protocol = start, first
    while protocol is not None and at < state.end:
        if len(state.layers) >= MOST_LAYERS:
            state.wrong(protocol, at, reason=f"more than {MOST_LAYERS} layers")
            break
        layer = _header(state, protocol, at)
        if layer is None:
            break
        header_end = at + state.places[-1].size
        good = _bound(state, layer, at, header_end)
        at = header_end
        if not good:
            break
        if not deep and (layer.quotes or not (layer.next_by is None or layer.next_by.certain)):
            state.lazy = True
            return state
        state.quoted = state.quoted or layer.quotes
        if protocol.terminal:
            if at < state.end:
                state.padding.append((at, state.end, len(state.layers) - 1))
                state.end = at
            break
        protocol = layer._next(data, at, state.end)
        state.short = protocol is not None and at >= state.end
    if protocol is None and at < state.end and discover():
        return walk(data, first, start=start, whole=whole, deep=deep, quoted=quoted)
    if deep:
        _leftovers(state, at)
    return state


def _header(state: Walk, protocol: Any, at: int) -> Any:
    """The layer at `at`, added to the walk; None where no header fits there."""
    room = state.end - at
    fixed = protocol._FIXED
    if room < fixed:
        if state.quoted:
            state.add(protocol._partial(state.data, at, room), at, room)
            state.end = at  # nothing is left
        else:
            state.wrong(protocol, at, fixed, room)
        return None
    layer = protocol._unpack(state.data, at, None, state.end)
    size = layer._declared(room - fixed)
    reason = layer._invalid()
    if not reason and size < fixed:
        reason = f"its header length of {size} bytes is less than the least, {fixed}"
    if reason:
        state.wrong(protocol, at, reason=reason)
        return None
    if size > room:
        if not state.quoted:
            state.wrong(protocol, at, size, room)
            return None
        size = room
    state.add(layer, at, size)
    return layer


def _bound(state: Walk, layer: Any, at: int, header_end: int) -> bool:
    """Narrow the walk to what the length field says is carried; False where that is nonsense."""
    limit = layer._limit(at, header_end - at)
    if limit is None or limit == state.end:
        return True
    if limit < header_end:
        state.wrong(layer, at, reason=f"its length of {limit - at} bytes ends inside its header")
        return False
    if limit < state.end:
        state.padding.append((limit, state.end, len(state.layers) - 1))
        state.end = limit
        state.places[-1] = state.places[-1]._replace(end=limit)
    elif state.whole and not state.quoted and not _in_fragment(state):
        state.wrong(layer, at, limit - at, state.end - at)
    return True


def _in_fragment(state: Walk) -> bool:
    """Whether the last layer is part of a fragment, and so has its rest elsewhere."""
    stack = (GROUND, *state.layers)
    return len(stack) > 2 and stack[-2]._pseudo(stack, len(stack) - 2, 0, 0) is None


def _leftovers(state: Walk, at: int) -> None:
    """What no header took: payload up to the innermost bound, then the padding, inside out."""
    data = state.data
    if at < state.end:
        state.add(protocols["data"]._unpack(data, at, None, state.end), at, state.end - at)
    for start, end, after in reversed(state.padding):
        padding = protocols["padding"]._unpack(data, start, None, end)
        padding.after = after
        state.end = end
        state.quoted = False
        state.add(padding, start, end - start)


def walk_frame(data: bytes, linktype: int, *, whole: bool = True, deep: bool = True) -> Walk:
    """The walk over a whole frame; a link type that is not known gives payload."""
    return walk(data, linktypes.classes.get(linktype), whole=whole, deep=deep)
