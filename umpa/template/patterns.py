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

__all__ = ["Patterns", "Request", "Transports", "start_of"]

_MOST = 1024
_OFTEN = 8
"""Answers of a kind until they get a pattern, which costs as much as some twenty answers."""


class Kind:
    """Requests that are alike as far as patterns are chosen, and the answers to them."""

    __slots__ = ("answers", "linktype", "starts")

    def __init__(self, shape: Any, linktype: int) -> None:
        self.linktype = linktype
        self.starts: dict[Any, int] = dict(reversed(shape._places))
        """Where the first header of a protocol starts."""
        self.answers: dict[Hashable, Pattern | int | None] = {}
        """By the caller's key: a pattern, None where there is none, or how often there was need."""


Request: TypeAlias = "tuple[bytes, Kind]"
"""The bytes of a request, and its kind."""


class Patterns:
    """Known patterns, and how often there was need of those that are not known yet."""

    def __init__(self) -> None:
        self._kinds: dict[Any, Kind] = {}
        self._steerings: dict[Any, Callable[[bytes], tuple[Any, ...]]] = {}
        self._keys = 0

    def request(self, packet: Packet) -> Request | None:
        """A request as patterns see it; None where there cannot be patterns."""
        data, shape = bytes_and_shape(packet)
        if shape is None:
            return None
        steering = self._steerings.get(shape)
        if steering is None:
            if len(self._steerings) >= _MOST:
                self._steerings.clear()
            steering = self._steerings[shape] = steering_of(shape)
        key = shape, len(data), steering(data)
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= _MOST or self._keys >= _MOST:
                self._kinds.clear()
                self._keys = 0
            kind = self._kinds[key] = Kind(shape, packet._origin.linktype)
        return data, kind

    def answer(
        self, request: Request | None, key: Hashable, own: Sequence[Any], words: Sequence[Any],
        build: Callable[[], Packet],
    ) -> Packet | bytes:  # fmt: skip
        """What `build` gives, or the same bytes.

        `own` are fields that vary by themselves, such as `IP.id`, and `words` what they hold.
        """
        if request is None:
            return build()
        data, kind = request
        known: Any = kind.answers.get(key, 0)
        if known.__class__ is Pattern:
            return known.reply(data, words)
        made = build()
        if isinstance(known, int):
            self._keys += not known
            often = known >= _OFTEN
            kind.answers[key] = _learnt(data, kind, made, own) if often else known + 1
        return made


def _learnt(data: bytes, kind: Kind, made: Packet, own: Sequence[Any]) -> Pattern | None:
    layers = [type(layer) for layer in made.layers]
    return learn(data, kind.linktype, made, [(layers.index(field.owner), field) for field in own])


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
