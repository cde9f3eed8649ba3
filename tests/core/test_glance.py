"""A match asked of a packet asleep gives the answer it gives of one that is awake."""

from __future__ import annotations

from pathlib import Path

import pytest

from umpa import (
    ARP,
    DNS,
    ICMP,
    IP,
    TCP,
    UDP,
    VLAN,
    Ethernet,
    IPv6,
    Match,
    Packet,
    Payload,
    has,
    read,
)
from umpa.core.glance import glance
from umpa.core.match import compile_match
from umpa.protocols import VXLAN

MATCHES: dict[str, Match] = {
    "port": TCP.dstport == 443,
    "flags": TCP.flags.has("SYN"),
    "bit": IP.flags_df == True,  # noqa: E712  # a match
    "half a byte": IP.hdr_len > 20,
    "header length of tcp": TCP.hdr_len == 32,
    "three bytes and a bit": IP.frag_offset == 0,
    "mac": Ethernet.dst == "ff:ff:ff:ff:ff:ff",
    "network": IP.dst.is_in("10.0.0.0/24"),
    "ipv6 network": IPv6.src.is_in("fd00::/64"),
    "range": UDP.srcport.is_in(range(1024)),
    "set": TCP.dstport.is_in([80, 443, 8080]),
    "four bytes": TCP.seq > 0x7FFFFFFF,
    "arp": ARP.opcode == "request",
    "vlan": VLAN.id == 42,
    "tree": ((TCP.dstport == 80) | (UDP.dstport == 53)) & ~(IP.ttl < 64),
    "layer": has(UDP),
    "layer behind ports": has(DNS),
    "field behind ports": DNS.flags_response == True,  # noqa: E712  # a match
    "payload": has(Payload),
    "overlay": ICMP.seq == 1,
    "tunnel": has(VXLAN),
    "nothing": ~has(IP),
}


def frames(captures: Path) -> list[Packet]:
    return [packet for path in sorted(captures.glob("*.pcap*")) for packet in read(path, count=60)]


@pytest.mark.parametrize("name", MATCHES)
def test_the_answers_are_the_same(name: str, captures: Path) -> None:
    match = MATCHES[name]
    quick, usual = glance(match, Packet.shapes), compile_match(match)
    for turn in range(2):  # the first time the shapes are learnt, the second time remembered
        for packet in frames(captures):
            awake = Packet.dissect(bytes(packet), packet.linktype, wire_length=packet.wire_length)
            assert quick(packet) == usual(awake), (turn, awake.summary())


def test_a_packet_that_was_glanced_at_sleeps_on(first_capture: Path) -> None:
    quick = glance(IP.ttl == 64, Packet.shapes)
    for packet in [*read(first_capture), *read(first_capture)]:
        packet.get(IP)  # its shape is known from now on
    for packet in read(first_capture):
        quick(packet)
        assert packet._content.__class__ is bytes


def test_a_changed_packet_is_asked_the_usual_way(first_capture: Path) -> None:
    quick = glance(TCP.dstport == 9, Packet.shapes)
    packet = next(packet for packet in read(first_capture) if packet.get(TCP))
    packet.tcp.dstport = 9
    assert quick(packet)


def test_a_tunnel_is_looked_into() -> None:
    inner = Ethernet() / IP(src="10.9.9.9", dst="10.9.9.8") / TCP(dstport=443)
    outer = Ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=4789) / VXLAN() / inner
    plain = Ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=9) / bytes(100)
    quick = glance(TCP.dstport == 443, Packet.shapes)
    for _ in range(3):
        assert quick(Packet.dissect(bytes(outer)))
        assert not quick(Packet.dissect(bytes(plain)))
