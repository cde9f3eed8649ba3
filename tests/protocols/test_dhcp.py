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
