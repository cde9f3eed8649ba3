"""A packet finds the request that it answers, exactly where `packet.answers` says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umpa import (
    ARP,
    DHCP,
    DNS,
    GRE,
    ICMP,
    IP,
    SCTP,
    TCP,
    UDP,
    VLAN,
    Ethernet,
    ICMPv6,
    IPv6,
    Packet,
    read,
)
from umpa.exchange.keys import Pending

LINK = Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def wired(packet: Packet) -> Packet:
    """The packet as it comes from the wire, asleep."""
    return Packet.dissect(bytes(packet), packet.linktype)


def pending_of(requests: Iterable[Packet]) -> Pending[int]:
    pending: Pending[int] = Pending()
    for number, request in enumerate(requests):
        pending.add(request, number)
    return pending


def neighbourly(packet: Packet) -> bool:
    """Whether it is one of those kinds of which the keys know more than `answers`."""
    icmp, ip, ip6 = packet.get(ICMPv6), packet.get(IP), packet.get(IPv6)
    if icmp is not None and icmp.type in (133, 135):
        return True
    if ip is not None and (ip.src == "0.0.0.0" or ip.dst.startswith(("224.", "239.", "255."))):
        return True
    return ip6 is not None and (ip6.src == "::" or ip6.dst.startswith("ff"))


def frames(folder: Path) -> Iterator[list[Packet]]:
    for path in sorted(folder.glob("*.pcap*")):
        yield [packet for packet in read(path, count=40) if packet.linktype in (1, 101, 113, 276)]


def test_it_agrees_with_answers_on_every_capture(captures: Path) -> None:
    """Every packet against every other one of the same capture, in both states."""
    checked = 0
    for packets in frames(captures):
        requests = [wired(packet) for packet in packets if not neighbourly(packet)]
        pending = pending_of(requests)
        for packet in packets:
            expected = [n for n, asked in enumerate(requests) if packet.answers(asked)]
            for received in (wired(packet), packet):
                found = pending.find(received)
                if found is not None and len(found) < len(expected):  # an identification decided
                    assert set(found) < set(expected)
                else:
                    assert found == (tuple(expected) or None), packet.summary()
            checked += len(expected)
    assert checked > 100


def test_requests_with_and_without_what_a_port_suggests_keep_apart() -> None:
    """A name server that was sent nothing has no question to answer."""
    ends = IP(src="10.0.0.1", dst="10.0.0.2"), UDP(srcport=1, dstport=53)
    question = wired(Packet(LINK, *ends, DNS(id=5)))
    pending = pending_of([wired(Packet(LINK, *ends)), question])
    assert pending.find(wired(question.reply())) == (1,)


ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"])
SIX = st.sampled_from(["fd00::1", "fd00::2", "fd00::3"])
PORTS = st.sampled_from([1, 2, 53, 67, 5353])
SMALL = st.sampled_from([0, 1, 2])


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    """Packets that differ little, so that many of them answer each other."""
    lower: Packet = draw(st.sampled_from([LINK / VLAN(id=1), Packet(LINK)])).copy()
    if draw(st.booleans()):
        ip: IP | IPv6 = IP(src=draw(ADDRESSES), dst=draw(ADDRESSES), id=draw(SMALL))
    else:
        ip = IPv6(src=draw(SIX), dst=draw(SIX))
    four = isinstance(ip, IP)
    kind = draw(st.sampled_from(["tcp", "udp", "icmp", "sctp", "dns", "dhcp", "none", "arp"]))
    if kind == "arp":
        return lower / ARP(
            opcode=draw(st.sampled_from([1, 2, 3, 4])),
            src_proto_ipv4=draw(ADDRESSES),
            dst_proto_ipv4=draw(ADDRESSES),
        )
    lower = lower / ip
    if kind == "tcp":
        return lower / TCP(srcport=draw(PORTS), dstport=draw(PORTS)) / draw(st.binary(max_size=3))
    if kind == "sctp":
        return lower / SCTP(srcport=draw(PORTS), dstport=draw(PORTS))
    if kind == "icmp" and four:
        kinds = st.sampled_from([0, 8, 13, 14])
        return lower / ICMP(type=draw(kinds), ident=draw(SMALL), seq=draw(SMALL)) / bytes(12)
    if kind == "icmp":
        kinds = st.sampled_from([128, 129])
        return lower / ICMPv6(
            type=draw(kinds), echo_identifier=draw(SMALL), echo_sequence_number=draw(SMALL)
        )
    if kind == "none":
        return lower / draw(st.binary(max_size=3))
    lower = lower / UDP(srcport=draw(PORTS), dstport=draw(PORTS))
    if kind == "dns":
        return lower / DNS(id=draw(SMALL))
    if kind == "dhcp":
        return lower / DHCP(id=draw(SMALL))
    return lower / draw(st.binary(max_size=3))


def error_about(request: Packet, kept: int) -> Packet | None:
    """What a router says of it, with `kept` bytes behind the IP header."""
    layers = [layer for layer in request.layers if layer.name not in ("eth", "vlan")]
    quoted = bytearray(b"".join(bytes(layer) for layer in layers))
    if isinstance(layers[0], IP):
        quoted[8] -= 1
        return LINK / IP(src="10.9.9.9") / ICMP(type=11) / bytes(quoted[: 20 + kept])
    if isinstance(layers[0], IPv6):
        quoted[7] -= 1
        return LINK / IPv6(src="fd09::9") / ICMPv6(type=3) / bytes(quoted[: 40 + kept])
    return None


@settings(max_examples=150)
@given(st.lists(packets(), min_size=1, max_size=12), st.sampled_from([8, 12, 1000]))
def test_it_agrees_with_answers(made: list[Packet], kept: int) -> None:
    requests = [wired(packet) for packet in made]
    pending = pending_of(requests)
    errors = [error for packet in made if (error := error_about(packet, kept))]
    replies = [wired(p).reply() for p in made]
    for packet in map(wired, [*made, *errors, *replies]):
        expected = [n for n, asked in enumerate(requests) if packet.answers(asked)]
        found = pending.find(packet)
        if packet in errors and found is not None:  # the identification may decide
            assert set(found) <= set(expected)
        else:
            assert found == (tuple(expected) or None), packet.summary()


def ask(*layers: Packet) -> Pending[int]:
    return pending_of(layers)


def test_a_removed_request_is_not_found() -> None:
    pending: Pending[str] = Pending()
    request = LINK / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(ident=1)
    first, second = pending.add(request, "a"), pending.add(request, "b")
    answer = wired(request.reply(ICMP(type="echo-reply")))
    assert pending.find(answer) == ("a", "b")
    pending.remove(first)
    pending.remove(first)
    assert pending.find(answer) == ("b",)
    pending.remove(second)
    assert pending.find(answer) is None
    assert len(pending) == 0


def test_a_request_is_filed_as_it_was() -> None:
    request = LINK / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(srcport=1, dstport=2)
    answer = wired(request.reply())
    pending = ask(request)
    request.udp.dstport = 3
    assert pending.find(answer) == (0,)


def test_who_asks_a_group_is_answered_by_anybody() -> None:
    request = LINK / IPv6(src="fd00::1", dst="ff02::1") / ICMPv6(echo_identifier=4)
    other = LINK / IPv6(src="fd00::1", dst="fd00::2") / ICMPv6(echo_identifier=5)
    pending = ask(request, other)
    for host in ("fd00::2", "fd00::3"):
        answer = LINK / IPv6(src=host, dst="fd00::1") / ICMPv6(type=129, echo_identifier=4)
        assert pending.find(wired(answer)) == (0,)
    stranger = LINK / IPv6(src="fd00::3", dst="fd00::1") / ICMPv6(type=129, echo_identifier=5)
    assert pending.find(wired(stranger)) is None


def test_a_directed_broadcast_is_a_group_when_told_so() -> None:
    request = LINK / IP(src="10.0.0.1", dst="10.0.0.255") / ICMP(ident=4)
    answer = wired(LINK / IP(src="10.0.0.9", dst="10.0.0.1") / ICMP(type=0, ident=4))
    pending: Pending[int] = Pending()
    pending.add(request, 1)
    assert pending.find(answer) is None
    pending.add(request, 2, anyone=True)
    assert pending.find(answer) == (2,)


def test_who_has_no_address_yet_is_answered_at_any() -> None:
    request = LINK / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(srcport=68, dstport=67)
    offer = LINK / IP(src="10.0.0.1", dst="10.0.0.50") / UDP(srcport=67, dstport=68)
    pending = ask(request / DHCP(id=7))
    assert pending.find(wired(offer / DHCP(type=2, id=7))) == (0,)
    assert pending.find(wired(offer / DHCP(type=2, id=8))) is None


@pytest.mark.parametrize("destination", ["fd00::2", "ff02::1:ff00:2"])
def test_a_neighbour_advertisement_is_told_by_its_target(destination: str) -> None:
    base = LINK / IPv6(src="fd00::1", dst=destination, hlim=255)
    pending = ask(
        base / ICMPv6(type=135, nd_ns_target_address="fd00::2"),
        base / ICMPv6(type=135, nd_ns_target_address="fd00::3"),
    )
    told = LINK / IPv6(src="fd00::2", dst="fd00::1", hlim=255)
    for flag in (False, True):
        answer = ICMPv6(type=136, nd_na_flag_s=flag, nd_na_target_address="fd00::2")
        assert pending.find(wired(told / answer)) == (0,)


def test_a_router_may_tell_all_nodes() -> None:
    pending = ask(LINK / IPv6(src="fe80::1", dst="ff02::2") / ICMPv6(type=133))
    told = LINK / IPv6(src="fe80::9", dst="ff02::1") / ICMPv6(type=134)
    assert pending.find(wired(told)) == (0,)


def test_the_identification_tells_equal_requests_apart() -> None:
    probes = [
        LINK / IP(src="10.0.0.1", dst="10.1.0.1", ttl=ttl, id=ttl) / UDP(srcport=9, dstport=9)
        for ttl in (1, 2, 3)
    ]
    pending = pending_of(probes)
    error = error_about(probes[1], 8)
    assert error is not None
    assert pending.find(wired(error)) == (1,)


def test_damaged_packets_answer_nothing() -> None:
    pending = ask(LINK / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(srcport=1, dstport=2))
    answer = bytes(LINK / IP(src="10.0.0.2", dst="10.0.0.1") / UDP(srcport=2, dstport=1))
    assert pending.find(Packet.dissect(answer)) == (0,)
    for cut in range(15, len(answer) - 8):
        assert pending.find(Packet.dissect(answer[:cut])) is None


BASE = LINK / IP(src="10.0.0.1", dst="10.0.0.2")


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (LINK / IP(src="10.0.0.3", dst="10.0.0.1") / UDP(srcport=2, dstport=1),
         "ports match, address differs"),
        (LINK / IP(src="10.0.0.2", dst="10.0.0.1") / UDP(srcport=2, dstport=9),
         "address matches, ports differ"),
        (LINK / IP(src="10.0.0.2", dst="10.0.0.1") / TCP(srcport=2, dstport=1),
         "address matches, kind differs"),
        (LINK / IP(src="10.0.0.2", dst="10.0.0.1") / ICMP(type=0, ident=9),
         "address matches, kind or identifier differs"),
        (LINK / IP(src="10.0.0.9", dst="10.0.0.1") / ICMP(type=0, ident=7),
         "kind and identifier match, address differs"),
        (LINK / IP(src="10.0.0.9", dst="10.0.0.8") / ICMP(type=0, ident=9),
         "answers nothing that was asked"),
        (LINK / IP(src="10.0.0.2", dst="10.0.0.1") / UDP(srcport=53, dstport=5) / DNS(id=2),
         "addresses and ports match, DNS differs"),
        (BASE / UDP(srcport=1, dstport=2), "is a request itself"),
        (LINK / IP(src="10.0.0.2", dst="10.0.0.1") / GRE(), "address matches, kind differs"),
        (Packet.dissect(b"\0" * 12), "has no headers that tell answers apart"),
    ],
)  # fmt: skip
def test_why_it_is_no_answer(packet: Packet, reason: str) -> None:
    pending = ask(
        BASE / UDP(srcport=1, dstport=2),
        BASE / ICMP(ident=7),
        BASE / UDP(srcport=5, dstport=53) / DNS(id=1),
    )
    assert pending.find(wired(packet)) is None
    assert pending.why(wired(packet)) == reason


def test_why_an_answer_came_too_late() -> None:
    pending: Pending[int] = Pending()
    request = BASE / UDP(srcport=1, dstport=2)
    asked = pending.add(request, 0)
    error = error_about(request, 8)
    assert error is not None
    pending.remove(asked)
    assert pending.why(wired(request.reply())) == "came after the answer"
    assert pending.why(wired(error)) == "came after the answer"
    other = error_about(BASE / UDP(srcport=1, dstport=9), 8)
    assert other is not None
    assert pending.why(wired(other)) == "quotes something that was not asked"


def test_the_cost_does_not_grow_with_the_requests() -> None:
    """By counting, not by time: what is filed under one key is one request."""
    base = LINK / IP(src="10.0.0.1", dst="10.0.0.2")
    requests = [base / TCP(srcport=9, dstport=port, flags="SYN") for port in range(1, 2000)]
    pending = pending_of(requests)
    answer = wired(requests[700].reply(TCP(flags="RST,ACK")))
    found = pending.asked(answer)
    assert found is not None
    assert [one.item for one in found] == [700]
    assert answer._content.__class__ is bytes  # it was not woken up
