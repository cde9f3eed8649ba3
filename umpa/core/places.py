"""Where everything stands: the bytes of a packet's layers, and the bits of a layer's fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from umpa.core.ground import GROUND
from umpa.core.layer import put_auto
from umpa.core.overlay import Overlay
from umpa.core.tail import Tail
from umpa.errors import DecodeError, EncodeError

if TYPE_CHECKING:
    from umpa.core.field import Field
    from umpa.core.state import PacketState

__all__ = ["Laid", "Span", "bit_places", "lay_out"]


class Span(NamedTuple):
    """A layer's header, `data[at : at + size]`, and what it carries, up to `end`."""

    at: int
    size: int
    end: int
    quoted: bool


class Laid(NamedTuple):
    """A packet's bytes, its layers (behind the ground) and their spans, and what was wrong."""

    data: bytes
    stack: tuple[Any, ...]
    spans: Sequence[Span]
    error: DecodeError | EncodeError | None

    def body(self, index: int) -> bytes:
        """What the layer at `index` of the packet's layers carries."""
        span = self.spans[index]
        return self.data[span.at + span.size : span.end]


def lay_out(packet: PacketState) -> Laid:
    """The packet's bytes, layer by layer; of a crafted one, as they would be sent."""
    content = packet._open()
    if content[0].__class__ is bytes:
        walk = packet._walk(content[0])
        spans = [Span(place.at, place.size, place.end, place.quoted) for place in walk.places]
        return Laid(content[0], (GROUND, *content[1:]), spans, walk.error)
    return _written((GROUND, *content[1:]))


def _written(stack: tuple[Any, ...]) -> Laid:
    """The bytes of layers that were crafted or changed, from the inside out, and once only."""
    last = len(stack) - 1
    behind: dict[int, list[int]] = {}
    while last and stack[last].name == "padding":
        behind.setdefault(min(stack[last].after + 1, last - 1), []).insert(0, last)
        last -= 1
    body = b"".join(stack[n].data for n in behind.get(0, ()))
    inner, error = stack[: last + 1], None
    sizes: dict[int, tuple[int, int]] = {}
    for i in range(last, 0, -1):
        written, wrong = _assembled(inner, i, body)
        error = error or wrong
        sizes[i] = len(written) - len(body), len(written)
        body = written + b"".join(stack[n].data for n in behind.get(i, ()))
    return Laid(body, stack, _spans(stack, sizes, behind), error)


def _assembled(stack: tuple[Any, ...], i: int, body: bytes) -> tuple[bytes, EncodeError | None]:
    """A layer and what it carries; its derived fields as they stand where they do not fit."""
    try:
        return stack[i]._assemble(stack, i, body), None
    except EncodeError as error:
        plain = stack[i]._copy(None)
        put_auto(plain, 0)
        return plain._assemble(stack, i, body), error


def _spans(
    stack: tuple[Any, ...], sizes: dict[int, tuple[int, int]], behind: dict[int, list[int]]
) -> list[Span]:
    found: dict[int, Span] = {}
    at, quoted = 0, False
    for i in range(len(stack)):
        end = at
        if i in sizes:
            size, whole = sizes[i]
            end = at + whole
            found[i] = Span(at, size, end, quoted)
            at += size
            quoted = quoted or stack[i].quotes
        for n in behind.get(i, ()):
            size = len(stack[n].data)
            found[n] = Span(end, size, end + size, False)
            end += size
    return [found[i] for i in range(1, len(stack))]


def bit_places(layer: Any, size: int) -> Iterator[tuple[Field[Any, Any], int, int]]:
    """The fields that a layer has, in wire order, each with its first bit and its number of bits.

    Those that take no bits of their own, as they are read from others, come last.
    `size` is the header's, in bytes, beyond which nothing is.
    """
    present = {field.name for field in layer._applies()}
    starts: dict[str, int] = {}
    found: list[tuple[Field[Any, Any], int, int]] = []
    views: list[tuple[Field[Any, Any], int, int]] = []
    at = 0
    for field in layer.fields.values():
        start, bits, own = at, field.bits, True
        if isinstance(field, Overlay):
            start, own = starts[field.base.name] + field.at, False
        elif isinstance(field, Tail):
            bits = _tail_size(layer, field, field.name in present) * 8
        starts[field.name] = start
        if own:
            at += bits
        if field.name in present:
            bits = max(0, min(bits, size * 8 - start))
            (found if bits or not field.tail else views).append((field, start, bits))
    found.sort(key=lambda place: place[1])
    return iter(found + views)


def _tail_size(layer: Any, field: Tail[Any, Any], present: bool) -> int:
    """The bytes that a field of the variable part takes."""
    word = getattr(layer, field.slot)
    if field.bits:
        return field.bits // 8 if present else 0
    if not isinstance(word, bytes):
        word = getattr(layer, field.name) if present else None
    return len(word) if isinstance(word, bytes) else 0
