"""Match expressions: questions about packets, as values."""

from __future__ import annotations

import operator
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import umpa.savefile
from tests.conftest import ROOT
from tests.core.states import error, link, tcp, udp, udp6
from umpa import Packet, Protocol
from umpa.core.index import Index
from umpa.core.match import Match, has
from umpa.errors import FieldError
from umpa.protocols import ARP, DNS, GRE, ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6

OPERATORS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("compare", OPERATORS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("value", [16, 17, 18])
def test_comparisons(compare: Any, value: int) -> None:
    match = compare(IP.ttl, value)
    assert isinstance(match, Match)
    for packet in (tcp(), Packet.dissect(bytes(tcp()))):
        assert match(packet) is compare(packet.ip.ttl, value)


@given(st.integers(0, 255), st.integers(0, 255), st.sampled_from(OPERATORS))
def test_comparisons_are_those_of_the_values(ttl: int, value: int, compare: Any) -> None:
    packet = IP(ttl=ttl) / UDP()
    assert compare(IP.ttl, value)(packet) == compare(ttl, value)


def test_on_an_instance_it_is_a_value() -> None:
    assert (tcp().ip.ttl == 17) is True
    assert (TCP(dstport=80).dstport == 80) is True


def test_values_are_written_as_people_write_them() -> None:
    packet = link() / IP(dst="10.0.0.2") / TCP(dstport=80, flags="SYN,ACK")
    for match in (
        TCP.dstport == "http",
        TCP.flags == "SYN,ACK",
        TCP.flags == ["ACK", "SYN"],
        TCP.flags == 0x12,
        IP.dst == "10.0.0.2",
        IP.dst == b"\x0a\0\0\2",
        IP.dst == 0x0A000002,
        Ethernet.src == "02-00-00-00-00-01",
        TCP.hdr_len == 20,
        IP.flags_df == False,  # noqa: E712  # a match, not a comparison
    ):
        assert match(packet), match
        assert match(Packet.dissect(bytes(packet))), match


def test_addresses_order_as_numbers_do() -> None:
    packet = IP(dst="10.0.0.9") / UDP()
    assert (IP.dst < "10.0.0.10")(packet)
    assert (IP.dst >= "9.255.255.255")(packet)
    assert not (IP.dst > "100.0.0.0")(packet)


def test_without_the_layer_a_comparison_is_false() -> None:
    packet = udp()
    for match in (TCP.dstport == 0, TCP.dstport != 0, TCP.dstport >= 0, TCP.flags.has(0)):
        assert match(packet) is False
        assert (~match)(packet) is True


def test_and_or_not() -> None:
    yes, no = IP.ttl == 17, IP.ttl == 3
    packet = tcp()
    assert (yes & yes)(packet)
    assert not (yes & no)(packet)
    assert (no | yes)(packet)
    assert not (no | no)(packet)
    assert (~no)(packet)
    assert not (~yes)(packet)
    assert (~(no | no) & (yes | no) & ~~yes)(packet)
    assert ((TCP.dstport == 50000) & ~TCP.flags.has("RST"))(packet)


def test_has_bits() -> None:
    packet = IP() / TCP(flags="SYN,ACK,ECE")
    assert TCP.flags.has("SYN")(packet)
    assert TCP.flags.has("SYN,ACK")(packet)
    assert TCP.flags.has(["ECE"])(packet)
    assert TCP.flags.has(0x42)(packet)
    assert not TCP.flags.has("SYN,RST")(packet)
    assert not TCP.flags.has("FIN")(packet)


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        (IP.dst, "10.0.0.0/24", True),
        (IP.dst, "10.0.0.2", True),
        (IP.dst, "10.0.0.2/32", True),
        (IP.dst, "0.0.0.0/0", True),
        (IP.dst, "10.0.0.77/29", False),
        (IP.dst, "10.0.1.0/24", False),
        (IP.dst, ["10.0.0.1", "10.0.0.2"], True),
        (IP.dst, {"10.0.0.1"}, False),
        (TCP.srcport, range(40000, 40001), True),
        (TCP.srcport, range(1024), False),
        (TCP.dstport, ["http", 50000], True),
        (TCP.dstport, (), False),
        (TCP.hdr_len, range(24, 32), True),
        (TCP.hdr_len, [28], True),
        (TCP.hdr_len, range(8), False),
        (IP.hdr_len, range(20, 21), True),
        (IP.len, range(1, 1500), True),
        (TCP.flags, ["SYN", "SYN,ACK"], True),
        (Ethernet.src, ["02:00:00:00:00:01"], True),
    ],
)
def test_is_in(field: Any, values: Any, expected: bool) -> None:
    match = field.is_in(values)
    for packet in (tcp(), Packet.dissect(bytes(tcp()))):
        assert match(packet) is expected, match


def test_networks_of_ipv6() -> None:
    packet = udp6()
    assert IPv6.dst.is_in("2001:db8::/32")(packet)
    assert IPv6.dst.is_in("2001:db8::2/127")(packet)
    assert not IPv6.dst.is_in("2001:db9::/32")(packet)
    assert IPv6.dst.is_in("::/0")(packet)


@pytest.mark.parametrize("network", ["10.0.0.0/33", "10.0.0.0/x", "10.0.0/8", "10.0.0.0/-1", "/8"])
def test_malformed_networks(network: str) -> None:
    with pytest.raises(FieldError, match=r"IP\.dst"):
        IP.dst.is_in(network)


def test_wrong_values_are_errors_at_that_line() -> None:
    with pytest.raises(FieldError, match=r"IP.ttl: 300 does not fit; expected a number from 0"):
        IP.ttl == 300  # noqa: B015  # the comparison is what is tested
    with pytest.raises(FieldError, match="did you mean 'http'"):
        TCP.dstport == "htpp"  # noqa: B015
    with pytest.raises(FieldError, match="did you mean 'SYN'"):
        TCP.flags.has("SIN")
    with pytest.raises(FieldError, match=r"IP\.dst"):
        IP.dst == "10.0.0.300"  # noqa: B015
    with pytest.raises(FieldError, match=r"IP\.dst"):
        IP.dst.is_in(["10.0.0.300"])


def test_the_mistakes_everyone_makes() -> None:
    match = TCP.dstport == 80
    attempts: list[Callable[[], object]] = [
        lambda: bool(match),
        lambda: match and match,
        lambda: not match,
        lambda: 1 if match else 2,
        lambda: 1 < TCP.dstport < 80,
    ]
    for attempt in attempts:
        with pytest.raises(TypeError, match="match"):
            attempt()
    with pytest.raises(TypeError):
        match & True  # type: ignore[operator]  # the mistake
    with pytest.raises(TypeError):
        True | match  # type: ignore[operator]  # the mistake


def test_presence_of_a_layer() -> None:
    assert has(TCP)(tcp())
    assert not has(TCP)(udp())
    assert (has(VLAN) & ~has(TCP))(udp())


def test_quoted_layers_do_not_count() -> None:
    for packet in (error(), Packet.dissect(bytes(error()))):
        assert not (UDP.dstport == 33434)(packet)
        assert (IP.src == "10.0.0.9")(packet)
        assert not (IP.src == "10.0.0.1")(packet)
        assert not has(UDP)(packet)


def test_a_changed_packet_is_asked_as_it_is_now() -> None:
    packet = Packet.dissect(bytes(tcp()))
    match = (IP.ttl == 17) & (IP.len == len(packet) - 14)
    assert match(packet)
    packet.include(b"more")
    assert not match(packet)
    assert (IP.len == len(packet) - 14)(packet)
    packet.ip.ttl = 3
    assert (IP.ttl == 3)(packet)


def test_asking_does_not_touch() -> None:
    packet = Packet.dissect(bytes(tcp()))
    assert (TCP.flags.has("SYN") & (IP.ttl == 17) & ~(UDP.dstport == 1))(packet)
    assert packet.untouched


REPRS = [
    (TCP.dstport == 80, "tcp.dstport == 80"),
    (IP.ttl != 1, "ip.ttl != 1"),
    (IP.dst == "10.0.0.1", "ip.dst == 10.0.0.1"),
    (IPv6.dst == "::1", "ipv6.dst == ::1"),
    (Ethernet.src == "02:00:00:00:00:01", "eth.src == 02:00:00:00:00:01"),
    (ARP.src_hw_mac == "02:00:00:00:00:01", "arp.src.hw_mac == 02:00:00:00:00:01"),
    ((IP.ttl > 3) & (UDP.length <= 9), "(ip.ttl > 3 && udp.length <= 9)"),
    ((IP.ttl > 3) | ~(UDP.length <= 9), "(ip.ttl > 3 || !udp.length <= 9)"),
    (IP.dst.is_in("10.0.0.0/8"), "ip.dst in {10.0.0.0/8}"),
    (TCP.dstport.is_in([80, "https"]), "tcp.dstport in {80, 443}"),
    (TCP.srcport.is_in(range(1024)), "tcp.srcport in {0..1023}"),
    (TCP.hdr_len == 28, "tcp.hdr_len == 28"),
    (has(ICMP), "icmp"),
]


@pytest.mark.parametrize(("match", "text"), REPRS, ids=lambda value: str(value))
def test_a_match_prints_as_wiresharks_filter(match: Match, text: str) -> None:
    assert repr(match) == text


FILTERS = [
    *[match for match, _ in REPRS],
    TCP.flags == "SYN,ACK",
    TCP.flags.has("SYN"),
    TCP.flags.has("SYN,ACK"),
    TCP.flags.is_in(["SYN", "ACK"]),
    ~TCP.flags.has("ACK") & has(TCP),
    IP.flags_df == True,  # noqa: E712
    IP.ttl.is_in(range(60, 65)),
    IP.src.is_in(["10.0.0.1", "10.0.0.2"]),
    ICMP.type == "echo-request",
    UDP.dstport == "dns",
    ARP.opcode == "request",
    (TCP.dstport == 80) & ~TCP.flags.has("RST") | (UDP.srcport == 53),
    IP.proto == "tcp",
    TCP.hdr_len > 20,
    Ethernet.type == 0x0800,
]


@pytest.mark.conformance
@pytest.mark.needs("tshark")
@pytest.mark.parametrize("match", FILTERS, ids=repr)
def test_wireshark_picks_the_same_frames(match: Match) -> None:
    capture = ROOT / "examples" / "captures" / "first.pcapng"
    numbered = enumerate(umpa.savefile.read(capture), 1)
    assert wireshark(capture, repr(match)) == [number for number, one in numbered if match(one)]


def wireshark(capture: Path, text: str) -> list[int]:
    command = ["tshark", "-r", str(capture), "-Y", text, "-T", "fields", "-e", "frame.number"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


@pytest.mark.parametrize("match", FILTERS, ids=repr)
def test_pickling(match: Match) -> None:
    again = pickle.loads(pickle.dumps(match))
    assert repr(again) == repr(match)
    for packet in (tcp(), udp(), udp6(), error()):
        assert again(packet) == match(packet)


def test_the_fields_of_an_expression_can_be_found() -> None:
    match = (IP.ttl == 3) & ~((TCP.dstport == 80) | UDP.dstport.is_in([53]))
    leaves = list(match.leaves())
    assert len(leaves) == 3


def test_a_deep_expression() -> None:
    match: Match = IP.ttl == 0
    for ttl in range(1, 60):
        match = match | (IP.ttl == ttl)
    assert match(tcp())
    assert not match(udp())


def query(name: str, kind: str) -> Packet:
    packet = IP() / UDP(dstport=53)
    packet.include(DNS(data=DNS.question(name, kind)))
    return packet


READ = {
    "equal": (DNS.qry_name == "umpa.test", (True, False, False)),
    "other": (DNS.qry_name != "umpa.test", (False, True, False)),
    "greater": (DNS.qry_type > 1, (False, True, False)),
    "among": (DNS.qry_type.is_in((1, 5)), (True, False, False)),
    "in a range": (DNS.qry_type.is_in(range(28, 30)), (False, True, False)),
    "in steps": (DNS.qry_type.is_in(range(1, 28, 2)), (True, False, False)),
    "with others": ((DNS.qry_type == 1) & (UDP.dstport == 53), (True, False, False)),
}


@pytest.mark.parametrize(("match", "expected"), READ.values(), ids=READ)
def test_what_is_read_from_other_fields_is_matched(match: Match, expected: tuple[bool]) -> None:
    """By its value; a message without a question has none."""
    empty = IP() / UDP(dstport=53) / DNS()
    index = Index[str]()
    index.add(match, "found")
    for packet, wanted in zip(
        (query("umpa.test", "A"), query("www.umpa.test", "AAAA"), empty), expected, strict=True
    ):
        for one in (packet, Packet.dissect(bytes(packet), packet.linktype)):
            assert match(one) is wanted
            assert bool(index.find(one)) is wanted


LACKING = {
    "the bits mean another field": (ICMP.mtu == 9, ICMP(type="echo", seq=9)),
    "in a set": (ICMP.mtu.is_in((8, 9)), ICMP(type="echo", seq=9)),
    "unlike a value": (ICMP.seq != 1, ICMP(type="dest-unreach", code="frag-needed", mtu=9)),
    "unlike, of an option": (GRE.key != 1, GRE()),
    "together": ((ICMP.ident == 1) & (ICMP.code == 0), ICMP(type="redirect", redir_gw="0.1.0.0")),
}


@pytest.mark.parametrize(("match", "header"), LACKING.values(), ids=LACKING)
def test_a_field_that_a_header_lacks_compares_with_nothing(match: Match, header: Protocol) -> None:
    packet = Ethernet() / IP(dst="10.0.0.2") / header
    index = Index[str]()
    index.add(match, "found")
    for one in (packet, Packet.dissect(bytes(packet)), Packet.dissect(bytes(packet) + b"x")):
        for _ in range(2):  # a shape is known from the second one on
            assert not match(one)
            assert not index.find(one)


def test_what_is_read_from_other_fields_has_no_bits_and_no_networks() -> None:
    with pytest.raises(FieldError, match="no field of bits"):
        DNS.qry_type.has(1)
    with pytest.raises(FieldError, match="expected several"):
        DNS.qry_name.is_in("umpa.test")


def test_is_in_takes_several_networks_and_addresses() -> None:
    home = IP.src.is_in(["10.0.0.0/8", "192.0.2.0/30", "198.51.100.7"])
    for source, expected in (
        ("10.9.9.9", True), ("192.0.2.3", True), ("198.51.100.7", True), ("192.0.2.4", False),
    ):  # fmt: skip
        assert home(IP(src=source) / UDP()) is expected
    assert repr(IP.src.is_in(["10.0.0.0/8"])) == "ip.src in {10.0.0.0/8}"
    with pytest.raises(FieldError, match="is no network"):
        IP.src.is_in(["10.0.0.0/33", "192.0.2.1"])
