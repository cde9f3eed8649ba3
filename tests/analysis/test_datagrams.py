"""TCP that came in fragments of IP: put together, whatever their order, within bounds."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import umpa
from tests.analysis import tshark
from tests.analysis.test_streams import A, B, goodbye, handshake, said, there, wire
from umpa import IP, TCP, UDP, VLAN, DestinationOptions, Ethernet, Fragment, IPv6, Packet
from umpa.analysis import Gap, Piece, Streams

DATA = bytes(range(256)) * 8
IP6 = Ethernet() / IPv6(src="fd00::1", dst="fd00::2")


def cut(packet: Packet, ident: int = 7, mtu: int = 596) -> list[Packet]:
    packet = packet.copy()
    if IP in packet:
        packet.ip.id = ident
    return list(umpa.fragment(packet, mtu))


def streams(*packets: Packet) -> Streams:
    return umpa.streams(wire(packets))


class TestAnyOrder:
    @given(st.data())
    def test_the_bytes_are_those_that_were_sent(self, draw: st.DataObject) -> None:
        """However they are mixed up and repeated, with other segments between them."""
        one, two = DATA[:1000], DATA[1000:]
        pieces = [*cut(there(0, one), 1), *cut(there(1000, two), 2)]
        again = draw.draw(st.lists(st.sampled_from(pieces), max_size=3))
        mixed = draw.draw(st.permutations(pieces + again))
        (stream,) = streams(*handshake(), *mixed, *goodbye(len(DATA), 0))
        assert stream.to_server.data == DATA
        assert stream.complete
        assert stream.to_server.conflicts == 0

    @given(st.lists(st.tuples(*[st.integers(0, 0x1FFF), st.booleans(), st.binary(max_size=40)])))
    def test_whatever_comes_nothing_raises(self, made: list[tuple[int, bool, bytes]]) -> None:
        packets = [
            Ethernet() / IP(src=A, dst=B, proto=6, frag_offset=at, flags_mf=more) / data
            for at, more, data in made
        ]
        found = streams(*packets)
        assert all(stream.to_server.gaps is not None for stream in found)
        assert found.fragments + found.others >= len(packets)

    @pytest.mark.conformance
    @pytest.mark.slow
    @pytest.mark.needs("tshark")
    def test_as_tshark_has_them(self, tmp_path: Path) -> None:
        pieces = [*cut(there(0, DATA)), *cut(there(len(DATA), DATA), 8)]
        random.Random(1).shuffle(pieces)
        packets = [*handshake(), *pieces, *goodbye(2 * len(DATA), 0)]
        umpa.write(tmp_path / "cut.pcap", wire(packets))
        assert said(umpa.streams(tmp_path / "cut.pcap")) == tshark.followed(tmp_path / "cut.pcap")


class TestOneSegment:
    def test_is_one(self) -> None:
        found = streams(*handshake(), *cut(there(0, DATA)), *goodbye(len(DATA), 0))
        (stream,) = found
        assert (stream.packets, stream.to_server.segments, stream.last_ns) == (6, 1, 8)
        assert (found.packets, found.fragments, found.incomplete, found.others) == (9, 4, 0, 0)

    def test_whose_header_is_cut_too(self) -> None:
        """As who wants to get past a filter does (RFC 1858)."""
        (stream,) = streams(*handshake(), *cut(there(0, b"abcdef"), mtu=28))
        assert stream.to_server.data == b"abcdef"

    def test_over_ipv6(self) -> None:
        tcp = TCP(srcport=1, dstport=2, flags="ACK")
        for packet in (IP6 / tcp / DATA, IP6 / DestinationOptions() / tcp / DATA):
            (stream,) = streams(*cut(packet, mtu=1280))
            assert stream.to_server.data == DATA

    def test_of_which_both_kinds_of_fragments_stand_behind_options(self) -> None:
        """Destination options before TCP are part of what is cut."""
        segment = bytes(IP6 / DestinationOptions() / TCP(srcport=1, dstport=2) / DATA)[54:]
        first = IP6 / Fragment(more=True, ident=5, nxt=60) / segment[:800]
        later = IP6 / Fragment(offset_units=100, ident=5, nxt=60) / segment[800:]
        (stream,) = streams(later, first)
        assert stream.to_server.data == DATA

    def test_keeps_its_vlan(self) -> None:
        ip = Ethernet() / VLAN(id=5) / IP(src=A, dst=B)
        (stream,) = streams(*cut(ip / TCP(srcport=1, dstport=2, flags="SYN") / DATA))
        assert (stream.vlan, stream.to_server.data) == (5, DATA)


class TestWhatIsMissing:
    def test_is_a_gap(self) -> None:
        first, _, third, last = cut(there(0, DATA))
        found = streams(*handshake(), last, first, third, there(len(DATA), b"more"))
        (stream,) = found
        assert found.incomplete == 1
        pieces = stream.to_server.pieces
        assert [(piece.offset, len(piece.data)) for piece in pieces] == [(0, 556), (2048, 4)]
        assert stream.to_server.gaps == (Gap(556, 1492),)

    def test_of_the_end_is_not_known_to_be(self) -> None:
        first = cut(there(0, DATA))[0]
        (stream,) = streams(*handshake(), first)
        assert (len(stream.to_server.data), stream.gaps) == (556, False)

    def test_of_the_beginning_takes_the_rest_with_it(self) -> None:
        found = streams(*handshake(), *cut(there(0, DATA))[1:], there(len(DATA), b"more"))
        (stream,) = found
        assert stream.to_server.pieces == (Piece(2048, b"more"),)
        assert (found.incomplete, found.fragments) == (1, 3)

    def test_of_the_header_makes_it_none(self) -> None:
        found = streams(cut(there(0, b"abcdef"), mtu=28)[0])
        assert not list(found)
        assert (found.incomplete, found.others) == (1, 1)

    def test_by_the_capture_is_one_too(self) -> None:
        first, *rest = (bytes(piece) for piece in cut(there(0, DATA)))
        short = Packet.dissect(first[:-4], wire_length=len(first))
        (stream,) = umpa.streams([*handshake(), short, *(Packet.dissect(data) for data in rest)])
        assert stream.to_server.gaps == (Gap(552, 1496),)


class TestBounds:
    def test_a_minute_later_it_is_another_datagram(self) -> None:
        first, *rest = (bytes(piece) for piece in cut(there(0, DATA)))
        times = [0, *(61 * 10**9 for _ in rest)]
        found = umpa.streams(
            Packet.dissect(data, time_ns=time)
            for data, time in zip((first, *rest), times, strict=True)
        )
        (stream,) = found
        assert len(stream.to_server.data) == 556
        assert found.incomplete == 2

    @pytest.mark.slow
    def test_few_wait(self) -> None:
        """Of a flood of fragments that belong to nothing, the oldest are given up."""
        flood = [Packet.dissect(bytes(piece)) for piece in cut(there(0, DATA))[:-1]]
        tracemalloc.start()
        found = umpa.streams(_renumbered(flood, 4000))
        made = list(found)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 12 << 20
        assert found.incomplete == 4000
        assert sum(stream.packets for stream in made) == 4000

    def test_a_ping_of_death_is_none(self) -> None:
        found = streams(Ethernet() / IP(src=A, dst=B, proto=6, frag_offset=0x1FFF) / bytes(1000))
        assert not list(found)
        assert (found.others, found.fragments) == (1, 0)

    def test_what_is_not_tcp_does_not_wait(self) -> None:
        udp = Ethernet() / IP(src=A, dst=B) / UDP(srcport=1, dstport=2) / DATA
        found = streams(*cut(udp))
        assert not list(found)
        assert (found.others, found.fragments, found.incomplete) == (4, 0, 0)


def _renumbered(packets: list[Packet], count: int) -> Iterator[Packet]:
    """The packets again and again, each time with another identification."""
    wires = [bytearray(bytes(packet)) for packet in packets]
    for ident in range(count):
        for data in wires:
            data[18:20] = ident.to_bytes(2, "big")
            yield Packet.dissect(bytes(data))
