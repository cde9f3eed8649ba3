"""Loose packets: changed ones in which what nobody looked at is still the wire's bytes.

The first change of a packet from the wire makes it loose, if its bounds are plain. It keeps its
shape, and `_content` is then

    [loose, layer or None, ..., data, end, padded]

the layers at the shape's places, and the wire's bytes, of which those up to `end` are headers and
payload, and those behind it padding after the layer numbered `padded`. A header that nobody asked
for is written from the wire's bytes, its checksum made anew, so changing a field does not cost the
unpacking of all others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from umpa.core.bounds import end_of, header_end
from umpa.core.compiler import define
from umpa.core.ground import Ground
from umpa.core.layer import put_auto, put_packet
from umpa.core.registry import protocols
from umpa.core.stack import assemble
from umpa.core.walk import Place

__all__ = ["LENGTHS", "Loose"]

LENGTHS = 3
"""What stands behind the layers in the content: data, end, padded; None each in a shape."""
_WARM = 4

Bounds = tuple[int, int, int]


class Loose(Ground):
    """What is known of the loose packets of one shape."""

    __slots__ = ("_places", "_used", "bounds", "start", "write")

    write: Callable[[Sequence[Any]], bytes]
    bounds: Callable[[bytes], Bounds | None]
    """Where the payload starts and ends, and the number of the layer that padding follows.

    None where that is not plain.
    """
    start: Callable[[bytes], int]
    """Where the payload starts."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._used = 0
        self.bounds, self.start = self._learn_bounds, self._learn_start
        self.write = self._write

    def _learn_bounds(self, data: bytes) -> Bounds | None:
        self._compile()
        return self.bounds(data)

    def _learn_start(self, data: bytes) -> int:
        self._compile()
        return self.start(data)

    def _compile(self) -> None:
        names: dict[str, Any] = {}
        start = f"    start = {header_end(self._places[-1], names)}"
        beyond = "start != end" if self._places[-1].protocol.terminal else "start > end"
        lines = ["def start(data):", start, "    return start"]
        lines += ["def bounds(data):", *end_of(self._places, "None"), start]
        lines += [f"    if {beyond}: return None", "    return start, end, padded"]
        self.bounds = define("bounds", f"bounds of {self._title()}", lines, names)
        self.start = names["start"]

    def _title(self) -> str:
        return "/".join(place.protocol.__name__ for place in self._places)

    def touching(self, otherwise: Callable[[Any], None]) -> Callable[[Any], None]:
        """The function for the first change of a packet; `otherwise` is for bounds not plain."""
        names: dict[str, Any] = {
            "loose": self, "otherwise": otherwise, "put_packet": put_packet, "put_auto": put_auto
        }  # fmt: skip
        lines = ["def touch(self):", "    content = self._content; data = content[0]"]
        lines += end_of(self._places, "otherwise(self)")
        if self._places[-1].protocol.terminal:
            lines.append(f"    start = {header_end(self._places[-1], names)}")
            lines.append("    if start != end: return otherwise(self)")
        lines.append("    origin = self._origin")
        lines.append("    if origin.wire_length is not None:")
        lines.append("        self._origin = origin.replace(None, origin.comment)")
        for n, place in enumerate(self._places, 1):
            lines.append(f"    layer = content[{n}]")
            lines.append("    if layer is not None:")
            lines.append(
                f"        put_packet(layer, self); put_auto(layer, {place.protocol._DERIVED})"
            )
        lines.append("    content[0] = loose")
        for at, name in enumerate(("data", "end", "padded"), len(self._places) + 1):
            lines.append(f"    content[{at}] = {name}")
        function: Callable[[Any], None] = define("touch", f"touching {self._title()}", lines, names)
        return function

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
