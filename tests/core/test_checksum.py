"""The Internet checksum and CRC32c against the plainest implementation, and against their RFCs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.reference import crc32c_bits, ones_complement, pseudo_header
from umpa import Packet
from umpa.core.checksum import crc32c, internet_checksum, internet_sum, update_checksum
from umpa.protocols import ICMP, IP, TCP, UDP, ICMPv6, IPv6


def test_the_example_of_rfc_1071() -> None:
    data = bytes.fromhex("0001f203f4f5f6f7")
    assert internet_checksum(data) == 0xFFFF - 0xDDF2 == ones_complement(data)


@given(st.binary(max_size=80))
def test_internet_checksum(data: bytes) -> None:
    assert internet_checksum(data) == ones_complement(data)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_sums_add_up(one: bytes, two: bytes) -> None:
    even = one + bytes(len(one) % 2)
    assert internet_checksum(two, internet_sum(even)) == ones_complement(even + two)


@pytest.mark.parametrize("data", [b"", b"\0", bytes(20), b"\xff\xff", b"\xff" * 20, b"\xff"])
def test_the_two_zeros(data: bytes) -> None:
    assert internet_checksum(data) == ones_complement(data)


@given(st.binary(min_size=2, max_size=40), st.integers(0, 65535))
def test_update(data: bytes, new: int) -> None:
    """RFC 1624: as if computed anew. Of data that is not all zero."""
    data = b"\x45" + data[1:]
    data += bytes(len(data) % 2)
    old = int.from_bytes(data[-2:], "big")
    changed = data[:-2] + new.to_bytes(2, "big")
    if len(data) > 2:
        assert update_checksum(ones_complement(data), old, new) == ones_complement(changed)


CRC32C = [  # RFC 3720, appendix B.4, and the usual check value
    (bytes(32), 0x8A9136AA),
    (b"\xff" * 32, 0x62A8AB43),
    (bytes(range(32)), 0x46DD794E),
    (bytes(range(31, -1, -1)), 0x113FDB5C),
    (b"123456789", 0xE3069283),
]


@pytest.mark.parametrize(("data", "value"), CRC32C)
def test_crc32c_vectors(data: bytes, value: int) -> None:
    assert crc32c_bits(data) == value
    assert crc32c(data) == int.from_bytes(value.to_bytes(4, "little"), "big")


@given(st.binary(max_size=60))
def test_crc32c(data: bytes) -> None:
    assert crc32c(data).to_bytes(4, "big") == crc32c_bits(data).to_bytes(4, "little")


ADDRESSES4 = st.integers(0, 2**32 - 1)
ADDRESSES6 = st.integers(0, 2**128 - 1)


@given(ADDRESSES4, ADDRESSES4, st.binary(max_size=40), st.sampled_from([TCP, UDP]))
def test_transport_over_ipv4(src: int, dst: int, payload: bytes, kind: type[TCP]) -> None:
    packet = IP(src=src, dst=dst) / kind(srcport=src & 65535, dstport=dst & 65535) / payload
    for _ in range(10):  # the tenth time it is compiled
        data = bytes(packet)
        assert ones_complement(data[:20]) == 0
        segment = pseudo_header(packet.ip.src, packet.ip.dst, data[9], data[20:])
        assert ones_complement(segment) == 0
    assert packet[kind].checksum_status == packet.ip.checksum_status == "good"


@given(ADDRESSES6, ADDRESSES6, st.binary(max_size=40), st.sampled_from([TCP, UDP, ICMPv6]))
def test_transport_over_ipv6(src: int, dst: int, payload: bytes, kind: type[TCP]) -> None:
    packet = IPv6(src=src, dst=dst) / kind() / payload
    data = bytes(packet)
    segment = pseudo_header(packet.ipv6.src, packet.ipv6.dst, data[6], data[40:])
    assert ones_complement(segment) == 0
    assert packet[kind].checksum_status == "good"


@given(st.binary(max_size=40))
def test_icmp(payload: bytes) -> None:
    packet = IP() / ICMP() / payload
    assert ones_complement(bytes(packet)[20:]) == 0
    assert packet.icmp.checksum_status == "good"


def test_one_wrong_bit_is_seen() -> None:
    generator = random.Random(1)
    data = bytes(IP(src="10.0.0.1") / TCP(dstport=1) / b"some payload")
    for _ in range(60):
        at, bit = generator.randrange(len(data)), 1 << generator.randrange(8)
        wrong = bytearray(data)
        wrong[at] ^= bit
        packet = Packet.dissect(bytes(wrong), linktype=228)
        status = [layer.checksum_status for layer in packet.layers if layer.name in ("ip", "tcp")]
        assert "bad" in status or packet.error or TCP not in packet or not packet.ip.len, at


def test_status_of_layers_without_a_checksum() -> None:
    packet = IPv6() / UDP(checksum=0)
    assert packet.ipv6.checksum_status == "absent"
    assert packet.udp.checksum_status == "bad"  # IPv6 demands one (RFC 8200, 8.1)
    packet2 = IP() / UDP(checksum=0)
    assert packet2.udp.checksum_status == "absent"


@given(st.binary(min_size=1, max_size=3000), st.integers(0, 64))
def test_a_folded_sum_is_the_sum(data: bytes, times: int) -> None:
    data *= times
    total = int.from_bytes(data + b"\0" * (len(data) & 1), "big")
    for _ in range(2):  # summed, and remembered
        assert internet_sum(data) == (total and (total % 0xFFFF or 0xFFFF))


def test_what_may_change_is_summed_anew() -> None:
    data = bytearray(b"\x01\x02")
    assert internet_sum(data) == 0x0102
    data[0] = 3
    assert internet_sum(data) == 0x0302
