"""Single control bits, by the names that Wireshark gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocols.wireshark import seen_by_tshark
from umpa import IP, TCP, UDP, Ethernet, Packet
from umpa.core.pick import pick
from umpa.errors import FieldError

BITS = {
    "fin": 1, "syn": 2, "reset": 4, "push": 8, "ack": 16, "urg": 32, "ece": 64, "cwr": 128,
    "ae": 256,
}  # fmt: skip
NAMES = [f"tcp.flags.{name}" for name in BITS]


@given(st.integers(0, 0xFFF))
def test_each_bit_is_a_field_however_it_is_asked_for(word: int) -> None:
    crafted = Ethernet() / IP(flags_df=True) / TCP(flags=word)
    expected = [bool(word & bit) for bit in BITS.values()]
    for packet in (crafted, Packet.dissect(bytes(crafted)), crafted.copy()):
        assert [packet[name] for name in NAMES] == expected
        assert list(pick(*NAMES)(packet)) == expected
        assert pick("tcp.flags.res", "ip.flags")(packet) == (word >> 9, 2)
        assert (TCP.flags_syn == True)(packet) is expected[1]  # noqa: E712  # a match
        assert packet["ip.flags"] == 2


def test_a_bit_can_be_set_alone() -> None:
    packet = IP() / TCP(flags_syn=True, dstport=80)
    assert packet.tcp.flags == "SYN"
    packet["tcp.flags.ack"] = True
    packet.tcp.flags_syn = False
    assert packet.tcp.flags == "ACK"
    assert repr(packet.tcp) == "TCP(dstport=80, flags='ACK')"
    with pytest.raises(FieldError, match="read from flags_rb, flags_df and flags_mf; set those"):
        packet["ip.flags"] = 2


def test_they_are_not_listed_a_second_time() -> None:
    """`flags` says it all: the tree, JSON and differences have it once."""
    one, other = IP() / TCP(flags="SYN"), IP() / TCP(flags="ACK")
    assert "flags_syn" not in str(one)
    assert "flags_syn" not in list(one.tcp)
    assert "flags_syn" not in str(one.to_dict())
    assert [change.key for change in one.diff(other, ignore=["tcp.checksum"])] == ["tcp.flags"]
    assert "tcp.flags.syn" in [field.full_key for field in TCP.fields.values()]


def test_tshark_sees_the_same(tmp_path: Path) -> None:
    packet = Ethernet() / IP(flags_df=True) / TCP(flags="SYN,URG,AE,0x200")
    names = [*NAMES, "tcp.flags.res", "ip.flags"]
    seen = seen_by_tshark(tmp_path, packet, 1, *names)
    assert {name: [int(packet[name])] for name in names} == seen


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ip.addr", "did you mean 'src' or 'dst'? Wireshark means either by it"),
        ("ip.host", "did you mean 'src' or 'dst'?"),
        ("eth.addr", "did you mean 'src' or 'dst'?"),
        ("tcp.port", "did you mean 'srcport' or 'dstport'?"),
        ("tcp.checksum.status", "it is the layer's `checksum_status`"),
        ("tcp.payload", "it is the layer's `payload`"),
        ("tcp.stream", "umpa.streams and umpa.flows tell them apart"),
    ],
)
def test_names_that_are_no_single_field_are_told_where_to_look(name: str, message: str) -> None:
    packet: Any = Ethernet() / IP() / TCP()
    for ask in (lambda: packet[name], lambda: pick(name)):
        with pytest.raises(FieldError) as caught:
            ask()
        assert message in str(caught.value)


def test_the_frame_has_fields_too() -> None:
    packet = Packet.dissect(bytes(Ethernet() / IP() / UDP()), time_ns=1_500_000_000)
    for name in ("frame.len", "frame.cap_len", "frame.time_epoch"):
        assert packet[name] == pick(name)(packet)[0]
    assert packet["frame.time_epoch"] == 1.5
