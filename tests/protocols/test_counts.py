"""Counts that follow from what a header carries are derived, unless they are set."""

from __future__ import annotations

import pytest

from umpa import Packet
from umpa.core.checksum import internet_checksum
from umpa.protocols import (
    ARCNET,
    ARP,
    CDP,
    DNS,
    DTP,
    EDP,
    ICMP,
    IP,
    IPX,
    L2TP,
    LLC,
    NBNS,
    PIM,
    PPI,
    RTCP,
    RTP,
    SCTP,
    SLL,
    SLL2,
    STP,
    UDP,
    Ethernet,
    FrameRelay,
    IPv6,
    Juniper,
    LinuxARCNET,
    NetFlow,
    NFLog,
    SCTPChunk,
)

QUESTION = DNS.question("a.example")
ADDRESS = bytes.fromhex("c00c 0001 0001 0000003c 0004 0a000001")
EDNS = bytes.fromhex("00 0029 1000 00000000 0000")
COUNTS = ("count_queries", "count_answers", "count_auth_rr", "count_add_rr")


def counts(layer: DNS | NBNS) -> tuple[int, ...]:
    return tuple(layer[name] for name in COUNTS)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", (0, 0, 0, 0)),
        (QUESTION, (1, 0, 0, 0)),
        (QUESTION + EDNS, (1, 0, 0, 1)),
        (QUESTION + 2 * ADDRESS, (1, 2, 0, 0)),
        (QUESTION + ADDRESS + EDNS, (1, 1, 0, 1)),
        (ADDRESS, (0, 1, 0, 0)),  # as multicast DNS answers
        (2 * QUESTION, (2, 0, 0, 0)),
        (b"no message at all", (0, 0, 0, 0)),
    ],
)
def test_dns_counts_its_questions_and_records(data: bytes, expected: tuple[int, ...]) -> None:
    assert counts(DNS(data=data)) == expected
    wire = bytes(IP() / UDP(dstport=53) / DNS(data=data))
    assert counts(Packet.dissect(wire, 228).dns) == expected


def test_a_count_that_is_set_leaves_the_others_the_rest() -> None:
    layer = DNS(data=QUESTION + 3 * ADDRESS, count_answers=1)
    assert counts(layer) == (1, 1, 2, 0)
    assert counts(DNS(data=QUESTION, count_queries=7)) == (7, 0, 0, 0)


def test_counts_that_are_set_beyond_what_is_there_leave_the_others_alone() -> None:
    assert counts(DNS(data=QUESTION + ADDRESS, count_auth_rr=9)) == (0, 0, 9, 0)


def test_sections_of_a_message_from_the_wire_stay_as_they_are() -> None:
    wire = DNS(data=QUESTION + 3 * ADDRESS, count_answers=1, count_auth_rr=1)
    packet = Packet.dissect(bytes(IP() / UDP(srcport=53) / wire), 228)
    for name in COUNTS:
        packet.dns.auto(name)
    assert counts(packet.dns) == (1, 1, 1, 1)
    packet.dns.data = QUESTION + ADDRESS
    assert counts(packet.dns) == (1, 1, 0, 0)


def test_a_wrong_count_on_the_wire_is_shown_as_such() -> None:
    wire = bytes(IP() / UDP(dstport=53) / DNS(data=QUESTION, count_queries=2))
    shown = str(Packet.dissect(wire, 228))
    assert "wrong on the wire, should be 1" in shown


def test_a_long_message_of_nothing_is_counted_in_no_time() -> None:
    assert counts(DNS(data=bytes(60000))) == (0, 0, 0, 0)


def test_netbios_names_are_counted_too() -> None:
    assert counts(NBNS(data=b"\x20" + b"CA" * 16 + b"\0\0\x20\0\x01")) == (1, 0, 0, 0)


@pytest.mark.parametrize(("version", "rest", "record"), [(1, 4, 52), (5, 12, 48), (7, 12, 52)])
def test_netflow_counts_records_of_one_size(version: int, rest: int, record: int) -> None:
    assert NetFlow(version=version, data=bytes(rest + 3 * record)).count == 3


def test_gap_blocks_are_what_duplicates_leave() -> None:
    chunk = SCTPChunk(type="sack", number_of_duplicated_tsns=1, value=bytes(12))
    packet = Packet.dissect(bytes(IP() / SCTP() / chunk), 228)
    assert packet["sctp.chunk"].number_of_gap_blocks == 2
    assert packet["sctp.chunk"].length == 28


def test_a_router_advertisement_counts_its_addresses() -> None:
    packet = IP() / ICMP(type=9, lifetime=1800) / (bytes([10, 0, 0, 1]) + bytes(4)) / b""
    found = Packet.dissect(bytes(packet), 228).icmp
    assert (found.num_addrs, found.addr_entry_size) == (1, 2)
    assert IP() / ICMP(type=9, num_addrs=5)
    assert ICMP(type=9, num_addrs=5).num_addrs == 5


def test_an_echo_has_no_such_count() -> None:
    wire = bytes(ICMP(type=8, ident=0x1234, seq=1) / b"12345678")
    assert wire[4:8].hex() == "12340001"


def test_rtp_and_rtcp_count_sources_and_reports() -> None:
    assert RTP(csrc=bytes(8)).cc == 2
    assert RTCP(pt="receiver report", data=bytes(48)).rc == 2
    assert RTCP(pt="sender report", data=bytes(20 + 24)).rc == 1
    assert RTCP(pt="goodbye", rc=1).rc == 1


def test_sizes_of_parts() -> None:
    assert Juniper(flags=0x80, extensions=b"12345").ext_total_len == 5
    wire = bytes(IP() / UDP(dstport=1701) / L2TP(offset_bit=True, offset_pad=b"abc"))
    assert Packet.dissect(wire, 228).l2tp.offset_size == 3


def test_headers_of_captures_say_what_follows() -> None:
    family = bytes.fromhex("0800 0900 00000000")
    assert (PPI() / IP()).ppi.dlt == 228
    assert (PPI() / Ethernet()).ppi.dlt == 1
    assert (NFLog(attributes=family) / IPv6()).nflog.family == 10
    assert (NFLog(attributes=family) / IP()).nflog.family == 2
    assert (NFLog(attributes=family, family=10) / IP()).nflog.family == 10


@pytest.mark.parametrize(
    ("linktype", "packet"),
    [
        (113, SLL() / LLC() / STP()),
        (276, SLL2() / LLC() / STP()),
        (1, Ethernet() / LLC() / ARP()),
        (1, Ethernet() / LLC() / CDP()),
        (1, Ethernet() / LLC() / DTP()),
        (1, Ethernet() / LLC() / EDP()),
        (1, Ethernet() / LLC(oui=0x0080C2, pid=7) / Ethernet()),
        (7, ARCNET() / ARP()),
        (129, LinuxARCNET() / IPv6()),
        (107, FrameRelay() / IPv6()),
        (107, FrameRelay() / ARP()),
        (107, FrameRelay() / Ethernet() / ARP()),
        (7, ARCNET() / LLC() / ARP()),
        (129, LinuxARCNET() / LLC() / STP()),
        (106, LLC(dsap=0xE0) / IPX()),
        (107, FrameRelay(control=b"") / ARP()),
    ],
    ids=str,
)
def test_what_follows_is_announced(linktype: int, packet: Packet) -> None:
    found = Packet.dissect(bytes(packet), linktype)
    assert [layer.name for layer in found.layers] == [layer.name for layer in packet.layers]
    for _ in range(20):  # compiled, it is the same
        assert bytes(packet.copy()) == bytes(found)
        lower, *upper = packet.layers
        assert bytes(Packet(lower, *upper)) == bytes(found)


def test_pim_over_ipv6_has_a_pseudo_header() -> None:
    source, destination = bytes(15) + b"\1", b"\xff\2" + bytes(13) + b"\x0d"
    packet = IPv6(src="::1", dst="ff02::d") / PIM(type="hello", data=b"\0\1\0\2\0\x69")
    assert packet.ipv6.nxt == 103
    message = bytes(packet)[40:]
    assert internet_checksum(source + destination + b"\0\0\0\x0a\0\0\0\x67" + message) == 0
    assert Packet.dissect(bytes(packet), 229).pim.checksum_status == "good"


def test_a_pim_register_over_ipv6_counts_its_header_alone() -> None:
    source, destination = bytes(15) + b"\1", bytes(15) + b"\2"
    register = PIM(type="register", data=bytes(4) + b"a packet")
    header = bytes(IPv6(src="::1", dst="::2") / register)[40:48]
    assert internet_checksum(source + destination + b"\0\0\0\x08\0\0\0\x67" + header) == 0
