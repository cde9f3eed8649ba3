"""Streams of packets made on demand: `sequence(Ethernet(...), IP(dst=hosts(...)), UDP(...))`.

Where the fields that differ lie at fixed places and only Internet checksums depend on them, each
packet is the first one patched (`umpa.core.patch`); else each is built. Both give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from umpa.core.layer import Layer
from umpa.core.packet import Packet
from umpa.core.patch import patcher, set_word
from umpa.core.vary import VariedLayer, Vary
from umpa.errors import FieldError, LayerError
from umpa.protocols import Payload

__all__ = ["PacketSequence", "sequence"]

_SAMPLES = 5


def sequence(*layers: Any, combine: str = "zip", count: int | None = None) -> PacketSequence:
    """Packets of these layers, some of whose fields are given as `counter`, `hosts`, ....

    With `combine="zip"` all such fields go on together, packet by packet, until the shortest
    ends. With "product" every value of one meets every value of the others, the last field
    changing fastest; only the first may then be endless. `count` is how many packets at most.

    A sequence can be iterated again and then begins anew. Its packets are as if they were
    captured: what was derived for them are values of the wire.

    :raises FieldError: a value does not fit its field, or the combination is impossible.
    :raises LayerError: the layers are out of order, or no field varies.
    """
    return PacketSequence(layers, combine, count)


class PacketSequence:
    """See `sequence`."""

    def __init__(self, layers: Sequence[Any], combine: str, count: int | None) -> None:
        if combine not in ("zip", "product"):
            raise FieldError(f"combine={combine!r}: expected 'zip' or 'product'")
        if count is not None and count < 0:
            raise FieldError(f"count={count}: expected a number of packets")
        self._layers = [_varied_payload(layer) for layer in layers]
        self._sources: list[tuple[int, Any, Vary]] = []
        for index, layer in enumerate(self._layers):
            if isinstance(layer, VariedLayer):
                fields = layer.protocol.fields
                self._sources += [(index, fields[k], v) for k, v in layer.varied.items()]
            elif isinstance(layer, Packet):
                raise LayerError("a sequence is made of layers and bytes, got a packet")
        if not self._sources:
            raise LayerError("nothing varies: give a field counter(...), hosts(...), choice(...)")
        self._product = combine == "product"
        counts = [source.count for _, _, source in self._sources]
        if self._product and None in counts[1:]:
            raise FieldError("combine='product': only the first field that varies may be endless")
        self._limit = count
        self.count = _number(counts, self._product, count)
        """How many packets there will be; None where they never end."""
        self._templates = [self._template(layer) for layer in self._layers]
        self._make = self._maker()

    def frames(self) -> Iterator[bytes]:
        """The packets as bytes, the quickest way."""
        words = self._combined() if self._product else None
        made: Iterator[bytes] = (
            map(self._make, *self._words()) if words is None else (self._make(*w) for w in words)
        )
        return made if self._limit is None else islice(made, self._limit)

    def __iter__(self) -> Iterator[Packet]:
        linktype = self._first.linktype
        return (Packet.dissect(frame, linktype) for frame in self.frames())

    @property
    def patched(self) -> bool:
        """Whether packets are patched rather than built."""
        return self._patched

    def _template(self, layer: Any) -> Any:
        if not isinstance(layer, VariedLayer):
            return layer
        return layer.protocol(**layer.plain)

    def _words(self) -> list[Iterator[Any]]:
        return [source.words(field) for _, field, source in self._sources]

    def _combined(self, first: int = 0) -> Iterator[tuple[Any, ...]]:
        """Every combination, the last field changing fastest."""
        _, field, source = self._sources[first]
        for word in source.words(field):
            if first + 1 == len(self._sources):
                yield (word,)
            else:
                yield from ((word, *rest) for rest in self._combined(first + 1))

    def _build(self, words: Sequence[Any]) -> Packet:
        layers = [layer.copy() if isinstance(layer, Layer) else layer for layer in self._templates]
        for (index, field, _), word in zip(self._sources, words, strict=True):
            set_word(layers[index], field, word)
        return Packet(*layers)

    def _maker(self) -> Callable[..., bytes]:
        """The function of the words that gives the bytes of a packet."""
        samples = list(islice(zip(*self._words(), strict=False), _SAMPLES))
        if not samples:
            samples = [tuple(field.parse(field.default) for _, field, _ in self._sources)]
        self._first = self._build(samples[0])
        targets = [(index, field) for index, field, _ in self._sources]
        patch = patcher(self._build, targets, samples) if len(samples) > 1 else None
        self._patched = patch is not None
        return patch or (lambda *words: bytes(self._build(words)))


def _varied_payload(layer: Any) -> Any:
    """A payload that varies, as the layer that it is."""
    return VariedLayer(Payload, {"data": layer}) if isinstance(layer, Vary) else layer


def _number(counts: Sequence[int | None], product: bool, limit: int | None) -> int | None:
    """How many packets there will be."""
    number: int | None
    if product:
        number = counts[0]
        for count in counts[1:]:
            number = None if number is None or count is None else number * count
    else:
        number = min((count for count in counts if count is not None), default=None)
    if number is None or limit is None:
        return limit if number is None else number
    return min(number, limit)
