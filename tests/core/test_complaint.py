"""A reply of another kind than its request: errors that quote, and what has no place at all."""

from __future__ import annotations

import pytest

from tests.core.test_answer import both
from umpa import Packet
from umpa.errors import LayerError
from umpa.protocols import ARP, DNS, ICMP, IP, TCP, UDP, Ethernet, ICMPv6, IPv6

FRAME = Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
OVER_4 = FRAME / IP(src="10.0.0.1", dst="10.0.0.2", ttl=9)
OVER_6 = FRAME / IPv6(src="fd00::1", dst="fd00::2")
SYN = OVER_4 / TCP(srcport=1000, dstport=80, flags="SYN", seq=5)


@pytest.mark.parametrize(
    "request_",
    [SYN, OVER_4 / UDP(srcport=1000, dstport=53) / b"what", OVER_4 / ICMP(ident=7) / b"abc"],
    ids=["tcp", "udp", "echo request"],
)
def test_an_icmp_error_takes_the_place_of_the_transport_and_quotes(request_: Packet) -> None:
    for request in both(request_):
        error = request.reply(IP(src="10.0.0.254"), ICMP(type="unreachable", code="port-unreach"))
        wire = Packet.dissect(bytes(error), strict=True)
        assert [layer.name for layer in wire.layers][:4] == ["eth", "ip", "icmp", "ip"]
        assert (wire.ip.src, wire.ip.dst, wire.icmp.code) == ("10.0.0.254", "10.0.0.1", 3)
        assert bytes(error)[42:] == bytes(request)[14:]
        assert wire.icmp.checksum_status == "good"
        assert error.answers(request)
        assert wire.answers(request)


def test_over_ipv6_too() -> None:
    for request in both(OVER_6 / UDP(srcport=1, dstport=9) / bytes(2000)):
        error = request.reply(ICMPv6(type="packet too big", mtu=1280))
        assert [layer.name for layer in error.layers] == ["eth", "ipv6", "icmpv6", "data"]
        assert bytes(error)[62:] == bytes(request)[14 : 14 + 1232]
        assert error.answers(request)


def test_no_more_is_quoted_than_routers_do() -> None:
    assert len(bytes((OVER_4 / UDP() / bytes(1400)).reply(ICMP(type="unreachable")))) == 14 + 576


def test_the_padding_of_a_frame_is_not_quoted() -> None:
    request = Packet.dissect(bytes(SYN) + bytes(6))
    assert request.reply(ICMP(type="unreachable")).payload == bytes(SYN)[14:]


def test_a_quote_of_ones_own_is_kept() -> None:
    assert SYN.reply(ICMP(type="unreachable"), b"mine").payload == b"mine"


def test_what_the_request_has_none_of_stands_on_what_carries_it() -> None:
    for request in both(SYN):
        reply = request.reply(UDP(dstport=7))
        assert [layer.name for layer in reply.layers] == ["eth", "ip", "udp"]
        assert reply.ip.proto == 17
    answer = (OVER_4 / UDP(srcport=1000, dstport=53)).reply(DNS(flags_response=True))
    assert (answer.udp.dstport, answer.dns.flags_response) == (1000, True)


def test_what_stands_on_nothing_is_refused() -> None:
    for request in both(SYN):
        with pytest.raises(LayerError, match="ICMP may not stand on TCP"):
            request.reply(TCP(flags="RST"), ICMP(type="unreachable"))
    with pytest.raises(LayerError, match="a reply to eth, arp has no place for UDP"):
        (Ethernet() / ARP()).reply(UDP())


def test_a_layer_that_is_only_quoted_is_said_to_be_so() -> None:
    error = Packet.dissect(bytes(SYN.reply(ICMP(type="unreachable"))))
    with pytest.raises(LayerError, match=r"no TCP .* which has eth, ip, icmp, quoting ip, tcp"):
        error[TCP]
