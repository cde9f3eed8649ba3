"""UDP."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.core.status import checksum_status
from umpa.protocols import IP, UDP, Ethernet, IPv6


def test_over_ipv4() -> None:
    # 1024 to 9, four bytes
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport=9)
        / b"umpa",
        "02000000000202000000000108004500002000010000401166ca0a0000010a00000204000009000c"
        "01fc756d7061",
        udp__srcport=1024,
        udp__dstport=9,
        udp__length=12,
    )


def test_over_ipv6() -> None:
    # 1024 to 9, four bytes
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / UDP(srcport=1024, dstport=9)
        / b"umpa",
        "02000000000202000000000186dd60000000000c1140fd000000000000000000000000000001fd00"
        "000000000000000000000000000204000009000c1bfa756d7061",
        udp__length=12,
    )


def test_a_sum_of_zero_is_written_as_ffff() -> None:
    packet = IP(src="0.0.0.0", dst="0.0.0.0") / UDP() / b"\xff\xda"
    assert packet.udp.checksum == 0xFFFF
    assert checksum_status(Packet.dissect(bytes(packet), 228).udp) == "good"


def test_no_checksum_is_absent_over_ipv4_and_bad_over_ipv6() -> None:
    ipv4 = Packet.dissect(bytes(IP() / UDP(checksum=0)), 228)
    ipv6 = Packet.dissect(bytes(IPv6() / UDP(checksum=0)), 229)
    assert checksum_status(ipv4.udp) == "absent"
    assert checksum_status(ipv6.udp) == "bad"


def test_a_length_that_lies_is_an_error() -> None:
    short = Packet.dissect(bytes(IP() / UDP(length=7)), 228)
    assert str(short.error) == "udp at offset 20: its length of 7 bytes ends inside its header"
    long = Packet.dissect(bytes(IP() / UDP(length=9)), 228)
    assert str(long.error) == "udp at offset 20: needs 9 bytes, got 8"
    assert checksum_status(long.udp) == "unverified"


def test_bytes_behind_the_length_are_padding() -> None:
    packet = Packet.dissect(bytes(IP() / UDP(length=10) / b"umpa"), 228)
    assert [bytes(layer) for layer in packet.layers[2:]] == [b"um", b"pa"]


def test_ports_by_name() -> None:
    assert UDP(dstport="domain").dstport == UDP(dstport="dns").dstport == 53
