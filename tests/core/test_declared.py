"""Mistakes in the class statement of a protocol are told at the statement."""

from __future__ import annotations

from typing import Any

import pytest

from umpa import Packet
from umpa.core.auto import SizeOf
from umpa.core.field import U8, Bits
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.errors import FieldError
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


def test_a_default_has_to_fit() -> None:
    with pytest.raises(FieldError, match=r"Wide\.low: its default 16 .* from 0 to 15"):

        class Wide(Protocol, name="test.wide"):
            high: Bits = Bits(4, default=15)
            low: Bits = Bits(4, default=16)
