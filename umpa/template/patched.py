"""Replies by pattern: a handler that answers every packet alike is asked once, and then patched.

`@on(match, patch=True)` declares that a reply depends on its request only by what replies mirror
and repeat (addresses, ports, identifiers, an echo's payload). So for each kind and length of
request the handler's first reply becomes a pattern, and later ones are that pattern with the
request's bytes in it. That the declaration holds is looked at now and then: where a reply of the
handler differs from the pattern, that pattern is given up, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, repeat
from random import Random
from struct import Struct
from typing import Any, Generic, NamedTuple, TypeVar

from umpa.core.offsets import field_offset
from umpa.core.packet import Packet
from umpa.core.patch import patcher, set_word
from umpa.core.places import bit_places, lay_out

__all__ = [
    "PatchedReplies",
    "Pattern",
    "bytes_and_shape",
    "bytes_at",
    "learn",
    "steering_of",
    "steering_places",
]

Context = TypeVar("Context")

_MOST_PATTERNS = 1024
_TRIALS = 8
_EVERY = 4096
_UNITS = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Pattern:
    """How requests of one kind and length are answered."""

    __slots__ = ("seen", "taken", "write")

    def __init__(self, taken: Callable[[bytes], tuple[Any, ...]], write: Callable[..., bytes]):
        self.taken = taken
        self.write = write
        self.seen = 0

    def reply(self, data: bytes, words: Sequence[Any] = ()) -> bytes:
        """The reply to a request, with words for the fields that `learn` was told of."""
        return self.write(*self.taken(data), *words)

    def is_trusted(self) -> bool:
        """Whether the next reply need not be compared with the handler's own."""
        return self.seen >= _TRIALS and (self.seen + 1) % _EVERY != 0


class PatchedReplies(Generic[Context]):
    """A handler whose replies are patched where that gives what it would have given."""

    def __init__(self, handler: Callable[[Packet, Context], Any]) -> None:
        self._handler = handler
        self._patterns: dict[Any, Pattern | None] = {}
        self._steering: dict[Any, Callable[[bytes], tuple[Any, ...]]] = {}
        self.patched = 0
        """Replies that the handler was not asked for."""
        self.refused = 0
        """Patterns that were given up because the handler answered otherwise."""

    def __call__(self, packet: Packet, context: Context) -> Any:
        data, shape = bytes_and_shape(packet)
        if shape is None:
            return self._handler(packet, context)
        steering = self._steering.get(shape)
        if steering is None:
            if len(self._steering) >= _MOST_PATTERNS:
                self._steering.clear()
            steering = self._steering[shape] = steering_of(shape)
        key = shape, len(data), steering(data)
        pattern = self._patterns.get(key)
        if pattern is not None:
            if pattern.is_trusted():
                return self.written(pattern, data)
            pattern.seen += 1
            return self._tried(key, pattern, packet, context, data)
        if key in self._patterns:
            return self._handler(packet, context)
        reply = self._handler(packet, context)
        if len(self._patterns) >= _MOST_PATTERNS:
            self._patterns.clear()
        self._patterns[key] = learn(data, packet.linktype, reply)
        return reply

    def written(self, pattern: Pattern, data: bytes) -> bytes:
        """The reply by a pattern that is trusted."""
        pattern.seen += 1
        self.patched += 1
        return pattern.write(*pattern.taken(data))

    def pattern_of(self, data: bytes, shape: Any) -> Pattern | None:
        """The pattern for packets like this one, where there is one by now."""
        steering = self._steering.get(shape)
        return steering and self._patterns.get((shape, len(data), steering(data)))

    def _tried(
        self, key: Any, pattern: Pattern, packet: Packet, context: Context, data: bytes
    ) -> Any:
        """The handler's own reply, compared with the pattern's."""
        reply = self._handler(packet, context)
        if not isinstance(reply, Packet) or bytes(reply) != pattern.reply(data):
            self._patterns[key] = None
            pattern.seen = 0  # nobody else trusts it any more
            self.refused += 1
        return reply


def bytes_and_shape(packet: Packet) -> tuple[Any, Any]:
    """The bytes of an untouched packet and its shape, asleep or not; None for no shape."""
    content = packet._content
    if content.__class__ is bytes:
        leaf = packet.shapes.find(content, packet._origin)
        return content, None if leaf is None else leaf.shape
    if packet._index is not None and content[0].__class__ is bytes:
        return content[0], packet.__class__
    return b"", None


def steering_of(shape: Any) -> Callable[[bytes], tuple[Any, ...]]:
    """What takes the bytes that say what kind of packet it is, of packets of a shape."""
    return bytes_at(steering_places(shape))


def steering_places(shape: Any) -> set[int]:
    """Where these bytes are: types, versions, lengths of headers and of what they carry."""
    found: set[int] = set()
    for protocol, start in shape._places:
        steering = protocol._STEERING or b""
        found.update(start + n for n, mask in enumerate(steering) if mask)
        if protocol._limiting:
            at = start + field_offset(protocol, protocol.fields[protocol._limiting])
            found.update((at, at + 1))
    return found


def bytes_at(places: Iterable[int]) -> Callable[[bytes], tuple[Any, ...]]:
    """What takes the bytes at these places, neighbours together."""
    format, at = ">", 0
    for _, run in groupby(enumerate(sorted(places)), lambda pair: pair[1] - pair[0]):
        together = [place for _, place in run]
        size = len(together)
        format += f"{together[0] - at}x{_UNITS.get(size, f'{size}s')}"
        at = together[-1] + 1
    return Struct(format).unpack_from


class _Copied(NamedTuple):
    """A field of the reply that is a field of the request: which, and the request's bytes."""

    target: tuple[int, Any]
    at: int
    size: int
    is_bytes: bool


def learn(
    data: bytes, linktype: int, reply: object, own: Sequence[tuple[int, Any]] = ()
) -> Pattern | None:
    """The pattern of a reply to a request; None where there is none.

    `own` are fields of the reply that vary by themselves, each with the index of its layer.
    """
    if not isinstance(reply, Packet):
        return None
    varying = {(index, field.name) for index, field in own}
    found = _copied(Packet.dissect(data, linktype), reply)
    copied = [one for one in found if (one.target[0], one.target[1].name) not in varying]
    if not copied:
        return None
    taken = _taker(copied)
    pattern = reply.copy()
    targets = [*(one.target for one in copied), *own]
    words = [*taken(data), *(field.parse(pattern.layers[n][field.name]) for n, field in own)]

    def build(words: Any) -> Packet:
        packet = pattern.copy()
        layers = packet.layers
        for (index, field), word in zip(targets, words, strict=True):
            set_word(layers[index], field, word)
        return packet

    chance = Random(0)
    bits = [field.bits for _, field in targets]
    samples = [words, *(list(map(_drawn, words, bits, repeat(chance))) for _ in range(3))]
    write = patcher(build, targets, samples)
    if write is None or write(*words) != bytes(reply):
        return None
    return Pattern(taken, write)


def _copied(request: Packet, reply: Packet) -> list[_Copied]:
    """What the reply has of the request, by what their protocols mirror and repeat."""
    asked, answered = lay_out(request), lay_out(reply)
    found: list[_Copied] = []
    layers = zip(asked.stack[1:], asked.spans, answered.stack[1:], strict=False)
    for index, (old, span, new) in enumerate(layers):
        if type(old) is not type(new) or old.quoted:
            break
        places = {field.name: (start, bits) for field, start, bits in bit_places(old, span.size)}
        for there, back in _pairs(old):
            start, bits = places.get(there.name, (1, 1))
            is_bytes = there.kind == "bytes"
            whole = not start % 8 and (is_bytes or bits // 8 in _UNITS) and not bits % 8
            if whole and new[back.name] == old[there.name]:
                at = span.at + start // 8
                found.append(_Copied((index, back), at, bits // 8, is_bytes))
    return found


def _pairs(layer: Any) -> list[tuple[Any, Any]]:
    """Which field of a request may become which of its reply."""
    if layer.name == "data":
        return [(layer.fields["data"], layer.fields["data"])]
    pairs = list(zip(layer.mirror[::2], layer.mirror[1::2], strict=True))
    there_and_back = [*pairs, *((b, a) for a, b in pairs)]
    present = set(layer)
    repeated = [(field, field) for field in layer.same if field.name in present]
    return [*there_and_back, *repeated]


def _taker(copied: list[_Copied]) -> Callable[[bytes], tuple[Any, ...]]:
    """The function that takes the words of the request's bytes, in the order of the targets."""
    order = sorted(range(len(copied)), key=lambda n: copied[n].at)
    format, at = ">", 0
    for n in order:
        one = copied[n]
        code = f"{one.size}s" if one.is_bytes else _UNITS[one.size]
        format += f"{one.at - at}x{code}"
        at = one.at + one.size
    copied[:] = [copied[n] for n in order]
    return Struct(format).unpack_from


def _drawn(word: Any, bits: int, chance: Random) -> Any:
    return chance.randbytes(len(word)) if isinstance(word, bytes) else chance.getrandbits(bits)
