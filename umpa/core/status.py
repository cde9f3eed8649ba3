"""Whether a checksum is right, in Wireshark's terms (`tcp.checksum.status`).

1. `"good"` and `"bad"` compare the value in the header with the one that would be computed.
2. `"unverified"`: it covers bytes that are not here: a fragment, a packet that the capture cut,
   a packet that an ICMP error quotes.
3. `"absent"`: the sender left it out, as UDP over IPv4 may with a zero; or there is no checksum.
"""

from __future__ import annotations

from typing import Any

from umpa.core.layer import GROUND

__all__ = ["checksum_status"]


def checksum_status(layer: Any) -> str:
    """The status of the layer's checksum in the packet that it stands in."""
    name = layer._checksum
    if not name or getattr(layer, layer.fields[name].slot) is None:
        return "absent"
    packet = layer.packet
    stack: tuple[Any, ...] = (layer,) if packet is None else packet.layers
    i = next(n for n, other in enumerate(stack) if other is layer)
    if any(lower.quotes for lower in stack[:i]):
        return "unverified"
    rule = layer.fields[name].auto
    if getattr(rule, "zero_means_none", False) and not layer[name]:
        return _zero(stack[:i])
    body = b""
    if getattr(rule, "body", True):
        if i and stack[i - 1]._pseudo((GROUND, *stack), i, 0, 0) is None:
            return "unverified"
        if packet is not None:
            if _cut(packet, i):
                return "unverified"
            body = packet._carried(i)
    return "good" if _expected(layer, (GROUND, *stack), i + 1, body) == layer[name] else "bad"


def _zero(lower: tuple[Any, ...]) -> str:
    """What a zero means that stands for "no checksum": only IPv4 allows it (RFC 8200, 8.1)."""
    networks = [layer.name for layer in lower if layer.name in ("ip", "ipv6")]
    return "bad" if networks[-1:] == ["ipv6"] else "absent"


def _cut(packet: Any, i: int) -> bool:
    """Whether the capture cut the packet before the end of what the layer at `i` covers."""
    data = packet._content[0]
    if not isinstance(data, bytes) or packet.wire_length <= len(data):
        return False
    for layer, place in zip(packet.layers[: i + 1], packet._walk(data).places, strict=False):
        limit = layer._limit(place.at, place.size)
        if limit is not None and limit <= len(data):
            return False
    return True


def _expected(layer: Any, layers: tuple[Any, ...], i: int, body: bytes) -> int:
    """The checksum that belongs there, everything else being as it is."""
    field = layer.fields[layer._checksum]
    alone = layer._copy(None)
    alone._auto = field.auto_bit
    written = alone._assemble(layers, i, body)
    expected: int = getattr(type(layer)._unpack(written, 0, None), field.name)
    return expected
