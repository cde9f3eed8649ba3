"""Answers of simulated machines by pattern: those given often are patched, not built.

A pattern is made for a kind of request and a kind of answer (`umpa.template.patched`), which the
caller names by a key: for one key, answers differ only by what replies mirror, and by the words
that are given. Whether an answer is patched or built, its bytes are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeAlias

from umpa.core.packet import Packet
from umpa.template.patched import Pattern, bytes_and_shape, learn, steering_of

__all__ = ["Kind", "Own", "Patterns", "Transports", "start_of"]

Own: TypeAlias = "tuple[Any, Any]"
"""A field that varies by itself, such as `IP.id`, and its word."""

_MOST = 1024
_OFTEN = 8
"""Answers of a kind until they get a pattern, which costs as much as some twenty answers."""


class Kind:
    """A request, as far as patterns are chosen by it."""

    __slots__ = ("data", "key", "linktype", "shape")

    def __init__(self, data: bytes, key: Hashable, shape: Any, linktype: int) -> None:
        self.data = data
        self.key = key
        self.shape = shape
        self.linktype = linktype

    def start_of(self, protocol: type[Any]) -> int:
        """Where the first header of a protocol starts, of those that the shape has."""
        return int(self.shape._places[self.shape._index[protocol] - 1][1])


class Patterns:
    """Known patterns, and how often there was need of those that are not known yet."""

    def __init__(self) -> None:
        self._known: dict[Any, Pattern | int | None] = {}
        self._steerings: dict[Any, Callable[[bytes], tuple[Any, ...]]] = {}

    def kind(self, packet: Packet) -> Kind | None:
        """The kind of a request; None where there cannot be patterns."""
        data, shape = bytes_and_shape(packet)
        if shape is None:
            return None
        steering = self._steerings.get(shape)
        if steering is None:
            if len(self._steerings) >= _MOST:
                self._steerings.clear()
            steering = self._steerings[shape] = steering_of(shape)
        return Kind(data, (shape, len(data), steering(data)), shape, packet._origin.linktype)

    def answer(
        self, kind: Kind | None, key: Hashable, own: Sequence[Own], build: Callable[[], Packet]
    ) -> Packet | bytes:
        """What `build` gives, or the same bytes; its fields of `own` hold their words."""
        if kind is None:
            return build()
        full = kind.key, key
        known: Any = self._known.get(full, 0)
        if known.__class__ is Pattern:
            return known.reply(kind.data, *[word for _, word in own])
        made = build()
        if isinstance(known, int):
            if len(self._known) >= _MOST:
                self._known.clear()
            often = known >= _OFTEN
            self._known[full] = _learnt(kind, made, own) if often else known + 1
        return made


def _learnt(kind: Kind, made: Packet, own: Sequence[Own]) -> Pattern | None:
    layers = [type(layer) for layer in made.layers]
    fields = [(layers.index(field.owner), field) for field, _ in own]
    return learn(kind.data, kind.linktype, made, fields)


class Transports:
    """Which of the protocols that a machine answers a packet has, remembered for its shape."""

    def __init__(self, *protocols: type[Any]) -> None:
        self._protocols = protocols
        self._known: dict[Any, Any] = {}

    def of(self, packet: Packet) -> Any:
        """The first of the protocols that the packet has; None for none."""
        shape: Any = packet.__class__
        known = self._known.get(shape, self)
        if known is not self:
            return known
        found = next((one for one in self._protocols if packet.get(one) is not None), None)
        if shape._index is not None and all(
            one in shape._index or shape._excludes(one) for one in self._protocols
        ):
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[shape] = found
        return found


def start_of(packet: Packet, protocol: type[Any]) -> int:
    """Where the first header of a protocol starts, without a look at what is behind it."""
    shape = bytes_and_shape(packet)[1]
    if shape is None or not (number := shape._index.get(protocol)):
        return int(packet[protocol].offset)
    return int(shape._places[number - 1][1])
