"""What umpa sees in captures, in the form that a scorer compares with tshark's view.

`rows(path)` gives a dictionary for each packet of a file, with its layers and their fields by
Wireshark's names; `dissect`, `show` and `build` are what the crash test calls for each frame.
Importing it makes everything ready that the first packet of a protocol would else wait for, as
importing a library does that loads all it has (`docs/how-to/read-fields.md`).
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import umpa.protocols
from umpa import Packet
from umpa.core.status import checksum_statuses
from umpa.errors import FileError
from umpa.savefile import Reader

NAME = "umpa"
DOCUMENTED = ()
__all__ = ["DOCUMENTED", "NAME", "build", "dissect", "rows", "show"]

# The reference was made with NetBIOS names dissected as the DNS that they look like.
_RENAMED = {
    "nbns": "dns",
    "arcnet.linux": "arcnet",
    "pppoed": "pppoe",
    "pppoes": "pppoe",
    "sll2": "sll",
}
_STATUS = {"bad": 0, "good": 1, "unverified": 2, "absent": 3}
_WITH_IDENT = (0, 8, 13, 14, 15, 16, 17, 18)
_WITH_PAYLOAD = ("tcp", "udp")
_MOST_LENGTH = 1500
_BUNDLED = Path(__file__).parent.parent / "captures"
_FIRST_TYPE = 1536


def rows(path: str) -> Iterator[dict[str, Any]]:
    """One dictionary a packet, in file order."""
    # What comes before a damage is delivered; tshark stops there without a word.
    with contextlib.suppress(FileError), Reader(path) as reader:
        for number, packet in enumerate(reader, 1):
            row: dict[str, Any] = {
                "n": number,
                "t": packet.time_ns,
                "cl": len(packet),
                "l": packet.wire_length,
            }
            row["L"], row["q"] = layers(packet)
            yield row


def layers(packet: Packet) -> tuple[list[tuple[str, dict[str, Any]]], list[int]]:
    """Layers with their fields, outermost first, and the indices of those that are quoted."""
    found: list[tuple[str, dict[str, Any]]] = []
    quoted: list[int] = []
    inside = False
    stack = packet.layers
    statuses = checksum_statuses(packet)
    places = packet._walk(bytes(packet)).places
    for layer, upper, status, place in zip_longest(stack, stack[1:], statuses, places):
        if upper is not None and upper.name == "isl":
            continue  # the first bytes of an ISL header, not those of an Ethernet header
        values = {layer.fields[name].key: layer[name] for name in layer}
        if layer._checksum and not inside:
            values["checksum.status"] = _STATUS[status]
        if layer.name in _WITH_PAYLOAD and (carried := place.end - place.at - place.size) > 0:
            values["x.payload_len"] = carried
        _as_wireshark(layer, values)
        if inside:
            quoted.append(len(found))
        found.append((_RENAMED.get(layer.name, layer.name), values))
        inside = inside or layer.quotes
    return found, quoted


def _as_wireshark(layer: Any, values: dict[str, Any]) -> None:
    """What Wireshark calls by another name, or does not show."""
    function = _ADAPTED.get(layer.name)
    if function is not None:
        function(layer, values)


def _type_or_length(layer: Any, values: dict[str, Any]) -> None:
    key = "type" if layer.name == "eth" else "etype"
    if key in values and values[key] <= _MOST_LENGTH:
        values["len"] = values.pop(key)


def _cooked(layer: Any, values: dict[str, Any]) -> None:
    if values.get("etype", _FIRST_TYPE) < _FIRST_TYPE:
        values["ltype"] = values.pop("etype")


def _arp(layer: Any, values: dict[str, Any]) -> None:
    if layer.hw_type not in (1, 6) or layer.hw_size != 6:
        values.pop("src.hw_mac", None)
        values.pop("dst.hw_mac", None)
    if layer.proto_type != 0x0800 or layer.proto_size != 4:
        values.pop("src.proto_ipv4", None)
        values.pop("dst.proto_ipv4", None)


def _ip(layer: Any, values: dict[str, Any]) -> None:
    if "options" in values:
        values["options"] = bytes(values["options"]).hex()


def _icmp(layer: Any, values: dict[str, Any]) -> None:
    if layer.type not in _WITH_IDENT:
        values.pop("ident", None)
        values.pop("seq", None)


def _tcp(layer: Any, values: dict[str, Any]) -> None:
    if "flags" in values:
        values["flags"] = int(values["flags"])
    if "options" not in values:
        return
    options = values["options"]
    values["options"] = bytes(options).hex()
    for option in options:
        if option.name == "mss" and isinstance(option.value, int):
            values.setdefault("options.mss_val", option.value)
        elif option.name == "wscale" and isinstance(option.value, int):
            values.setdefault("options.wscale.shift", option.value)
        elif option.name == "sack_perm":
            values["options.sack_perm"] = 1
        elif option.name == "timestamp" and isinstance(option.value, tuple):
            values.setdefault("options.timestamp.tsval", option.value[0])
            values.setdefault("options.timestamp.tsecr", option.value[1])


_ADAPTED = {
    "arp": _arp,
    "eth": _type_or_length,
    "icmp": _icmp,
    "ip": _ip,
    "sll": _cooked,
    "sll2": _cooked,
    "tcp": _tcp,
    "vlan": _type_or_length,
}


def dissect(data: bytes, linktype: int) -> Packet:
    """The packet, every field of every layer read."""
    packet = Packet.dissect(data, linktype)
    layers(packet)
    return packet


def show(packet: Packet) -> str:
    """The packet as it is printed."""
    return str(packet)


def build(packet: Packet) -> bytes:
    """The packet's bytes with every derived field computed anew."""
    changed = packet.copy()
    for layer in changed.layers:
        for name, field in layer.fields.items():
            if field.auto_bit:
                layer.auto(name)
    return bytes(changed)


def _prepare() -> None:
    """Load and compile every protocol, and what the bundled captures need of dpkt.

    Collections of garbage are spared the work of looking at all that.
    """
    for name in umpa.protocols.__all__:
        str(Packet(getattr(umpa.protocols, name)()))
    for path in _BUNDLED.glob("*.pcap"):
        with Reader(path) as reader:
            for packet in reader:
                str(packet)
    gc.collect()
    gc.freeze()


_prepare()
