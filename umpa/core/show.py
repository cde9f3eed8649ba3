"""A packet as text for people: the tree of all its fields, and where the other faces are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from umpa.core.diagram import svg
from umpa.core.flags import FlagSet
from umpa.core.hexdump import dump, hexdump
from umpa.core.layer import packet_class
from umpa.core.options import Options
from umpa.core.overlay import Overlay, leftover
from umpa.core.rows import Block, View, clean, explain
from umpa.core.summary import summary
from umpa.core.table import html
from umpa.errors import DecodeError

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = [
    "headline",
    "hexdump",
    "html",
    "layer_call",
    "layer_tree",
    "moment",
    "summary",
    "svg",
    "tree",
]

_MOST_PAYLOAD = 64
_NAMES, _VALUES = 18, 28
"""The least widths of the columns."""


def tree(packet: Packet) -> str:
    """See `Packet.__str__`."""
    view = explain(packet)
    lines = [headline(packet, view)]
    for block in view.blocks:
        lines += _block(block, view.laid.data)
    if view.left:
        lines.append(view.left)
    error = view.laid.error
    if error is not None:
        words = fault(error) if isinstance(error, DecodeError) else f"cannot be sent: {error}"
        cut = packet._origin.wire_length is not None
        lines.append(f"{'Cut' if cut else 'Error'}: {clean(words)}")
    return "\n".join(lines)


def layer_tree(layer: Any) -> str:
    """See `Layer.__str__`."""
    packet = layer.packet
    number = 0 if packet is None else layer._index
    if packet is None:
        packet = packet_class()(layer.copy(), strict=False, warn=False)
    view = explain(packet)
    if number >= len(view.blocks):
        return layer_call(layer)
    return "\n".join(_block(view.blocks[number], view.laid.data))


def layer_call(layer: Any) -> str:
    """See `Layer.__repr__`."""
    cls = type(layer)
    # Not `list(layer)`, which asks for its length, and that may be more than it can have.
    usual, names = cls(), [field.name for field in layer._applies()]
    given = []
    for name in names:
        field = cls.fields[name]
        if field.read_only or layer.is_auto(name) or _told_by_other(layer, field, names):
            continue
        value = getattr(layer, name)
        if field.auto_bit or value != getattr(usual, name):
            given.append(f"{name}={_argument(value, field)}")
    return f"{cls.__name__}({', '.join(given)})"


def _told_by_other(layer: Any, field: Any, names: list[str]) -> bool:
    """Whether a field's bits are given as another's: a view's by its base, or a base's by views.

    To give a base pins its views, so where one of them is derived the views are given.
    """
    if not isinstance(field, Overlay):
        return _has_derived_view(layer, field, names)
    base = field.base
    given = base.name in names and not layer.is_auto(base.name)
    return given and field.at >= 0 and not _has_derived_view(layer, base, names)


def _has_derived_view(layer: Any, base: Any, names: list[str]) -> bool:
    fields = [layer.fields[name] for name in names if layer.is_auto(name)]
    some = any(isinstance(field, Overlay) and field.base is base for field in fields)
    return some and not leftover(base.name)(layer)


def _argument(value: Any, field: Any) -> str:
    if isinstance(value, (bytes, bytearray)) and len(value) > _MOST_PAYLOAD:
        return f"{bytes(value[:_MOST_PAYLOAD])!r}..."
    if isinstance(value, Options):
        items = [one.name if one.value is None else (one.name, one.value) for one in value]
        return repr(items if field.same(items, bytes(value)) else bytes(value))
    return repr(str(value)) if isinstance(value, FlagSet) else repr(value)


def headline(packet: Packet, view: View) -> str:
    """What the capture says of the packet: its length, when and where it was seen, a comment."""
    size, wire_length = len(view.laid.data), packet._origin.wire_length
    cut = "" if wire_length is None else f", cut by the capture from {wire_length}"
    said = [f"Packet: {size} bytes{cut}"]
    if packet.time_ns is not None:
        said.append(moment(packet.time_ns))
    if packet.interface is not None:
        said.append(f"on {clean(packet.interface)}")
    if not packet.untouched:
        captured = packet.time_ns is not None or packet.interface is not None
        said.append("changed since" if captured else "crafted")
    if packet.comment is not None:
        said.append(f'comment "{clean(packet.comment)}"')
    return ", ".join(said)


def moment(time_ns: object) -> str:
    """A time as ISO 8601 has it, in UTC, with nanoseconds; as seconds where no calendar reaches."""
    from datetime import datetime, timezone

    if not isinstance(time_ns, int):  # what somebody assigned
        return f"{time_ns!r} ns"
    seconds, rest = divmod(time_ns, 10**9)
    try:
        date = datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return f"{seconds}.{rest:09} s"
    return f"{date:%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def fault(error: DecodeError) -> str:
    """What was wrong with the bytes, in words."""
    words = f"{error.layer}, at byte {error.offset}"
    if error.needed is not None:
        words += f", needs {error.needed} bytes, but there are {error.got}"
    return f"{words}: {error.reason}" if error.reason else words


def _block(block: Block, data: bytes) -> Iterator[str]:
    margin = "    " if block.quoted else ""
    yield margin + block.title
    width = max([_NAMES, *(len(row.name) for row in block.rows)])
    for row in block.rows:
        if block.layer.name == "data" and row.bits > 0:
            for line in dump(data[block.at : block.at + block.size], 0, _MOST_PAYLOAD):
                yield f"{margin}  {line}"
        else:
            yield f"{margin}  {row.name:<{width}}  {row.value:<{_VALUES}}  {row.note}".rstrip()
            for item in row.items:
                yield f"{margin}    {item.name:<{width - 2}}  {item.text}".rstrip()
