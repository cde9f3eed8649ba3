"""Addresses as text, against the standard library's `ipaddress`."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from umpa.core import text
from umpa.protocols import IP, Ethernet, IPv6

SPARSE = st.lists(st.sampled_from([0, 0, 0, 1, 0xFFFF, 0xDB8]), min_size=8, max_size=8).map(
    lambda groups: int.from_bytes(b"".join(g.to_bytes(2, "big") for g in groups), "big")
)


def stdlib(number: int) -> str:
    """The text of the standard library, which before 3.13 wrote mapped addresses in hexadecimal."""
    address = ipaddress.IPv6Address(number)
    if address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)


@given(st.one_of(SPARSE, st.integers(0, 2**128 - 1)))
@example(0)
@example(1)
@example(0xFFFF_0A00_0001)
@example(2**128 - 1)
def test_ipv6_text(number: int) -> None:
    shown = IPv6(src=number).src
    assert shown == stdlib(number)
    assert IPv6(src=shown).src == shown
    exploded = ipaddress.IPv6Address(number).exploded
    assert IPv6(dst=exploded).dst == IPv6(dst=exploded.upper()).dst == shown


def accepted(value: str, kind: Any) -> int | None:
    try:
        return int(kind(value))
    except ValueError:
        return None


@given(st.text(alphabet="0123456789abcdefABCDEFg:.%/ ", max_size=24))
@example("1:2:3:4:5:6:7::")
@example("::1:2:3:4:5:6:7")
@example("::1:2:3:4:5:6:7:8")
@example("1:2:3:4:5:6:1.2.3.4")
@example("::1.2.3.4")
@example("1.2.3.4::")
@example("1::2:3:4:5:6:7")
@example(":1:2:3:4:5:6:7:8")
@example("1:2:3:4:5:6:7:")
@example(":::")
@example("::")
@example("::1.2.3.4:5")
@example("12345::")
def test_ipv6_parser_agrees(value: str) -> None:
    expected = None if "%" in value else accepted(value, ipaddress.IPv6Address)
    try:
        word = int.from_bytes(text.ipv6_word(value), "big")
    except ValueError:
        assert expected is None
    else:
        assert word == expected


@given(st.one_of(st.text(alphabet="0123456789.x ٣", max_size=16), st.text(max_size=8)))
@example("1.2.3.4")
@example("256.1.1.1")
@example("1.2.3.04")
@example("1.2.3")
def test_ipv4_parser_agrees(value: str) -> None:
    expected = accepted(value, ipaddress.IPv4Address)
    try:
        word = text.ipv4_word(value)
    except ValueError:
        assert expected is None
    else:
        assert word == expected


@given(st.integers(0, 2**32 - 1))
def test_ipv4_text(number: int) -> None:
    shown = IP(src=number).src
    assert shown == str(ipaddress.IPv4Address(number))
    assert IP(src=shown).src == shown


@given(st.binary(min_size=6, max_size=6))
def test_mac_text(word: bytes) -> None:
    shown = Ethernet(src=word).src
    assert shown == ":".join(f"{byte:02x}" for byte in word)
    for written in (shown, shown.upper(), shown.replace(":", "-"), shown.replace(":", "")):
        assert Ethernet(src=written).src == shown


@given(st.text(max_size=20))
@example("02:00:00:00:00:0\n")
@example("+2:00:00:00:00:01")
@example(" 2:00:00:00:00:01")
def test_mac_parser_refuses_with_value_errors_only(value: str) -> None:
    try:
        word = text.mac_word(value)
    except ValueError:
        return
    assert len(word) == 6
    assert all(character in "0123456789abcdefABCDEF:-." for character in value)


@pytest.mark.parametrize("value", [True, 1.0, None, [1, 2, 3, 4], {}, object()])
def test_other_things_are_no_address(value: Any) -> None:
    for parse in (text.ipv4_word, text.ipv6_word, text.mac_word):
        with pytest.raises((ValueError, TypeError)):
            parse(value)


def test_caches_of_text_are_bounded() -> None:
    for number in range(3 * text.CACHE_LIMIT):
        address = IP(src=number).src
        assert IP(dst=address).dst == address
    field = IP.fields["src"]
    assert len(getattr(field, "texts")) <= text.CACHE_LIMIT  # noqa: B009  # of one kind of field
    assert len(getattr(field, "words")) <= text.CACHE_LIMIT  # noqa: B009
