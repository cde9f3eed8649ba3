"""A frame as it must look: crafting gives its bytes, and its bytes give its fields."""

from __future__ import annotations

from typing import Any

from umpa import Packet

__all__ = ["M1", "M2", "check"]

M1 = "02:00:00:00:00:01"
M2 = "02:00:00:00:00:02"


def check(packet: Packet, golden: str, linktype: int = 1, **fields: Any) -> None:
    """The crafted packet has these bytes, and dissecting them finds the same layers and fields.

    A field is named by layer and name, as in `ip__ttl=64` and `ipv6_hopopts__len=0`; each must
    be what the packet's first layer of that kind has.
    """
    wire = bytes.fromhex(golden)
    assert bytes(packet).hex(" ") == wire.hex(" ")
    found = Packet.dissect(wire, linktype)
    assert found.error is None
    assert [layer.name for layer in found.layers] == [layer.name for layer in packet.layers]
    assert bytes(found) == wire
    for key, value in fields.items():
        layer, _, name = key.partition("__")
        read = getattr(_layer(found, layer), name)
        assert read == value, f"{layer}.{name} is {read!r}, not {value!r}"
    touched = found.copy()
    for one, crafted in zip(touched.layers, packet.layers, strict=True):
        for name, field in one.fields.items():
            if field.auto_bit and crafted.is_auto(name):
                one.auto(name)
    assert bytes(touched).hex(" ") == wire.hex(" ")


def _layer(packet: Packet, name: str) -> Any:
    for layer in packet.layers:
        if layer.name.replace(".", "_") == name:
            return layer
    raise AssertionError(f"no {name} in {packet!r}")
