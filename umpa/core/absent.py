"""What is said of layers and fields that are not there, and where else to look for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umpa.core import registry
from umpa.errors import FieldError, LayerError, suggest

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["missing_layer", "named", "unknown_field", "unknown_key"]

_BOTH = ("addr", "host", "port")
_ELSEWHERE = {
    "checksum.status": "it is the layer's `checksum_status`",
    "payload": "it is the layer's `payload`",
    "len": "the bytes it carries are the layer's `payload`",
    "stream": "umpa.streams and umpa.flows tell them apart",
}
"""Names of Wireshark's for what is no field here, nor anything like one."""


def _elsewhere(protocol: Any, key: str, form: str) -> str:
    """Where Wireshark's field `key` is found, as the end of a message; empty where nowhere.

    `form`: what a field is called in the message, its `name` or `key`.
    """
    key = key.replace("_", ".")
    if key in _BOTH and protocol.mirror:
        one, other = sorted((getattr(field, form) for field in protocol.mirror[-2:]), reverse=True)
        return f"; did you mean '{one}' or '{other}'? Wireshark means either by it"
    return f"; {_ELSEWHERE[key]}" if key in _ELSEWHERE else ""


def unknown_field(protocol: Any, name: str) -> FieldError:
    """The error for a field that does not exist."""
    hint = _elsewhere(protocol, name, "name") or suggest(name, protocol.fields)
    fields = (
        f"; its fields are {', '.join(protocol.fields)}" if protocol.fields else "; it has none"
    )
    known = "" if hint else fields
    return FieldError(f"{protocol.__name__} has no field '{name}'{hint}{known}")


def unknown_key(protocol: Any, key: str) -> FieldError:
    """The error for a name of Wireshark's that no field of the protocol has."""
    hint = _elsewhere(protocol, key, "key") or suggest(key, protocol._keys)
    known = "" if hint else f"; it has {', '.join(protocol._keys)}"
    return FieldError(f"'{protocol.name}' has no field '{key}'{hint}{known}")


def named(packet: Packet, key: str) -> tuple[Any, str]:
    """The layer and the field's name for `"ip.flags.df"`; the name is empty for a layer's.

    :raises LayerError: there is no such layer.
    """
    fitting = [x for x in packet.layers if key == x.name or key.startswith(x.name + ".")]
    if not fitting:
        raise missing_layer(packet, f"'{key}'", key.partition(".")[0])
    best = max(fitting, key=lambda layer: len(layer.name))  # the first of the longest name
    for layer in (best, *fitting):
        name = key[len(layer.name) + 1 :]
        if not name or name in layer.fields or name in layer._keys:
            return layer, name
    return best, key[len(best.name) + 1 :]


def missing_layer(packet: Packet, wanted: str, name: str) -> LayerError:
    """The error for a layer that a packet has not."""
    layers = packet.layers
    first = next((n for n, layer in enumerate(layers) if layer.quotes), len(layers))
    have = [layer.name for layer in layers]
    if have[first + 1 :]:
        have[first + 1] = f"quoting {have[first + 1]}"
    hint = "" if name in registry.protocols else suggest(name, registry.protocols)
    return LayerError(f"no {wanted} in this packet, which has {', '.join(have)}{hint}")
