"""Loose packets: changed ones in which what nobody looked at is still the wire's bytes.

The first change of a packet from the wire makes it loose, if its bounds are plain. It keeps its
shape, and `_content` is then

    [loose, layer or None, ..., data, end, padded]

the layers at the shape's places, the wire's bytes, of which those up to `end` are headers and
payload, and those behind it padding after the layer numbered `padded`. A header that nobody asked for is written from the wire's bytes, its
checksum made anew, so changing a field does not cost the unpacking of all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from umpa.core.auto import HeaderLength
from umpa.core.compiler import define
from umpa.core.ground import Ground
from umpa.core.layer import put_auto, put_packet
from umpa.core.offsets import field_bit, field_offset
from umpa.core.registry import protocols
from umpa.core.stack import assemble
from umpa.core.walk import Place

__all__ = ["LENGTHS", "Loose", "header_end"]

LENGTHS = 3
"""What stands behind the layers in the content: data, end, padded; None each in a shape."""
_WARM = 4

Bounds = tuple[int, int, int]


class Loose(Ground):
    """What is known of the loose packets of one shape."""

    __slots__ = ("_places", "_used", "bounds", "loosen", "start", "write")

    write: Callable[[Sequence[Any]], bytes]
    bounds: Callable[[bytes], Bounds | None]
    """Where the payload starts and ends, and the number of the layer that padding follows.

    None where that is not plain.
    """
    loosen: Callable[[Any], bool]
    """Make a packet of the shape loose; false where its bounds are not plain."""
    start: Callable[[bytes], int]
    """Where the payload starts."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._used = 0
        self.bounds, self.loosen = self._learn_bounds, self._learn_to_loosen
        self.write = self._write

    def _learn_bounds(self, data: bytes) -> Bounds | None:
        self._compile()
        return self.bounds(data)

    def _learn_to_loosen(self, packet: Any) -> bool:
        self._compile()
        return self.loosen(packet)

    def _compile(self) -> None:
        names: dict[str, Any] = {"loose": self, "put_packet": put_packet, "put_auto": put_auto}
        start = f"start = {header_end(self._places[-1], names)}"
        end = list(_end(self._places))
        count = len(self._places)
        lines = ["def bounds(data):", *("    " + line.format("None") for line in end)]
        beyond = "start != end" if self._places[-1].protocol.terminal else "start > end"
        lines += [f"    {start}", f"    if {beyond}: return None", "    return start, end, padded"]
        lines += ["def start(data):", f"    {start}", "    return start"]
        lines += ["def loosen(packet):", "    content = packet._content; data = content[0]"]
        lines += ["    " + line.format("False") for line in end]
        if self._places[-1].protocol.terminal:
            lines += [f"    {start}", "    if start != end: return False"]
        for n, place in enumerate(self._places, 1):
            lines.append(f"    if (layer := content[{n}]) is not None:")
            lines.append(f"        put_packet(layer, packet); put_auto(layer, {place.protocol._DERIVED})")
        lines.append("    content[0] = loose")
        places = [f"content[{count + n}]" for n in range(1, LENGTHS + 1)]
        lines.append(f"    {'; '.join(f'{a} = {b}' for a, b in zip(places, ('data', 'end', 'padded')))}")
        lines.append("    return True")
        title = "/".join(place.protocol.__name__ for place in self._places)
        self.loosen = define("loosen", f"loosening {title}", lines, names)
        self.bounds, self.start = names["bounds"], names["start"]

    def layers(self, content: Sequence[Any], packet: Any = None) -> list[Any]:
        """All layers of loose content: headers, payload as `data`, padding."""
        *layers, data, end, padded = content[1:]
        start = self.start(data)
        for n, (place, layer) in enumerate(zip(self._places, layers, strict=True)):
            if layer is None:
                unpack, derived = place.protocol._unpack, place.protocol._DERIVED
                layers[n] = unpack(data, place.at, packet, None, derived)
        if start < end:
            layers.append(protocols["data"]._unpack(data[:end], start, packet))
        if padded:
            layers.append(protocols["padding"]._unpack(data, end, packet))
            layers[-1].after = padded - 1
        return layers

    def announcer(self, content: Sequence[Any]) -> Any:
        """The innermost header as it was on the wire."""
        last = self._places[-1]
        return last.protocol._unpack(content[-LENGTHS], last.at, None)

    def _write(self, content: Sequence[Any]) -> bytes:
        self._used += 1
        if self._used > _WARM and len(self._places) <= 16:
            from umpa.core.rewrite import Rewriter  # only for what is written often

            self.write = Rewriter(self._places, self._write_slowly).for_such(content)
        return self._write_slowly(content)

    def _write_slowly(self, content: Sequence[Any]) -> bytes:
        return assemble([self, *self.layers(content)])


def _end(places: Sequence[Place]) -> Iterator[str]:
    """Statements that find `end` and `padded` of `data`, or return what is put in."""
    yield "end = len(data); padded = 0"
    for number, place in enumerate(places, 1):
        if place.protocol._limiting:
            _, at, base = limit_of(number, place)
            yield f"limit = {base} + (data[{at}] << 8 | data[{at + 1}])"
            yield "if limit != end:"
            yield f"    if limit > end or limit == {base} or padded: return {{}}"
            yield f"    padded = {number}; end = limit"


def header_end(place: Place, names: dict[str, Any]) -> str:
    """The expression for where the header at `place` ends."""
    cls, at = place.protocol, place.at
    lengths = [f for f in cls.fields.values() if isinstance(f.auto, HeaderLength)]
    if not lengths and not any(field.tail for field in cls.fields.values()):
        return str(at + cls._FIXED)
    if len(lengths) == 1 and lengths[0].bits == 4 and not lengths[0].auto.bias:
        field = lengths[0]  # as in IP and TCP: half a byte
        byte, bit = divmod(at * 8 + field_bit(cls, field), 8)
        return f"{at} + (data[{byte}] >> {4 - bit} & 15) * {field.auto.unit}"
    names["unpack"] = cls._unpack
    return f"{at} + unpack(data, {at}, None)._declared(0)"


def limit_of(number: int, place: Place) -> tuple[int, int, int]:
    """Of a 16-bit length field: its layer's number, its offset, and where it counts from."""
    field = place.protocol.fields[place.protocol._limiting]
    base = place.at + field.auto.fixed if field.auto.header else place.at + place.size
    return number, place.at + field_offset(place.protocol, field), base
