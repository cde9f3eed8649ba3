"""Requests and their answers: what a reply mirrors, and which packet answers which.

A protocol says it by itself: `mirror` are pairs of fields that an answer exchanges (addresses,
ports), `same` are fields that it repeats (identifiers); `replies` maps values that change, such
as an echo request's type to the reply's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from umpa.core.complaint import below, check_order, is_new, quote
from umpa.core.glance import leads_on
from umpa.core.layer import must_be_packet, packet_class
from umpa.core.mirror import mirrored, mirrors_at
from umpa.core.protocol import Protocol
from umpa.core.stack import STACKS
from umpa.errors import LayerError

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["answers", "reply"]

_MOST_PLANS = 1024
_FRAGMENT = "ipv6.fraghdr"

_new: Any = object.__new__


def reply(packet: Packet, layers: Sequence[Protocol | bytes | str]) -> Packet:
    """See `Packet.reply`."""
    plan = _plan(packet, layers)
    if plan is not None:
        made = plan.reply(packet._content[0], layers)
        if made is not None:
            return made
    return _reply_slowly(packet, layers)


_plans: dict[Any, _ReplyPlan | None] = {}


def _plan(packet: Packet, layers: Sequence[Protocol | bytes | str]) -> _ReplyPlan | None:
    """How packets of this shape are replied to with such layers; None for one by one."""
    if packet._content.__class__ is bytes:
        packet.shapes.wake(packet)
    if packet._index is None or packet._content[0].__class__ is not bytes:
        return None
    key = packet.__class__, *map(type, layers)
    if key not in _plans:
        if len(_plans) >= _MOST_PLANS:
            _plans.clear()
        _plans[key] = _plan_for(packet, layers)
    return _plans[key]


def _plan_for(packet: Packet, layers: Sequence[Protocol | bytes | str]) -> _ReplyPlan | None:
    places: Any = packet._places  # of its shape
    own = {layer.__class__: n for n, layer in enumerate(layers) if isinstance(layer, Protocol)}
    protocols = [protocol for protocol, _ in places]
    payload = [n for n, layer in enumerate(layers) if layer.__class__ is bytes]
    unique = len(own) + len(payload) == len(layers) and len(set(protocols)) == len(protocols)
    if not unique or not own.keys() <= set(protocols):
        return None
    echoes = any(protocol.echoes for protocol in protocols)
    if packet._last is not None and echoes:
        return None
    leads = None if own else leads_on(packet.__class__)
    count = 1 + max(map(protocols.index, own)) if own else len(protocols)
    headers = [(mirrors_at(protocol), at, own.get(protocol)) for protocol, at in places[:count]]
    sends = any(protocol.sender for protocol in protocols[:count])
    errors = [n for protocol, n in own.items() if protocol.quotes is not Protocol.quotes]
    return _ReplyPlan(headers, packet._loose, leads, echoes and not payload, payload, sends, errors)


class _ReplyPlan:
    """Which headers a reply has, read from the bytes of packets of one shape."""

    __slots__ = (
        "_echoes", "_errors", "_headers", "_leads", "_loose", "_payload", "_sends", "_stacks",
    )  # fmt: skip

    def __init__(
        self,
        headers: list[tuple[Callable[[bytes, int, Any], Any], int, int | None]],
        loose: Any,
        leads: Callable[[bytes], object] | None,
        echoes: bool,
        payload: list[int],
        sends: bool,
        errors: list[int],
    ) -> None:
        self._headers = headers
        self._loose = loose
        self._leads = leads
        """Tells whether there is more behind the headers, which the reply has as well."""
        self._echoes = echoes
        self._payload = payload
        self._sends = sends
        self._errors = errors
        """Which of the layers given may complain about the request instead of answering it."""
        self._stacks: dict[bool, Any] = {}
        """The stack of replies without and with an echoed payload."""

    def reply(self, data: bytes, layers: Sequence[Any]) -> Packet | None:
        """The reply; None where it is not plain to see what the payload is."""
        for number in self._errors:
            if layers[number].quotes:
                return None
        bounds = self._loose.bounds(data)
        if bounds is None or (self._leads is not None and self._leads(data)):
            return None
        parts = [
            mirrored(data, at, None if own is None else layers[own])
            for mirrored, at, own in self._headers
        ]
        if self._sends:
            _name_sender(parts)
        echoes = self._echoes and bounds[0] < bounds[1]
        if echoes:
            parts.append(data[bounds[0] : bounds[1]])
        for number in self._payload:
            parts.append(layers[number])
        stack = self._stacks.get(echoes) or self._stack_of(parts, echoes)
        if stack is None:
            return packet_class()(*parts, strict=False, warn=False)
        packet: Packet = _new(packet_class())
        packet._origin, packet._content, packet.time_ns = stack, tuple(parts), None
        return packet

    def _stack_of(self, parts: list[Any], echoes: bool) -> Any:
        stack = STACKS.usual.get(tuple(map(type, parts)))
        if stack is not None:
            self._stacks[echoes] = stack
        return stack


def _reply_slowly(packet: Packet, layers: Sequence[Protocol | bytes | str]) -> Packet:
    given: dict[Any, Any] = {}
    payload: list[Any] = []
    for layer in layers:
        if isinstance(layer, Protocol):
            given[layer.__class__] = layer
        else:
            payload.append(layer)
    headers, carried = _known(packet, given)
    if not headers:
        raise LayerError("a packet without headers has no reply")
    new = next((layer for layer in given.values() if is_new(layer, headers)), None)
    if new is not None:
        headers, carried = below(headers, new), b""
        if new.quotes and not payload:
            payload = [quote(packet, new)]
    stack: list[Any] = []
    owns: list[Any] = []
    for header in headers:
        own = given.pop(header.__class__, None)
        owns.append(own)
        stack.append(mirrored(header, own))
        if own is not None and not given:
            break
    _keep_ports(headers, owns, stack)
    check_order(stack[-1], [*given.values()])
    stack += given.values()
    _name_sender(stack)
    if not payload and carried and any(layer.echoes for layer in headers):
        payload = [carried]
    return packet_class()(*stack, *payload, strict=False, warn=False)


def _keep_ports(headers: Sequence[Any], owns: Sequence[Any], stack: Sequence[Any]) -> None:
    """Where both ends of a tunnel listen at one port, the reply goes there, too."""
    for number in range(1, len(stack)):
        if headers[number].same_ports:
            below, own = headers[number - 1], owns[number - 1]
            for field in below.mirror:
                if own is None or own[field.name] == field.default:
                    stack[number - 1][field.name] = below[field.name]


def _known(packet: Packet, given: Mapping[type, Any]) -> tuple[Sequence[Any], bytes]:
    """The headers that a reply with what is given mirrors, and the payload it may echo."""
    plain = packet._plain()
    if plain is None or any(layer.quotes for layer in given.values()):
        return _headers(packet)
    if plain.complete:
        return plain.headers, plain.payload
    return (plain.headers, b"") if _is_enough(plain, given) else _headers(packet)


def _name_sender(headers: Sequence[Any]) -> None:
    """Where a frame's source is not known, it is who the reply in it says sends it (RFC 826)."""
    frame: Any = None
    for header in headers:
        if header.mirror and not header.decisive:
            frame = header
        elif frame is not None and header.sender:
            source = frame.mirror[1]
            address = getattr(header, header.fields[header.sender].slot)
            if getattr(frame, source.slot) == source.default and 8 * len(address) == source.bits:
                object.__setattr__(frame, source.slot, address)  # it is nobody else's yet


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
    must_be_packet(request)
    quoted = _quoted(packet)
    if quoted:
        return _quotes(quoted, request)
    mine, asked = _decisive(packet), _decisive(request)
    if not mine or len(mine) != len(asked):
        return False
    pairs = zip(mine, asked, strict=True)
    return all(type(a) is type(b) and a.answers_layer(b) for a, b in pairs)


def _quoted(packet: Packet) -> list[Protocol]:
    """The layers that the packet quotes, which stand in a crafted one as bytes."""
    layers = packet.layers
    for number, layer in enumerate(layers[:-1], 1):
        if layer.quotes:
            if layers[number].name == "data":
                layers = packet_class().dissect(bytes(packet), packet.linktype).layers
            return [layer for layer in layers[number:] if layer.name != "padding"]
    return []


def _decisive(packet: Packet) -> list[Protocol]:
    """The layers that tell answers apart; not the ports below a tunnel that has one of its own."""
    layers = packet.layers
    return [
        layer
        for number, layer in enumerate(layers, 1)
        if layer.decisive
        and not layer.quoted
        and (layer.mirror or layer.same or layer.replies)
        and not (number < len(layers) and layers[number].same_ports)
    ]


def _quotes(quoted: Sequence[Protocol], request: Packet) -> bool:
    """Whether the quoted layers are the start of `request`, as routers may have left it."""
    layers = [layer for layer in request.layers if layer.name not in ("padding",)]
    names = [layer.name for layer in layers]
    if quoted[0].name not in names:
        return False
    sent = layers[names.index(quoted[0].name) :]
    if all(layer.name != _FRAGMENT for layer in quoted):  # who put the pieces together quotes none
        sent = [layer for layer in sent if layer.name != _FRAGMENT]
    for there, here in zip(quoted, sent, strict=False):
        if there.name == "data" or here.name == "data":
            return bytes(here).startswith(bytes(there)) or bytes(there).startswith(bytes(here))
        if there.name != here.name:
            return False
        identity = {field.name for field in (*there.mirror, *there.same, *there.identity)}
        if any(there[name] != here[name] for name in identity & set(there)):
            return False
    return True
