"""Differences by field."""

from __future__ import annotations

import pytest

from tests.core.states import RECIPES, tcp, udp
from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import IP, TCP, UDP, VLAN, VXLAN, Ethernet


def test_no_difference() -> None:
    for recipe in RECIPES.values():
        found = recipe().diff(Packet.dissect(bytes(recipe())))
        assert not found
        assert len(found) == 0
        assert str(found) == "no difference"


def test_fields_that_differ_by_wiresharks_names() -> None:
    one, two = tcp(), tcp()
    two.ip.ttl = 16
    two.tcp.flags = "SYN,ACK"
    found = one.diff(two)
    assert found
    changes = {change.key: (change.mine, change.theirs) for change in found}
    assert set(changes) == {"ip.ttl", "ip.checksum", "tcp.flags", "tcp.checksum"}
    assert changes["ip.ttl"] == (17, 16)
    assert str(changes["tcp.flags"][1]) == "SYN,ACK"
    assert found[0].key == "ip.ttl"
    assert [change.layer for change in found] == [1, 1, 2, 2]
    assert "ip.ttl: 17 != 16" in str(found)
    backwards = {change.key: (change.mine, change.theirs) for change in two.diff(one)}
    assert backwards["ip.ttl"] == (16, 17)


def test_ignore() -> None:
    one, two = tcp(), tcp()
    two.ip.id = 9
    assert [change.key for change in one.diff(two)] == ["ip.id", "ip.checksum"]
    assert not one.diff(two, ignore=["ip.id", "ip.checksum"])
    assert [change.key for change in one.diff(two, ignore=["ip.id"])] == ["ip.checksum"]
    assert not one.diff(two, ignore=["ip"])
    two.ip.flags_df = False
    assert "ip.flags.df" in [change.key for change in one.diff(two)]
    assert "ip.flags.df" not in [change.key for change in one.diff(two, ignore=["ip.flags.df"])]


def test_ignore_as_one_word_is_a_mistake_or_works() -> None:
    one, two = tcp(), tcp()
    two.ip.ttl = 1
    found = one.diff(two, ignore="ip")
    assert not found


def test_tolerances() -> None:
    one, two = tcp(), tcp()
    two.ip.ttl = 15
    two.tcp.seq = 1000
    quiet = ["ip.checksum", "tcp.checksum"]
    assert not one.diff(two, ignore=quiet, tolerances={"ip.ttl": 2, "tcp.seq": 999})
    found = one.diff(two, ignore=quiet, tolerances={"ip.ttl": 1, "tcp.seq": 999})
    assert [change.key for change in found] == ["ip.ttl"]


def test_a_tolerance_for_what_is_no_number() -> None:
    one, two = tcp(), tcp()
    two.ip.src = "10.0.0.9"
    with pytest.raises(FieldError, match=r"ip\.src"):
        one.diff(two, tolerances={"ip.src": 1})


def test_unknown_names_are_refused() -> None:
    one, two = tcp(), tcp()
    with pytest.raises(FieldError, match=r"did you mean 'ip\.ttl'|did you mean 'ttl'"):
        one.diff(two, ignore=["ip.tll"])
    with pytest.raises(FieldError, match="did you mean"):
        one.diff(two, tolerances={"ip.tll": 3})


def test_layers_that_differ() -> None:
    found = tcp().diff(udp())
    assert any(change.mine is None and change.theirs == "vlan" for change in found)
    assert any(change.mine == "tcp" and change.theirs == "udp" for change in found)
    shorter = IP(src="10.0.0.1") / UDP()
    found = (shorter / b"x").diff(shorter, ignore=["ip.len", "ip.checksum", "udp"])
    assert [(change.mine, change.theirs) for change in found] == [("data", None)]
    assert "(absent)" in str(found)


def test_payload_and_options_differ_readably() -> None:
    one, two = tcp(), tcp()
    two.tcp.options["mss"] = 9
    text = str(one.diff(two))
    assert "tcp.options" in text
    one, two = IP() / b"a", IP() / b"b"
    assert "data.data: 61 != 62" in str(one.diff(two))


def test_the_second_of_a_kind_is_compared_with_the_second() -> None:
    one, two = RECIPES["tunnel"](), RECIPES["tunnel"]()
    two[IP, 1].ttl = 3
    first = one.diff(two)[0]
    assert (first.layer, first.key) == (2, "ip.ttl")


def test_a_header_more_does_not_set_all_behind_it_against_each_other() -> None:
    bare = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=53) / b"a"
    framed = Ethernet() / VLAN(id=7) / IP(src="10.0.0.1", dst="10.0.0.2", ttl=3) / UDP() / b"a"
    found = bare.diff(framed, ignore=["ip.checksum", "udp.checksum"])
    assert [(change.key, change.mine, change.theirs) for change in found] == [
        ("layer 0", None, "eth"), ("layer 1", None, "vlan"), ("ip.ttl", 64, 3),
        ("udp.dstport", 53, 0),
    ]  # fmt: skip
    assert [change.key for change in framed.diff(bare, ignore=["eth", "vlan", "ip", "udp"])] == []


def test_a_tunnels_content_is_compared_with_what_was_put_in() -> None:
    inner = Ethernet() / IP(dst="10.0.0.2") / TCP(dstport=80)
    outer = Ethernet() / IP(dst="192.0.2.1") / UDP() / VXLAN(vni=4) / inner
    assert [(c.layer, c.theirs) for c in inner.diff(outer)] == [
        (0, "eth"), (1, "ip"), (2, "udp"), (3, "vxlan"),
    ]  # fmt: skip


def test_a_tolerance_below_zero_is_refused() -> None:
    with pytest.raises(FieldError, match=r"'tcp\.seq' is -3; expected 0 or more"):
        tcp().diff(tcp(), tolerances={"tcp.seq": -3})
