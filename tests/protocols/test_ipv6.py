"""IPv6 and its extension headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocols.golden import M1, M2, check
from tests.protocols.wireshark import seen_by_tshark
from umpa import Packet
from umpa.errors import EncodeError
from umpa.protocols import (
    ESP,
    UDP,
    DestinationOptions,
    Ethernet,
    Fragment,
    HopByHop,
    ICMPv6,
    IPv6,
    Routing,
)


def test_plain() -> None:
    # fd00::1 to fd00::2, EF, flow 0x12345, UDP
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2", tclass=0xB8, flow=0x12345)
        / UDP(srcport=1024, dstport=9),
        "02000000000202000000000186dd6b81234500081140fd000000000000000000000000000001fd00"
        "000000000000000000000000000204000009000801d1",
        ipv6__plen=8,
        ipv6__nxt=17,
        ipv6__hlim=64,
        ipv6__tclass_dscp=46,
        ipv6__flow=74565,
    )


def test_hop_by_hop() -> None:
    # Router alert and padding before ICMPv6
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / HopByHop(options=[("router_alert", 0), ("padn", b"")])
        / ICMPv6(echo_identifier=7),
        "02000000000202000000000186dd6000000000100040fd000000000000000000000000000001fd00"
        "00000000000000000000000000023a00050200000100800085b100070000",
        ipv6__nxt=0,
        ipv6_hopopts__nxt=58,
        ipv6_hopopts__len=0,
    )


def test_routing() -> None:
    # Source route, one stop left: the checksum is for fd00::9
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / Routing(type=0, segleft=1, data=Routing.route("fd00::9"))
        / UDP(srcport=1024, dstport=9),
        "02000000000202000000000186dd6000000000202b40fd000000000000000000000000000001fd00"
        "00000000000000000000000000021102000100000000fd0000000000000000000000000000090400"
        "0009000801ca",
        ipv6_routing__len=2,
        ipv6_routing__addresses=("fd00::9",),
    )


def test_segment_routing() -> None:
    # Segment routing by fd00::9: last segment first
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / Routing(type=4, data=bytes(4) + bytes(15) + b"\x09")
        / UDP(srcport=1024, dstport=9),
        "02000000000202000000000186dd6000000000202b40fd000000000000000000000000000001fd00"
        "00000000000000000000000000021102040000000000000000000000000000000000000000090400"
        "0009000801d1",
        ipv6_routing__last_entry=0,
        ipv6_routing__addresses=("::9",),
    )


def test_fragment() -> None:
    # The last fragment, from byte 8 on
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / Fragment(nxt=17, offset_units=1, ident=7)
        / b"umpa",
        "02000000000202000000000186dd60000000000c2c40fd000000000000000000000000000001fd00"
        "00000000000000000000000000021100000800000007756d7061",
        ipv6_fraghdr__offset_units=1,
        ipv6_fraghdr__more=False,
        ipv6_fraghdr__ident=7,
    )


def test_destination_options() -> None:
    # Tunnel limit of 4
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / DestinationOptions(options=[("tunnel_limit", 4)])
        / UDP(srcport=1024, dstport=9),
        "02000000000202000000000186dd6000000000103c40fd000000000000000000000000000001fd00"
        "0000000000000000000000000002110004010401010004000009000801d1",
        ipv6_dstopts__nxt=17,
        ipv6_dstopts__len=0,
    )


def test_nothing_follows() -> None:
    # No next header
    check(
        Ethernet(dst=M2, src=M1) / IPv6(src="fd00::1", dst="fd00::2"),
        "02000000000202000000000186dd6000000000003b40fd000000000000000000000000000001fd00"
        "0000000000000000000000000002",
        ipv6__nxt=59,
        ipv6__plen=0,
    )


def test_a_jumbogram_leaves_the_length_to_its_option() -> None:
    options = HopByHop(options=[("jumbo", 70000 + 8)])
    wire = bytes(IPv6() / options / ESP() / bytes(70000 - 8))
    found = Packet.dissect(wire, 229)
    assert found.ipv6.plen == 0
    assert found.error is None
    assert found.ipv6_hopopts.options["jumbo"] == 70008
    for _ in range(10):  # until the function that writes such packets is compiled
        with pytest.raises(EncodeError, match=r"IPv6\.plen would be 70000"):
            bytes(IPv6() / bytes(70000))
        bytes(IPv6() / b"short")


def test_a_first_fragment_has_no_checksum_to_compute() -> None:
    packet = IPv6() / Fragment(more=True) / UDP(checksum=0x1234) / b"umpaumpa"
    packet.udp.auto("checksum")
    assert packet.udp.checksum == 0x1234


def test_an_extension_header_that_is_cut_is_an_error() -> None:
    frame = bytes(IPv6(nxt=0, plen=8)) + bytes.fromhex("1102000000000000")
    assert (
        str(Packet.dissect(frame, 229).error) == "ipv6.hopopts at offset 40: needs 24 bytes, got 8"
    )


def test_extension_headers_are_found_by_wiresharks_names() -> None:
    packet = IPv6() / HopByHop(options=[("padn", 4)]) / ICMPv6()
    assert packet["ipv6.hopopts.nxt"] == 58
    assert packet.ipv6_hopopts.options.names() == ["padn"]


def test_a_mobile_node_counts_by_its_home_address(tmp_path: Path) -> None:
    """RFC 6275, section 11.3.1: the pseudo-header has the home address for the source."""
    options = DestinationOptions(options=[("home_address", "2001:db8::7")])
    packet = Ethernet() / IPv6(src="2001:db8::1", dst="2001:db8::2") / options / UDP() / b"hi"
    home = IPv6(src="2001:db8::7", dst="2001:db8::2") / UDP() / b"hi"
    assert packet.udp.checksum == home.udp.checksum
    assert Packet.dissect(bytes(packet)).udp.checksum_status == "good"
    assert options.options["home_address"] == "2001:db8::7"
    asked = ("-o", "udp.check_checksum:TRUE")
    seen = seen_by_tshark(tmp_path, packet, 1, "udp.checksum.status", also=asked)
    assert seen == {"udp.checksum.status": [1]}


def test_more_than_one_byte_of_padding_is_one_option() -> None:
    """RFC 8200, section 4.2: Pad1 for one byte, PadN for more. What came from the wire stays."""
    for options, padded in (
        ([("tunnel_limit", 4)], "040104 010100"),
        ([("jumbo", 5)], "c20400000005"),
        ([("pmtu", b"\0\0\0")], "3003000000 00"),
        ([], "010400000000"),
    ):
        packet = IPv6() / HopByHop(options=options) / UDP()
        for _ in range(10):
            assert bytes(packet)[42:48] == bytes.fromhex(padded)
    ones = IPv6() / HopByHop(options=[("tunnel_limit", 4), "pad1", "pad1", "pad1"]) / UDP()
    wire = Packet.dissect(bytes(ones), 229)
    wire.ipv6.hlim = 1
    assert bytes(wire)[42:48] == bytes.fromhex("040104000000")
