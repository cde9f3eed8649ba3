"""TCP."""

from __future__ import annotations

import pytest

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.errors import EncodeError, FieldError
from umpa.protocols import IP, TCP, Ethernet, IPv6
from umpa.protocols.tcp import TCPFlags


def test_syn() -> None:
    # A SYN to port 80 with the usual options
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / TCP(
            srcport=1024,
            dstport="http",
            seq=1,
            flags="SYN",
            window_size_value=64240,
            options=[("mss", 1460), "sack_perm", ("timestamp", (10, 0)), "nop", ("wscale", 7)],
        ),
        "02000000000202000000000108004500003c00010000400666b90a0000010a000002040000500000"
        "000100000000a002faf034b20000020405b40402080a0000000a0000000001030307",
        tcp__hdr_len=40,
        tcp__flags=2,
        tcp__window_size_value=64240,
    )


def test_more_options() -> None:
    # Selective acknowledgment, fast open cookie, MD5 signature
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / TCP(
            srcport=1024,
            dstport=80,
            seq=1,
            ack=2,
            flags="ACK",
            options=[
                "nop",
                "nop",
                ("sack", (100, 200)),
                ("tfo", "aabb"),
                ("md5", bytes(16)),
                "nop",
                "eol",
            ],
        ),
        "02000000000202000000000108004500004c00010000400666a90a0000010a000002040000500000"
        "000100000002e010ffff1f5200000101050a00000064000000c82204aabb13120000000000000000"
        "00000000000000000100",
        tcp__hdr_len=56,
        tcp__ack=2,
    )


def test_urgent() -> None:
    # Urgent data, every flag but one
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / TCP(srcport=1024, dstport=80, flags="FIN,SYN,RST,PSH,ACK,URG,ECE,CWR", urgent_pointer=4)
        / b"umpa",
        "02000000000202000000000186dd6000000000180640fd000000000000000000000000000001fd00"
        "000000000000000000000000000204000050000000000000000050ffffffcaba0004756d7061",
        tcp__flags=255,
        tcp__urgent_pointer=4,
    )


def test_multipath_options_are_kept_as_bytes() -> None:
    layer = TCP(options=[("mptcp", b"\x00\x81" + bytes(8))])
    assert layer.options["mptcp"] == b"\x00\x81" + bytes(8)
    assert layer.hdr_len == 32


def test_options_are_a_list_that_can_be_changed() -> None:
    packet = IP() / TCP(options=[("mss", 1460)])
    packet.tcp.options.append(("wscale", 7))
    packet.tcp.options["mss"] = 536
    assert Packet.dissect(bytes(packet), 228).tcp.options.names() == ["mss", "wscale", "eol"]
    assert packet.tcp.options["mss"] == 536


def test_too_many_options_are_an_error() -> None:
    with pytest.raises(EncodeError, match=r"TCP\.hdr_len would be 64"):
        bytes(IP() / TCP(options=bytes(44)))


def test_a_header_that_is_cut_is_an_error() -> None:
    packet = Packet.dissect(bytes(IP(proto="TCP") / bytes(19)), 228)
    assert str(packet.error) == "tcp at offset 20: needs 20 bytes, got 19"
    packet = Packet.dissect(bytes(IP() / TCP(hdr_len=16)), 228)
    assert "its header length of 16 bytes is less than the least, 20" in str(packet.error)


def test_flags_by_name() -> None:
    assert TCP(flags=["SYN", "ACK"]).flags == TCPFlags.SYN | TCPFlags.ACK
    with pytest.raises(FieldError, match="did you mean 'SYN'"):
        TCP(flags="SYNN")
    with pytest.raises(FieldError, match="did you mean 'SYN,ACK'"):  # as others write it
        TCP(flags="SA")
