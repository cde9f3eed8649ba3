"""Packets as JSON-safe dictionaries, and back.

A dictionary names each layer, its fields by their attribute names, and which of the derived ones
are pinned. The bytes on the wire stand beside them, so that a packet that was captured comes back
to the byte, with its time; bytes are written as hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from umpa.core.auto import Kept, NextProtocol
from umpa.core.layer import Layer, packet_class
from umpa.core.origin import Comments, Origin, comment_of
from umpa.core.registry import protocols
from umpa.errors import FieldError, LayerError, UmpaError, suggest

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["from_dict", "layer_from_dict", "layer_to_dict", "rebuild", "restore", "to_dict"]


def plain(value: Any) -> Any:
    """A field's value as JSON has it."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (bytes, bytearray)) or hasattr(value, "__bytes__"):
        return bytes(value).hex()
    return [plain(item) for item in value]


def layer_to_dict(layer: Layer) -> dict[str, Any]:
    """One layer: its name, its fields in wire order, and the derived fields that are pinned."""
    entry: dict[str, Any] = {"layer": layer.name}
    entry["fields"] = {name: plain(layer[name]) for name in layer}
    pinned = [f.name for f in layer.fields.values() if f.auto_bit and not layer.is_auto(f.name)]
    if pinned:
        entry["pinned"] = pinned
    if type(layer) is not protocols[layer.name]:
        entry["partial"] = bytes(layer).hex()
    elif words := _beyond_fields(layer, entry):
        entry["words"] = words
    return entry


def _beyond_fields(layer: Layer, entry: dict[str, Any]) -> dict[str, Any]:
    """What a header holds that its fields do not tell, such as bits that are reserved."""
    again = layer_from_dict(entry)
    derived: dict[str, int] = {}
    for field in layer.fields.values():
        follows = isinstance(field.auto, (NextProtocol, Kept))  # keeps what it cannot derive
        if field.auto_bit and not (field.tail or follows) and layer.is_auto(field.name):
            derived[field.slot] = derived.get(field.slot, 0) | field.mask << field.shift
    words = {slot: (getattr(layer, slot), getattr(again, slot)) for slot in layer._SLOTS}
    return {
        slot: plain(mine)
        for slot, (mine, other) in words.items()
        if ((mine ^ other) & ~derived[slot] if slot in derived else mine != other)
    }


def to_dict(packet: Packet) -> dict[str, Any]:
    """See `Packet.to_dict`."""
    values: dict[str, Any] = {"linktype": packet.linktype, "time_ns": packet.time_ns}
    if packet.wire_length != len(packet):
        values["wire_length"] = packet.wire_length
    for name in ("interface", "comment"):
        value = getattr(packet, name)
        if value is not None:
            values[name] = list(value.each) if isinstance(value, Comments) else value
    values["bytes"] = bytes(packet).hex()
    values["untouched"] = packet.untouched
    values["captured"] = isinstance(packet._origin, Origin)
    values["layers"] = [layer_to_dict(layer) for layer in packet.layers]
    return values


def from_dict(values: Mapping[str, Any]) -> Packet:
    """See `Packet.from_dict`."""
    try:
        return _from_dict(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, UmpaError):
            raise
        raise FieldError(f"no packet's dictionary, as to_dict makes it: {error!r}") from None


def _from_dict(values: Mapping[str, Any]) -> Packet:
    linktype, layers = int(values["linktype"]), values["layers"]
    for key in ("time_ns", "wire_length"):
        if not isinstance(values.get(key), (int, type(None))):
            raise ValueError(f"'{key}' is {values[key]!r}, no whole number")
    untouched, data = values.get("untouched", False), bytes.fromhex(values.get("bytes", ""))
    wire_length = values.get("wire_length")
    comment = comment_of(values.get("comment"))
    origin = Origin(linktype, values.get("interface"), wire_length, comment)
    if untouched:
        return restore(data, origin, values.get("time_ns"))
    made = tuple(layer_from_dict(entry) for entry in layers)
    return rebuild(made, values.get("time_ns"), origin if values.get("captured") else None)


def layer_from_dict(entry: Mapping[str, Any]) -> Layer:
    """The layer that `layer_to_dict` described."""
    name = entry.get("layer")
    protocol = protocols.get(str(name))
    if protocol is None:
        raise LayerError(f"no protocol '{name}'{suggest(str(name), protocols)}")
    if "partial" in entry:
        data = bytes.fromhex(entry["partial"])
        partial: Layer = protocol._partial(data, 0, len(data))
        return partial
    pinned = entry.get("pinned", ())
    layer: Layer = protocol._construct()
    for key, value in entry.get("fields", {}).items():
        field = layer._field(key)
        if value is not None and not field.read_only:
            if isinstance(value, str) and field.in_hex:
                value = _from_hex(field, value)
            setattr(layer, field.name, value)
            if field.auto_bit and key not in pinned:
                layer.auto(field.name)  # the value counts where the rule leaves it as it stands
    for key in pinned:  # those too that the header shows in another form only
        layer._auto &= ~layer._field(key).auto_bit
    for slot, word in entry.get("words", {}).items():
        if slot not in layer._SLOTS:
            raise FieldError(f"{protocol.__name__} keeps nothing under '{slot}'")
        setattr(layer, slot, bytes.fromhex(word) if isinstance(word, str) else word)
    return layer


def _from_hex(field: Any, digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise FieldError(f"{field.full_key}: {digits!r} are no hexadecimal digits") from None


def restore(content: bytes, origin: Origin, time_ns: int | None) -> Packet:
    """A packet from the wire, from what was kept of it."""
    packet: Packet = object.__new__(packet_class())
    packet._content, packet._origin, packet.time_ns = content, origin, time_ns
    return packet


def rebuild(layers: tuple[Layer, ...], time_ns: int | None, origin: Origin | None = None) -> Packet:
    """A crafted or changed packet, from its layers."""
    packet = packet_class()(*layers, strict=False, warn=False)
    packet.time_ns = time_ns
    if origin is not None:
        packet._open()
        packet._origin = origin
    return packet
