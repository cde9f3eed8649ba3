"""Asking through tunnels: what is carried is asked, and the outer ports are the tunnel's."""

from __future__ import annotations

from typing import Any

import pytest

import umpa
from tests.exchange.test_exchange import LINK, Face, blocking, each_face, echo
from tests.live.room import Room, fresh_room
from umpa import ARP, GRE, ICMP, IP, TCP, UDP, VXLAN, Ethernet, Geneve, Packet
from umpa.exchange.filed import Filed
from umpa.exchange.filters import filter_for

__all__ = ["fresh_room"]

OUTER = IP(src="10.0.0.1", dst="10.0.0.2")
INNER = Ethernet(src="02:aa:00:00:00:01", dst="02:aa:00:00:00:02") / IP(
    src="192.168.42.1", dst="192.168.42.2"
)
TUNNELS = [
    LINK / OUTER / UDP(srcport=50000, dstport=4789) / VXLAN(vni=42),
    LINK / OUTER / UDP(srcport=50000, dstport=6081) / Geneve(vni=42),
    LINK / OUTER / GRE(),
]


def from_any_port(packet: Packet) -> list[Packet]:
    """The other end's reply, which comes from a port of its own choice."""
    (reply,) = echo(packet)
    if UDP in reply:
        reply.udp.srcport = 61234
    return [Packet.dissect(bytes(reply))]


@each_face
@pytest.mark.parametrize("tunnel", TUNNELS, ids=["vxlan", "geneve", "gre"])
def test_what_is_carried_is_told_apart(face: Face, tunnel: Packet) -> None:
    pings = [tunnel / INNER / ICMP(ident=1, seq=seq) / b"abc" for seq in range(5)]

    def some(packet: Packet) -> list[Packet]:
        return from_any_port(packet) if packet.icmp.seq != 3 else []

    answers = face(pings, some, timeout=0.5)
    assert [one.request.icmp.seq for one in answers.answered] == [0, 1, 2, 4]
    assert [one.answer.icmp.seq for one in answers.answered] == [0, 1, 2, 4]
    assert [packet.icmp.seq for packet in answers.unanswered] == [3]


def test_another_network_of_the_tunnel_is_another_answer() -> None:
    def elsewhere(packet: Packet) -> list[Packet]:
        (reply,) = from_any_port(packet)
        reply.vxlan.vni = 43
        return [reply]

    answers = blocking(TUNNELS[0] / INNER / ICMP(), elsewhere, timeout=0.2)
    assert not answers
    (unmatched,) = answers.unmatched
    assert unmatched.reason


def filter_of(*packets: Packet) -> str:
    return filter_for([Filed(bytes(packet), packet.linktype) for packet in packets])


def test_the_filter_looks_at_the_outer_headers() -> None:
    """What a tunnel carries is nothing that libpcap could look at, ports and ARP included."""
    arp = Ethernet() / ARP(dst_proto_ipv4="192.168.42.2")
    for inner in (INNER / TCP(srcport=1234, dstport=80), INNER / UDP(srcport=1234), arp):
        assert filter_of(TUNNELS[0] / inner).endswith(" or udp dst port 4789)")
        assert filter_of(TUNNELS[2] / inner) == "(dst host 10.0.0.1)"
        assert "1234" not in filter_of(TUNNELS[0] / inner)
    ipip = LINK / OUTER / IP(src="192.168.42.1", dst="192.168.42.2") / TCP(srcport=1234)
    assert filter_of(ipip) == "(dst host 10.0.0.1)"
    assert filter_of(LINK / arp[ARP]) == "arp"


@pytest.mark.live
@pytest.mark.needs("ip", "ethtool", "ping")
def test_a_kernel_at_the_other_end_of_vxlan(fresh_room: Room) -> None:
    """It answers an ARP request and a ping that come out of the tunnel."""
    server = fresh_room.server
    try:
        server.ip("link add vx0 type vxlan id 42 remote 10.0.0.1 dstport 4789 dev eth0")
    except RuntimeError:
        pytest.skip("platform: this kernel has no VXLAN")
    server.ip("link set vx0 address 02:aa:00:00:00:02")
    server.up("vx0", "192.168.42.2/24")
    tunnel = IP(dst="10.0.0.2") / UDP(srcport=50000, dstport=4789) / VXLAN(vni=42)
    mine: dict[str, Any] = {"src_hw_mac": "02:aa:00:00:00:01", "src_proto_ipv4": "192.168.42.1"}
    everybody = Ethernet(src="02:aa:00:00:00:01", dst="ff:ff:ff:ff:ff:ff")
    told = umpa.sr1(tunnel / everybody / ARP(dst_proto_ipv4="192.168.42.2", **mine), timeout=2)
    assert told is not None
    assert told.arp.src_hw_mac == "02:aa:00:00:00:02"
    pong = umpa.sr1(tunnel / INNER / ICMP(ident=3) / b"abc", timeout=2)
    assert pong is not None
    assert pong[IP, 1].src == "192.168.42.2"
