"""What may be written as an option's value, and what is said of all else."""

from __future__ import annotations

from typing import Any

import pytest

from umpa import IP, TCP, Ethernet, IPv6, Packet
from umpa.core import registry
from umpa.core.options import OptionBytes
from umpa.errors import FieldError, UmpaError
from umpa.protocols import DHCP, Geneve, HopByHop, NDOptions, icmpv6_nd, ip_options

FORMATS = {
    id(field.format): (protocol, field)
    for protocol in registry.all_protocols()
    for field in protocol.fields.values()
    if isinstance(field, OptionBytes)
}
ODD: list[Any] = [
    5, -1, 1 << 70, True, None, 1.5, "x", "", b"x", [1], ["x"], [None], [[]], [()], {}, object(),
    ("x",), tuple(range(9)), [("10.0.0.1", None)], [(None, 1)], "é" * 200, ["a" * 70], ["a..b"],
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "field"), FORMATS.values(), ids=lambda x: str(x)[-40:])
def test_whatever_is_given_is_taken_or_refused_by_name(protocol: Any, field: OptionBytes) -> None:
    for option in field.format.types.values():
        for value in ODD:
            refused, layer = "", None
            try:
                layer = protocol(**{field.name: [(option.name, value)]})
            except FieldError as error:
                refused = str(error)
            if layer is None:
                assert option.name in refused
            else:
                assert layer[field.name][0].kind == option.kind


@pytest.mark.parametrize(("protocol", "field"), FORMATS.values(), ids=lambda x: str(x)[-40:])
def test_bytes_stand_for_themselves(protocol: Any, field: OptionBytes) -> None:
    for option in field.format.types.values():
        if option.kind not in field.format.layout.singles:
            data = bytes(protocol(**{field.name: [(option.name, b"\1\2\3")]})[field.name])
            assert b"\1\2\3" in data


NUMBER = "cannot hold 16; expected bytes, or hexadecimal digits"
WRONG: list[tuple[Any, list[Any], str]] = [
    # a number is not taken for that many zeros, nor text for its letters
    (TCP, [("md5", 16)], f"TCP.options: option 'md5' {NUMBER}"),
    (TCP, [("tfo", 16)], f"option 'tfo' {NUMBER}"),
    (TCP, [("sack_perm", 2)], "option 'sack_perm' cannot hold 2; expected no value, or bytes"),
    (TCP, [("nop", 1)], "option 'nop' cannot hold 1: it has no value"),
    (TCP, ["mss"], "option 'mss' cannot hold None; expected a number from 0 to 65535"),
    (TCP, [("timestamp", 1)], "expected a tuple of 2 numbers, the largest of them 4294967295"),
    (TCP, [("tfo", bytes(254))], "option 'tfo' cannot hold 254 bytes; expected 253 at most"),
    (TCP, [(256, b"")], "no option 256; their numbers are from 0 to 255"),
    (IP, [("rr", "10.0.0.256")], "option 'rr' cannot hold '10.0.0.256'; expected IPv4 addresses"),
    (IP, [("ts", [[]])], "expected times, pairs of an IPv4 address and a time"),
    (DHCP, [("hostname", 5)], "option 'hostname' cannot hold 5; expected text, or bytes"),
    (DHCP, [("dhcp", "discovr")], "a message such as 'discover'; did you mean 'discover'?"),
    (DHCP, [("request_list", ["rooter"])], "expected options by name or number"),
    (DHCP, [("classless_static_route", ["10.0.0.0/8"])], "expected networks and routers"),
    (NDOptions, [("rdnss", "10.0.0.1")], "expected IPv6 addresses, or Servers"),
    (NDOptions, [("dnssl", ["a..b"])], "expected domain names, or a SearchList"),
    (NDOptions, [("prefix", 64)], "expected a prefix, as in '2001:db8::/64', or a PrefixInfo"),
    (NDOptions, [("pref64", "64:ff9b::/95")], "whose length is 96, 64, 56, 48, 40 or 32"),
    (HopByHop, [("padn", -1)], "expected a number of zeros, or bytes"),
    (Geneve, [("ovn", 4)], "expected bytes, or hexadecimal digits"),
]


@pytest.mark.parametrize(("protocol", "options", "message"), WRONG, ids=lambda x: str(x)[:30])
def test_what_is_expected_is_said(protocol: Any, options: list[Any], message: str) -> None:
    with pytest.raises(FieldError) as caught:
        protocol(options=options)
    assert message in str(caught.value)


@pytest.mark.parametrize("one", [("mss", 1460), {"mss": 1460}, "mss"], ids=repr)
def test_one_option_stands_in_a_list_too(one: Any) -> None:
    with pytest.raises(FieldError, match=r'expected a list such as \["nop", \("mss", 1460\)\]'):
        TCP(options=one)
    assert TCP(options=("nop", "sack_perm")).options == ["nop", "sack_perm"]
    assert TCP(options=(("mss", 1), ("wscale", 2))).options["wscale"] == 2


def test_edges_of_sack_are_numbers_or_pairs() -> None:
    flat, pairs = (TCP(options=[("sack", blocks)]) for blocks in ((1, 2, 3, 4), [(1, 2), (3, 4)]))
    assert flat.options == pairs.options
    assert pairs.options["sack"] == (1, 2, 3, 4)


def test_what_is_put_at_the_end_is_not_lost_behind_an_end() -> None:
    """Behind `eol` nothing is read: what is added there would not be there for anybody."""
    for tcp in (TCP(options=["nop", "eol"]), Packet(TCP(options=["nop", "eol"])).tcp):
        tcp.options.append(("mss", 1400))
        tcp.options["wscale"] = 3
        tcp.options += ["sack_perm"]
        names = ["nop", "mss", "wscale", "sack_perm", "eol"]
        assert [option.name for option in tcp.options] == names
    wire = Packet.dissect(bytes(Ethernet() / IP() / TCP(options=[("wscale", 1)])))
    assert [option.name for option in wire.tcp.options] == ["wscale", "eol"]
    wire.tcp.options.append(("mss", 1460))
    assert Packet.dissect(bytes(wire)).tcp.options["mss"] == 1460


def test_the_call_that_a_layer_shows_makes_its_bytes_again() -> None:
    for layer in (
        TCP(options=b"\x02\x04\x05"),  # malformed
        TCP(options=b"\x02\x04\x05\xb4\0\1\2\3"),  # bytes behind the end
        DHCP(options=b"\x35\1\1"),  # no end
        DHCP(options=b"\x35\1\1\xff\0\0"),  # filling
        DHCP(options=[("dhcp", "ack"), ("domain_search", ["a.example"])]),
        NDOptions(options=[("rdnss", "2001:db8::1"), ("pref64", "64:ff9b::/96")]),
        IP(options=[("rr", 2), (77, b"abc")]),
    ):
        assert bytes(_again(layer)) == bytes(layer)


def _again(layer: Any) -> Any:
    """What its `repr` makes."""
    names = {**vars(icmpv6_nd), **vars(ip_options), "TCP": TCP, "IP": IP, "DHCP": DHCP}
    return eval(repr(layer), names)


def test_a_value_too_large_for_the_header_is_told_when_it_is_written() -> None:
    layer = TCP(options=[("tfo", bytes(60))])
    with pytest.raises(UmpaError, match=r"TCP\.hdr_len would be 84, but holds 0 to 60"):
        bytes(IPv6() / layer)
    assert "tfo" in repr(layer)
    assert "tfo" in str(layer)
