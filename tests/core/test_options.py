"""Options: a mutable sequence over the bytes of a header."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.states import link, tcp
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import IP, TCP, UDP

WIRE = bytes.fromhex("020405b4 01 030307 0402 0101 080a 00000001 00000002".replace(" ", ""))


def syn() -> TCP:
    options: list[Any] = [
        ("mss", 1460),
        "nop",
        ("wscale", 7),
        "sack_perm",
        "nop",
        "nop",
        ("timestamp", (1, 2)),
    ]
    return TCP(options=options)


def test_set_from_a_list_or_bytes() -> None:
    assert bytes(syn().options) == WIRE
    assert bytes(TCP(options=WIRE).options) == WIRE
    assert TCP(options=WIRE).options == syn().options == WIRE
    assert TCP(options=syn().options).options == WIRE
    assert syn().hdr_len == 20 + len(WIRE) + -len(WIRE) % 4


def test_items() -> None:
    options = syn().options
    assert issubclass(type(options), MutableSequence)
    assert [item.kind for item in options] == [2, 1, 3, 4, 1, 1, 8]
    names = ["mss", "nop", "wscale", "sack_perm", "nop", "nop", "timestamp"]
    assert [item.name for item in options] == names
    assert [item.value for item in options] == [1460, None, 7, None, None, None, (1, 2)]
    assert len(options) == 7
    assert options[0].name == "mss"
    assert options[-1].value == (1, 2)
    assert [item.name for item in options[1:3]] == ["nop", "wscale"]
    assert options["mss"] == 1460
    assert options["timestamp"] == (1, 2)
    assert options.get("sack") is None
    assert options.get("sack", 5) == 5
    has_names: Any = options  # type checkers take a text for no item
    assert "mss" in has_names
    assert "sack" not in has_names
    assert "1460" in str(options)


def test_what_is_not_there() -> None:
    with pytest.raises(KeyError, match="sack"):
        syn().options["sack"]
    with pytest.raises(FieldError, match="did you mean 'mss'"):
        syn().options["mmss"]
    with pytest.raises(IndexError):
        syn().options[7]


def test_every_way_to_change_them() -> None:
    layer = TCP()
    layer.options.append(("mss", 1400))
    layer.options.insert(0, "nop")
    layer.options.extend(["nop", ("wscale", 2)])
    layer.options += ["nop"]
    assert [str(item.name) for item in layer.options] == ["nop", "mss", "nop", "wscale", "nop"]
    layer.options["mss"] = 500
    layer.options["user_to"] = 3
    assert layer.options["mss"] == 500
    assert layer.options["user_to"] == 3
    layer.options[0] = ("wscale", 1)
    del layer.options[1]
    assert "mss" not in layer.options.names()
    del layer.options["wscale"]
    assert "wscale" not in layer.options.names()
    assert layer.options.pop().name
    layer.options.clear()
    assert len(layer.options) == 0
    assert not layer.options
    assert layer.hdr_len == 20
    layer.options.reverse()
    layer.options = [("mss", 1)]
    layer.options.remove(layer.options[0])
    assert list(layer.options) == []


def test_a_change_reaches_the_packet() -> None:
    for packet in (tcp(), Packet.dissect(bytes(tcp()))):
        packet.tcp.options["mss"] = 1000
        assert packet.tcp.options["mss"] == 1000
        assert b"\2\4\x03\xe8" in bytes(packet)
        assert packet.tcp.hdr_len == 28
        packet.tcp.options.append(("timestamp", (5, 6)))
        assert packet.tcp.hdr_len == 40
        assert packet["tcp.options"]["timestamp"] == (5, 6)


def test_a_view_taken_before_a_change_sees_it() -> None:
    layer = TCP(options=["nop"])
    view = layer.options
    layer.options = [("mss", 1)]
    assert view["mss"] == 1
    view.append("nop")
    assert len(layer.options) == 2


def test_unknown_kinds_and_sizes_are_bytes() -> None:
    layer = TCP(options=[(77, b"abc"), ("mss", 1)])
    assert bytes(layer.options) == b"\x4d\5abc\2\4\0\1"
    assert layer.options[0].kind == 77
    assert layer.options[0].value == b"abc"
    assert layer.options["77"] == b"abc"
    strange = TCP(options=b"\2\3\5")  # an mss of one byte
    assert strange.options[0].value == b"\5"
    assert bytes(strange.options) == b"\2\3\5"


@pytest.mark.parametrize(
    "data", [b"\1\1\1\2", b"\1\1\2\0", b"\1\1\2\1", b"\2\5\5\5", b"\1\2\xff\1"]
)
def test_malformed_ones_are_kept_and_said_so(data: bytes) -> None:
    layer = TCP(options=data)
    assert bytes(layer.options) == data
    assert layer.options[-1].name == "malformed"
    packet = Packet.dissect(bytes(link() / IP() / layer))
    assert packet.tcp.options[-1].name == "malformed"
    assert bytes(packet) == bytes(link() / IP() / layer)
    assert packet.error is None


def test_what_stands_behind_the_end_is_kept() -> None:
    layer = TCP(options=b"\1\0\7\7")
    assert [item.name for item in layer.options] == ["nop", "eol"]
    assert bytes(layer.options) == b"\1\0\7\7"


def test_options_of_ip() -> None:
    packet = link() / IP(options=[("ra", 0)]) / UDP()
    assert packet.ip.hdr_len == 24
    assert packet.ip.options["ra"] == 0
    packet.ip.options = [("rr", 3)]
    assert packet.ip.hdr_len == 36
    assert packet.ip.options["rr"].addresses == ("0.0.0.0",) * 3
    packet.ip.options = [("lsr", ["10.0.0.1", "10.0.0.2"])]
    again = Packet.dissect(bytes(packet))
    assert again.ip.options["lsr"].addresses == ("10.0.0.1", "10.0.0.2")
    assert again.udp.checksum_status == again.ip.checksum_status == "good"


def test_equality() -> None:
    assert syn().options == syn().options
    assert syn().options == list(syn().options)
    assert TCP().options == []
    assert TCP().options != syn().options
    with pytest.raises(TypeError):
        hash(syn().options)


@given(st.binary(max_size=40))
def test_any_bytes_are_options(data: bytes) -> None:
    layer = TCP(options=data)
    assert bytes(layer.options) == data
    assert b"".join(item.data for item in layer.options) == data
    assert str(layer.options)
    assert bytes(TCP(options=list(layer.options)).options) == data


ITEMS = st.one_of(
    st.just("nop"),
    st.tuples(st.just("mss"), st.integers(0, 65535)),
    st.tuples(st.just("wscale"), st.integers(0, 255)),
    st.tuples(
        st.just("timestamp"), st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
    ),
    st.tuples(st.just("sack"), st.lists(st.integers(0, 2**32 - 1), max_size=4).map(tuple)),
    st.tuples(st.integers(70, 252), st.binary(max_size=10)),
)


@given(st.lists(ITEMS, max_size=4))
def test_what_was_written_is_read(items: list[Any]) -> None:
    read = TCP(options=items).options
    expected = [item if isinstance(item, tuple) else (item, None) for item in items]
    got = [(item.kind if item.kind >= 70 else item.name, item.value) for item in read]
    assert got == expected


@pytest.mark.parametrize("item", [("mss",), ("mss", 1, 2), None, []])
def test_what_is_no_option_is_said_so(item: Any) -> None:
    with pytest.raises(FieldError, match=r"TCP\.options: no option"):
        TCP(options=[item])
