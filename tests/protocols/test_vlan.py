"""VLAN tags."""

from __future__ import annotations

import pytest

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import ARP, ICMP, IP, LLC, VLAN, Ethernet


def test_one_tag() -> None:
    # VLAN 5, priority voice, drop eligible, IPv4
    check(
        Ethernet(dst=M2, src=M1)
        / VLAN(id=5, priority="voice", dei=True)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "0200000000020200000000018100b00508004500001c00010000400166de0a0000010a0000020800"
        "f7f700070001",
        vlan__id=5,
        vlan__priority=5,
        vlan__dei=True,
        vlan__etype=2048,
    )


def test_two_tags() -> None:
    # Customer VLAN 5 in service VLAN 100 (802.1ad)
    check(
        Ethernet(dst=M2, src=M1, type=0x88A8) / VLAN(id=100) / VLAN(id=5) / ARP(),
        "02000000000202000000000188a80064810000050806000108000604000100000000000000000000"
        "00000000000000000000",
        eth__type=34984,
        vlan__id=100,
        vlan__etype=33024,
    )


def test_length_before_llc() -> None:
    # A tagged 802.3 frame: the tag has the length
    check(
        Ethernet(dst=M2, src=M1) / VLAN(id=1) / LLC(dsap=4, ssap=4) / b"umpa",
        "020000000002020000000001810000010007040403756d7061",
        vlan__etype=7,
        llc__ssap=4,
    )


def test_a_service_tag_stays_one_when_the_packet_is_changed() -> None:
    frame = "020000000002 020000000001 88a8 0064 8100 0005 0800"
    packet = Packet.dissect(bytes.fromhex(frame) + bytes(IP(src="10.0.0.1", dst="10.0.0.2")))
    packet.ip.ttl = 3
    assert bytes(packet)[:20].hex() == bytes.fromhex(frame)[:20].hex()


def test_an_identifier_of_more_than_twelve_bits_is_an_error() -> None:
    with pytest.raises(FieldError, match=r"VLAN\.id: 4096 does not fit; expected .* 0 to 4095"):
        VLAN(id=4096)


def test_tags_stack_to_any_depth() -> None:
    packet = Ethernet() / VLAN(id=1)
    for number in range(2, 40):
        packet = packet / VLAN(id=number)
    found = Packet.dissect(bytes(packet / ARP()))
    assert [layer["id"] for layer in found.layers[1:-1]] == list(range(1, 40))
