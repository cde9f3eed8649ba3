"""Replies by pattern are the handler's own replies, or the handler is asked."""

from __future__ import annotations

from itertools import islice

from umpa import ARP, ICMP, IP, TCP, UDP, Ethernet, ICMPv6, IPv6, Packet
from umpa.template.patched import PatchedReplies
from umpa.template.sequences import PacketSequence, sequence
from umpa.template.values import counter, hosts, payload, random

LOW = Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def pings(size: int = 56) -> PacketSequence:
    echo = ICMP(type="echo-request", ident=random(0, 65535, seed=1), seq=counter(1))
    return sequence(LOW, IP(src=hosts("10.0.0.0/8"), dst="10.9.9.9"), echo, payload(size, seed=5))


def pong(packet: Packet, context: object) -> Packet:
    return packet.reply(ICMP(type="echo-reply"))


def compare(handler: PatchedReplies[None], packets: PacketSequence, number: int) -> None:
    for frame in islice(packets.frames(), number):
        expected = bytes(handler._handler(Packet.dissect(frame), None))
        assert bytes(handler(Packet.dissect(frame), None)) == expected


def test_echo_replies() -> None:
    handler = PatchedReplies[None](pong)
    compare(handler, pings(), 2000)
    compare(handler, pings(57), 2000)
    assert handler.patched > 3000
    assert not handler.refused


def test_echo_replies_over_ipv6() -> None:
    def pong6(packet: Packet, context: object) -> Packet:
        return packet.reply(ICMPv6(type="echo-reply"))

    echo = ICMPv6(type="echo-request", echo_identifier=7, echo_sequence_number=counter(1))
    packets = sequence(LOW, IPv6(src=hosts("fd00::/64"), dst="fd00::1"), echo, payload(8, seed=5))
    handler = PatchedReplies[None](pong6)
    compare(handler, packets, 1000)
    assert handler.patched > 500


def test_arp_replies() -> None:
    def is_at(packet: Packet, context: object) -> Packet:
        return packet.reply(
            ARP(opcode="reply", src_hw_mac="02:00:00:00:00:09", src_proto_ipv4="10.0.0.9")
        )

    asked = ARP(src_hw_mac="02:00:00:00:00:01", src_proto_ipv4=hosts("10.0.0.0/8"))
    asked_packets = sequence(LOW, asked)
    handler = PatchedReplies[None](is_at)
    compare(handler, asked_packets, 500)
    assert handler.patched > 400


def test_kinds_of_requests_are_told_apart() -> None:
    def either(packet: Packet, context: object) -> Packet:
        kind = "echo-reply" if packet.icmp.type == 8 else "timestamp-reply"
        return packet.reply(ICMP(type=kind))

    handler = PatchedReplies[None](either)
    for kind in ("echo-request", "timestamp"):
        compare(handler, sequence(LOW, IP(), ICMP(type=kind, seq=counter(1)), count=50), 50)
    assert not handler.refused


def test_a_reply_that_depends_on_more_is_never_patched_for_long() -> None:
    def acknowledge(packet: Packet, context: object) -> Packet:
        return packet.reply(TCP(flags="ACK", ack=(packet.tcp.seq + 1) % 2**32))

    packets = sequence(LOW, IP(), TCP(seq=random(0, 2**32 - 1, seed=3), dstport=80), count=200)
    handler = PatchedReplies[None](acknowledge)
    compare(handler, packets, 200)
    assert handler.refused == 1
    assert not handler.patched


def test_what_is_no_packet_is_passed_through() -> None:
    handler = PatchedReplies[None](lambda packet, context: None)
    packets = sequence(LOW, IP(), UDP(srcport=counter(1)), count=20)
    assert [handler(packet, None) for packet in packets] == [None] * 20
