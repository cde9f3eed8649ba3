"""DNS and NetBIOS names."""

from __future__ import annotations

import pytest

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import DNS, IP, NBNS, TCP, UDP, DNSOverTCP, Ethernet


def test_query() -> None:
    # www.example.com, A
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="dns")
        / DNS(id=0x1234, data=DNS.question("www.example.com")),
        "02000000000202000000000108004500003d00010000401166ad0a0000010a000002040000350029"
        "8ad412340100000100000000000003777777076578616d706c6503636f6d0000010001",
        dns__id=4660,
        dns__flags=256,
        dns__count_queries=1,
        dns__qry_name="www.example.com",
        dns__qry_type=1,
        dns__flags_recdesired=True,
    )


def test_over_tcp() -> None:
    # The same over TCP: the length first
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / TCP(srcport=1024, dstport="dns", flags="PSH,ACK")
        / DNSOverTCP()
        / DNS(id=0x1234, data=DNS.question("www.example.com", 28)),
        "02000000000202000000000108004500004b00010000400666aa0a0000010a000002040000350000"
        "0000000000005018ffff1fc10000002112340100000100000000000003777777076578616d706c65"
        "03636f6d00001c0001",
        dns_tcp__length=33,
        dns__qry_type=28,
    )


def test_netbios() -> None:
    # UMPA, server
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=137, dstport=137)
        / NBNS(id=1, data=b"\x20FFENFAEBCACACACACACACACACACACACA\0\0\x20\0\x01"),
        "02000000000202000000000108004500004e000100004011669c0a0000010a00000200890089003a"
        "a1f4000101100001000000000000204646454e464145424341434143414341434143414341434143"
        "414341434143410000200001",
        nbns__name_asked="UMPA<20>",
    )


ANSWER = bytes.fromhex(
    "123481800001000300000000 03777777076578616d706c6503636f6d0000010001"
    "c00c00050001000000050005 026364c010 c02d00010001000000050004 0a000002"
    "c02d001c0001000000050010 fd000000000000000000000000000002"
)


def test_records_are_read_by_dpkt() -> None:
    packet = Packet.dissect(bytes(IP() / UDP(srcport=53, dstport=1024) / ANSWER), 228)
    assert packet.dns.flags_response
    assert packet.dns.cname == ("cd.example.com",)
    assert packet.dns.a == ("10.0.0.2",)
    assert packet.dns.aaaa == ("fd00::2",)


def test_a_message_that_dpkt_cannot_take_has_its_header_only() -> None:
    packet = Packet.dissect(bytes(IP() / UDP(dstport=53) / ANSWER[:14]), 228)
    assert packet.dns.count_answers == 3
    assert packet.dns.qry_name is None
    assert "qry_name" not in list(packet.dns)


def test_names_that_point_at_themselves_end() -> None:
    looping = bytes.fromhex("123401000001000000000000 c00c 0001 0001")
    packet = Packet.dissect(bytes(IP() / UDP(dstport=53) / looping), 228)
    assert packet.dns.id == 0x1234
    assert packet.dns.qry_name in (None, "")


def test_what_is_read_from_the_data_cannot_be_written() -> None:
    with pytest.raises(FieldError, match="it is read from the layer's other fields"):
        DNS(qry_name="www.example.com")


def test_too_few_bytes_are_payload() -> None:
    packet = Packet.dissect(bytes(IP() / UDP(dstport=53) / b"umpa"), 228)
    assert [layer.name for layer in packet.layers] == ["ip", "udp", "data"]
    assert packet.error is None
