"""A layer by itself, printed and written."""

from __future__ import annotations

from typing import Any

import pytest

import umpa
from tests.exchange.kinds import KINDS
from umpa import DNS, IP, TCP, UDP, Ethernet, Packet, Payload
from umpa.protocols.index import CLASSES

NAMES = {name: getattr(umpa, name) for name in CLASSES}
PACKET = (
    Ethernet(src="02:00:00:00:00:01")
    / IP(dst="10.0.0.2", ttl=3)
    / TCP(dstport=80, flags="SYN", options=[("mss", 1460)])
)


@pytest.mark.parametrize("packet", KINDS, ids=lambda packet: str(packet.layers[-1].name))
def test_its_representation_makes_it_again(packet: Packet) -> None:
    layers: list[Any] = [eval(repr(layer), NAMES) for layer in packet.layers]
    assert bytes(Packet(*layers, strict=False, warn=False)) == bytes(packet)


def test_of_the_wire_derived_fields_are_left_out() -> None:
    for packet in (PACKET, Packet.dissect(bytes(PACKET))):
        assert repr(packet.layers) == (
            "(Ethernet(src='02:00:00:00:00:01'), IP(ttl=3, dst='10.0.0.2'), "
            "TCP(dstport=80, flags='SYN', options=[('mss', 1460)]))"
        )


def test_pinned_fields_are_told() -> None:
    assert repr(IP(len=20)) == "IP(len=20)"
    assert repr(UDP()) == "UDP()"
    assert repr(Payload(bytes(65))).endswith("\\x00'...)")


def test_what_is_read_from_other_fields_is_not_an_argument() -> None:
    assert repr(DNS(id=1, data=DNS.question("a"))) == (
        "DNS(id=1, data=b'\\x01a\\x00\\x00\\x01\\x00\\x01')"
    )


def test_printed_it_is_its_part_of_the_tree() -> None:
    for packet in (PACKET, Packet.dissect(bytes(PACKET))):
        tree = str(packet).splitlines()
        for layer in packet.layers:
            lines = str(layer).splitlines()
            start = tree.index(lines[0])
            assert tree[start : start + len(lines)] == lines


def test_alone_it_is_printed_as_it_would_be_sent() -> None:
    lines = str(IP(dst="10.0.0.2")).splitlines()
    assert lines[0] == "Internet Protocol Version 4 (ip), 20 bytes"
    assert "  len                 20                            [auto]" in lines


def test_of_a_packet_with_very_many_layers_too() -> None:
    packet = Packet(*[IP()] * 64)
    assert str(packet.layers[0]).startswith("Internet Protocol")
    assert str(packet.layers[-1]) == repr(packet.layers[-1])
