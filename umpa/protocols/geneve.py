"""Geneve."""

from __future__ import annotations

from umpa.core.auto import HeaderLength, NextProtocol
from umpa.core.field import U8, Bits, Enum16, Flag
from umpa.core.follow import NextBy
from umpa.core.options import Layout, OptionFormat, OptionList, OptionType
from umpa.core.protocol import Protocol
from umpa.protocols.names import ETHER_TYPES

__all__ = ["GENEVE_OPTIONS", "Geneve"]

GENEVE_OPTIONS = OptionFormat(
    Layout(kind_size=3, length_size=1, counts_header=False, unit=4),
    OptionType(0x010080, "openstack"),
    OptionType(0x010480, "ovn"),
)
"""A kind is the option's class (two bytes) and type (one)."""


class Geneve(Protocol, name="geneve", follows={"udp.port": 6081}):
    """Generic Network Virtualization Encapsulation (RFC 8926)."""

    version: Bits = Bits(2, doc="0.")
    options_len: Bits = Bits(
        6, auto=HeaderLength(4, bias=2), doc="Of the options, units of 4 bytes."
    )
    flags_oam: Flag = Flag(key="flags.oam", doc="A control packet.")
    flags_critical: Flag = Flag(key="flags.critical", doc="An option must be understood.")
    flags_reserved: Bits = Bits(6, key="flags.reserved", doc="Zero.")
    proto_type: Enum16 = Enum16(
        auto=NextProtocol("eth.type"), names=ETHER_TYPES, hexadecimal=True, doc="What it carries."
    )
    vni: Bits = Bits(24, doc="Network identifier.")
    reserved: U8 = U8(doc="Zero.")
    options: OptionList = OptionList(GENEVE_OPTIONS, doc="Options (RFC 8926, section 3.5).")

    next_by = NextBy("eth.type", proto_type)
    same = (vni,)
    same_ports = True
