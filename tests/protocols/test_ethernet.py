"""Ethernet."""

from __future__ import annotations

import pytest

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import ICMP, IP, IPX, LLC, Ethernet


def test_ethernet_ii() -> None:
    # 02:..:01 to 02:..:02, IPv4: an echo request
    check(
        Ethernet(dst=M2, src=M1) / IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500001c00010000400166de0a0000010a0000020800f7f700070001",
        eth__dst="02:00:00:00:00:02",
        eth__src="02:00:00:00:00:01",
        eth__type=2048,
    )


def test_length_before_llc() -> None:
    # To the bridges: 802.3, length 3, LLC to the spanning tree
    check(
        Ethernet(dst="01:80:c2:00:00:00", src=M1) / LLC(dsap="STP", ssap="STP", control=0x13),
        "0180c20000000200000000010003424213",
        eth__type=3,
        llc__dsap=66,
    )


def test_raw_ipx() -> None:
    # Novell's raw 802.3: length, then at once an IPX header with its checksum of ffff
    check(
        Ethernet(dst=M2, src=M1) / IPX(dst_node=M2, src_node=M1) / b"umpa",
        "0200000000020200000000010022ffff002200000000000002000000000200000000000002000000"
        "00010000756d7061",
        eth__type=34,
        ipx__len=34,
    )


def test_padding_is_kept_behind_what_the_length_bounds() -> None:
    frame = bytes(Ethernet(dst=M2, src=M1) / LLC(dsap=4, ssap=4) / b"umpa") + bytes(39)
    packet = Packet.dissect(frame)
    assert [layer.name for layer in packet.layers] == ["eth", "llc", "data", "padding"]
    assert bytes(packet) == frame
    packet.eth.src = M2
    assert bytes(packet)[12:] == frame[12:]


def test_a_length_of_more_than_there_is_is_an_error() -> None:
    packet = Packet.dissect(bytes.fromhex("020000000002 020000000001 0400 4242 03"))
    assert str(packet.error) == "eth at offset 0: needs 1038 bytes, got 17"


@pytest.mark.parametrize("address", ["02:00:00:00:00", "02:00:00:00:00:zz", 1 << 48, b"12345"])
def test_a_malformed_address_is_an_error(address: object) -> None:
    with pytest.raises(FieldError, match=r"Ethernet\.dst: .* does not fit"):
        Ethernet(dst=address)  # type: ignore[arg-type]
