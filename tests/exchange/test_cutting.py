"""Packets cut into fragments: put together again they are what they were, for a kernel too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import umpa
from tests.live.room import Room, room
from umpa import ICMP, IP, UDP, VLAN, Ethernet, Fragment, HopByHop, ICMPv6, IPv6, Packet, fragment
from umpa.errors import EncodeError, FieldError, LayerError

__all__ = ["room"]

BELOW = Ethernet(src="02:00:00:00:00:01") / VLAN(id=3)
ADDRESSES = IP(src="10.0.0.1", dst="10.0.0.2", ttl=9, dsfield=8)
ROUTE = [("lsr", ["10.0.0.9"]), ("rr", ["0.0.0.0"])]


def body(packet: Packet) -> bytes:
    """What the fragmented header carries."""
    layer: Any = packet.get(Fragment) or packet[IP]
    end = packet[IP].offset + packet[IP].len if IP in packet else None
    return bytes(packet)[layer.offset + len(layer) : end]


def together(pieces: list[Packet]) -> bytes:
    """As a host puts them together (RFC 791, section 3.2)."""
    whole = b""
    for number, piece in enumerate(pieces):
        cut: Any = piece.get(Fragment) or piece[IP]
        at, more = (
            (cut.offset_units, cut.more) if Fragment in piece else (cut.frag_offset, cut.flags_mf)
        )
        assert at * 8 == len(whole)
        assert more == (number < len(pieces) - 1)
        whole += body(piece)
    return whole


def from_the_wire(packet: Packet) -> Packet:
    return Packet.dissect(bytes(packet), packet.linktype)


@given(st.binary(max_size=600), st.integers(68, 300), st.booleans(), st.booleans())
def test_pieces_are_the_whole(data: bytes, mtu: int, options: bool, wire: bool) -> None:
    packet = BELOW / IP(src="10.0.0.1", dst="10.0.0.2", options=ROUTE if options else []) / UDP()
    packet.include(data)
    before = bytes(packet)
    pieces = fragment(from_the_wire(packet) if wire else packet, mtu)
    assert bytes(packet) == before
    assert together(pieces) == body(packet)
    for piece in pieces:
        assert len(piece) - 18 <= mtu
        assert piece.ip.len == len(piece) - 18
        assert from_the_wire(piece).ip.checksum_status == "good"
        assert bytes(piece)[:18] == before[:18]
    again = [small for piece in pieces for small in fragment(piece, 68)]
    assert together(again) == body(packet)


@given(st.binary(min_size=200, max_size=600), st.integers(68, 200), st.booleans())
def test_of_ipv6_too(data: bytes, mtu: int, wire: bool) -> None:
    packet = BELOW / IPv6(src="fe80::1", dst="fe80::2") / HopByHop() / UDP() / data
    pieces = fragment(from_the_wire(packet) if wire else packet, mtu)
    whole = bytes(packet[UDP]) + data
    assert together(pieces) == whole
    assert len({piece[Fragment].ident for piece in pieces}) == 1
    for piece in pieces:
        assert [layer.name for layer in piece.layers[2:5]] == [
            "ipv6", "ipv6.hopopts", "ipv6.fraghdr"
        ]  # fmt: skip
        assert piece[Fragment].nxt == 17
        assert len(piece) - 18 <= mtu
    assert together([small for piece in pieces for small in fragment(piece, 66)]) == whole


def test_only_copied_options_go_along_with_later_fragments() -> None:
    packet = Ethernet() / IP(dst="10.0.0.2", options=ROUTE) / bytes(100)
    first, *later = fragment(packet, 76)
    assert [option.name for option in first.ip.options][:2] == ["lsr", "rr"]
    assert [[option.name for option in piece.ip.options] for piece in later] == [["lsr", "eol"]] * 2


def test_a_packet_that_fits_is_alone_and_a_copy() -> None:
    packet = BELOW / ADDRESSES / UDP() / b"small"
    (piece,) = fragment(packet, 33)
    assert piece == packet
    assert piece is not packet


@pytest.mark.parametrize("ident", [0, 7, 0xFFFF])
def test_identification(ident: int) -> None:
    packet = Ethernet() / IP(id=3) / bytes(100)
    assert {piece.ip.id for piece in fragment(packet, 60)} == {3}
    assert {piece.ip.id for piece in fragment(packet, 60, ident=ident)} == {ident}
    packet.ip.id = 0
    other = Ethernet() / IP() / bytes(99)
    (mine,), (theirs,) = ({piece.ip.id for piece in fragment(one, 60)} for one in (packet, other))
    assert 0 != mine != theirs != 0


def test_a_trailer_is_no_part_of_it() -> None:
    packet = from_the_wire(Ethernet() / IP() / bytes(100))
    padded = Packet.dissect(bytes(packet) + b"trailer")
    assert together(fragment(padded, 60)) == bytes(100)


def test_what_cannot_be_fragmented() -> None:
    with pytest.raises(LayerError, match="no IP or IPv6 header"):
        fragment(Ethernet() / b"data")
    with pytest.raises(EncodeError, match=r"120 bytes do not fit into 60.*ip\.flags_df"):
        fragment(Ethernet() / IP(flags_df=True) / bytes(100), 60)
    with pytest.raises(FieldError, match="mtu=27 has no room: headers take 20 bytes"):
        fragment(Ethernet() / IP() / bytes(100), 27)
    with pytest.raises(FieldError, match=r"IP\.id: -1 does not fit"):
        fragment(Ethernet() / IP() / bytes(100), 60, ident=-1)


@pytest.mark.live
@pytest.mark.needs("ip", "ethtool")
def test_a_kernel_puts_them_together(room: Room) -> None:
    """And answers in fragments, all of which are found."""
    four = IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(ident=9) / bytes(3000)
    six = IPv6(src="fe80::ff:fe00:1", dst="fe80::ff:fe00:2") / ICMPv6(
        type="echo-request", echo_identifier=9
    )
    six.include(bytes(3000))
    for request in (four, six):
        pieces = fragment(request)
        answers = umpa.sr(pieces, timeout=2, device="eth0")
        assert [one.request for one in answers.answered] == pieces[:1]
        assert [one.request for one in answers.fragments] == pieces[:1] * 2
        assert not answers.unanswered
    with pytest.raises(umpa.errors.UmpaError, match=r"send umpa\.fragment\(packet, 1500\)"):
        umpa.sr1(four, timeout=1)


@pytest.mark.live
@pytest.mark.needs("ip", "ethtool")
def test_a_source_that_is_found_when_they_are_sent_is_in_their_checksum(room: Room) -> None:
    """The kernel throws away what has a wrong one; it answers that nobody is at the port."""
    for ip in (IP(dst="10.0.0.2"), IPv6(dst="fd00::2")):
        closed = ip / UDP(srcport=40000, dstport=9) / bytes(3000)
        (answered,) = umpa.sr(fragment(closed), timeout=2).answered
        assert "port unreachable" in answered.answer.summary()
        assert answered.request.layers[0]["src"] in ("10.0.0.1", "fd00::1")
