"""Link types without a link header."""

from __future__ import annotations

from tests.protocols.golden import check
from umpa import Packet
from umpa.protocols import ICMP, IP, ICMPv6, IPv6, Raw


def test_ipv4() -> None:
    # IPv4 by its version
    check(
        Raw() / IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP(ident=7, seq=1),
        "4500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=101,
        ip__version=4,
    )


def test_ipv6() -> None:
    # IPv6 by its version
    check(
        Raw() / IPv6(src="fd00::1", dst="fd00::2") / ICMPv6(echo_identifier=7),
        "6000000000083a40fd000000000000000000000000000001fd000000000000000000000000000002"
        "800085b100070000",
        linktype=101,
        ipv6__version=6,
    )


def test_only_ipv4() -> None:
    # LINKTYPE_IPV4
    check(
        IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP(ident=7, seq=1),
        "4500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=228,
        ip__proto=1,
    )


def test_only_ipv6() -> None:
    # LINKTYPE_IPV6
    check(
        IPv6(src="fd00::1", dst="fd00::2") / ICMPv6(echo_identifier=7),
        "6000000000083a40fd000000000000000000000000000001fd000000000000000000000000000002"
        "800085b100070000",
        linktype=229,
        ipv6__nxt=58,
    )


def test_neither_version_is_payload() -> None:
    packet = Packet.dissect(b"\x10umpa", 101)
    assert [layer.name for layer in packet.layers] == ["raw", "data"]
