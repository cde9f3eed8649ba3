"""Lengths and counts that follow from bytes: derived, kept when pinned, as on the wire."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.protocols.wireshark import seen_by_tshark
from umpa import Packet
from umpa.core.checksum import internet_checksum
from umpa.protocols import (
    DHCP,
    ICMP,
    IP,
    RTCP,
    SLL,
    SLL2,
    UDP,
    Ethernet,
    ICMPv6,
    IPv6,
    MACsec,
    NetFlow,
    Padding,
)

OBJECT = bytes.fromhex("0008 0101 00064140")  # a label of MPLS (RFC 4950)


def extension(*, summed: bool = True) -> bytes:
    """An extension structure of RFC 4884 with one object."""
    checksum = internet_checksum(b"\x20\0\0\0" + OBJECT) if summed else 0
    return b"\x20\0" + checksum.to_bytes(2, "big") + OBJECT


def quoted(size: int) -> bytes:
    """The start of an IPv4 packet, and zeros up to `size`."""
    return bytes(IP(src="10.0.0.2", dst="10.0.0.1", len=500) / UDP()).ljust(size, b"\0")


def quoted6(size: int) -> bytes:
    """The start of an IPv6 packet, and zeros up to `size`."""
    return bytes(IPv6(src="fd00::2", dst="fd00::1", plen=500) / UDP()).ljust(size, b"\0")


IPV4 = IP(src="10.0.0.1", dst="10.0.0.2")
IPV6 = IPv6(src="fd00::1", dst="fd00::2")
FLOW_HEADER = bytes(8)
TEMPLATES = bytes.fromhex("0000 0014  0100 0001 0008 0004  0101 0001 000c 0004")
OPTIONS = bytes.fromhex("0001 0014  0102 0004 0004 0001 0004 0029 0002 0000")
DATA = bytes.fromhex("0100 000c  0a000001 0a000002")
DATA_OF_OPTIONS = bytes.fromhex("0102 000c  00000001 0005 0000")
NAME = b"\x01\x03abc"  # an item of a source description: the canonical name
SOURCE = bytes.fromhex("00005566")
OVER_UDP = IPV4 / UDP(srcport=5005, dstport=5005)
MACSEC = Ethernet() / MACsec(sc=True, sci=bytes(7) + b"\1", pn=1)
INSIDE = IPV4 / ICMP()


class Case(NamedTuple):
    """A packet whose field `key` is derived as `right`; `wrong` is another value."""

    key: str
    right: int
    packet: Packet
    linktype: int = 228
    wrong: int = 9
    theirs: str = ""
    """tshark's name for it, where that is another."""


CASES = [
    Case("icmp.length", 32, IPV4 / ICMP(type=11) / quoted(128) / extension()),
    Case("icmp.length", 33, IPV4 / ICMP(type=3, code=1) / quoted(132) / extension()),
    Case("icmp.length", 32, IPV4 / ICMP(type=12) / quoted(128) / extension(summed=False)),
    Case("icmpv6.length", 16, IPV6 / ICMPv6(type=3) / quoted6(128) / extension(), 229),
    Case("icmpv6.length", 17, IPV6 / ICMPv6(type=1, code=4) / quoted6(136) / extension(), 229),
    Case(
        "cflow.count",
        2,
        IPV4 / UDP(dstport=2055) / NetFlow(version=9, data=FLOW_HEADER + TEMPLATES),
    ),
    Case(
        "cflow.count",
        6,
        IPV4
        / UDP(dstport=2055)
        / NetFlow(version=9, data=FLOW_HEADER + TEMPLATES + DATA + OPTIONS + DATA_OF_OPTIONS),
    ),
    Case(
        "rtcp.rc",
        1,
        OVER_UDP / RTCP(pt="source description", data=NAME + bytes(3)),
        theirs="rtcp.sc",
    ),
    Case(
        "rtcp.rc",
        2,
        OVER_UDP / RTCP(pt="source description", data=NAME + bytes(3) + SOURCE + NAME + bytes(3)),
        theirs="rtcp.sc",
    ),
    Case("rtcp.rc", 1, OVER_UDP / RTCP(pt="goodbye"), theirs="rtcp.sc"),
    Case("rtcp.rc", 3, OVER_UDP / RTCP(pt="goodbye", data=2 * SOURCE), theirs="rtcp.sc"),
    Case("rtcp.rc", 2, OVER_UDP / RTCP(pt="goodbye", data=SOURCE + b"\3end"), theirs="rtcp.sc"),
    Case("rtcp.rc", 1, OVER_UDP / RTCP(pt="goodbye", data=b"\4away" + bytes(3)), theirs="rtcp.sc"),
    Case("sll.halen", 6, SLL() / IPV4, 113),
    Case("sll.halen", 0, SLL(hatype="PPP") / IPV4, 113),
    Case("sll.halen", 4, SLL(hatype="GRE") / IPV4, 113),
    Case("sll2.halen", 0, SLL2(hatype="None") / IPV4, 276, theirs="sll.halen"),
    Case("dhcp.hw.len", 6, IPV4 / UDP(dstport=67) / DHCP(hw_addr=b"\2" + bytes(15))),
    Case("dhcp.hw.len", 0, IPV4 / UDP(dstport=67) / DHCP(hw_type="InfiniBand")),
    Case("macsec.SL", 30, MACSEC / INSIDE / Padding(data=b"i" * 16, after=2), 1, wrong=0),
    Case(
        "macsec.SL", 0, MACSEC / INSIDE / bytes(18) / Padding(data=b"i" * 16, after=2), 1, wrong=48
    ),
]
IDS = [f"{n}-{case.key}-{case.right}" for n, case in enumerate(CASES)]


def changed(packet: Packet) -> Packet:
    """The packet after a field that has nothing to do with it was set."""
    packet.layers[0].pin(next(iter(packet.layers[0])))
    return packet


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_it_is_derived(case: Case) -> None:
    packet = case.packet.copy()
    assert packet[case.key] == case.right
    for _ in range(20):  # compiled, it is the same
        assert bytes(packet.copy()) == bytes(packet)
    found = Packet.dissect(bytes(packet), case.linktype)
    assert found.error is None
    assert found[case.key] == case.right
    assert "wrong on the wire" not in str(found)
    assert bytes(changed(found)) == bytes(packet)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_it_is_kept_when_pinned(case: Case) -> None:
    packet = case.packet.copy()
    packet[case.key] = case.wrong
    assert packet[case.key] == case.wrong
    assert f"pinned, auto would be {case.right}" in str(packet)
    found = Packet.dissect(bytes(packet), case.linktype)
    assert found[case.key] == case.wrong


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_it_is_the_value_on_the_wire_until_the_packet_is_touched(case: Case) -> None:
    packet = case.packet.copy()
    packet[case.key] = case.wrong
    found = Packet.dissect(bytes(packet), case.linktype)
    assert f"wrong on the wire, should be {case.right}" in str(found)
    assert bytes(changed(found)) == bytes(case.packet)


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_tshark_reads_it(case: Case, tmp_path: Path) -> None:
    name = case.theirs or case.key
    seen = seen_by_tshark(
        tmp_path, case.packet, case.linktype, name, also=("-d", "udp.port==5005,rtcp")
    )
    assert seen[name][:1] == [case.right]


@pytest.mark.parametrize(
    "body",
    [
        quoted(128),  # no structure
        quoted(124) + extension(),  # too early
        quoted(128) + extension()[:-1],
        quoted(128) + extension() + b"more",
        quoted(128) + b"\x20\0\0\1" + OBJECT,  # its checksum is wrong
        quoted(128) + b"\x20\0\0\0" + bytes(8),  # an object without length
    ],
    ids=["none", "early", "cut", "more", "checksum", "object"],
)
def test_what_is_no_extension_structure_leaves_the_length_alone(body: bytes) -> None:
    assert ICMP(type=3, length=7).length == 7
    assert (IPV4 / ICMP(type=3) / body).icmp.length == 0
    wire = bytes(IPV4 / ICMP(type=3, length=7) / body)
    assert "wrong on the wire, should be" not in str(Packet.dissect(wire, 228).icmp)


def test_other_icmp_messages_have_no_such_length() -> None:
    echo = bytes(IPV4 / ICMP(type=8, ident=1, seq=2) / quoted(128) / extension())
    assert echo[24:28].hex() == "00010002"
    too_big = IPV6 / ICMPv6(type=2, mtu=1400) / quoted6(128) / extension()
    assert bytes(too_big)[44:48].hex() == "00000578"


@pytest.mark.parametrize(
    "data",
    [
        DATA,  # its template was sent before
        TEMPLATES + DATA[:-1],
        b"\0\0\0\3" + bytes(4),
        b"\0\2\0\4",
        TEMPLATES + b"\1",
    ],
)
def test_flow_records_that_cannot_be_counted_leave_the_count_alone(data: bytes) -> None:
    packet = IPV4 / UDP(dstport=2055) / NetFlow(version=9, data=FLOW_HEADER + data)
    assert packet.cflow.count == 0
    packet.cflow.count = 7
    found = Packet.dissect(bytes(packet), 228)
    found.cflow.auto("count")
    assert found.cflow.count == 7


@pytest.mark.parametrize("data", [b"\1", b"\1\x40a", NAME, NAME + bytes(3) + SOURCE, SOURCE + NAME])
def test_malformed_source_descriptions_leave_the_count_alone(data: bytes) -> None:
    assert RTCP(pt="source description", data=data.ljust(-(-len(data) // 4) * 4, b"\x09")).rc == 0


def test_reports_before_padding_are_counted_without_it() -> None:
    assert RTCP(pt="receiver report", padding=True, data=bytes(24) + bytes(3) + b"\4").rc == 1


def test_the_other_kinds_of_rtcp_have_the_subtype_that_is_set() -> None:
    assert RTCP(pt="application", rc=5, data=b"name").rc == 5
    assert RTCP(pt="transport feedback").rc == 0


def test_a_goodbye_from_the_wire_keeps_a_count_that_makes_sense() -> None:
    """A reason that is not filled up to a word is no reason to doubt the count."""
    packet = OVER_UDP / RTCP(pt="goodbye", rc=2, data=SOURCE + b"\2by\x07")
    found = Packet.dissect(bytes(packet), 228)
    assert "wrong on the wire" not in str(found)


def test_an_address_that_is_not_there_has_no_length() -> None:
    wire = bytes(SLL(halen=0) / IPV4)
    found = Packet.dissect(wire, 113)
    assert "wrong on the wire" not in str(found)
    assert bytes(changed(found)) == wire
    found.sll.src_eth = "02:00:00:00:00:01"
    assert found.sll.halen == 6


def test_kinds_of_hardware_that_are_not_known_leave_the_length_alone() -> None:
    assert DHCP(hw_type=99).hw_len == 6
    found = Packet.dissect(bytes(SLL(hatype=9999, halen=3) / IPV4), 113)
    found.sll.auto("halen")
    assert found.sll.halen == 3


def test_a_short_macsec_frame_is_filled_up_behind_its_check_value() -> None:
    frame = bytes(MACSEC / INSIDE / Padding(data=b"i" * 16, after=2))
    found = Packet.dissect(frame + bytes(4), 1)
    assert [layer.name for layer in found.layers[-2:]] == ["padding", "padding"]
    assert found.layers[-2].data == b"i" * 16  # type: ignore[attr-defined]
    assert "wrong on the wire" not in str(found)
    assert bytes(changed(found)) == frame + bytes(4)


def test_an_encrypted_macsec_frame_secures_all_up_to_its_check_value() -> None:
    packet = Ethernet() / MACsec(e=True, c=True, pn=1) / bytes(20 + 16)
    assert packet.macsec.sl == 20
    assert (Ethernet() / MACsec(e=True, c=True) / bytes(5)).macsec.sl == 0  # no check value
