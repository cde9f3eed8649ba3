"""BSD loopback."""

from __future__ import annotations

import pytest

from tests.protocols.golden import check
from umpa import Packet
from umpa.protocols import ICMP, IP, ICMPv6, IPv6, Null


def test_little_endian() -> None:
    # Family 2 in little-endian order, IPv4
    check(
        Null() / IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP(ident=7, seq=1),
        "020000004500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=0,
        null__family=2,
    )


def test_ipv6() -> None:
    # Family 30 (Darwin), IPv6
    check(
        Null(family=30) / IPv6(src="fd00::1", dst="fd00::2") / ICMPv6(echo_identifier=7),
        "1e0000006000000000083a40fd000000000000000000000000000001fd0000000000000000000000"
        "00000002800085b100070000",
        linktype=0,
        null__family=30,
    )


BIG_ENDIAN = "00000002" + bytes(IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP()).hex()


@pytest.mark.parametrize("linktype", [0, 108])
def test_the_order_of_the_capturing_machine_is_kept(linktype: int) -> None:
    packet = Packet.dissect(bytes.fromhex(BIG_ENDIAN), linktype)
    assert packet.null.family == 2
    packet.ip.id = 1
    packet.null.auto("family")
    assert bytes(packet).hex() == BIG_ENDIAN


@pytest.mark.parametrize("family", [10, 24, 28, 30])
def test_every_system_has_its_own_number_for_ipv6(family: int) -> None:
    packet = Packet.dissect(family.to_bytes(4, "little") + bytes(IPv6()), 0)
    assert IPv6 in packet
    packet.ipv6.hlim = 3
    assert packet.null.family == family


def test_an_ethertype_in_its_place() -> None:
    packet = Packet.dissect(bytes.fromhex("0f000800") + bytes(IP()), 0)
    assert [layer.name for layer in packet.layers] == ["null", "ip"]
