"""DHCP."""

from __future__ import annotations

import pytest

from tests.protocols.golden import M1, check
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import DHCP, IP, UDP, Ethernet


def test_discover() -> None:
    # Discover, asking for 10.0.0.5
    check(
        Ethernet(src=M1)
        / IP(dst="255.255.255.255")
        / UDP(srcport=68, dstport=67)
        / DHCP(
            id=0x1234,
            hw_addr=M1,
            options=[
                ("dhcp", "discover"),
                ("hostname", "umpa"),
                ("requested_ip_address", "10.0.0.5"),
                "end",
            ],
        ),
        "ffffffffffff02000000000108004500011c00000000401179d200000000ffffffff004400430108"
        "180e0101060000001234000000000000000000000000000000000000000002000000000100000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000006382"
        "53633501010c04756d706132040a000005ff",
        dhcp__type=1,
        dhcp__id=4660,
        dhcp__option_dhcp=1,
        dhcp__hw_mac_addr="02:00:00:00:00:01",
    )


def test_options_read_as_they_were_written() -> None:
    options = [("router", ["10.0.0.1", "10.0.0.2"]), ("ip_address_lease_time", 60), "pad", "end"]
    layer = DHCP(options=options)
    assert layer.options["router"] == ("10.0.0.1", "10.0.0.2")
    assert layer.options["ip_address_lease_time"] == 60
    assert layer.options.names() == ["router", "ip_address_lease_time", "pad", "end"]


def test_bootp_has_no_cookie() -> None:
    layer = Packet.dissect(bytes(IP() / UDP(dstport=67) / DHCP(cookie=b"", options=bytes(64))), 228)
    assert layer.dhcp.cookie == b""
    assert layer.dhcp.option_dhcp is None


def test_a_message_that_the_capture_cut_has_what_is_there() -> None:
    wire = bytes(IP() / UDP(dstport=67) / DHCP(id=7))
    packet = Packet.dissect(wire[:100], 228, wire_length=len(wire))
    assert packet.dhcp.id == 7
    assert len(packet.dhcp.server) == 28


def test_an_offer_repeats_what_tells_the_client_apart() -> None:
    discover = IP(dst="255.255.255.255") / UDP(srcport=68, dstport=67)
    discover.include(DHCP(id=7, hw_addr="02:00:00:00:00:01", options=[("dhcp", "discover")]))
    for asked in (discover, Packet.dissect(bytes(discover), 228)):
        offer = asked.reply(
            IP(src="10.0.0.1", dst="255.255.255.255"),
            UDP(),
            DHCP(ip_your="10.0.0.9", options=[("dhcp", "offer")]),
        )
        assert (offer.dhcp.type, offer.dhcp.id) == (2, 7)
        assert offer.dhcp.hw_mac_addr == "02:00:00:00:00:01"
        assert (offer.udp.srcport, offer.udp.dstport) == (67, 68)
        assert offer.dhcp.ip_your == "10.0.0.9"


def test_hardware_addresses_as_people_write_them() -> None:
    assert DHCP(hw_addr="02:00:00:00:00:01").hw_addr == bytes.fromhex("020000000001") + bytes(10)
    assert DHCP(hw_addr=b"\1").hw_addr == b"\1" + bytes(15)
    for wrong in (bytes(17), "nobody", 7):
        with pytest.raises(FieldError, match="expected a MAC"):
            DHCP(hw_addr=wrong)  # type: ignore[arg-type]
    with pytest.raises(FieldError, match="read from hw_addr; set that"):
        DHCP(hw_mac_addr="02:00:00:00:00:01")


def test_a_list_of_options_is_ended() -> None:
    """What stands behind the last option is nobody's guess: a list has its end written."""
    layer = DHCP(options=[("dhcp", "discover")])
    assert bytes(layer.options) == bytes.fromhex("350101 ff")
    assert layer.options.names() == ["dhcp", "end"]
    layer.options.append(("hostname", "umpa"))
    layer.options["ip_address_lease_time"] = 60
    assert layer.options.names() == ["dhcp", "hostname", "ip_address_lease_time", "end"]
    assert layer == DHCP(options=layer.options)
    assert layer.options == [("dhcp", 1), ("hostname", "umpa"), ("ip_address_lease_time", 60)]


def test_bytes_and_an_end_of_ones_own_are_kept_as_they_are() -> None:
    assert bytes(DHCP(options=b"\x35\1\1").options) == b"\x35\1\1"
    ended = [("dhcp", 1), "end", "pad"]
    assert bytes(DHCP(options=ended).options) == b"\x35\1\1\xff\0"
    assert bytes(DHCP(options=[]).options) == b""
    wire = Packet.dissect(bytes(IP() / UDP(dstport=67) / DHCP(options=b"\x35\1\1")), 228)
    wire.dhcp.hops = 1
    assert bytes(wire.dhcp.options) == b"\x35\1\1"


def test_options_that_are_lists() -> None:
    """RFC 2132, 9.8; RFC 3397; RFC 3442."""
    routes = [("10.0.0.0/8", "192.168.0.1"), ("0.0.0.0/0", "192.168.0.254")]
    layer = DHCP(
        options=[
            ("request_list", ["subnet_mask", "router", 6]),
            ("domain_search", ["eng.example.com", "example.org"]),
            ("classless_static_route", routes),
        ]
    )
    assert layer.options["request_list"] == bytes([1, 3, 6])
    assert layer.options["domain_search"] == ("eng.example.com", "example.org")
    assert layer.options["classless_static_route"] == tuple(routes)
    route = layer.options[2].data
    assert route == bytes.fromhex("790b 080a c0a80001 00 c0a800fe")


def test_names_of_a_search_list_may_point_back() -> None:
    """RFC 3397, section 2: eng.example.com, and marketing in the same domain."""
    data = b"\x03eng\x07example\x03com\0\x09marketing\xc0\x04"
    layer = DHCP(options=[("domain_search", data)])
    assert layer.options["domain_search"] == ("eng.example.com", "marketing.example.com")
    for endless in (b"\xc0\0", b"\x01a\xc0\0", b"\x05ab", b"\x01a"):
        assert DHCP(options=[("domain_search", endless)]).options["domain_search"] == endless
