"""Replies mirror layer by layer; answers are recognised, ICMP errors that quote included."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.states import link, tcp, tunnel, udp, udp6
from umpa import Packet
from umpa.core import registry
from umpa.core.mirror import mirrored
from umpa.errors import LayerError
from umpa.protocols import (
    ARP,
    DHCP,
    ICMP,
    IP,
    TCP,
    UDP,
    VLAN,
    VXLAN,
    VXLANGPE,
    Ethernet,
    Fragment,
    Geneve,
    ICMPv6,
    IPv6,
)

PROTOCOLS = [
    p
    for p in registry.all_protocols()
    if p.__module__.startswith("umpa.protocols.") and p.name not in ("data", "padding")
]


def both(packet: Packet) -> tuple[Packet, Packet]:
    """As crafted, and as it comes from the wire."""
    return packet, Packet.dissect(bytes(packet), packet.linktype)


def test_a_tcp_reply() -> None:
    for request in both(tcp()):
        reply = request.reply(TCP(flags="SYN,ACK", seq=5, ack=2))
        assert (reply.eth.src, reply.eth.dst) == (request.eth.dst, request.eth.src)
        assert (reply.ip.src, reply.ip.dst) == ("10.0.0.2", "10.0.0.1")
        assert (reply.tcp.srcport, reply.tcp.dstport) == (50000, 40000)
        assert (str(reply.tcp.flags), reply.tcp.seq, reply.tcp.ack) == ("SYN,ACK", 5, 2)
        assert reply.ip.ttl == 64
        assert reply.payload == b""
        assert reply.tcp.checksum_status == reply.ip.checksum_status == "good"
        assert reply.answers(request)
        assert not request.answers(request)
        assert bytes(request) == bytes(tcp())


def test_what_is_given_wins() -> None:
    reply = tcp().reply(IP(src="10.0.0.77", ttl=3), TCP(srcport=1, flags="RST"))
    assert (reply.ip.src, reply.ip.dst, reply.ip.ttl) == ("10.0.0.77", "10.0.0.1", 3)
    assert (reply.tcp.srcport, reply.tcp.dstport) == (1, 40000)


def test_pins_that_are_given_are_kept() -> None:
    reply = udp().reply(UDP(checksum=0xBEEF))
    assert reply.udp.checksum == 0xBEEF
    assert not reply.udp.is_auto("checksum")
    assert reply.udp.is_auto("length")


def test_payload_of_a_reply() -> None:
    reply = udp().reply(b"answer")
    assert reply.payload == b"answer"
    assert reply.udp.dstport == udp().udp.srcport
    assert reply.vlan.id == 7
    assert reply.answers(udp())


def test_an_echo_repeats_identifier_sequence_and_payload() -> None:
    request = link() / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(ident=7, seq=9) / b"abc"
    for asked in both(request):
        reply = asked.reply(ICMP(type="echo-reply"))
        assert (reply.icmp.type, reply.icmp.ident, reply.icmp.seq) == (0, 7, 9)
        assert reply.payload == b"abc"
        assert reply.answers(asked)
        assert not asked.answers(reply)
        for other in (ICMP(ident=8, seq=9), ICMP(ident=7, seq=8)):
            assert not reply.answers(link() / IP(src="10.0.0.1", dst="10.0.0.2") / other)
        assert not request.reply(ICMP(type="timestamp-reply")).answers(request)


def test_an_echo_of_ipv6() -> None:
    request = link() / IPv6(src="fe80::1", dst="fe80::2") / ICMPv6(type=128) / b"abc"
    reply = request.reply(ICMPv6(type=129))
    assert reply.ipv6.src == "fe80::2"
    assert reply.payload == b"abc"
    assert reply.answers(request)
    assert not request.answers(request)


def test_arp() -> None:
    request = Ethernet(src="02:00:00:00:00:01") / ARP(
        src_hw_mac="02:00:00:00:00:01", src_proto_ipv4="10.0.0.1", dst_proto_ipv4="10.0.0.2"
    )
    for asked in both(request):
        reply = asked.reply(ARP(opcode="reply", src_hw_mac="02:00:00:00:00:02"))
        assert (reply.arp.src_proto_ipv4, reply.arp.dst_proto_ipv4) == ("10.0.0.2", "10.0.0.1")
        assert (reply.arp.src_hw_mac, reply.arp.dst_hw_mac) == (
            "02:00:00:00:00:02",
            "02:00:00:00:00:01",
        )
        assert reply.eth.dst == "02:00:00:00:00:01"
        assert reply.answers(asked)
        assert not asked.answers(asked)


def test_what_is_no_answer() -> None:
    request = udp()
    right = request.reply(b"x")
    assert right.answers(request)
    for layer, name, value in (
        ("udp", "srcport", 1),
        ("udp", "dstport", 1),
        ("ip", "src", "10.0.0.5"),
        ("ip", "dst", "10.0.0.5"),
    ):
        wrong = right.copy()
        wrong[f"{layer}.{name}"] = value
        assert not wrong.answers(request), name
    assert not tcp().answers(request)
    assert not udp6().answers(request)
    assert not Packet().answers(request)
    assert not right.answers(Packet())


def test_the_link_does_not_matter_for_answers() -> None:
    request = udp()
    reply = Packet(*request.reply(b"x").layers[2:])
    assert reply.answers(request)
    assert request.reply(b"x").answers(Packet(*request.layers[2:]))


def error_about(request: Packet, kept: int | None = None, kind: int = 3) -> Packet:
    """What a router says of `request`: eight bytes behind its IP header, as RFC 792 has it."""
    quoted = bytearray(b"".join(bytes(layer) for layer in request.layers[1:])[:kept])
    quoted[8] -= 1  # the time to live, and with it the checksum
    quoted[10:12] = b"\x12\x34"
    return link() / IP(src="10.0.0.254", dst=request.ip.src) / ICMP(type=kind) / bytes(quoted)


@pytest.mark.parametrize("kept", [28, 32, None])
@pytest.mark.parametrize("kind", [3, 11, 12, 4, 5])
def test_errors_that_quote_the_request(kept: int | None, kind: int) -> None:
    request = link() / IP(src="10.0.0.1", dst="10.0.0.2", id=9) / UDP(srcport=5, dstport=6) / b"xyz"
    answer = Packet.dissect(bytes(error_about(request, kept, kind)))
    assert answer[UDP, 0].quoted
    assert answer.answers(request)
    assert answer.answers(Packet.dissect(bytes(request)))
    for other in (
        link() / IP(src="10.0.0.1", dst="10.0.0.2", id=9) / UDP(srcport=5, dstport=7) / b"xyz",
        link() / IP(src="10.0.0.1", dst="10.0.0.3", id=9) / UDP(srcport=5, dstport=6) / b"xyz",
        link() / IP(src="10.0.0.1", dst="10.0.0.2", id=9) / TCP(srcport=5, dstport=6),
        link() / IPv6() / UDP(srcport=5, dstport=6),
        Ethernet() / ARP(),
    ):
        assert not answer.answers(other)


def test_errors_about_tcp_and_icmp() -> None:
    base = link() / IP(src="10.0.0.1", dst="10.0.0.2")
    for request in (base / TCP(srcport=1, dstport=2, seq=3), base / ICMP(ident=3, seq=4) / b"abc"):
        answer = Packet.dissect(bytes(error_about(request, 28)))
        assert answer.answers(request)
        changed = request.copy()
        changed["tcp.srcport" if TCP in request else "icmp.ident"] = 77
        assert not answer.answers(changed)


def test_errors_of_ipv6() -> None:
    request = udp6()
    quoted = b"".join(bytes(layer) for layer in request.layers[1:])
    for kind in (1, 2, 3, 4):
        ip = IPv6(src="2001:db8::ff", dst="2001:db8::1")
        answer = Packet.dissect(bytes(link() / ip / ICMPv6(type=kind) / quoted))
        assert answer[UDP, 0].quoted, kind
        assert answer.answers(request)
        changed = request.copy()
        changed.udp.dstport = 1
        assert not answer.answers(changed)


def test_tunnels_mirror_each_header() -> None:
    reply = tunnel().reply(b"x")
    addresses = [(layer.src, layer.dst) for layer in reply.layers if isinstance(layer, IP)]
    assert addresses == [("10.0.0.2", "10.0.0.1"), ("10.1.0.2", "10.1.0.1")]
    assert reply.answers(tunnel())
    wrong = reply.copy()
    wrong[IP, 1].src = "10.1.0.3"
    assert not wrong.answers(tunnel())


def test_a_reply_shares_nothing() -> None:
    given = TCP(flags="ACK")
    request = tcp()
    reply = request.reply(given)
    given.seq = 99
    reply.tcp.ack = 5
    reply.ip.ttl = 1
    assert reply.tcp.seq == 0
    assert given.ack == 0
    assert bytes(request) == bytes(tcp())


def test_tags_are_kept() -> None:
    packet = Ethernet() / VLAN(id=5) / VLAN(id=6) / IP() / UDP()
    reply = packet.reply()
    assert [layer.id for layer in reply.layers if isinstance(layer, VLAN)] == [5, 6]


def test_nothing_to_reply_to() -> None:
    for packet in (Packet(), Packet(b"data"), Packet.dissect(b"abc")):
        with pytest.raises(LayerError, match="no reply"):
            packet.reply(TCP())


def test_what_is_given_replaces_what_would_be_mirrored() -> None:
    asked = Packet.dissect(
        bytes(
            Ethernet(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff")
            / ARP(src_hw_mac="02:00:00:00:00:01", src_proto_ipv4="10.0.0.1",
                  dst_proto_ipv4="10.0.0.2")
        )
    )  # fmt: skip
    mac = "02:00:00:00:00:02"
    answer = asked.reply(Ethernet(src=mac), ARP(opcode="reply", src_hw_mac=mac))
    assert (answer.eth.src, answer.eth.dst) == (mac, "02:00:00:00:00:01")
    assert (answer.arp.src_hw_mac, answer.arp.dst_hw_mac) == (mac, "02:00:00:00:00:01")
    assert (answer.arp.src_proto_ipv4, answer.arp.dst_proto_ipv4) == ("10.0.0.2", "10.0.0.1")


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: str(protocol.__name__))
def test_every_protocol_can_be_mirrored(protocol: Any) -> None:
    layer = protocol()
    mine = mirrored(layer, protocol())
    assert type(mine) is protocol
    for name, field in protocol.fields.items():
        if field.auto_bit:
            assert mine.is_auto(name) == layer.is_auto(name)


def test_an_advertisement_answers_its_solicitation() -> None:
    """The flags of an advertisement lie where an echo has its identifier."""
    asked = (
        Ethernet()
        / IPv6(src="fd00::1", dst="ff02::1:ff00:2")
        / ICMPv6(type="neighbor solicitation", nd_ns_target_address="fd00::2")
    )
    said = ICMPv6(type="neighbor advertisement", nd_na_flag_s=True, nd_na_target_address="fd00::2")
    answer = Ethernet() / IPv6(src="fd00::2", dst="fd00::1") / said
    for request, reply in zip(both(asked), both(answer), strict=True):
        assert reply.answers(request)


@pytest.mark.parametrize("group", ["224.0.0.251", "255.255.255.255"])
def test_anybody_may_answer_what_was_sent_to_many(group: str) -> None:
    asked = IP(src="10.0.0.1", dst=group) / ICMP(type="echo-request", ident=3, seq=4)
    answer = IP(src="10.0.0.9", dst="10.0.0.1") / ICMP(type="echo-reply", ident=3, seq=4)
    stranger = IP(src="10.0.0.9", dst="10.0.0.2") / ICMP(type="echo-reply", ident=3, seq=4)
    assert answer.answers(asked)
    assert not stranger.answers(asked)


GROUPS = {
    "broadcast": (Ethernet(), IP(src="10.0.0.1", dst="255.255.255.255"), "0.0.0.0"),
    "multicast": (Ethernet(dst="01:00:5e:00:00:01"), IP(dst="224.0.0.1"), "0.0.0.0"),
    "IPv6": (Ethernet(dst="33:33:00:00:00:01"), IPv6(dst="ff02::1"), "::"),
}


@pytest.mark.parametrize(("frame", "ip", "unknown"), GROUPS.values(), ids=GROUPS)
def test_nobody_answers_from_the_address_of_a_group(frame: Any, ip: Any, unknown: str) -> None:
    frame.src = "02:00:00:00:00:01"
    for asked in both(frame / ip / UDP(srcport=68, dstport=67)):
        reply = asked.reply()
        assert (reply.eth.dst, reply.eth.src) == ("02:00:00:00:00:01", "00:00:00:00:00:00")
        assert reply[type(ip)].src == unknown
        assert (reply.udp.srcport, reply.udp.dstport) == (67, 68)
        given = asked.reply(Ethernet(src="02:00:00:00:00:02"), type(ip)(), UDP())
        assert given.eth.src == "02:00:00:00:00:02"


@pytest.mark.parametrize("below", [(), (VLAN(id=3),)], ids=["untagged", "tagged"])
def test_the_frame_of_an_arp_reply_comes_from_its_sender(below: tuple[VLAN, ...]) -> None:
    mine, theirs = "02:00:00:00:00:02", "02:00:00:00:00:01"
    request = Packet(
        Ethernet(src=theirs), *below,
        ARP(src_hw_mac=theirs, src_proto_ipv4="10.0.0.1", dst_proto_ipv4="10.0.0.2"),
    )  # fmt: skip
    for asked in both(request):
        reply = asked.reply(ARP(opcode="reply", src_hw_mac=mine))
        assert (reply.eth.dst, reply.eth.src) == (theirs, mine)
        given = asked.reply(Ethernet(src="02:00:00:00:00:03"), ARP(src_hw_mac=mine))
        assert given.eth.src == "02:00:00:00:00:03"


def test_who_asks_without_an_address_is_answered_at_the_one_that_the_kernel_gave() -> None:
    request = IP(dst="10.0.0.2") / UDP(srcport=4000, dstport=53)
    answer = IP(src="10.0.0.2", dst="10.0.0.1") / UDP(srcport=53, dstport=4000)
    other = IP(src="10.0.0.3", dst="10.0.0.1") / UDP(srcport=53, dstport=4000)
    for packet in both(answer):
        assert packet.answers(request)
    assert not other.answers(request)
    six = IPv6(dst="fd00::2") / UDP(srcport=4000, dstport=53)
    assert (IPv6(src="fd00::2", dst="fd00::1") / UDP(srcport=53, dstport=4000)).answers(six)


def test_a_dhcp_offer_answers_the_discover() -> None:
    discover = IP(dst="255.255.255.255") / UDP(srcport=68, dstport=67) / DHCP(id=5)
    offer = IP(src="10.0.0.1", dst="255.255.255.255") / UDP(srcport=67, dstport=68)
    assert (offer / DHCP(type=2, id=5)).answers(discover)
    assert not (offer / DHCP(type=2, id=6)).answers(discover)


def test_an_error_may_quote_what_was_put_together_of_fragments() -> None:
    """A host that puts them together, and then finds nobody at the port, quotes no fragment."""
    ipv6 = IPv6(src="fd00::1", dst="fd00::2")
    first = ipv6 / Fragment(more=True, ident=5) / UDP(srcport=1, dstport=2, checksum=9) / bytes(64)
    whole = ipv6 / UDP(srcport=1, dstport=2, checksum=9) / bytes(128)
    back = IPv6(src="fd00::2", dst="fd00::1") / ICMPv6(type="destination-unreachable", code=4)
    assert (back / bytes(whole)).answers(first)
    assert (back / bytes(first)).answers(first)
    other = ipv6 / UDP(srcport=1, dstport=3, checksum=9) / bytes(128)
    assert not (back / bytes(other)).answers(first)
    assert not (back / bytes(first)).answers(whole)


TUNNELS = [(VXLAN, 4789), (VXLANGPE, 4790), (Geneve, 6081)]


def through(tunnel: Any, port: int, inner: Packet) -> Packet:
    """A packet in a tunnel over UDP."""
    outer = Ethernet() / IP(src="10.0.0.2", dst="10.0.0.1") / UDP(srcport=51187, dstport=port)
    packet: Packet = outer / tunnel(vni=42) / inner
    return packet


@pytest.mark.parametrize(("tunnel", "port"), TUNNELS)
def test_a_reply_in_a_tunnel_goes_to_the_port_that_both_ends_listen_at(
    tunnel: Any, port: int
) -> None:
    """RFC 7348, section 5; RFC 8926, section 3.3. Who sends chooses any port to send from."""
    inner = Ethernet() / IP(src="192.168.42.2", dst="192.168.42.77") / ICMP(ident=3) / b"abc"
    for request in both(through(tunnel, port, inner)):
        reply = request.reply(ICMP(type="echo-reply"))
        assert (reply.ip.dst, reply.udp.dstport) == ("10.0.0.2", port)
        assert reply[IP, 1].dst == "192.168.42.2"
        assert request.reply(UDP(dstport=7), ICMP(type="echo-reply")).udp.dstport == 7
        for answer in both(reply):
            assert answer.answers(request)
            answer.udp.srcport = 999
            assert answer.answers(request)
            answer[tunnel].vni = 43
            assert not answer.answers(request)


def test_the_frame_in_a_tunnel_comes_from_who_sends_it_too() -> None:
    """As the frame of every reply to an ARP request that went to all: else it is thrown away."""
    asked = Ethernet(src="02:00:00:00:00:02", dst="ff:ff:ff:ff:ff:ff") / ARP(
        src_hw_mac="02:00:00:00:00:02", src_proto_ipv4="10.9.0.2", dst_proto_ipv4="10.9.0.1"
    )
    for request in both(through(VXLAN, 4789, asked)):
        reply = request.reply(ARP(opcode="reply", src_hw_mac="02:00:00:00:00:09"))
        assert reply[Ethernet, 1].src == "02:00:00:00:00:09"
        assert reply[Ethernet, 1].dst == "02:00:00:00:00:02"
        assert reply.eth.src != "02:00:00:00:00:09"
