"""The source address that is filled in when a packet is sent."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from umpa import ICMP, IP, TCP, UDP, DestinationOptions, ICMPv6, IPv6, Packet, fragment
from umpa.exchange.source import from_source

FOUR, SIX = ipaddress.IPv4Address("10.0.0.7"), ipaddress.IPv6Address("fd00::7%eth0")
ECHO = ICMPv6(type="echo-request")


def sent_from(packet: Packet, source: Any) -> Packet:
    ip: Any = packet.get(IP) or packet.get(IPv6)
    return from_source(packet, ip, source)


@pytest.mark.parametrize(
    "carried",
    [
        UDP(srcport=1, dstport=2) / bytes(100),
        TCP(srcport=1, dstport=2) / bytes(100),
        ICMP() / bytes(100),
        UDP(checksum=0) / bytes(100),  # none, RFC 768
        Packet(bytes(100)),
    ],
)
@pytest.mark.parametrize("mtu", [28, 36, 60])
def test_fragments_of_ipv4_get_the_checksum_of_their_source(carried: Packet, mtu: int) -> None:
    late = fragment(IP(dst="10.0.0.2", id=5) / carried, mtu)
    early = fragment(IP(dst="10.0.0.2", id=5, src="10.0.0.7") / carried, mtu)
    assert len(late) > 1
    assert [bytes(sent_from(piece, FOUR)) for piece in late] == [bytes(piece) for piece in early]


@pytest.mark.parametrize(
    "carried",
    [
        UDP(srcport=1, dstport=2) / bytes(100),
        TCP(srcport=1, dstport=2) / bytes(100),
        ECHO / bytes(100),
        DestinationOptions() / ECHO / bytes(100),
    ],
)
@pytest.mark.parametrize("mtu", [64, 88])
def test_fragments_of_ipv6_too(carried: Packet, mtu: int) -> None:
    late = fragment(IPv6(dst="fd00::2") / carried, mtu, ident=5)
    early = fragment(IPv6(dst="fd00::2", src="fd00::7") / carried, mtu, ident=5)
    assert len(late) > 1
    assert [bytes(sent_from(piece, SIX)) for piece in late] == [bytes(piece) for piece in early]


@pytest.mark.parametrize("value", range(0, 65536, 4099))
def test_a_checksum_of_udp_is_never_the_one_that_says_none(value: int) -> None:
    body = value.to_bytes(2, "big") + bytes(98)
    late, *_ = fragment(IP(dst="10.0.0.2", id=5) / UDP() / body, 60)
    early, *_ = fragment(IP(dst="10.0.0.2", id=5, src="10.0.0.7") / UDP() / body, 60)
    assert bytes(sent_from(late, FOUR)) == bytes(early)


def test_a_whole_packet_is_summed_as_ever() -> None:
    packet = IP(dst="10.0.0.2") / UDP() / b"abc"
    assert sent_from(packet, FOUR) == IP(src="10.0.0.7", dst="10.0.0.2") / UDP() / b"abc"
    assert packet.ip.src == "0.0.0.0"
    assert sent_from(IPv6(dst="fd00::2") / ECHO, SIX).ipv6.src == "fd00::7"


def test_what_is_too_short_for_a_checksum_is_left_alone() -> None:
    piece = IP(dst="10.0.0.2", proto=17, flags_mf=True) / b"abc"
    assert sent_from(piece, FOUR).payload == b"abc"
