"""Loose packets: changed ones in which what nobody looked at is still the wire's bytes.

The first change of a packet from the wire makes it loose, if its bounds are plain. It keeps its
shape, and `_content` is then

    [loose, layer or None, ..., data, start, end, padded]

the layers at the shape's places, the payload `data[start:end]`, and padding `data[end:]` behind
the layer numbered `padded`. A header that nobody asked for is written from the wire's bytes, its
checksum made anew, so changing a field does not cost the unpacking of all others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from umpa.core.auto import HeaderLength, Length, NextProtocol, TransportChecksum
from umpa.core.blocks import block
from umpa.core.checksum import internet_sum
from umpa.core.compiler import define
from umpa.core.ground import Ground
from umpa.core.layer import put_auto, put_packet
from umpa.core.registry import protocols
from umpa.core.stack import assemble
from umpa.core.walk import Place

__all__ = ["LENGTHS", "Loose", "field_bit", "field_offset"]

LENGTHS = 4
"""What stands behind the layers in the content: data, start, end, padded."""
_WARM = 4


class Loose(Ground):
    """What is known of the loose packets of one shape."""

    __slots__ = ("_header_end", "_limits", "_places", "_used", "write")

    write: Callable[[Sequence[Any]], bytes]

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._limits = [limit_of(n, p) for n, p in enumerate(places, 1) if p.protocol._limiting]
        self._header_end = _header_end(places[-1])
        self._used = 0
        self.write = self._write

    def open(self, packet: Any) -> list[Any] | None:
        """The loose content of a packet of the shape; None where its bounds are not plain."""
        content = packet._content
        data = content[0]
        bounds = self.bounds(data)
        if bounds is None:
            return None
        for layer in content:
            if layer is not None and layer is not data:
                put_packet(layer, packet)
                put_auto(layer, layer._DERIVED)
        return [self, *content[1:], data, *bounds]

    def bounds(self, data: bytes) -> tuple[int, int, int] | None:
        """Where the payload starts and ends, and the number of the layer that padding follows.

        None where that is not plain.
        """
        end = len(data)
        padded = 0
        for number, high, base in self._limits:
            limit = base + (data[high] << 8 | data[high + 1])
            if limit != end:
                if limit > end or limit == base or padded:
                    return None
                padded, end = number, limit
        start = self._header_end(data)
        if start > end or (start < end and self._places[-1].protocol.terminal):
            return None
        return start, end, padded

    def layers(self, content: Sequence[Any], packet: Any = None) -> list[Any]:
        """All layers of loose content: headers, payload as `data`, padding."""
        *layers, data, start, end, padded = content[1:]
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
            self.write = _compile(self._places, self._write_slowly)
        return self._write_slowly(content)

    def _write_slowly(self, content: Sequence[Any]) -> bytes:
        return assemble([self, *self.layers(content)])


def _header_end(place: Place) -> Callable[[bytes], int]:
    """The function that says where the header at `place` ends."""
    cls, at, unpack = place.protocol, place.at, place.protocol._unpack
    lengths = [f for f in cls.fields.values() if isinstance(f.auto, HeaderLength)]
    if not lengths and not any(field.tail for field in cls.fields.values()):
        return lambda data: at + cls._FIXED
    if len(lengths) == 1 and lengths[0].bits == 4 and not lengths[0].auto.bias:
        field = lengths[0]  # as in IP and TCP: half a byte
        byte, bit = divmod(at * 8 + field_bit(cls, field), 8)
        shift, unit = 4 - bit, field.auto.unit
        return lambda data: at + (data[byte] >> shift & 15) * unit
    return lambda data: at + unpack(data, at, None)._declared(0)


def limit_of(number: int, place: Place) -> tuple[int, int, int]:
    """Of a 16-bit length field: its layer's number, its offset, and where it counts from."""
    field = place.protocol.fields[place.protocol._limiting]
    base = place.at + field.auto.fixed if field.auto.header else place.at + place.size
    return number, place.at + field_offset(place.protocol, field), base


def field_offset(protocol: Any, field: Any) -> int:
    """Where a field starts in its header, in bytes."""
    return field_bit(protocol, field) // 8


def field_bit(protocol: Any, field: Any) -> int:
    """Where a field starts in its header, in bits."""
    names = list(protocol.fields)
    return sum(protocol.fields[name].bits for name in names[: names.index(field.name)])


def _compile(
    places: Sequence[Place], slowly: Callable[[Sequence[Any]], bytes]
) -> Callable[[Sequence[Any]], bytes]:
    """The function that writes loose content of these places."""
    count = len(places)
    names: dict[str, Any] = {"internet_sum": internet_sum, "slowly": slowly}
    layers = ", ".join(f"l{n}" for n in range(1, count + 1))
    lines = ["def write(content):", f"    l0, {layers}, data, start, end, padded = content"]
    classes = [place.protocol for place in places]
    raw = {n: _raw(n, places) for n in range(1, count + 1)}
    for n, place in enumerate(places, 1):
        if not raw[n]:
            names[f"unpack_{n}"] = place.protocol._unpack
            unpack = f"unpack_{n}(data, {place.at}, None, None, {place.protocol._DERIVED})"
            lines.append(f"    if l{n} is None: l{n} = {unpack}")
    lines += [f"    layers = l0, {layers}", "    body = data[start:end]"]
    for n in range(count, 0, -1):
        upper = classes[n] if n < count else None
        whole = block(n, classes[n - 1], upper, names, "return slowly(content)")
        if raw[n]:
            lines += [f"    if l{n} is None:", *("        " + line for line in raw[n])]
            lines += ["    else:", *("        " + line for line in whole)]
        else:
            lines += ["    " + line for line in whole]
        lines.append(f"    if padded == {n}: body += data[end:]")
    lines.append("    return body")
    title = "/".join(cls.__name__ for cls in classes)
    function: Callable[[Sequence[Any]], bytes] = define("write", f"loose {title}", lines, names)
    return function


def _raw(n: int, places: Sequence[Place]) -> list[str]:
    """Statements that put a header nobody looked at before `body`; empty where none would do."""
    place = places[n - 1]
    cls = place.protocol
    rules = {name: field.auto for name, field in cls.fields.items() if field.auto is not None}
    if n < len(places):
        upper = places[n].protocol
        stays = all(isinstance(r, NextProtocol) and r.static(upper) for r in rules.values())
        return [f"body = data[{place.at}:{place.at + place.size}] + body"] if stays else []
    checksum = rules.pop(cls._checksum, None)
    if n == 1 or type(checksum) is not TransportChecksum:
        return []
    if not all(isinstance(rule, (HeaderLength, Length)) for rule in rules.values()):
        return []
    at = place.at + field_offset(cls, cls.fields[cls._checksum])
    return [
        f"body = data[{place.at}:end]",
        f"pseudo = l{n - 1}._pseudo(layers, {n - 1}, {checksum.protocol}, len(body))",
        "if pseudo is not None:",
        f"    total = pseudo + internet_sum(body) - (data[{at}] << 8 | data[{at + 1}])",
        f"    value = {checksum.source(cls.fields[cls._checksum])}",
        f"    body = data[{place.at}:{at}] + value.to_bytes(2, 'big') + data[{at + 2}:end]",
    ]
