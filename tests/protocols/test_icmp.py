"""ICMP."""

from __future__ import annotations

import pytest

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import ICMP, IP, TCP, UDP, Ethernet


def test_echo() -> None:
    # Echo request 7, number 1
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(type="echo-request", ident=7, seq=1)
        / b"ping",
        "02000000000202000000000108004500002000010000400166da0a0000010a000002080019270007"
        "000170696e67",
        icmp__type=8,
        icmp__ident=7,
        icmp__seq=1,
    )


def test_unreachable() -> None:
    # Fragmentation needed, MTU 1280, quoting UDP of 1500 bytes
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(type="dest-unreach", code="frag-needed", mtu=1280)
        / IP(src="10.0.0.2", dst="10.0.0.1", len=1500, flags_df=True)
        / UDP(srcport=9, dstport=1024, length=1480, checksum=0x1111),
        "02000000000202000000000108004500003800010000400166c20a0000010a0000020304dd190000"
        "0500450005dc000040004011210f0a0000020a0000010009040005c81111",
        icmp__type=3,
        icmp__code=4,
        icmp__mtu=1280,
        icmp__length=0,
        udp__length=1480,
    )


def test_redirect() -> None:
    # Redirect for the host, to 10.0.0.254
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(type="redirect", code=1, redir_gw="10.0.0.254")
        / IP(src="10.0.0.2", dst="10.0.0.1")
        / UDP(srcport=9, dstport=1024),
        "02000000000202000000000108004500003800010000400166c20a0000010a0000020501041d0a00"
        "00fe4500001c00000000401166cf0a0000020a000001000904000008e7d2",
        icmp__redir_gw="10.0.0.254",
    )


def test_parameter_problem() -> None:
    # The byte at 20 is wrong
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(type="param-problem", pointer=20)
        / IP()
        / UDP(),
        "02000000000202000000000108004500003800010000400166c20a0000010a0000020c00e0181400"
        "00004500001c0000000040117ad20000000000000000000000000008ffde",
        icmp__pointer=20,
    )


def test_timestamp() -> None:
    # Timestamp reply
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(
            type="timestamp reply",
            ident=7,
            seq=1,
            originate_timestamp=1000,
            receive_timestamp=2000,
            transmit_timestamp=3000,
        ),
        "02000000000202000000000108004500002800010000400166d20a0000010a0000020e00da870007"
        "0001000003e8000007d000000bb8",
        icmp__transmit_timestamp=3000,
    )


def test_address_mask() -> None:
    # Address mask reply
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(type="address mask reply", ident=7, address_mask="255.255.255.0"),
        "02000000000202000000000108004500002000010000400166da0a0000010a0000021200eef70007"
        "0000ffffff00",
        icmp__address_mask="255.255.255.0",
    )


def test_router_advertisement() -> None:
    # One router, for half an hour
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(type="router advertisement", num_addrs=1, addr_entry_size=2, lifetime=1800)
        / bytes(8),
        "02000000000202000000000108004500002400010000400166d60a0000010a0000020900eef50102"
        "07080000000000000000",
        icmp__num_addrs=1,
        icmp__lifetime=1800,
    )


def test_extended_echo() -> None:
    # Extended echo request 7, number 2 (RFC 8335)
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(type="extended echo request", ident=7, ext_echo_seq=2),
        "02000000000202000000000108004500001c00010000400166de0a0000010a0000022a00d3f800070200",
        icmp__ident=7,
        icmp__ext_echo_seq=2,
    )


ERROR = (
    IP(src="10.0.0.9", dst="10.0.0.1")
    / ICMP(type="time exceeded")
    / IP(src="10.0.0.1", dst="10.0.0.2", ttl=1)
    / UDP(srcport=1024, dstport=33434)
)


def test_the_quoted_packet_is_layers_that_say_so() -> None:
    packet = Packet.dissect(bytes(ERROR), 228)
    assert [layer.quoted for layer in packet.layers] == [False, False, True, True]
    assert packet.ip.src == "10.0.0.9"
    assert packet[IP, 1].ttl == 1
    assert UDP not in packet
    assert packet[UDP, 0].dstport == 33434


def test_a_quoted_header_may_be_cut() -> None:
    quoted = bytes(IP(len=100) / TCP(srcport=1024, dstport=80, seq=7))[:28]
    packet = Packet.dissect(bytes(IP() / ICMP(type="dest-unreach") / quoted), 228)
    assert packet.error is None
    tcp = packet.layers[3]
    assert (tcp["srcport"], tcp["seq"]) == (1024, 7)
    assert list(tcp) == ["srcport", "dstport", "seq"]
    assert bytes(packet)[28:] == quoted


def test_only_the_fields_of_its_type_are_there() -> None:
    assert list(ICMP(type="echo-reply")) == ["type", "code", "checksum", "ident", "seq"]
    assert list(ICMP(type="source quench")) == ["type", "code", "checksum", "unused"]


def test_a_reply_repeats_identifier_and_number() -> None:
    reply = (IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(ident=7, seq=1)).reply(ICMP(type="pong"))
    assert (reply.icmp.type, reply.icmp.ident, reply.icmp.seq) == (0, 7, 1)
    assert reply.ip.dst == "10.0.0.1"


def test_names_of_types() -> None:
    with pytest.raises(FieldError, match="did you mean 'echo-request'"):
        ICMP(type="echo-requset")
