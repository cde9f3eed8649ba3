"""Picking fields: the same values as the layers give, from the bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import umpa
from umpa import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6, Packet, pick
from umpa.core.options import Options
from umpa.core.registry import all_protocols
from umpa.errors import FieldError, FileError

PROTOCOLS = (Ethernet, VLAN, ARP, IP, IPv6, ICMP, UDP, TCP, umpa.DNS, umpa.SCTP, umpa.VXLAN)
FIELDS = [field for protocol in PROTOCOLS for field in protocol.fields.values()]


def frames(captures: Path) -> Iterator[Packet]:
    for file in sorted(captures.glob("*.pcap*")):
        yield from umpa.read(file)


def by_layer(packet: Packet, field: Any) -> Any:
    layer = packet.get(field.owner)
    if layer is None or (field.applies is not None and not field.applies(layer)):
        return None
    value = layer[field.name]
    return bytes(value) if isinstance(value, Options) else value


def test_a_row_says_what_the_layers_say(captures: Path) -> None:
    every = pick(*FIELDS)
    for turn in range(2):  # the first time the shapes are learnt, the second time remembered
        for packet in frames(captures):
            row = every(packet)
            for field, value in zip(FIELDS, row, strict=True):
                expected = by_layer(packet, field)
                assert value == expected, (turn, field.full_key, packet.summary())
                assert type(value) is type(expected), field.full_key


def test_rows_are_those_of_a_call_for_each(captures: Path) -> None:
    every = pick(*FIELDS)
    changed = Ethernet() / IP(ttl=3) / UDP(srcport=5)
    packets = [*frames(captures), changed]
    one_by_one = [every(packet) for packet in packets]
    assert list(every.rows([*frames(captures), changed])) == one_by_one


def test_rows_of_a_file_are_those_of_its_packets(captures: Path) -> None:
    every = pick(*FIELDS, *umpa.DNS.fields.values(), *umpa.TLS.fields.values())
    for _ in range(2):
        for file in sorted(captures.glob("*.pcap*")):
            assert list(every.rows(umpa.read(file))) == [
                every(packet) for packet in umpa.read(file)
            ]


def test_rows_of_cut_packets(tmp_path: Path) -> None:
    """Of those whose headers are there, and of those whose are not."""
    whole = bytes(Ethernet() / IP(src="10.0.0.1") / UDP(dstport=9) / bytes(60))
    packets = [Packet.dissect(whole[:cut], wire_length=len(whole)) for cut in range(1, len(whole))]
    umpa.write(tmp_path / "cut.pcap", packets)
    every = pick(*FIELDS)
    rows = list(every.rows(umpa.read(tmp_path / "cut.pcap")))
    assert rows == [every(packet) for packet in packets]


def test_rows_and_packets_of_one_file_take_turns(captures: Path) -> None:
    """Whoever takes a packet, as a row or as itself, has it alone."""
    file, length = captures / "http.pcap", pick("frame.cap_len", "ip.src")
    expected = [(len(packet), packet["ip.src"]) for packet in umpa.read(file, "ip")][:6]
    for of_bytes in (pick("ip.len", "ip.src"), length):
        packets = umpa.read(file, "ip")
        rows = of_bytes.rows(packets)
        found = [next(rows)[1], next(rows)[1]]
        found += [next(packets).ip.src, next(rows)[1], next(packets).ip.src, next(rows)[1]]
        assert found == [source for _, source in expected]
    unbegun = umpa.read(file, "ip")
    lengths, sources = length.rows(unbegun), pick("ip.src").rows(unbegun)
    assert next(unbegun).ip.src == expected[0][1]
    assert next(sources) == (expected[1][1],)
    assert next(lengths) == expected[2]


def test_what_is_left_of_a_file_is_written(captures: Path, tmp_path: Path) -> None:
    packets = umpa.read(captures / "http.pcap")
    rows = pick("eth.src").rows(packets)
    next(rows)
    umpa.write(tmp_path / "rest.pcap", packets)
    whole, rest = umpa.read(captures / "http.pcap"), umpa.read(tmp_path / "rest.pcap")
    next(whole)
    assert list(rest) == list(whole)
    assert list(rows) == []


def test_rows_of_a_damaged_file_come_before_its_error(tmp_path: Path) -> None:
    file = tmp_path / "damaged.pcap"
    umpa.write(file, [Ethernet() / IP(ttl=ttl) / b"x" for ttl in range(3)])
    file.write_bytes(file.read_bytes()[:-5])
    rows = pick("ip.ttl").rows(umpa.read(file))
    assert [next(rows), next(rows)] == [(0,), (1,)]
    with pytest.raises(FileError, match="cut"):
        next(rows)


@pytest.mark.parametrize(
    ("sizes", "length"), [((6, 4), 28), ((6, 16), 52), ((0, 4), 16), ((8, 4), 32), ((255, 255), 28)]
)
def test_addresses_of_any_size(sizes: tuple[int, int], length: int) -> None:
    """Of ARP, which says how long they are; in packets that were cut too."""
    frame = bytes(Ethernet(type=0x0806)) + bytes((0, 1, 8, 0, *sizes, 0, 1)) + bytes(range(length))
    every = pick(*ARP.fields.values())
    for cut in range(len(frame), 21, -1):
        for _ in range(3):
            row = every(Packet.dissect(frame[:cut]))
            arp = Packet.dissect(frame[:cut]).get(ARP)
            expected = [None if arp is None else arp[name] for name in ARP.fields]
            assert list(row) == expected, cut


def test_every_protocol_says_what_its_layers_say(captures: Path) -> None:
    """Two packets of each shape: the second one is read by what was learnt of the first."""
    picks = {p: pick(*p.fields.values()) for p in all_protocols()}
    seen: Counter[tuple[type[Any], ...]] = Counter()
    for packet in frames(captures):
        stack = tuple(type(layer) for layer in packet.layers)
        seen[stack] += 1
        if seen[stack] > 2:
            continue
        wanted: set[Any] = {*stack, umpa.Payload, umpa.Padding, umpa.TLS}
        for protocol in wanted:
            fresh = Packet.dissect(bytes(packet), packet.linktype, wire_length=packet.wire_length)
            row = picks[protocol](fresh)
            expected = tuple(by_layer(packet, field) for field in protocol.fields.values())
            assert row == expected, (protocol, packet.summary())


def test_every_name_leads_to_its_field() -> None:
    """Some protocols' names begin with another's: `icmpv6.mld`, and ICMPv6's own `mld.` fields."""
    for protocol in all_protocols():
        for field in protocol.fields.values():
            assert pick(field.full_key).names == (field.full_key,)


def test_each_field_alone_says_the_same(captures: Path) -> None:
    picks = [(field, pick(field)) for field in FIELDS]
    for packet in frames(captures):
        for field, one in picks:
            fresh = Packet.dissect(bytes(packet), packet.linktype, wire_length=packet.wire_length)
            assert one(fresh) == (by_layer(packet, field),), field.full_key


def test_nothing_is_woken_up(captures: Path) -> None:
    ends = pick(IP.src, IP.dst, TCP.dstport)
    for _ in range(2):
        for packet in umpa.read(captures / "http.pcap"):
            ends(packet)
    assert all(p._content.__class__ is bytes for p in umpa.read(captures / "http.pcap") if ends(p))


def test_names_classes_and_alternatives() -> None:
    packet = Ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(srcport=7, dstport=53)
    wire = Packet.dissect(bytes(packet))
    ports = pick("ip.src", IP.dst, ("tcp.dstport", UDP.dstport), "tcp.dstport", "ip.flags.df")
    for asked in (packet, wire):
        assert ports(asked) == ("10.0.0.1", "10.0.0.2", 53, None, False)
    assert ports.names[2] == "tcp.dstport or udp.dstport"
    assert repr(pick("ip.src")) == "pick('ip.src')"


def test_of_the_frame() -> None:
    packet = Packet.dissect(bytes(60), time_ns=1_500_000_000, wire_length=1514)
    assert pick("frame.time_epoch", "frame.len", "frame.cap_len")(packet) == (1.5, 1514, 60)


def test_a_change_is_seen() -> None:
    packet = Packet.dissect(bytes(Ethernet() / IP(ttl=3) / UDP()))
    ttl = pick(IP.ttl)
    assert ttl(packet) == (3,)
    packet.ip.ttl = 9
    assert ttl(packet) == (9,)


def test_a_port_that_leads_to_a_tunnel() -> None:
    inner = Ethernet() / IP() / TCP(dstport=80)
    outer = Ethernet() / IP() / UDP(dstport=4789) / umpa.VXLAN() / inner
    port = pick("tcp.dstport", "udp.dstport")
    for _ in range(2):
        assert port(Packet.dissect(bytes(outer))) == (80, 4789)


def test_options_are_bytes() -> None:
    packet = Packet.dissect(bytes(Ethernet() / IP() / TCP(options=[("mss", 1460)])))
    assert pick(TCP.options)(packet) == (bytes([2, 4, 5, 180]),)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("ip.sorce", "'ip' has no field 'sorce'; did you mean 'src'?"),
        ("ipp.src", "there is no protocol of the name 'ipp', for 'ipp.src'; did you mean"),
        ("src", "there is no protocol of the name 'src', for 'src'"),
        (7, "7 is no field; expected a name such as 'ip.src', or IP.src"),
    ],
)
def test_what_is_no_field_is_said(wanted: Any, said: str) -> None:
    with pytest.raises(FieldError) as error:
        pick(wanted)
    assert said in str(error.value)
