"""ARP and RARP."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import ARP, Ethernet


def test_request() -> None:
    # Who has 10.0.0.2? Tell 10.0.0.1
    check(
        Ethernet(src=M1) / ARP(src_hw_mac=M1, src_proto_ipv4="10.0.0.1", dst_proto_ipv4="10.0.0.2"),
        "ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002",
        eth__type=2054,
        arp__opcode=1,
        arp__hw_type=1,
        arp__hw_size=6,
        arp__proto_size=4,
        arp__src_hw_mac="02:00:00:00:00:01",
        arp__src_proto_ipv4="10.0.0.1",
        arp__dst_proto_ipv4="10.0.0.2",
    )


def test_reply() -> None:
    # 10.0.0.2 is at 02:..:02
    check(
        Ethernet(dst=M1, src=M2)
        / ARP(
            opcode="reply",
            src_hw_mac=M2,
            src_proto_ipv4="10.0.0.2",
            dst_hw_mac=M1,
            dst_proto_ipv4="10.0.0.1",
        ),
        "020000000001020000000002080600010800060400020200000000020a0000020200000000010a000001",
        arp__opcode=2,
        arp__dst_hw_mac="02:00:00:00:00:01",
    )


def test_reverse() -> None:
    # RARP: who am I?
    check(
        Ethernet(src=M1, type=0x8035) / ARP(opcode="reverse-request", src_hw_mac=M1, dst_hw_mac=M1),
        "ffffffffffff020000000001803500010800060400030200000000010000000002000000000100000000",
        eth__type=32821,
        arp__opcode=3,
    )


def test_long_addresses() -> None:
    # InfiniBand: hardware addresses of 20 bytes, IPv4
    check(
        Ethernet(src=M1)
        / ARP(hw_type="InfiniBand", src_hw_mac=bytes(range(20)), dst_hw_mac=bytes(20)),
        "ffffffffffff02000000000108060020080014040001000102030405060708090a0b0c0d0e0f1011"
        "121300000000000000000000000000000000000000000000000000000000",
        arp__hw_size=20,
        arp__src_hw_mac="00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13",
    )


def test_what_follows_is_padding() -> None:
    packet = Packet.dissect(bytes(Ethernet() / ARP()) + bytes(18))
    assert [layer.name for layer in packet.layers] == ["eth", "arp", "padding"]


def test_sizes_that_lie_are_an_error() -> None:
    frame = bytearray(bytes(Ethernet() / ARP()))
    frame[18] = 200
    error = Packet.dissect(bytes(frame)).error
    assert error is not None
    assert (error.layer, error.offset, error.needed, error.got) == ("arp", 14, 416, 28)


def test_a_reply_exchanges_sender_and_target() -> None:
    asked = Ethernet(src=M1) / ARP(
        src_hw_mac=M1, src_proto_ipv4="10.0.0.1", dst_proto_ipv4="10.0.0.2"
    )
    answer = asked.reply(ARP(opcode="reply", src_hw_mac=M2))
    assert answer.arp.src_proto_ipv4 == "10.0.0.2"
    assert answer.arp.dst_proto_ipv4 == "10.0.0.1"
    assert answer.arp.dst_hw_mac == answer.eth.dst == M1
