"""Requests and their answers: what a reply mirrors, and which packet answers which.

A protocol says it by itself: `mirror` are pairs of fields that an answer exchanges (addresses,
ports), `same` are fields that it repeats (identifiers); `replies` maps values that change, such
as an echo request's type to the reply's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from umpa.core.layer import packet_class
from umpa.core.mirror import mirrored
from umpa.core.protocol import Protocol
from umpa.errors import LayerError

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["answers", "reply"]


def reply(packet: Packet, layers: Sequence[Protocol | bytes | str]) -> Packet:
    """See `Packet.reply`."""
    given: dict[Any, Any] = {}
    payload: list[Any] = []
    for layer in layers:
        if isinstance(layer, Protocol):
            given[layer.__class__] = layer
        else:
            payload.append(layer)
    plain = packet._plain()
    if plain is not None and plain.complete:
        headers, carried = plain.headers, plain.payload
    elif plain is not None and _is_enough(plain, given):
        headers, carried = plain.headers, b""
    else:
        headers, carried = _headers(packet)
    if not headers:
        raise LayerError("a packet without headers has no reply")
    stack: list[Any] = []
    for header in headers:
        own = given.pop(header.__class__, None)
        stack.append(mirrored(header, own))
        if own is not None and not given:
            break
    stack += given.values()
    if not payload and carried and any(layer.echoes for layer in headers):
        payload = [carried]
    return packet_class()(*stack, *payload, strict=False, warn=False)


def _is_enough(plain: Any, given: Mapping[type, Any]) -> bool:
    """Whether the headers known so far make the reply: all that is given, and nothing echoed."""
    known = given and given.keys() <= plain.classes.keys()
    return bool(known) and not any(layer.echoes for layer in plain.headers)


def _headers(packet: Packet) -> tuple[list[Protocol], bytes]:
    """The headers up to the payload or a quote, and the payload."""
    layers = packet.layers
    plain = [layer.name not in ("data", "padding") and not layer.quoted for layer in layers]
    count = plain.index(False) if False in plain else len(layers)
    carried = packet.payload if layers and layers[-1].name == "data" else b""
    return list(layers[:count]), carried


def answers(packet: Packet, request: Packet) -> bool:
    """See `Packet.answers`."""
    quoted = [layer for layer in packet.layers if layer.quoted]
    if quoted:
        return _quotes(quoted, request)
    mine, asked = _decisive(packet), _decisive(request)
    if not mine or len(mine) != len(asked):
        return False
    pairs = zip(mine, asked, strict=True)
    return all(type(a) is type(b) and a.answers_layer(b) for a, b in pairs)


def _decisive(packet: Packet) -> list[Protocol]:
    """The layers that tell answers apart."""
    return [
        layer
        for layer in packet.layers
        if layer.decisive and not layer.quoted and (layer.mirror or layer.same or layer.replies)
    ]


def _quotes(quoted: Sequence[Protocol], request: Packet) -> bool:
    """Whether the quoted layers are the start of `request`, as routers may have left it."""
    layers = [layer for layer in request.layers if layer.name not in ("padding",)]
    names = [layer.name for layer in layers]
    if quoted[0].name not in names:
        return False
    sent = layers[names.index(quoted[0].name) :]
    for there, here in zip(quoted, sent, strict=False):
        if there.name == "data" or here.name == "data":
            return bytes(here).startswith(bytes(there)) or bytes(there).startswith(bytes(here))
        if there.name != here.name:
            return False
        identity = {field.name for field in (*there.mirror, *there.same, *there.identity)}
        if any(there[name] != here[name] for name in identity & set(there)):
            return False
    return True
