"""Interfaces, as `ip` shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.live.room import Room
from umpa.errors import NoSuchDevice
from umpa.net import interface, interfaces
from umpa.net.netlink import Netlink, attribute, attributes

live = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]


def test_attributes_are_read_to_the_end_and_not_beyond() -> None:
    body = b"head" + attribute(1, b"abc") + attribute(2, b"") + attribute(0x8003, b"x" * 4)
    assert attributes(body, 4) == {1: b"abc", 2: b"", 3: b"x" * 4}
    assert attributes(body + b"\x01\x00\x09\x00", 4) == attributes(body, 4)  # cannot be that short
    assert attributes(b"", 0) == {}


class TestLive:
    pytestmark = live

    def test_they_are_what_ip_shows(self, room: Room) -> None:
        shown: list[dict[str, Any]] = json.loads(room.client.ip("-j addr"))
        found = interfaces()
        assert [one.name for one in found] == [one["ifname"] for one in shown]
        for one, wanted in zip(found, shown, strict=True):
            assert one.index == wanted["ifindex"]
            assert one.mtu == wanted["mtu"]
            assert one.mac == wanted["address"]
            assert one.loopback == ("LOOPBACK" in wanted["flags"])
            assert one.up == ("LOWER_UP" in wanted["flags"])
            addresses = {f"{a['local']}/{a['prefixlen']}" for a in wanted["addr_info"]}
            assert {str(own) for own in one.addresses} == addresses
        assert [str(own) for own in interface("eth0").addresses[:1]] == ["10.0.0.1/24"]

    def test_one_is_found_by_name_and_by_address(self, room: Room) -> None:
        assert interface("eth0").name == "eth0"
        assert interface("eth0").description == "veth"
        assert interface("10.0.0.1").name == "eth0"
        assert interface("fd00:0::1").name == "eth0"
        assert interface("::1").name == interface("127.0.0.1").name == "lo"

    def test_a_wrong_one_is_told_the_right_ones(self, room: Room) -> None:
        with pytest.raises(
            NoSuchDevice, match=r"'eth9'; did you mean 'eth0'\?; there are: lo, eth0"
        ):
            interface("eth9")
        with pytest.raises(NoSuchDevice, match=r"10\.0\.0\.9; there are: .*10\.0\.0\.1 \(eth0\)"):
            interface("10.0.0.9")

    def test_kinds_of_frames_and_peers(self, fresh_room: Room) -> None:
        client = fresh_room.client
        client.ip("tuntap add tun5 mode tun")
        client.ip("addr add 10.5.0.1 peer 10.5.0.2 dev tun5")
        client.ip("link set tun5 alias uplink")
        tun = interface("tun5")
        assert tun.linktype == 101
        assert tun.mac is None
        assert tun.description == "uplink"
        assert not tun.up
        assert [str(own.ip) for own in tun.addresses] == ["10.5.0.1"]
        for number in range(60):  # more than one datagram of the kernel holds
            client.ip(f"link add wire{number} type ifb")
        assert len(interfaces()) == len(json.loads(client.ip("-j link"))) >= 62

    def test_a_refusal_is_an_error(self, room: Room) -> None:
        with Netlink() as netlink, pytest.raises(OSError, match="not supported"):
            netlink.ask(255, b"")
