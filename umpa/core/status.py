"""Whether a checksum is right, in Wireshark's terms (`tcp.checksum.status`).

1. `"good"` and `"bad"` compare the value in the header with the one that would be computed.
2. `"unverified"`: it covers bytes that are not here: a fragment, a packet that the capture cut,
   a packet that an ICMP error quotes.
3. `"absent"`: the sender left it out, as UDP over IPv4 may with a zero; or there is no checksum.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from umpa.core.ground import GROUND

__all__ = ["checksum_status", "checksum_statuses"]


def checksum_status(layer: Any) -> str:
    """The status of the layer's checksum in the packet that it stands in."""
    if not _summed(layer):
        return "absent"
    packet = layer.packet
    if packet is None and isinstance(layer._packet, ref):
        return "unverified"  # it was read from a packet that is gone, and its bytes with it
    if packet is None:
        return _verdict(layer, (GROUND, layer), 1, b"")
    statuses = checksum_statuses(packet)
    return next(s for other, s in zip(packet.layers, statuses, strict=True) if other is layer)


def checksum_statuses(packet: Any) -> list[str]:
    """The status of each of the packet's layers, outermost first."""
    layers = packet.layers
    data = packet._content[0]
    places = packet._walk(data).places if isinstance(data, bytes) else None
    stack = (GROUND, *layers)
    found: list[str] = []
    quoted = False
    cut = packet.wire_length > len(data) if isinstance(data, bytes) else False
    for i, layer in enumerate(layers):
        limit = None
        if places is not None and not quoted:
            limit = layer._limit(places[i].at, places[i].size)
            cut = cut and not (limit is not None and limit <= len(data))
        if not _summed(layer):
            found.append("absent")
        elif quoted:
            found.append("unverified")
        elif places is None:
            found.append(_verdict(layer, stack, i + 1, packet._carried(i)))
        else:
            _, at, size, end, _ = places[i]
            missing = cut or (limit is not None and limit > end)
            found.append(_verdict(layer, stack, i + 1, None if missing else data[at + size : end]))
        quoted = quoted or layer.quotes
    return found


def _summed(layer: Any) -> bool:
    """Whether it has a checksum."""
    name = layer._checksum
    return bool(name) and getattr(layer, layer.fields[name].slot) is not None


def _verdict(layer: Any, stack: tuple[Any, ...], i: int, body: bytes | None) -> str:
    """The status of the layer at `i`; `body` is None where not all that it covers is here."""
    name = layer._checksum
    rule = layer.fields[name].auto
    if getattr(rule, "zero_means_none", False) and not layer[name]:
        return _zero(stack[1:i])
    if not getattr(rule, "body", True):
        body = body or b""  # not summed, but counted by a length that is derived
    elif body is None or stack[i - 1]._pseudo(stack, i - 1, 0, 0) is None:
        return "unverified"
    expected = layer._by_rule(layer.fields[name], stack, i, body)
    return "good" if expected == layer[name] else "bad"


def _zero(lower: tuple[Any, ...]) -> str:
    """What a zero means that stands for "no checksum": only IPv4 allows it (RFC 8200, 8.1)."""
    networks = [layer.name for layer in lower if layer.name in ("ip", "ipv6")]
    return "bad" if networks[-1:] == ["ipv6"] else "absent"
