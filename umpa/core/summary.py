"""A packet in one line: `Ethernet / IP 10.0.0.1 > 10.0.0.2 / TCP 1024 > 80 [SYN]`.

A protocol may say what it looks like there: `_summary(self) -> str`, the text behind its name.
Without it the line shows what the class tells: the kind of message, the two ends (`mirror`), the
flags, the identifiers (`same`), and what else people look for (`telling`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from umpa.core.field import MAC, Field, Flag
from umpa.core.flags import FlagBits
from umpa.core.rows import clean, shown

if TYPE_CHECKING:
    from umpa.core.packet import Packet
    from umpa.errors import DecodeError

__all__ = ["summary"]

_MOST_LAYERS = 16
_KINDS = ("type", "opcode", "record_type", "code")


def summary(packet: Packet) -> str:
    """See `Packet.summary`."""
    content = packet._content
    if packet.untouched:
        data = content if isinstance(content, bytes) else content[0]
        walk = packet._walk(data)
        layers, error = walk.layers, walk.error
    else:
        layers, error = packet._open()[1:], None
    parts = list(_parts(layers[:_MOST_LAYERS]))
    if len(layers) > _MOST_LAYERS:
        parts.append(f"... {len(layers) - _MOST_LAYERS} layers more")
    line = " / ".join(parts).replace(" / quoting ", " quoting ") or "no bytes"
    return line + "".join(_remarks(packet, error))


def _parts(layers: list[Any]) -> Iterator[str]:
    quoting = False
    for number, layer in enumerate(layers):
        name = clean(type(layer).__name__)
        has_ends_above = any(upper.mirror for upper in layers[number + 1 :])
        text = f"{name} {about(layer, has_ends_above)}".rstrip()
        yield f"quoting {text}" if quoting else text
        quoting = layer.quotes


def about(layer: Any, has_ends_above: bool = False) -> str:
    """What is said of one layer."""
    own = getattr(layer, "_summary", None)
    if own is not None:
        return clean(own())
    if layer.name in ("data", "padding"):
        size = len(layer.data)
        return f"{size} byte{'s' * (size != 1)}"
    present = {field.name for field in layer._applies()}
    said = [*_kind(layer, present), *_ends(layer, present, has_ends_above)]
    for field in layer.fields.values():
        if field.name in present and isinstance(field, FlagBits):
            said.append(f"[{field.meaning(layer[field.name])}]")
    said += [_told(layer, f) for f in layer.telling if f.name in present and _says(layer[f.name])]
    said += [f"{f.name}={shown(layer, f)[0]}" for f in layer.same if f.name in present]
    return " ".join(said)


def _says(value: Any) -> bool:
    return bool(value) and value not in ("0.0.0.0", "::")


def _told(layer: Any, field: Field[Any, Any]) -> str:
    """A field of `telling`: by what its value means, where that has a name."""
    value = layer[field.name]
    return clean(field.meaning(value)) or (
        field.name if value is True else f"{field.name}={shown(layer, field)[0]}"
    )


def _kind(layer: Any, present: set[str]) -> Iterator[str]:
    """The words for what kind of message it is."""
    meaning = getattr(layer, "_meaning", None)
    said = False
    for name in _KINDS:
        field = layer.fields.get(name)
        if field is None or name not in present or field.auto_bit or isinstance(field, Flag):
            continue
        text = clean((meaning(name) if meaning else "") or field.meaning(layer[name]))
        if name == "code" and said:
            if text:
                yield f"({text})"
        elif text or layer[name] != field.default:
            said = True
            yield text or f"{name} {field.text(layer[name])}"


def _ends(layer: Any, present: set[str], has_ends_above: bool) -> Iterator[str]:
    """Where from, where to: the last pair, which is the one nearest to people (ARP has two)."""
    pair: list[Field[Any, Any]] = list(layer.mirror[-2:])
    if not pair or not {field.name for field in pair} <= present:
        return
    if has_ends_above and isinstance(pair[0], MAC):
        return
    if pair[0].name.startswith("dst"):
        pair.reverse()
    yield " > ".join(shown(layer, field)[0] for field in pair)


def _remarks(packet: Packet, error: DecodeError | None) -> Iterator[str]:
    """What is to be known before one believes the line."""
    kept = packet._origin.wire_length
    if kept is not None:
        yield f" [cut: {len(packet)} of {kept} bytes]"
    elif error is not None:
        what = f"needs {error.needed} bytes, got {error.got}" if error.needed is not None else ""
        yield f" [{error.layer}: {'; '.join(filter(None, (what, error.reason)))}]"
