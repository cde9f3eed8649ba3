"""IPv4 and its options."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocols.golden import M1, M2, check
from tests.protocols.wireshark import seen_by_tshark
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import ICMP, IP, TCP, UDP, Ethernet
from umpa.protocols.ip_options import Route, Timestamps


def test_plain() -> None:
    # 10.0.0.1 to 10.0.0.2, TTL 3, EF, ECT(0), identification 0x1234, UDP
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=0x1234, ttl=3, dsfield=0xBA, flags_df=True)
        / UDP(srcport=1024, dstport=9),
        "020000000002020000000001080045ba001c12344000031150e10a0000010a000002040000090008e7d2",
        ip__hdr_len=20,
        ip__len=28,
        ip__dsfield_dscp=46,
        ip__dsfield_ecn=2,
        ip__flags_df=True,
        ip__proto=17,
    )


def test_record_route() -> None:
    # Record route with three empty slots, router alert
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", options=[("rr", 3), ("ra", 0)])
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004a00003000000000400152280a0000010a000002070f04000000"
        "00000000000000000094040000000800f7f700070001",
        ip__hdr_len=40,
    )


def test_timestamps() -> None:
    # Timestamps with given addresses
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", options=[("ts", ["10.0.0.9", "10.0.0.8"])])
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004a00003000000000400104a50a0000010a000002441405010a00"
        "0009000000000a000008000000000800f7f700070001",
        ip__hdr_len=40,
    )


def test_source_route() -> None:
    # Loose source route over 10.0.0.9, end of options
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", options=[("lsr", "10.0.0.9"), "eol"])
        / ICMP(ident=7, seq=1),
        "020000000002020000000001080047000024000000004001d4c50a0000010a0000028307040a0000"
        "09000800f7f700070001",
        ip__hdr_len=28,
    )


def test_in_ip() -> None:
    # IPv4 in IPv4
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / IP(src="10.1.0.1", dst="10.1.0.2", id=2)
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500003000010000400466c70a0000010a0000024500001c0002"
        "0000400166db0a0100010a0100020800f7f700070001",
        ip__proto=4,
    )


def test_options_read_as_they_were_written() -> None:
    route = Route(("10.0.0.8", "10.0.0.9"), pointer=8)
    times = Timestamps((("10.0.0.8", 1000), ("10.0.0.9", 0)), pointer=13, flag=3)
    layer = IP(options=[("ssr", route), ("ts", times), ("sid", 7)])
    found = Packet.dissect(bytes(layer / ICMP()), 228).ip
    assert found.options["ssr"] == route
    assert found.options["ts"] == times
    assert found.options["sid"] == 7
    assert [option.name for option in found.options] == ["ssr", "ts", "sid", "eol"]


def test_an_option_that_is_cut_is_kept_as_it_is() -> None:
    layer = IP(options=bytes.fromhex("0727040a00000100"))
    assert [option.name for option in layer.options] == ["malformed"]
    assert bytes(layer)[20:].hex() == "0727040a00000100"


def test_a_fragment_is_left_alone() -> None:
    first = IP(src="10.0.0.1", dst="10.0.0.2", flags_mf=True) / UDP(length=100, checksum=0x1234)
    packet = Packet.dissect(bytes(first / b"umpa"), 228)
    packet.udp.auto("length")
    packet.udp.auto("checksum")
    packet.ip.ttl = 1
    assert (packet.udp.length, packet.udp.checksum) == (100, 0x1234)
    later = Packet.dissect(bytes(IP(frag_offset=5, proto="UDP") / b"umpaumpa"), 228)
    assert [layer.name for layer in later.layers] == ["ip", "data"]


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ("", None),
        ("45", "ip at offset 0: needs 20 bytes, got 1"),
        ("55" + "00" * 19, "ip at offset 0: version 5 instead of 4"),
        (
            "41" + "00" * 19,
            "ip at offset 0: its header length of 4 bytes is less than the least, 20",
        ),
        ("4f00001400000000" + "00" * 12, "ip at offset 0: needs 60 bytes, got 20"),
        ("4500001300000000" + "00" * 12, "ip at offset 0: its length of 19 bytes ends inside its"),
        ("4500001500000000" + "00" * 12, "ip at offset 0: needs 21 bytes, got 20"),
    ],
)
def test_what_is_wrong_is_said(frame: str, error: str | None) -> None:
    found = Packet.dissect(bytes.fromhex(frame), 228).error
    assert str(found).startswith(str(error))


def test_a_length_of_zero_is_a_segment_that_the_card_has_to_cut() -> None:
    frame = bytearray(bytes(IP() / TCP() / b"umpa"))
    frame[2:4] = b"\0\0"
    packet = Packet.dissect(bytes(frame), 228)
    assert packet.error is None
    assert packet.payload == b"umpa"


def test_values_by_name_and_out_of_range() -> None:
    assert IP(ttl="windows").ttl == 128
    assert IP(proto="tcp").proto == 6
    with pytest.raises(FieldError, match="0 to 255"):
        IP(ttl=300)
    with pytest.raises(FieldError, match="a multiple of 4"):
        IP(hdr_len=21)
    with pytest.raises(FieldError, match="no option 'rrr'; did you mean 'rr'"):
        IP(options=[("rrr", 3)])


@pytest.mark.parametrize("kind", ["lsr", "ssr"])
def test_a_checksum_is_for_the_end_of_a_source_route(kind: str) -> None:
    """Who gets the packet in the end sees its own address: the pseudo-header has that one."""
    via = Route(("10.0.0.8", "10.0.0.9"))
    arrived = Route(("10.0.0.8", "10.0.0.2"), pointer=12)
    for upper in (UDP(srcport=1, dstport=2), TCP(srcport=1, dstport=2)):
        straight = IP(src="10.0.0.1", dst="10.0.0.9") / upper / b"hi"
        for route, dst in ((via, "10.0.0.2"), (arrived, "10.0.0.9")):
            packet = IP(src="10.0.0.1", dst=dst, options=[(kind, route)]) / upper / b"hi"
            for _ in range(10):  # by functions that are compiled on the way, too
                assert packet[-2]["checksum"] == straight[-2]["checksum"]
                assert bytes(packet)[-len(bytes(straight[-2])) - 2 :] == bytes(straight)[20:]
            again = Packet.dissect(bytes(packet), 228)
            assert again[-2].checksum_status == "good"
            again.ip.ttl = 3
            assert again[-2].checksum_status == "good"


def test_a_source_route_of_no_address_leads_nowhere() -> None:
    straight = IP(dst="10.0.0.2") / UDP() / b"hi"
    for option in (b"\x83\x03\x00", b"\x83\x03\x04", b"\x83\x06\x04\1\2\3", b"\x83\x02", b"\x83"):
        packet = IP(dst="10.0.0.2", options=option) / UDP() / b"hi"
        assert packet.udp.checksum == straight.udp.checksum
        assert Packet.dissect(bytes(packet), 228).udp.checksum_status == "good"


def test_a_source_route_and_what_follows_as_tshark_sees_it(tmp_path: Path) -> None:
    packet = Ethernet() / IP(dst="10.0.0.2", options=[("lsr", ["10.0.0.8"])]) / UDP() / b"hi"
    asked = ("-o", "udp.check_checksum:TRUE")
    seen = seen_by_tshark(tmp_path, packet, 1, "udp.checksum.status", also=asked)
    assert seen == {"udp.checksum.status": [1]}
