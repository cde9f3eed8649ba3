"""Requests and their answers: what a reply mirrors, and which packet answers which.

A protocol says it by itself: `mirror` are pairs of fields that an answer exchanges (addresses,
ports), `same` are fields that it repeats (identifiers); `replies` maps values that change, such
as an echo request's type to the reply's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from umpa.core.layer import packet_class
from umpa.core.protocol import Protocol
from umpa.errors import LayerError

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["answers", "reply"]


def reply(packet: Packet, layers: Sequence[Protocol | bytes | str]) -> Packet:
    """See `Packet.reply`."""
    given = {type(layer): layer for layer in layers if isinstance(layer, Protocol)}
    stack: list[Any] = []
    for layer in packet.layers:
        if layer.quoted or layer.name in ("data", "padding"):
            break
        own = given.pop(type(layer), None)
        stack.append(_mirrored(layer, own))
        if own is not None and not given:
            break
    if len(stack) == 0:
        raise LayerError("a packet without headers has no reply")
    stack += given.values()
    payload = [layer for layer in layers if not isinstance(layer, Protocol)]
    if not payload and packet.layers[-1].name == "data" and _echoes(packet):
        payload = [packet.payload]
    return packet_class()(*stack, *payload, strict=False, warn=False)


def _echoes(packet: Packet) -> bool:
    """Whether the reply repeats the payload, as an echo does."""
    return any(layer.echoes for layer in packet.layers)


def _mirrored(layer: Protocol, own: Protocol | None) -> Any:
    """The layer of a reply: from `own` what was given there, the rest mirrored or repeated."""
    answer = type(layer)._construct()
    pairs = list(zip(layer.mirror[::2], layer.mirror[1::2], strict=True))
    for there, back in [*pairs, *((b, a) for a, b in pairs), *((f, f) for f in layer.same)]:
        if there.name in set(layer):
            setattr(answer, back.name, getattr(layer, there.name))
    for name, values in layer.replies.items():
        value = values.get(getattr(layer, name))
        if value is not None:
            setattr(answer, name, value)
    if own is not None:
        default = type(layer)._construct()
        for field in layer.fields.values():
            if field.auto_bit and own.is_auto(field.name):
                continue
            if field.auto_bit or own[field.name] != default[field.name]:
                setattr(answer, field.name, own[field.name])
    return answer


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
