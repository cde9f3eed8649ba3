"""DNS and NetBIOS names."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

import umpa
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
    with pytest.raises(FieldError, match="it is read from data; set that"):
        DNS(qry_name="www.example.com")


def test_too_few_bytes_are_payload() -> None:
    packet = Packet.dissect(bytes(IP() / UDP(dstport=53) / b"umpa"), 228)
    assert [layer.name for layer in packet.layers] == ["ip", "udp", "data"]
    assert packet.error is None


VALUES: dict[str, tuple[Any, bytes]] = {
    "A": ("10.0.0.1", b"\x0a\0\0\x01"),
    "AAAA": ("fe80::1", bytes.fromhex("fe800000000000000000000000000001")),
    "CNAME": ("a.b", b"\x01a\x01b\0"),
    "MX": ((10, "a"), b"\0\x0a\x01a\0"),
    "TXT": ("x" * 256, b"\xff" + b"x" * 255 + b"\x01x"),
    "SRV": (b"as it is", b"as it is"),
}


@pytest.mark.parametrize(("kind", "given"), VALUES.items(), ids=VALUES)
def test_records(kind: str, given: tuple[Any, bytes]) -> None:
    value, data = given
    record = DNS.record("umpa.test", kind, value, ttl=60)
    assert record.startswith(b"\x04umpa\x04test\0")
    assert record.endswith(b"\0\0\0\x3c" + len(data).to_bytes(2, "big") + data)


def test_an_answer() -> None:
    query = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(srcport=1024, dstport=53)
    query.include(DNS(id=7, data=DNS.question("umpa.test", "AAAA")))
    records = DNS.record("umpa.test", 5, "www.umpa.test") + DNS.record(
        "www.umpa.test", "AAAA", "fe80::1"
    )
    answer = query.reply(DNS(flags_response=True, data=query.dns.data + records))
    assert (answer.dns.count_queries, answer.dns.count_answers) == (1, 2)
    read = Packet.dissect(bytes(answer), 228)
    assert read.answers(query)
    assert read.dns.aaaa == ("fe80::1",)
    assert read.dns.cname == ("www.umpa.test",)


WRONG: dict[str, tuple[tuple[Any, ...], str]] = {
    "type": (("a", "AAAAA", "::1"), "did you mean 'AAAA'"),
    "address": (("a", "A", "10.0.0.256"), "no value of a record of type A"),
    "label": (("a" * 64, "A", "10.0.0.1"), "a label has 1 to 63 bytes"),
    "dots": (("a..b", "A", "10.0.0.1"), "a label has 1 to 63 bytes"),
    "name": ((".".join(["a" * 60] * 5), "A", "10.0.0.1"), "more than 255 bytes"),
    "ttl": (("a", "A", "10.0.0.1", -1), "ttl=-1"),
    "number": (("a", 70000, b""), "70000 does not fit"),
    "bytes": (("a", "SRV", "text"), "of type SRV is given as bytes"),
    "idna": (("ä" * 70, "A", "10.0.0.1"), "is no name"),
    "MX": (("a", "MX", "mail"), "no value of a record of type MX"),
}


@pytest.mark.parametrize(("given", "why"), WRONG.values(), ids=WRONG)
def test_what_is_no_record(given: tuple[Any, ...], why: str) -> None:
    with pytest.raises(FieldError, match=why):
        DNS.record(*given)


def test_the_root_is_a_name() -> None:
    assert DNS.question(".", "NS") == DNS.question("", 2) == b"\0\0\x02\0\x01"


SIGNED = (
    DNS.question("www.example.com")
    + DNS.record("www.example.com", "CNAME", "web.example.com")
    + DNS.record("web.example.com", "A", "192.0.2.1")
    + DNS.record("web.example.com", "RRSIG", bytes(40))
    + DNS.record("web.example.com", "HTTPS", b"\0\1\0\0\1\0\3\2h2")
    + DNS.record("example.com", "DS", bytes(24))
    + DNS.record("web.example.com", "AAAA", "2001:db8::1")
    + DNS.record("web.example.com", 65280, b"of a type that is nobody's")
)


def test_records_of_any_type_hide_none_of_the_others() -> None:
    """Answers that are signed, or that have records of types that came later, are read too."""
    answer = UDP(srcport=53) / DNS(flags_response=True, data=SIGNED)
    dns = Packet.dissect(bytes(IP() / answer), 228).dns
    assert (dns.qry_name, dns.qry_type, dns.qry_class) == ("www.example.com", 1, 1)
    assert dns.a == ("192.0.2.1",)
    assert dns.aaaa == ("2001:db8::1",)
    assert dns.cname == ("web.example.com",)
    assert dns.count_answers == 7


def test_what_is_cut_is_read_as_far_as_it_goes() -> None:
    whole = bytes(IP() / UDP(srcport=53) / DNS(flags_response=True, data=SIGNED))
    seen = set()
    for size in range(40, len(whole)):
        dns = Packet.dissect(whole[:size], 228, wire_length=len(whole)).dns
        seen.add((dns.qry_name, dns.cname, dns.a, dns.aaaa))
    assert (None, None, None, None) in seen
    assert ("www.example.com", ("web.example.com",), ("192.0.2.1",), None) in seen


@pytest.mark.parametrize(
    "name", [b"\xc0\x0c", b"\1a\xc0\x0c", b"\xff\xff", b"\x3f", b"\1a" * 300, b"\xc0" * 300]
)
def test_a_name_without_an_end_is_none(name: bytes) -> None:
    assert DNS(count_queries=1, data=name + bytes(5)).qry_name is None


def test_tshark_reads_the_same(tmp_path: Path) -> None:
    packet = Ethernet() / IP() / UDP(srcport=53) / DNS(flags_response=True, data=SIGNED)
    file = tmp_path / "answer.pcap"
    umpa.write(str(file), [packet])
    names = ("dns.qry.name", "dns.a", "dns.aaaa", "dns.cname")
    wanted = [argument for name in names for argument in ("-e", name)]
    said = subprocess.run(
        ["tshark", "-r", file, "-T", "fields", *wanted], capture_output=True, text=True, check=True
    ).stdout
    read = [packet["dns.qry.name"], *(packet[name][0] for name in names[1:])]
    assert said.rstrip("\n").split("\t") == read


def test_its_line_says_what_is_asked_and_how_it_went() -> None:
    asked = DNS(id=7, data=DNS.question("example.com", "HTTPS"))
    assert Packet(asked).summary() == "DNS query id=0x0007 HTTPS example.com"
    gone = DNS(id=7, flags_response=True, flags_rcode=3, data=DNS.question("gone.example"))
    assert Packet(gone).summary() == "DNS response id=0x0007 A gone.example (no such name)"
    assert Packet(DNS()).summary() == "DNS query id=0x0000"
