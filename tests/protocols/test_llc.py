"""LLC and SNAP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.protocols.golden import M1, M2, check
from umpa import Packet, Payload
from umpa.errors import FieldError
from umpa.protocols import ARP, CDP, IP, LLC, STP, Ethernet


def test_unnumbered() -> None:
    # Unnumbered information: one byte of control
    check(
        Ethernet(dst=M2, src=M1) / LLC(dsap=4, ssap=5) / b"umpa",
        "0200000000020200000000010007040503756d7061",
        llc__dsap=4,
        llc__ssap=5,
        llc__control=3,
    )


def test_information() -> None:
    # An I frame, numbers 1 and 2: two bytes of control
    check(
        Ethernet(dst=M2, src=M1) / LLC(dsap=0x04, ssap=0x04, control=0x0204) / b"umpa",
        "020000000002020000000001000804040204756d7061",
        llc__control=516,
    )


def test_supervisory() -> None:
    # Receiver ready, number 2: two bytes of control
    check(
        Ethernet(dst=M2, src=M1) / LLC(dsap=0x04, ssap=0x05, control=0x0104),
        "020000000002020000000001000404050104",
        llc__control=260,
    )


def test_snap() -> None:
    # SNAP with an EtherType: ARP
    check(
        Ethernet(dst=M2, src=M1) / LLC() / ARP(),
        "0200000000020200000000010024aaaa030000000806000108000604000100000000000000000000"
        "00000000000000000000",
        llc__oui=0,
        llc__pid=2054,
    )


def test_snap_of_an_organisation() -> None:
    # SNAP with Cisco's identifier, and a number that only Cisco knows
    check(
        Ethernet(dst=M2, src=M1) / LLC(oui="Cisco", pid=0x2FFF) / b"umpa",
        "020000000002020000000001000caaaa0300000c2fff756d7061",
        llc__oui=12,
        llc__pid=12287,
    )


def test_cdp() -> None:
    # CDP: the device is called "router"
    check(
        Ethernet(dst="01:00:0c:cc:cc:cc", src=M1)
        / LLC(oui="Cisco", pid=0x2000)
        / CDP(data=bytes.fromhex("0001000a") + b"router"),
        "01000ccccccc0200000000010016aaaa0300000c200002b4afea0001000a726f75746572",
        cdp__version=2,
        cdp__ttl=180,
        cdp__checksum=0xAFEA,
    )


def test_bridged_ethernet() -> None:
    # SNAP of IEEE 802.1: a bridged Ethernet frame, behind a pad
    check(
        Ethernet(dst=M2, src=M1) / LLC(oui="802.1 bridging") / Ethernet(dst=M2, src=M1) / ARP(),
        "0200000000020200000000010034aaaa030080c20007000002000000000202000000000108060001"
        "0800060400010000000000000000000000000000000000000000",
        llc__pid=7,
        llc__pad=bytes(2),
    )


def test_oui_is_there_only_with_snap() -> None:
    packet = Packet.dissect(bytes(Ethernet() / LLC(dsap=6, ssap=6) / IP()))
    assert list(packet.llc) == ["dsap", "ssap", "control"]
    assert IP in packet


def test_the_control_field_has_one_byte_or_two() -> None:
    assert len(LLC(dsap=4, ssap=4, control=0x7F)) == 3
    assert len(LLC(dsap=4, ssap=4, control=0x100)) == 4
    with pytest.raises(FieldError, match="one or two bytes"):
        LLC(control=0x10000)


def test_two_bytes_of_control_stay_two_when_they_are_pinned() -> None:
    """Even where the number would do with one, as that of an unnumbered frame does."""
    packet = Packet.dissect(bytes.fromhex("00000003"), 106)
    assert packet.llc.control == 3
    packet.llc.pin("control")
    assert bytes(packet).hex() == "00000003"
    packet.llc.control = 3
    assert bytes(packet).hex()[:6] == "000003"


@pytest.mark.parametrize("control", [3, b"\x00\x03", b"\x00\x7f", 0x103])
@pytest.mark.parametrize("given", [{}, {"ssap": 6}, {"oui": 0}, {"dsap": 0xAA, "pid": 0x800}])
@pytest.mark.parametrize("upper", [STP(), ARP(), Payload(b"x")], ids=lambda upper: upper.name)
def test_nothing_is_lost_in_a_dictionary(control: Any, given: Any, upper: Any) -> None:
    """Neither the width of the control field, nor what is pinned and not seen at the moment."""
    packet = Ethernet() / LLC(control=control, **given) / upper
    back = Packet.from_dict(json.loads(json.dumps(packet.to_dict())))
    for name in ("control", "ssap", "dsap", "oui", "pid"):  # each decides about the next
        assert bytes(back) == bytes(packet)
        assert back.to_dict() == packet.to_dict()
        assert back.llc.is_auto(name) == packet.llc.is_auto(name)
        packet.llc.auto(name)
        back.llc.auto(name)
    assert bytes(back) == bytes(packet)


def test_two_bytes_of_control_are_written_as_two() -> None:
    two: Any = b"\x00\x03"
    assert repr(LLC(ssap=4, control=two)) == r"LLC(ssap=4, control=b'\x00\x03')"
    assert repr(LLC(ssap=4, control=0x0104)) == "LLC(ssap=4, control=260)"
    assert str(LLC(control=two).control) == "3"


def test_a_numbered_frame_is_not_taken_for_an_unnumbered_one() -> None:
    spanning_tree = Packet.dissect(bytes.fromhex("42420003") + bytes(35), 106)
    assert [layer.name for layer in spanning_tree.layers] == ["llc", "data"]
    snap = Packet.dissect(bytes.fromhex("aaaa00030000000800"), 106)
    assert list(snap.llc) == ["dsap", "ssap", "control"]
