"""Mistakes in the class statement of a protocol are told at the statement."""

from __future__ import annotations

from typing import Any

import pytest

from umpa import Packet
from umpa.core.auto import NextProtocol, SizeOf
from umpa.core.field import U8, Bits
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.errors import DeclarationWarning, FieldError
from umpa.protocols import TCP


def test_a_name_that_another_protocol_has_is_not_taken_from_it() -> None:
    for name, home in (("tcp", "umpa.protocols.tcp"), ("ospf", "umpa.protocols.ospf")):
        with pytest.raises(FieldError, match=f"Mine: {home} has a protocol '{name}'"):

            class Mine(Protocol, name=name):
                value: U8 = U8()

    assert Packet(TCP(dstport=1)).tcp.dstport == 1


def test_the_same_module_may_declare_it_again() -> None:
    for default in (1, 2):

        class Again(Protocol, name="test.again"):
            value: U8 = U8(default=default)

        assert Again().value == default


def test_a_protocol_without_a_name_has_no_fields() -> None:
    with pytest.raises(FieldError, match=r"Nameless has fields and no name"):

        class Nameless(Protocol):
            value: U8 = U8()


def test_what_a_rule_or_a_table_names_has_to_be_there() -> None:
    with pytest.raises(FieldError, match=r"Sized\.size: SizeOf\('lable'\) .* did you mean 'label'"):

        class Sized(Protocol, name="test.sized"):
            size: U8 = U8(auto=SizeOf("lable"))
            label: Blob = Blob(size)

    with pytest.raises(FieldError, match=r"NextBy\('test\.next'\): 1 is no field"):
        NextBy("test.next", 1)


@pytest.mark.parametrize("wrong", ["x", ("x",), None, 1.5])
def test_what_leads_to_it_are_numbers(wrong: Any) -> None:
    with pytest.raises(FieldError, match="expected numbers"):

        class Led(Protocol, name="test.led", follows={"udp.port": wrong}):
            value: U8 = U8()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("udp.prt", "follows={'udp.prt': ...} names no table; those of udp are udp.port"),
        ("ip.protocol", "names no table; those of ip are ip.proto"),
        ("sctp.port", "names no table; those of sctp are sctp.body"),
        ("bgp.port", "names no table; bgp has none"),
        ("", "names no table"),
        (17, "names no table"),
    ],
)
def test_a_table_of_a_protocol_that_is_known_has_to_be_there(table: Any, message: str) -> None:
    with pytest.raises(FieldError) as caught:

        class Lost(Protocol, name="test.lost", follows={table: 9}):
            value: U8 = U8()

    assert message in str(caught.value)


def test_a_table_may_be_made_after_what_is_entered_in_it() -> None:
    class Inner(Protocol, name="test.inner", follows={"laterproto.kind": 9}):
        value: U8 = U8()

    class Outer(Protocol, name="laterproto", follows={"ip.proto": 253}):
        kind: U8 = U8(auto=NextProtocol("laterproto.kind"))
        next_by = NextBy("laterproto.kind", kind)

    assert bytes(Outer() / Inner(value=3)) == b"\x09\x03"


def test_a_table_that_looks_like_another_is_warned_of() -> None:
    with pytest.warns(DeclarationWarning, match="'upd.port' yet; did you mean 'udp.port'"):

        class Misspelt(Protocol, name="test.misspelt", follows={"upd.port": 40999}):
            value: U8 = U8()


def test_a_default_has_to_fit() -> None:
    with pytest.raises(FieldError, match=r"Wide\.low: its default 16 .* from 0 to 15"):

        class Wide(Protocol, name="test.wide"):
            high: Bits = Bits(4, default=15)
            low: Bits = Bits(4, default=16)
