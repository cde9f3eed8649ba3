"""Where headers, and what they carry, end: expressions over the bytes of a packet of one shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from umpa.core.auto import HeaderLength
from umpa.core.offsets import field_bit, field_offset
from umpa.core.walk import Place

__all__ = ["end_of", "header_end", "limit_of"]


def end_of(places: Sequence[Place], otherwise: str) -> Iterator[str]:
    """Statements that find `end` and `padded` of `data`; or return `otherwise`, an expression."""
    yield "    end = len(data); padded = 0"
    for number, place in enumerate(places, 1):
        if place.protocol._limiting:
            _, at, base = limit_of(number, place)
            yield f"    limit = {base} + (data[{at}] << 8 | data[{at + 1}])"
            yield "    if limit != end:"
            yield f"        if limit > end or limit == {base} or padded: return {otherwise}"
            yield f"        padded = {number}; end = limit"


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
