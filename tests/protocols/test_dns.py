"""DNS and NetBIOS names."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import umpa
from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import DNS, IP, NBNS, TCP, UDP, DNSOverTCP, Ethernet
from umpa.protocols.domain import name_at


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


def dns(data: bytes) -> DNS:
    return Packet.dissect(bytes(IP() / UDP(srcport=53, dstport=1024) / data), 228).dns


def test_records_are_read() -> None:
    found = dns(ANSWER)
    assert found.flags_response
    assert found.cname == ("cd.example.com",)
    assert found.a == ("10.0.0.2",)
    assert found.aaaa == ("fd00::2",)
    assert found.resp_name == ("www.example.com", "cd.example.com", "cd.example.com")
    assert found.resp_type == (5, 1, 28)
    assert found.resp_ttl == (5, 5, 5)


def test_the_message_prints_as_zone_files_do() -> None:
    message = dns(ANSWER).message
    assert [str(question) for question in message.questions] == ["www.example.com IN A"]
    assert [str(record) for record in message.answers] == [
        "www.example.com 5 IN CNAME cd.example.com",
        "cd.example.com 5 IN A 10.0.0.2",
        "cd.example.com 5 IN AAAA fd00::2",
    ]
    assert message.authority == message.additional == ()


@pytest.mark.parametrize("end", range(12, len(ANSWER)))
def test_what_the_bytes_still_have_is_read(end: int) -> None:
    whole, cut = dns(ANSWER).message, dns(ANSWER[:end]).message
    assert cut.answers == whole.answers[: len(cut.answers)]
    assert len(cut.questions) == (end >= 33)
    assert len(cut.answers) == (end >= 50) + (end >= 66)


def test_records_of_types_that_are_not_known_do_not_hide_the_others() -> None:
    unknown = DNS.record("a.example", 65399, b"\x01\x02", ttl=9, cls=4097)
    address = DNS.record("a.example", "A", "10.0.0.2", ttl=9)
    found = dns(bytes(Packet(DNS(data=DNS.question("a.example", 65399) + unknown + address))))
    assert found.a == ("10.0.0.2",)
    assert str(found.message.answers[0]) == r"a.example 9 CLASS4097 TYPE65399 \# 2 0102"


def test_a_record_that_is_damaged_does_not_hide_the_others() -> None:
    records = DNS.record("a", "A", b"short") + DNS.record("a", "MX", b"") + DNS.record("a", 2, "b")
    found = dns(bytes(Packet(DNS(data=DNS.question("a") + records))))
    assert (found.a, found.mx_preference, found.ns) == (None, None, ("b",))


def test_names_that_point_at_themselves_end() -> None:
    looping = bytes.fromhex("123401000001000000000000 c00c 0001 0001")
    assert dns(looping).id == 0x1234
    assert dns(looping).qry_name is None


def test_names_that_point_from_one_to_the_next_for_long_end() -> None:
    chain = b"".join((0xC000 | 12 + max(n - 2, 0)).to_bytes(2, "big") for n in range(0, 400, 2))
    message = bytes.fromhex("123480000000000100000000") + chain + bytes(10)
    assert dns(message).message.answers == ()


def test_the_longest_name_may_be_pointed_to_and_a_longer_one_is_none() -> None:
    longest = b"\x3f" + b"a" * 63 + b"\x3f" + b"b" * 63 + b"\x3f" + b"c" * 63 + b"\x3d" + b"d" * 61
    held = [b"\xc0\x0c", b"\x01x\xc0\x0c"]
    records = b"".join(b"\xc0\x0c" + bytes.fromhex("0002000100000000") +
                       len(data).to_bytes(2, "big") + data for data in held)  # fmt: skip
    head = bytes.fromhex("000184000001000200000000")
    found = dns(head + longest + b"\0" + bytes.fromhex("00020001") + records)
    assert found.qry_name is not None
    assert found.ns == (found.qry_name,)
    assert len(found.message.answers) == 2


def test_several_questions_and_all_sections() -> None:
    data = DNS.question("a", "MX") + DNS.question("b")
    kinds: list[tuple[str, Any]] = [
        ("MX", (10, "m.a")), ("SRV", (1, 2, 5060, "s.a")), ("TXT", "some text"), ("PTR", "p.a"),
        ("HTTPS", (1, ".")),
    ]  # fmt: skip
    data += b"".join(DNS.record("a", kind, value) for kind, value in kinds)
    data += DNS.record("", "OPT", b"", ttl=0, cls=1232)
    found = dns(bytes(Packet(DNS(count_queries=2, count_auth_rr=1, data=data))))
    message = found.message
    assert [question.name for question in message.questions] == ["a", "b"]
    assert [len(section) for section in message[1:]] == [4, 1, 1]
    assert (found.mx_preference, found.mx_mail_exchange) == ((10,), ("m.a",))
    assert (found.srv_port, found.srv_target) == ((5060,), ("s.a",))
    assert (found.txt, found.ptr_domain_name) == (("some text",), ("p.a",))
    assert found.svcb_targetname == ("",)
    assert found.resp_ttl == (3600,) * 5
    assert [record.held for record in message.records] == [
        "10 m.a", "1 2 5060 s.a", '"some text"', "p.a", "1 .", r"\# 0",
    ]  # fmt: skip


def test_a_start_of_authority() -> None:
    held = b"\x02ns\0\x04root\0" + b"".join(n.to_bytes(4, "big") for n in range(1, 6))
    found = dns(bytes(Packet(DNS(data=DNS.question("a") + DNS.record("a", "SOA", held)))))
    assert (found.soa_mname, found.soa_serial_number) == (("ns",), (1,))
    assert found.message.answers[0].values == ("ns", "root", 1, 2, 3, 4, 5)


@given(st.lists(st.binary(min_size=1, max_size=63), max_size=3))
def test_any_name_is_read_as_what_writes_it(labels: list[bytes]) -> None:
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    read, end = name_at(name, 0)
    assert end == len(name)
    if read.isascii():  # others are written as international names are
        assert DNS.question(read)[:-4] == name


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
    "SRV": ((1, 2, 80, "a"), b"\0\x01\0\x02\0\x50\x01a\0"),
    "HTTPS": ((1, "."), b"\0\x01\0"),
    "CAA": (b"as it is", b"as it is"),
    "PTR": (r"a\.b.c\\\007", b"\x03a.b\x03c\\\x07\0"),
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
    "bytes": (("a", "CAA", "text"), "of type CAA is given as bytes"),
    "SRV": (("a", "SRV", (1, 2, "b")), r"expected \(priority, weight, port, name\)"),
    "escape": ((r"a\1.b", "A", "10.0.0.1"), "or no backslash"),
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
