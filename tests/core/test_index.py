"""An index finds what the matches themselves would say, at a cost that does not grow with them."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from umpa import ARP, DNS, ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6, Match, Packet, has
from umpa.core.index import Index
from umpa.link.file import read

MATCHES: list[Match] = [
    TCP.dstport == 80,
    (TCP.dstport == 80) & TCP.flags.has("SYN"),
    (IP.dst == "10.0.0.2") & (TCP.dstport == 80),
    (TCP.dstport == 80) | (UDP.dstport == 53),
    (TCP.dstport == 80) | (TCP.flags.has("SYN")),
    TCP.srcport.is_in([80, 443]),
    TCP.srcport.is_in(range(1, 1000)),
    has(ARP),
    has(VLAN),
    has(DNS),
    ~has(TCP),
    IP.src.is_in("10.0.0.0/24"),
    ICMP.type == "echo-request",
    (ICMP.type == "echo-request") & (ICMP.seq == 1),
    (ARP.opcode == "request") & (ARP.dst_proto_ipv4 == "10.0.0.2"),
    IPv6.nxt == 58,
    Ethernet.type == 0x0800,
    (IP.ttl == 64) & (IP.ttl == 63),
    IP.ttl != 64,
    DNS.id == 0,
]


def captures() -> list[Path]:
    return sorted((Path(__file__).parent.parent / "captures").glob("*.pcap*"))


@pytest.mark.parametrize("path", captures(), ids=lambda path: path.stem)
@pytest.mark.parametrize("state", ["asleep", "awake", "changed"])
def test_it_finds_what_the_matches_say(path: Path, state: str) -> None:
    index = Index[int]()
    for number, match in enumerate(MATCHES):
        index.add(match, number)
    for packet in read(path, count=300):
        copy = packet.copy()
        if state != "asleep":
            packet.summary()
        if state == "changed" and IP in packet:
            packet.ip.ttl = copy.ip.ttl = 63
        assert index.find(packet) == [n for n, match in enumerate(MATCHES) if match(copy)]


SYN = Ethernet() / IP(dst="10.0.0.2") / TCP(dstport=80, flags="SYN")


def test_functions_and_nothing_at_all_are_conditions_too() -> None:
    index = Index[str]()
    index.add(None, "all")
    index.add(lambda packet: len(packet) > 1000, "long")
    index.add(TCP.dstport == 80, "web")
    assert index.find(SYN) == ["all", "web"]
    assert index.find(SYN / bytes(1000)) == ["all", "long", "web"]
    assert index.find(Ethernet() / ARP()) == ["all"]


def test_an_alternative_counts_once() -> None:
    index = Index[str]()
    index.add((TCP.dstport == 80) | (IP.dst == "10.0.0.2"), "one")
    assert index.find(SYN) == ["one"]


def test_what_is_removed_is_found_no_more() -> None:
    index = Index[str]()
    numbers = [index.add((TCP.dstport == 80) | has(ARP), name) for name in "abc"]
    index.remove(numbers[1])
    assert index.find(SYN) == ["a", "c"]
    assert len(index) == 2
    with pytest.raises(KeyError):
        index.remove(numbers[1])
    for number in (numbers[0], numbers[2]):
        index.remove(number)
    assert index.find(SYN) == []
    assert not any(group.table for group in index._groups.values())


def test_a_group_added_later_is_known_for_shapes_seen_before() -> None:
    index = Index[str]()
    packet = Packet.dissect(bytes(SYN))
    index.add(TCP.dstport == 80, "port")
    assert index.find(packet) == ["port"]
    index.add(IP.dst == "10.0.0.2", "address")
    assert index.find(Packet.dissect(bytes(SYN))) == ["port", "address"]


@pytest.mark.slow
def test_a_thousand_cost_what_ten_do() -> None:
    """At most 1.5 times as much; here twice, since the machine is shared."""
    frames = [bytes(Ethernet() / IP() / UDP(dstport=port)) for port in range(5000, 7000)]
    random.Random(1).shuffle(frames)

    def cost(number: int) -> float:
        index = Index[int]()
        for port in range(number):
            index.add((UDP.dstport == 1000 + port) & (IP.ttl == 64), port)
        best = 1.0
        for _ in range(7):
            packets = [Packet.dissect(data) for data in frames]
            start = time.process_time()
            for packet in packets:
                index.find(packet)
            best = min(best, time.process_time() - start)
        return best

    assert cost(1000) < 2 * cost(10)
