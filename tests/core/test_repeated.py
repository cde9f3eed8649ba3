"""Outer headers that were the same before are not made anew: the bytes must be as if they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.core.test_stack import MANY
from umpa import ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6, Packet, Payload
from umpa.core.repeated import repeats
from umpa.core.stack import assemble
from umpa.errors import EncodeError

Layers = list[Any]

STACKS: dict[str, Callable[[], Layers]] = {
    "tcp": lambda: [Ethernet(dst="02:00:00:00:00:02"), IP(dst="10.0.0.2"), TCP(seq=1), b"data"],
    "udp": lambda: [VLAN(id=3), IP(dst="10.0.0.2"), UDP(srcport=4), b"data"],
    "ipv6": lambda: [Ethernet(), IPv6(dst="fd00::2"), TCP(seq=1)],
    "tunnel": lambda: [IP(), IP(ttl=3), UDP(), b"data"],
}
CHANGES: dict[str, Any] = {
    **{"dst": "02:00:00:00:00:09", "src": "02:00:00:00:00:08", "type": 0x1234},
    **{"id": 7, "priority": 3, "etype": 0x1234},
    **{"ip.src": "10.9.9.9", "ip.dst": "10.9.9.8", "ip.ttl": 9, "ip.id": 9, "ip.dsfield": 9},
    **{"ip.flags_df": True, "ip.flags_mf": True, "ip.frag_offset": 3, "ip.len": 5},
    **{"ip.proto": 99, "ip.hdr_len": 24, "ip.checksum": 1, "ip.options": ["nop"]},
    **{"src6": "fd00::9", "flow": 9, "hlim": 9, "plen": 3},
    **{"seq": 9, "flags": "SYN", "checksum": 3, "options": [("mss", 1460)], "srcport": 9},
}


def variants(make: Callable[[], Layers]) -> list[Layers]:
    """The stack with each field that one of its layers has changed, and with other payloads."""
    found = []
    for key, value in CHANGES.items():
        name = key.rpartition(".")[2].replace("6", "")
        for number, layer in enumerate(make()):
            if isinstance(layer, bytes) or name not in layer.fields:
                continue
            layers = make()
            try:
                layers[number][name] = value
            except ValueError:  # another protocol's field of that name
                continue
            found.append(layers)
    return [*found, [*make()[:3], b"x" * 5], [*make()[:3], b""], [*make()[:3], b"x" * 300]]


@pytest.mark.parametrize("name", STACKS)
def test_each_packet_after_each_other(name: str) -> None:
    make = STACKS[name]
    assert repeats([type(layer) for layer in make()])
    for _ in range(MANY):
        bytes(Packet(*make()))
    made = [Packet(*layers, strict=False, warn=False) for layers in [make(), *variants(make)]]
    assert len(made) > 8
    plain = [assemble(packet.copy()._open()) for packet in made]
    for first, expected in zip(made, plain, strict=True):
        for second, after in zip(made, plain, strict=True):
            assert bytes(first) == expected
            assert bytes(second) == after


def test_what_is_too_large_is_an_error_each_time() -> None:
    def packet(size: int) -> Packet:
        return Packet(Ethernet(), IP(dst="10.0.0.2"), TCP(), bytes(size))

    good = [bytes(packet(7)) for _ in range(MANY)]
    for _ in range(3):
        with pytest.raises(EncodeError, match=r"IP\.len would be"):
            bytes(packet(65536))
        assert bytes(packet(7)) == good[0]


def test_only_steady_headers_are_remembered() -> None:
    """A header whose checksum covers what it carries is another with each packet."""
    assert not repeats([Ethernet, IP, UDP, IP, UDP, bytes])
    assert not repeats([IP, ICMP, bytes])  # whose size more than one field tells
    assert not repeats([IP, Payload, TCP, bytes])
    assert not repeats([TCP, bytes])
