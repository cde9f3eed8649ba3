"""A sieve lets everything pass that its match accepts, and keeps much of the rest out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umpa import ARP, GRE, ICMP, IP, TCP, UDP, VLAN, VXLAN, Ethernet, ICMPv6, IPv6, Match, has
from umpa.link.file import read
from umpa.link.libpcap.filter import compile_filter
from umpa.sniffing.sieve import sieve

LEAVES: list[Match] = [
    TCP.dstport == 80, TCP.srcport == 443, TCP.flags.has("SYN"), TCP.flags == "ACK",
    TCP.dstport > 1023, TCP.seq >= 1 << 31, TCP.hdr_len == 32, TCP.srcport.is_in(range(1, 1024)),
    TCP.srcport.is_in([22, 80, 443]), TCP.window_size_value != 0,
    UDP.dstport == 53, UDP.srcport == 4789, UDP.length < 100,
    IP.dst == "10.0.0.2", IP.src.is_in("10.0.0.0/24"), IP.src < "10.0.0.2", IP.ttl == 64,
    IP.ttl != 64, IP.frag_offset > 0, IP.flags_df == True, IP.flags_mf == True, IP.hdr_len > 20,  # noqa: E712
    IP.proto == 6, IP.id == 0, IP.dsfield_dscp == 0,
    IPv6.src == "fd00::1", IPv6.dst.is_in("fd00::/17"), IPv6.dst.is_in("ff02::/16"),
    IPv6.hlim == 255, IPv6.flow != 0, IPv6.tclass == 0, IPv6.nxt == 58,
    ICMP.type == "echo-request", ICMP.code == 0, ICMP.ident == 1, ICMPv6.type == 135,
    ARP.opcode == "request", ARP.dst_proto_ipv4 == "10.0.0.2",
    ARP.src_hw_mac == "02:00:00:00:00:01", Ethernet.dst == "02:00:00:00:00:02",
    Ethernet.src != "02:00:00:00:00:02", Ethernet.type == 0x800, VLAN.id == 5,
    has(TCP), has(UDP), has(IP), has(IPv6), has(ARP), has(ICMP), has(ICMPv6),
    has(VLAN), has(GRE), has(VXLAN),
]  # fmt: skip
CAPTURES = sorted((Path(__file__).parent.parent / "captures").glob("*.pcap*"))
PACKETS = [packet for path in CAPTURES for packet in read(path, count=100) if packet.linktype == 1]
matches = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(Match.__and__, inner, inner),
        st.builds(Match.__or__, inner, inner),
        st.builds(Match.__invert__, inner),
    ),
    max_leaves=4,
)


def check(match: Match) -> None:
    text = sieve(match, 1)
    if text:
        passes = compile_filter(text)
        lost = [packet for packet in PACKETS if match(packet) and not passes(bytes(packet))]
        assert not lost, (text, [packet.summary() for packet in lost[:3]])


@pytest.mark.parametrize("match", LEAVES, ids=repr)
def test_nothing_that_is_wanted_is_kept_out(match: Match) -> None:
    assert PACKETS
    check(match)


@given(matches)
def test_nor_by_any_combination(match: Match) -> None:
    check(match)


SYN = TCP(dstport=80, flags="SYN")
LAN = Ethernet() / IP(src="10.0.0.1", dst="10.0.0.2")


@pytest.mark.parametrize(
    "packet",
    [
        LAN / SYN,
        Ethernet() / IPv6() / SYN,
        Ethernet() / VLAN(id=5) / IP() / SYN,
        Ethernet() / VLAN(id=5) / VLAN(id=6) / IPv6() / SYN,
        Ethernet() / IP() / IP() / SYN,
        Ethernet() / IPv6() / IP() / SYN,
        LAN / GRE() / IP() / SYN,
        LAN / UDP(dstport=4789) / VXLAN() / Ethernet() / IP() / SYN,
    ],
    ids=lambda packet: packet.summary(),
)
def test_tags_and_tunnels_pass(packet: object) -> None:
    match = (TCP.dstport == 80) & TCP.flags.has("SYN")
    assert match(packet)  # type: ignore[arg-type]
    assert compile_filter(sieve(match, 1))(bytes(packet))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("match", "packet"),
    [
        (TCP.dstport == 80, LAN / TCP(dstport=81)),
        (TCP.dstport == 80, LAN / UDP(dstport=80)),
        (TCP.dstport == 80, Ethernet() / ARP()),
        (TCP.dstport == 80, Ethernet() / IPv6() / TCP(dstport=81)),
        ((TCP.dstport == 80) & ~TCP.flags.has("RST"), LAN / TCP(dstport=81)),
        (ARP.dst_proto_ipv4 == "10.0.0.5", Ethernet() / ARP(dst_proto_ipv4="10.0.0.6")),
        (IPv6.dst == "fd00::1", Ethernet() / IPv6(dst="fd00::2") / UDP()),
        (IPv6.dst.is_in("fd00::/17"), Ethernet() / IPv6(dst="fd00:8000::") / UDP()),
        (ICMP.type == 8, LAN / ICMP(type=0)),
    ],
    ids=repr,
)
def test_what_the_kernel_can_tell_is_kept_out(match: Match, packet: object) -> None:
    assert not compile_filter(sieve(match, 1))(bytes(packet))  # type: ignore[call-overload]


def test_where_there_is_nothing_to_say() -> None:
    assert sieve(~has(TCP), 1) == ""
    assert sieve((TCP.dstport == 80) | ~has(TCP), 1) == ""
    assert sieve(TCP.dstport == 80, 101) == ""
    assert sieve(TCP.srcport.is_in(range(0, 60000, 7)), 1) == ""


def test_the_device_any_has_a_sieve_too() -> None:
    text = sieve(TCP.dstport == 80, 113)
    compile_filter(text, 113)
    assert sieve(Ethernet.dst == "02:00:00:00:00:02", 113) == ""
