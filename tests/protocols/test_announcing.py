"""Headers whose form depends on what they announce: LLC, Frame Relay, ARCNET."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.protocols.wireshark import seen_by_tshark
from umpa import Packet
from umpa.protocols import (
    ARCNET,
    ARP,
    IP,
    IPX,
    LLC,
    STP,
    Ethernet,
    FrameRelay,
    IPv6,
    LinuxARCNET,
)


class Case(NamedTuple):
    """A packet whose fields are derived as in `right`; `form` is the number of its fields."""

    packet: Packet
    linktype: int
    size: int
    """Of the header, in bytes."""
    right: dict[str, int]


CASES = {
    "llc before spanning tree": Case(
        Ethernet() / LLC() / STP(), 1, 3, {"llc.dsap": 0x42, "llc.ssap": 0x42, "llc.control": 3}
    ),
    "llc before a type of Ethernet": Case(
        Ethernet() / LLC() / ARP(), 1, 8, {"llc.dsap": 0xAA, "llc.ssap": 0xAA, "llc.control": 3}
    ),
    "llc with one of the access points": Case(
        Ethernet() / LLC(ssap=0x42) / STP(), 1, 3, {"llc.dsap": 0x42, "llc.ssap": 0x42}
    ),
    "llc with the number of what has two": Case(
        Ethernet() / LLC(dsap=0x06) / IP(), 1, 3, {"llc.dsap": 0x06, "llc.ssap": 0x06}
    ),
    "frame relay before IPv4": Case(FrameRelay() / IP(), 107, 4, {"fr.nlpid": 0xCC}),
    "frame relay before IPv6": Case(FrameRelay() / IPv6(), 107, 4, {"fr.nlpid": 0x8E}),
    "frame relay before what only SNAP can say": Case(
        FrameRelay() / ARP(), 107, 9, {"fr.nlpid": 0x80}
    ),
    "frame relay before a bridged frame": Case(
        FrameRelay() / Ethernet() / ARP(),
        107,
        9,
        {"fr.nlpid": 0x80, "fr.snap.oui": 0x0080C2, "fr.snap.pid": 7},  # without its FCS
    ),
    "frame relay before what bridges say": Case(
        FrameRelay() / STP(), 107, 9, {"fr.snap.oui": 0x0080C2, "fr.snap.pid": 14}
    ),
    "llc before what bridges say, as a frame of theirs": Case(
        Ethernet() / LLC(oui="802.1 bridging") / STP(), 1, 8, {"llc.oui": 0x0080C2}
    ),
    "arcnet before a whole packet": Case(
        LinuxARCNET() / LLC() / ARP(), 129, 5, {"arcnet.protID": 0xCD}
    ),
    "arcnet before one that is split": Case(
        LinuxARCNET() / IPv6(), 129, 8, {"arcnet.protID": 0xC4}
    ),
    "arcnet of BSD": Case(ARCNET() / LLC() / STP(), 7, 3, {"arcnet.protID": 0xCD}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_derived(case: Case) -> None:
    packet = case.packet.copy()
    header = header_of(packet, case)
    for key, value in case.right.items():
        assert header[key.partition(".")[2]] == value, key
    assert len(header) == case.size
    found = Packet.dissect(bytes(packet), case.linktype)
    assert found.error is None
    assert list(header_of(found, case)) == list(header)  # and those shown are those written
    assert [layer.name for layer in found.layers] == [layer.name for layer in packet.layers]
    assert "wrong on the wire" not in str(found)
    for layer in found.layers:  # touched, all is derived anew
        for name, field in layer.fields.items():
            if field.auto_bit:
                layer.auto(name)
    assert bytes(found) == bytes(packet)


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_tshark_reads_it(case: Case, tmp_path: Path) -> None:
    seen = seen_by_tshark(tmp_path, case.packet, case.linktype, *case.right)
    assert {name: values[0] for name, values in seen.items()} == case.right


def header_of(packet: Packet, case: Case) -> LLC | FrameRelay | ARCNET | LinuxARCNET:
    name = next(iter(case.right)).partition(".")[0]
    kinds = (LLC, FrameRelay, ARCNET, LinuxARCNET)
    return next(
        layer
        for layer in packet.layers
        if isinstance(layer, kinds) and layer.name.partition(".")[0] == name
    )


def test_what_is_pinned_stays() -> None:
    packet = Ethernet() / LLC(dsap=0x04, ssap=0x05, control=0x7F) / STP()
    assert bytes(packet)[14:17].hex() == "04057f"
    assert "pinned, auto would be 0x42 (STP)" in str(packet)
    assert bytes(FrameRelay(nlpid=0xCF) / ARP())[3] == 0xCF
    assert bytes(LinuxARCNET(protID=0xDD) / LLC())[4] == 0xDD


def test_a_snap_header_of_which_something_is_set_stays() -> None:
    """As Cisco has it for a spanning tree of one VLAN."""
    packet = Ethernet() / LLC(oui="Cisco", pid=0x010B) / STP()
    assert bytes(packet)[14:22].hex() == "aaaa0300000c010b"


def test_a_bridged_frame_stands_behind_a_pad() -> None:
    packet = Ethernet() / LLC(oui="802.1 bridging") / Ethernet() / ARP()
    assert packet.llc.pid == 7
    assert bytes(packet)[14:24].hex() == "aaaa030080c200070000"
    found = Packet.dissect(bytes(packet), 1)
    found.llc.auto("pid")
    assert bytes(found) == bytes(packet)
    changed = Packet(found.eth, found.llc, ARP())
    assert bytes(changed)[14:22].hex() == "aaaa030000000806"
    plain = Packet.dissect(bytes(changed), 1)
    assert "pad" not in list(plain.llc)


def test_of_two_ways_to_bridge_that_which_stands_there_is_kept() -> None:
    """RFC 2427 says 0080C2 and 7 or 1; RFC 1701's type of Ethernet is understood too."""
    for oui, pid in ((0x0080C2, 7), (0x0080C2, 1), (0, 0x6558)):
        found = Packet.dissect(bytes(FrameRelay(snap_oui=oui, snap_pid=pid) / Ethernet()), 107)
        for name in ("nlpid", "snap_oui", "snap_pid"):
            found.fr.auto(name)
        assert (found.fr.snap_oui, found.fr.snap_pid) == (oui, pid)
        assert bytes(found)[3:9].hex() == f"80{oui:06x}{pid:04x}"
        assert found.layers[1].name == "eth"
    assert bytes(FrameRelay(snap_oui=0) / Ethernet())[4:9].hex() == "0000006558"


def test_another_layer_on_top_changes_the_form() -> None:
    packet = Packet.dissect(bytes(Ethernet() / LLC() / STP()), 1)
    changed = Packet(packet.eth, packet.llc, ARP())
    assert bytes(changed)[14:22].hex() == "aaaa030000000806"
    again = Packet(changed.eth, changed.llc, STP())
    assert bytes(again)[14:17].hex() == "424203"


def test_the_wire_is_kept_until_it_is_touched() -> None:
    wire = bytes(Ethernet() / LLC(dsap=0x42, ssap=0xAB) / STP())
    found = Packet.dissect(wire, 1)
    assert bytes(found) == wire
    assert "0xab" in str(found)
    assert "wrong on the wire, should be 0x43" in str(found)  # a response: its lowest bit is set
    found.llc.auto("ssap")
    assert found.llc.ssap == 0x43


def test_access_points_that_differ_are_not_wrong() -> None:
    wire = bytes(Ethernet() / LLC(dsap=0x42, ssap=0x04) / STP())
    found = Packet.dissect(wire, 1)
    assert "wrong on the wire" not in str(found)
    found.llc.auto("ssap")
    assert bytes(found) == wire


def test_nothing_is_said_before_what_is_not_known() -> None:
    assert bytes(Ethernet() / LLC(dsap=4, ssap=5) / b"x")[14:17].hex() == "040503"
    assert bytes(FrameRelay() / b"x")[3] == 0xCC
    assert bytes(ARCNET() / b"x")[2] == 0xD4


def test_of_several_numbers_that_which_stands_there_is_taken() -> None:
    for number in (0xD4, 0xF0):
        found = Packet.dissect(bytes(ARCNET(protID=number) / IP()), 7)
        found.arcnet.auto("protID")
        assert found.arcnet.protID == number
    snap = Packet.dissect(bytes(Ethernet() / LLC(oui=0) / IPX()), 1)
    snap.llc.auto("dsap")
    assert snap.llc.dsap == 0xAA


def test_of_several_numbers_one_that_keeps_the_form_is_taken() -> None:
    found = Packet.dissect(bytes(ARCNET(protID=0xF0) / IP()), 7)
    assert Packet(found.arcnet, ARP()).arcnet.is_auto("protID")
    assert bytes(Packet(found.arcnet, ARP()))[2] == 0xF1


def test_matches_ask_for_the_derived_value() -> None:
    assert (LLC.dsap == "STP")(Ethernet() / LLC() / STP())
    assert not (LLC.dsap == "SNAP")(Ethernet() / LLC() / STP())
