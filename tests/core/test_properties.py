"""Properties: whatever the bytes, whatever the order of operations."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import umpa.savefile
from tests.conftest import CAPTURES
from tests.core.states import RECIPES, STATES, values
from umpa import Packet
from umpa.errors import EncodeError, UmpaError
from umpa.protocols import ICMP, IP, TCP, UDP, VLAN, Ethernet, ICMPv6, IPv6

LINKTYPES = [0, 1, 9, 12, 101, 108, 113, 147, 228, 229, 276, 60000]
FRAMES = [
    (packet.linktype, bytes(packet))
    for path in sorted(CAPTURES.glob("*.pcap*"))
    for packet in umpa.savefile.read(path, count=12)
]


def everything(packet: Packet) -> None:
    """All that can be asked of a packet without changing it: none of it raises."""
    data = bytes(packet)
    assert len(packet) == len(data)
    names = [layer.name for layer in packet.layers]
    for layer in packet.layers:
        assert str({name: layer[name] for name in layer}) is not None
        assert len(bytes(layer)) == len(layer)
        assert layer.checksum_status in ("good", "bad", "unverified", "absent")
        assert isinstance(layer.payload, bytes)
    assert b"".join(map(bytes, packet.layers)) == data
    assert packet.error is None or str(packet.error)
    assert isinstance(str(packet), str)
    assert isinstance(packet.summary(), str)
    assert isinstance(packet.hexdump(fields=True), str)
    assert bytes(packet) == data
    back = Packet.from_dict(json.loads(json.dumps(packet.to_dict())))
    assert bytes(back) == data
    assert bytes(pickle.loads(pickle.dumps(packet))) == data
    assert not packet.diff(packet.copy())
    assert [layer.name for layer in packet.layers] == names


def touched_is_stable(data: bytes, linktype: int) -> None:
    """A touched packet has bytes, again and again the same, and they dissect to the same layers."""
    packet = Packet.dissect(data, linktype)
    packet.include(b"")
    try:
        first = bytes(packet)
    except EncodeError:
        return
    assert bytes(packet) == first
    assert bytes(packet.copy()) == first
    assert b"".join(map(bytes, packet.layers)) == first


@given(st.binary(max_size=200), st.sampled_from(LINKTYPES))
def test_any_bytes(data: bytes, linktype: int) -> None:
    packet = Packet.dissect(data, linktype)
    everything(packet)
    assert bytes(packet) == data
    touched_is_stable(data, linktype)


MUTATIONS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=4)


@settings(max_examples=300)
@given(st.sampled_from(FRAMES), MUTATIONS, st.integers(0, 80), st.binary(max_size=6))
def test_mutated_captures(
    frame: tuple[int, bytes], mutations: list[tuple[int, int]], cut: int, tail: bytes
) -> None:
    linktype, whole = frame
    wire = bytearray(whole[:200])
    for at, value in mutations:
        if at < len(wire):
            wire[at] = value
    data = bytes(wire[: len(wire) - cut]) + tail
    packet = Packet.dissect(data, linktype)
    everything(packet)
    assert bytes(packet) == data
    touched_is_stable(data, linktype)


@given(st.binary(max_size=100))
def test_strict_raises_what_error_says(data: bytes) -> None:
    expected = Packet.dissect(data).error
    try:
        packet = Packet.dissect(data, strict=True)
    except UmpaError as error:
        said = str(error)
        assert said == str(expected)
    else:
        assert expected is None
        assert bytes(packet) == data


def lazily(*reads: Callable[[Packet], object]) -> Callable[[Packet], object]:
    return lambda packet: [read(packet) for read in reads]


def set_field(name: str, value: Any) -> Callable[[Packet], object]:
    def change(packet: Packet) -> None:
        packet[name] = value

    return change


def push_option(packet: Packet) -> None:
    if len(bytes(packet.tcp.options)) < 32:
        packet.tcp.options.append("nop")


OPERATIONS: dict[str, Callable[[Packet], object]] = {
    "ttl": set_field("ip.ttl", 3),
    "src": set_field("ip.src", "10.9.9.9"),
    "mac": set_field("eth.src", "02:00:00:00:00:77"),
    "flags": set_field("tcp.flags", "SYN,ACK"),
    "seq": set_field("tcp.seq", 77),
    "by layer": lambda packet: setattr(packet.ip, "id", 99),
    "option": push_option,
    "ip options": set_field("ip.options", [("ra", 0)]),
    "pin checksum": set_field("tcp.checksum", 0xBEEF),
    "auto checksum": lambda packet: packet.tcp.auto("checksum"),
    "pin length": lambda packet: packet.ip.pin("len"),
    "auto length": lambda packet: packet.ip.auto("len"),
    "header length": set_field("tcp.hdr_len", 40),
    "include": lambda packet: packet.include(b"xy"),
    "print": str,
    "read": lazily(values, bytes, lambda packet: packet.ip.checksum),
    "match": (TCP.dstport == 50000) & (IP.len > 3),
    "layers": lambda packet: [bytes(layer) for layer in packet.layers],
    "copy": lambda packet: packet.copy(),
    "stack": lambda packet: packet / b"more",
    "lend": lambda packet: packet.eth / packet.ip / packet.tcp,
}
STARTS = [name for name in STATES if "," not in name]


@settings(max_examples=300)
@given(st.sampled_from(STARTS), st.lists(st.sampled_from(sorted(OPERATIONS)), max_size=10))
def test_operations_in_any_order_from_any_state(start: str, names: list[str]) -> None:
    """What was crafted and what was read, changed alike, stay alike."""
    crafted, other = RECIPES["tcp"](), STATES[start](RECIPES["tcp"]())
    for name in names:
        OPERATIONS[name](crafted)
        OPERATIONS[name](other)
    assert bytes(other) == bytes(crafted)
    assert values(other) == values(crafted)
    for field in ("len", "checksum"):
        if not other.untouched:
            assert other.ip.is_auto(field) == crafted.ip.is_auto(field)


ADDRESSES = st.integers(0, 2**32 - 1)
WORDS = st.integers(0, 65535)
LOWER = st.one_of(
    st.builds(IP, src=ADDRESSES, dst=ADDRESSES, ttl=st.integers(0, 255), id=WORDS),
    st.builds(IPv6, src=st.integers(0, 2**128 - 1), flow=st.integers(0, 2**20 - 1)),
)
UPPER = st.one_of(
    st.builds(UDP, srcport=WORDS, dstport=st.integers(50000, 65535)),
    st.builds(TCP, srcport=WORDS, flags=st.integers(0, 0xFFF), seq=ADDRESSES, ack=ADDRESSES),
)
TAGS = st.lists(st.builds(VLAN, id=st.integers(0, 4095), dei=st.booleans()), max_size=3)


@given(TAGS, LOWER, UPPER, st.binary(max_size=30))
def test_what_was_crafted_is_dissected(
    tags: list[VLAN], lower: IP, upper: UDP, payload: bytes
) -> None:
    if upper.name == "udp":
        upper.srcport = 50000 + upper.srcport % 1000
    packet = Packet(Ethernet(), *tags, lower, upper, payload)
    again = Packet.dissect(bytes(packet))
    assert again.error is None
    if payload:
        assert values(again)[: len(tags) + 3] == values(packet)[: len(tags) + 3]
    assert bytes(again) == bytes(packet)
    again.eth.src = again.eth.src
    assert bytes(again) == bytes(packet)
    for name in ("good", "absent"):
        assert name in {layer.checksum_status for layer in again.layers}


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=40))
def test_icmp_of_any_type(kind: int, code: int, payload: bytes) -> None:
    for packet in (
        IP(src="10.0.0.1") / ICMP(type=kind, code=code) / payload,
        IPv6(src="fe80::1") / ICMPv6(type=kind, code=code) / payload,
    ):
        again = Packet.dissect(bytes(packet), packet.linktype)
        everything(again)
        again.include(b"")
        assert bytes(again) == bytes(packet)
