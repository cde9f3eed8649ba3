"""A packet as blocks of rows, one a layer and one a field: what every face of it shows.

All of it is bounded, because the bytes come from the wire: a long value is shown by its start,
and what was left out is counted. Nothing here is escaped but what would upset a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from umpa.core.derived import Mark, marks
from umpa.core.field import Field
from umpa.core.options import OptionBytes
from umpa.core.places import Laid, bit_places, lay_out
from umpa.core.tail import Position, Tail

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["Block", "Item", "Row", "View", "clean", "explain", "markup", "printable", "shown"]

_MOST_LAYERS = 16
_MOST_OPTIONS = 64
_MOST_TEXT = 200
_MOST_BYTES = 24
_MOST_ITEMS = 16
_PIECE = 512
"""Bytes of a long field that are looked at; a whole number of addresses of either kind."""


class Item(NamedTuple):
    """A part of a field, such as one option."""

    name: str
    text: str
    size: int
    """Bytes on the wire."""


class Row(NamedTuple):
    """A field of a layer, its place in bits from the start of the packet."""

    field: Field[Any, Any]
    start: int
    bits: int
    text: str
    meaning: str
    mark: Mark | None
    items: tuple[Item, ...]

    @property
    def name(self) -> str:
        name: str = self.field.name
        return name

    @property
    def value(self) -> str:
        """Text and meaning."""
        return f"{self.text} ({self.meaning})" if self.meaning else self.text

    @property
    def note(self) -> str:
        return f"[{self.mark.text}]" if self.mark else ""


class Block(NamedTuple):
    """A layer; its header is `size` bytes at `at`."""

    layer: Any
    at: int
    size: int
    quoted: bool
    rows: list[Row]

    @property
    def title(self) -> str:
        layer, fixed = self.layer, self.layer._FIXED
        size = f"{self.size} of {_bytes(fixed)}" if self.size < fixed else _bytes(self.size)
        return f"{layer.title} ({layer.name}), {size}{', quoted' if self.quoted else ''}"


class View(NamedTuple):
    """All that is to be shown of a packet."""

    laid: Laid
    blocks: list[Block]

    @property
    def left(self) -> str:
        """What is said of the layers that are not shown; empty where all are."""
        left = len(self.laid.spans) - len(self.blocks)
        return f"... {left} layers more" if left else ""


def explain(packet: Packet) -> View:
    """The packet's blocks. Never raises, whatever was dissected."""
    laid = lay_out(packet)
    whole = packet._origin.wire_length is None
    noted = marks(laid, wire=packet.untouched, whole=whole, most=_MOST_LAYERS)
    return View(laid, [_block(laid, index, notes) for index, notes in enumerate(noted)])


def _block(laid: Laid, index: int, notes: dict[str, Mark]) -> Block:
    layer, span = laid.stack[index + 1], laid.spans[index]
    seen = layer
    if layer._auto:  # its derived fields as they will be on the wire
        seen = type(layer)._unpack(laid.data, span.at, None, span.at + span.size)
    rows = []
    for field, start, bits in bit_places(layer, span.size):
        if not isinstance(field, Position):
            source = seen if field.auto_bit & layer._auto else layer
            text, items = shown(source, field)
            meaning, mark = clean(_meaning(source, field)), notes.get(field.name)
            rows.append(Row(field, span.at * 8 + start, bits, text, meaning, mark, items))
    return Block(layer, span.at, span.size, span.quoted, rows)


def shown(layer: Any, field: Field[Any, Any]) -> tuple[str, tuple[Item, ...]]:
    """The field's value as text, and its items where it has some."""
    word = getattr(layer, field.slot) if isinstance(field, Tail) else None
    if isinstance(field, OptionBytes) and isinstance(word, bytes):
        return _options(field, word)
    if isinstance(word, bytes) and len(word) > _PIECE:
        value = field.read(word[:_PIECE])
        text = _value(field, value)
        if not isinstance(value, (bytes, bytearray)):
            return f"{text} ... ({len(word)} bytes)", ()
        return f"{value[:_MOST_BYTES].hex()}... ({len(word)} bytes)", ()
    return _value(field, getattr(layer, field.name)), ()


def _options(field: OptionBytes, data: bytes) -> tuple[str, tuple[Item, ...]]:
    """The first options, decoded from no more bytes than it takes."""
    piece = _PIECE
    while True:
        options = field.format.decode(data[:piece])
        if piece >= len(data):
            break
        options.pop()  # it may have been cut
        if options:
            break
        piece *= 8
    options = options[:_MOST_OPTIONS]
    items = [Item(option.name, clean(_text(option.value)), len(option.data)) for option in options]
    left = len(data) - sum(item.size for item in items)
    if left:
        items.append(Item("...", f"{left} bytes more", left))
    return _bytes(len(data)) if items else "none", tuple(items)


def _value(field: Field[Any, Any], value: Any) -> str:
    """A value as its field prints it; lists, and bytes of any number, by their start."""
    if isinstance(value, (bytes, bytearray, tuple, list)) or value is None:
        return clean(_text(value))
    return clean(field.text(value))


def _text(value: Any) -> str:
    """A value that no field prints: of an option, or in a list."""
    if value is None:
        return ""
    if isinstance(value, (bytes, bytearray)):
        if len(value) <= _MOST_BYTES + 8:
            return value.hex() or "empty"
        return f"{value[:_MOST_BYTES].hex()}... ({len(value)} bytes)"
    names = getattr(value, "_fields", None)
    if names:
        return ", ".join(f"{name} {_text(item)}" for name, item in zip(names, value, strict=True))
    if isinstance(value, (tuple, list)):
        more = f" ... ({len(value)})" if len(value) > _MOST_ITEMS else ""
        return ", ".join(map(_text, value[:_MOST_ITEMS])) + more or "none"
    return str(value)


def _meaning(layer: Any, field: Field[Any, Any]) -> str:
    """What the value stands for: what the layer says of it, or else the field."""
    own = getattr(layer, "_meaning", None)
    text: str = own(field.name) if own is not None else ""
    if text or type(field).meaning is Field.meaning:
        return text
    return field.meaning(getattr(layer, field.name))


def _bytes(number: int) -> str:
    return "1 byte" if number == 1 else f"{number} bytes"


def clean(text: str) -> str:
    """Text of a bounded length, in one line, without what a terminal would take for a command."""
    return printable(text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}...")


def printable(text: str) -> str:
    """Text in one line, without what a terminal would take for a command."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def markup(text: str) -> str:
    """Text as it stands in XML and HTML, in attributes too."""
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )
