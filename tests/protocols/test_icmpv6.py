"""ICMPv6, neighbour discovery and multicast listener discovery."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import (
    UDP,
    Ethernet,
    HopByHop,
    ICMPv6,
    IPv6,
    MLDQuery,
    MLDRecord,
    NDOptions,
    RedirectedHeader,
)
from umpa.protocols.icmpv6_nd import (
    NAT64Prefix,
    PrefixInformation,
    RouteInformation,
    SearchList,
    Servers,
)


def test_echo() -> None:
    # Echo request 7, number 1
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / ICMPv6(type="echo-request", echo_identifier=7, echo_sequence_number=1)
        / b"ping",
        "02000000000202000000000186dd60000000000c3a40fd000000000000000000000000000001fd00"
        "00000000000000000000000000028000a6db0007000170696e67",
        icmpv6__type=128,
        icmpv6__echo_identifier=7,
        icmpv6__echo_sequence_number=1,
    )


def test_too_big() -> None:
    # Packet too big, MTU 1280
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fd00::1", dst="fd00::2")
        / ICMPv6(type="too-big", mtu=1280)
        / IPv6(src="fd00::2", dst="fd00::1")
        / UDP(srcport=9, dstport=1024),
        "02000000000202000000000186dd6000000000383a40fd000000000000000000000000000001fd00"
        "000000000000000000000000000202008d59000005006000000000081140fd000000000000000000"
        "000000000002fd00000000000000000000000000000100090400000801d1",
        icmpv6__mtu=1280,
    )


def test_neighbor_solicitation() -> None:
    # Who has fe80::2?
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fe80::1", dst="ff02::1:ff00:2", hlim=255)
        / ICMPv6(type="ns", nd_ns_target_address="fe80::2")
        / NDOptions(options=[("source_lladdr", M1)]),
        "02000000000202000000000186dd6000000000203afffe800000000000000000000000000001ff02"
        "00000000000000000001ff00000287007a9700000000fe8000000000000000000000000000020101"
        "020000000001",
        icmpv6__nd_ns_target_address="fe80::2",
    )


def test_neighbor_advertisement() -> None:
    # fe80::2 is at 02:..:02, asked for, override
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fe80::2", dst="fe80::1", hlim=255)
        / ICMPv6(type="na", nd_na_flag_s=True, nd_na_flag_o=True, nd_na_target_address="fe80::2")
        / NDOptions(options=[("target_lladdr", M2)]),
        "02000000000202000000000186dd6000000000203afffe800000000000000000000000000002fe80"
        "00000000000000000000000000018800181a60000000fe8000000000000000000000000000020201"
        "020000000002",
        icmpv6__nd_na_flag_s=True,
        icmpv6__nd_na_flag_r=False,
        icmpv6__nd_na_target_address="fe80::2",
    )


def test_router_advertisement() -> None:
    # Hop limit 64, other settings by DHCPv6, high preference, 1800 s, a prefix, MTU, DNS, a route
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fe80::1", dst="ff02::1", hlim=255)
        / ICMPv6(
            type="ra",
            nd_ra_cur_hop_limit=64,
            nd_ra_flag_o=True,
            nd_ra_flag_prf="high",
            nd_ra_router_lifetime=1800,
        )
        / NDOptions(
            options=[
                ("prefix", "fd00:1::"),
                ("mtu", 1280),
                ("rdnss", ["fd00::53"]),
                ("route", "fd00:2::"),
                ("dnssl", ["example.com"]),
            ]
        ),
        "02000000000202000000000186dd6000000000783afffe800000000000000000000000000001ff02"
        "00000000000000000000000000018600b61a404807080000000000000000030440c000278d000009"
        "3a8000000000fd00000100000000000000000000000005010000000005001903000000000708fd00"
        "00000000000000000000000000531802400000000708fd000002000000001f030000000007080765"
        "78616d706c6503636f6d00000000",
        icmpv6__nd_ra_cur_hop_limit=64,
        icmpv6__nd_ra_flag_prf=1,
        icmpv6__nd_ra_router_lifetime=1800,
    )


def test_redirect() -> None:
    # fd00::9 is better reached by fe80::9, quoting an echo request
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fe80::1", dst="fe80::2", hlim=255)
        / ICMPv6(
            type="redirect", nd_rd_target_address="fe80::9", rd_na_destination_address="fd00::9"
        )
        / NDOptions(options=[("target_lladdr", M2)])
        / RedirectedHeader()
        / IPv6(src="fe80::2", dst="fd00::9")
        / ICMPv6(echo_identifier=1),
        "02000000000202000000000186dd6000000000683afffe800000000000000000000000000001fe80"
        "00000000000000000000000000028900dbb300000000fe800000000000000000000000000009fd00"
        "0000000000000000000000000009020102000000000204070000000000006000000000083a40fe80"
        "0000000000000000000000000002fd0000000000000000000000000000098000842f00010000",
        icmpv6__nd_rd_target_address="fe80::9",
        icmpv6_opt_redirected__length=7,
    )


def test_listener_query() -> None:
    # Who listens? Version 2
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fe80::1", dst="ff02::1", hlim=1)
        / HopByHop(options=[("router_alert", 0), ("padn", b"")])
        / ICMPv6(type="mld-query", mld_maximum_response_delay=10000)
        / MLDQuery(source_address=["fd00::7"]),
        "02000000000202000000000186dd6000000000340001fe800000000000000000000000000001ff02"
        "00000000000000000000000000013a000502000001008200597d2710000000000000000000000000"
        "000000000000027d0001fd000000000000000000000000000007",
        icmpv6__mld_maximum_response_delay=10000,
        icmpv6_mld__nb_sources=1,
        icmpv6_mld__flag_qrv=2,
    )


def test_listener_report() -> None:
    # ff15::1 from fd00::7 only, version 2
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fe80::1", dst="ff02::16", hlim=1)
        / HopByHop(options=[("router_alert", 0), ("padn", b"")])
        / ICMPv6(type="mldv2-report")
        / MLDRecord(
            record_type="mode is include", multicast_address="ff15::1", source_address=["fd00::7"]
        ),
        "02000000000202000000000186dd6000000000340001fe800000000000000000000000000001ff02"
        "00000000000000000000000000163a000502000001008f0075dd0000000101000001ff1500000000"
        "00000000000000000001fd000000000000000000000000000007",
        icmpv6__mldr_nb_mcast_records=1,
        icmpv6_mldr_mar__source_address=("fd00::7",),
    )


def test_a_report_counts_its_records() -> None:
    report = IPv6() / ICMPv6(type="mldv2-report") / MLDRecord() / MLDRecord()
    assert report.icmpv6.mldr_nb_mcast_records == 2
    found = Packet.dissect(bytes(report), 229)
    found.include(MLDRecord())
    assert found.icmpv6.mldr_nb_mcast_records == 3
    assert ICMPv6(type="mldv2-report", reserved=7).mldr_nb_mcast_records == 7  # the same bits
    assert ICMPv6(type="echo-request", echo_sequence_number=7).mldr_nb_mcast_records == 7


def test_listener_done() -> None:
    # ff15::1 is left, version 1
    check(
        Ethernet(dst=M2, src=M1)
        / IPv6(src="fe80::1", dst="ff02::2", hlim=1)
        / ICMPv6(type="mld-done", mld_multicast_address="ff15::1"),
        "02000000000202000000000186dd6000000000183a01fe800000000000000000000000000001ff02"
        "000000000000000000000000000284007f0f00000000ff150000000000000000000000000001",
        icmpv6__mld_multicast_address="ff15::1",
    )


def test_options_read_as_they_were_written() -> None:
    prefix = PrefixInformation("fd00:1::", 64, True, False, 100, 50)
    options = NDOptions(options=[("prefix", prefix), ("rdnss", Servers(("fd00::53",), 60))])
    assert options.options["prefix"] == prefix
    assert options.options["rdnss"] == Servers(("fd00::53",), 60)


def test_names_of_wireshark() -> None:
    packet = IPv6() / ICMPv6(type="na", nd_na_flag_r=True, nd_na_target_address="fe80::7")
    assert packet["icmpv6.nd.na.flag.r"] is True
    assert packet["icmpv6.nd.na.target_address"] == "fe80::7"


def test_the_quoted_packet_is_layers_that_say_so() -> None:
    packet = Packet.dissect(bytes(IPv6() / ICMPv6(type="too-big") / IPv6() / UDP()), 229)
    assert [layer.quoted for layer in packet.layers] == [False, False, True, True]


def test_a_message_that_is_cut_is_an_error() -> None:
    frame = bytes(IPv6() / ICMPv6(type="ns"))[:-1]
    packet = Packet.dissect(frame[:5] + b"\x17" + frame[6:], 229)
    assert str(packet.error) == "icmpv6 at offset 40: needs 24 bytes, got 23"


def test_trailing_bytes_are_not_options() -> None:
    frame = bytes(Ethernet() / IPv6() / ICMPv6(type="ns") / NDOptions(options=[("mtu", 1280)]))
    packet = Packet.dissect(frame + bytes(4))
    assert packet.icmpv6_opt.options.names() == ["mtu"]
    assert packet.layers[-1].name == "padding"


def test_options_as_people_write_them() -> None:
    """One address or name stands for itself, and a prefix has its length behind it."""
    options = NDOptions(
        options=[
            ("prefix", "2001:db8::/56"),
            ("route", "2001:db8:1::/48"),
            ("rdnss", "2001:db8::53"),
            ("dnssl", "lab.example.com."),
            ("pref64", "64:ff9b::/96"),
        ]
    ).options
    assert options["prefix"] == PrefixInformation("2001:db8::", 56)
    assert options["route"] == RouteInformation("2001:db8:1::", 48)
    assert options["rdnss"] == Servers(("2001:db8::53",))
    assert options["dnssl"] == SearchList(("lab.example.com",))
    assert options["pref64"] == NAT64Prefix("64:ff9b::")
    assert options[4].data == bytes.fromhex("2602 fff8 0064ff9b") + bytes(8)  # RFC 8781, 4
