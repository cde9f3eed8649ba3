"""TCP streams: the bytes that were sent, in order, once; what is missing is said."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import umpa
from tests.analysis import tshark
from tests.conftest import CAPTURES
from umpa import ARP, IP, TCP, UDP, Ethernet, IPv6, Packet
from umpa.analysis import End, Gap, Piece, Stream
from umpa.errors import FileError

A, B = "10.0.0.1", "10.0.0.2"
TUNNELS = ("geneve", "gre", "vxlan")
M = 1 << 32
FLAGS = ["", "SYN", "FIN", "RST", "ACK", "SYN,ACK", "FIN,ACK", "FIN,SYN,RST,ACK"]
NUMBERS = st.integers(0, 9) | st.integers(0, M - 1)
SEGMENTS = st.tuples(NUMBERS, st.sampled_from(FLAGS), st.binary(max_size=4), st.booleans())


def there(
    seq: int, data: bytes = b"", flags: str = "ACK", *, ack: int = 0, port: int = 1000
) -> Packet:
    """From the client."""
    tcp = TCP(srcport=port, dstport=80, seq=seq % M, ack=ack % M, flags=flags)
    return Ethernet() / IP(src=A, dst=B) / tcp / data


def back(
    seq: int, data: bytes = b"", flags: str = "ACK", *, ack: int = 0, port: int = 1000
) -> Packet:
    """From the server."""
    tcp = TCP(srcport=80, dstport=port, seq=seq % M, ack=ack % M, flags=flags)
    return Ethernet() / IP(src=B, dst=A) / tcp / data


def handshake(client: int = 0, server: int = 0) -> list[Packet]:
    """The first byte of each has the number that is given."""
    syn, answer = there(client - 1, flags="SYN"), back(server - 1, flags="SYN,ACK", ack=client)
    return [syn, answer, there(client, ack=server)]


def goodbye(client: int, server: int) -> list[Packet]:
    return [
        there(client, flags="FIN,ACK", ack=server),
        back(server, flags="FIN,ACK", ack=client + 1),
    ]


def wire(packets: Iterable[Packet]) -> Iterable[Packet]:
    for time, packet in enumerate(packets):
        yield Packet.dissect(bytes(packet), time_ns=time)


def only(packets: Iterable[Packet]) -> Stream:
    (stream,) = umpa.streams(wire(packets))
    return stream


def segments(data: bytes, cuts: list[int]) -> list[tuple[int, bytes]]:
    """The data in pieces, each with its offset."""
    ends = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [(a, data[a:b]) for a, b in pairwise(ends)]


@pytest.mark.conformance
@pytest.mark.slow
@pytest.mark.needs("tshark")
class TestAgainstTshark:
    @pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.pcap*")), ids=lambda p: p.name)
    def test_bundled_captures(self, capture: Path) -> None:
        if capture.stem.startswith(TUNNELS) or capture.stem == "snaplen":
            # tshark looks into tunnels; of the other, the headers were cut
            assert not list(umpa.streams(capture))
            return
        assert said(umpa.streams(capture)) == tshark.followed(capture)

    def test_segments_late_and_twice(self, tmp_path: Path) -> None:
        data = random.Random(1).randbytes(5000)
        pieces = segments(data, list(range(0, 5000, 97)))
        late = [*pieces[1:7], pieces[0], *reversed(pieces[7:30]), *pieces[20:]]
        body = [there(at - 2000, piece, ack=0) for at, piece in late]
        packets = [*handshake(-2000), *body, *goodbye(3000, 0)]
        umpa.write(tmp_path / "late.pcap", wire(packets))
        ours = said(umpa.streams(tmp_path / "late.pcap"))
        assert ours == tshark.followed(tmp_path / "late.pcap")
        assert ours[f"{A}:1000", f"{B}:80"] == data


def said(streams: Iterable[Stream]) -> dict[tuple[str, str], bytes]:
    """As `tshark.followed` has it."""
    found = {}
    for stream in streams:
        if stream.to_server.size or stream.to_client.size:
            client, server = (f"{end.address}:{end.port}" for end in (stream.client, stream.server))
            found[client, server] = stream.to_server.data
            found[server, client] = stream.to_client.data
    return found


class TestAnyOrder:
    @given(st.data())
    def test_the_bytes_are_those_that_were_sent(self, draw: st.DataObject) -> None:
        """However they are cut, mixed up and repeated, and wherever the numbers wrap around."""
        start = draw.draw(st.sampled_from([0, 1, M - 1, M - 7, M // 2]) | st.integers(0, M - 1))
        sent = {
            "there": draw.draw(st.binary(max_size=60)),
            "back": draw.draw(st.binary(max_size=60)),
        }
        body = []
        for make, data, first in ((there, sent["there"], start), (back, sent["back"], 5)):
            pieces = segments(data, draw.draw(st.lists(st.integers(0, 60), max_size=10)))
            again = draw.draw(st.lists(st.sampled_from(pieces), max_size=5)) if pieces else []
            body += [make(first + at, piece) for at, piece in pieces + again]
        mixed = draw.draw(st.permutations(body))
        ends = goodbye(start + len(sent["there"]), 5 + len(sent["back"]))
        early = draw.draw(st.integers(0, len(mixed)))  # a FIN may come before what it ends
        packets = [*handshake(start, 5), *mixed[:early], ends[0], *mixed[early:], ends[1]]
        stream = only(packets)
        assert stream.complete
        assert (stream.to_server.data, stream.to_client.data) == (sent["there"], sent["back"])
        assert not stream.gaps
        assert stream.to_server.conflicts == stream.to_server.strays == 0

    @given(st.binary(min_size=1, max_size=80), st.lists(st.integers(0, 80), max_size=12), st.data())
    def test_what_is_lost_is_a_gap(self, data: bytes, cuts: list[int], draw: st.DataObject) -> None:
        pieces = segments(data, cuts)
        kept = draw.draw(st.lists(st.sampled_from(pieces), unique=True))
        stream = only(
            [*handshake(), *(there(at, piece) for at, piece in kept), *goodbye(len(data), 0)]
        )
        way = stream.to_server
        filled = bytearray(way.size)
        for offset, piece in way.pieces:
            filled[offset : offset + len(piece)] = piece
        for gap in way.gaps:
            filled[gap.offset : gap.offset + gap.size] = data[gap.offset : gap.offset + gap.size]
        assert bytes(filled) == data
        assert sum(gap.size for gap in way.gaps) == len(data) - sum(len(piece) for _, piece in kept)
        assert stream.complete == (len(kept) == len(pieces))

    @given(st.lists(SEGMENTS, max_size=20))
    def test_whatever_comes_nothing_raises(
        self, packets: list[tuple[int, str, bytes, bool]]
    ) -> None:
        made = [(there if out else back)(seq, data, flags) for seq, flags, data, out in packets]
        streams = umpa.streams(wire(made))
        for stream in streams:
            assert stream.to_server.data is not None
            assert stream.to_client.gaps is not None
            assert repr(stream)
        assert streams.packets == len(packets)


class TestOneStream:
    def test_both_directions(self) -> None:
        body = [there(0, b"hello"), back(0, b"hi", ack=5), there(5, b" world", ack=2)]
        stream = only([*handshake(), *body, *goodbye(11, 2)])
        assert (stream.client, stream.server) == (End(A, 1000), End(B, 80))
        assert (stream.to_server.data, stream.to_client.data) == (b"hello world", b"hi")
        assert (stream.complete, stream.end, stream.packets) == (True, "closed", 8)
        assert (stream.first_ns, stream.last_ns) == (0, 7)
        text = "<Stream 10.0.0.1:1000 > 10.0.0.2:80: 11 bytes there, 2 back, complete>"
        assert repr(stream) == text

    def test_a_gap_is_never_closed_up(self) -> None:
        stream = only([*handshake(), there(0, b"ab"), there(5, b"fg"), *goodbye(8, 0)])
        way = stream.to_server
        assert way.pieces == (Piece(0, b"ab"), Piece(5, b"fg"))
        assert way.gaps == (Gap(2, 3), Gap(7, 1))
        assert way.data == b"ab"
        assert way.filled(b".") == b"ab...fg."
        assert (stream.gaps, stream.complete, stream.end) == (True, False, "capture")
        assert "with gaps" in repr(stream)

    def test_what_was_acknowledged_and_never_seen_is_a_gap(self) -> None:
        stream = only([*handshake(), there(0, b"ab"), back(0, ack=10)])
        assert stream.to_server.gaps == (Gap(2, 8),)

    def test_a_fin_that_was_lost_is_no_gap(self) -> None:
        stream = only([*handshake(), there(0, b"ab"), back(0, ack=3), there(3, ack=0)])
        assert (stream.to_server.gaps, stream.to_server.finished) == ((), False)

    def test_neither_is_a_fin_that_was_seen(self) -> None:
        packets = [*handshake(), there(0, b"ab", "FIN,ACK"), back(0, ack=3), there(3, ack=0)]
        assert only(packets).to_server.gaps == ()

    def test_the_first_of_two_versions_counts(self) -> None:
        stream = only([*handshake(), there(0, b"abc"), there(1, b"bXd"), *goodbye(4, 0)])
        way = stream.to_server
        assert way.data == b"abcd"
        assert (way.retransmitted, way.conflicts, way.out_of_order) == (2, 1, 1)

    def test_late_segments_are_counted(self) -> None:
        stream = only([*handshake(), there(2, b"c"), there(0, b"ab"), *goodbye(3, 0)])
        assert stream.to_server.data == b"abc"
        assert (stream.to_server.segments, stream.to_server.out_of_order) == (2, 1)

    def test_keep_alives_are_no_bytes(self) -> None:
        probes = [there(1, b"\0"), there(1), back(-1, b"\0")]
        stream = only([*handshake(), there(0, b"ab"), *probes, there(2, b"c"), *goodbye(3, 0)])
        assert stream.complete
        assert (stream.to_server.keepalives, stream.to_client.keepalives) == (2, 1)
        assert (stream.to_server.data, stream.to_server.conflicts) == (b"abc", 0)

    def test_data_with_the_syn(self) -> None:
        stream = only([there(-1, b"fast", "SYN"), back(-1, flags="SYN,ACK", ack=4), *goodbye(4, 0)])
        assert stream.complete
        assert stream.to_server.data == b"fast"

    def test_data_with_the_fin(self) -> None:
        stream = only([*handshake(), there(0, b"bye", "FIN,ACK"), back(0, flags="FIN,ACK", ack=4)])
        assert (stream.complete, stream.to_server.data) == (True, b"bye")

    def test_a_lost_syn_is_known_by_its_answer(self) -> None:
        stream = only([back(-1, flags="SYN,ACK", ack=0), there(2, b"c"), *goodbye(3, 0)])
        assert stream.client == End(A, 1000)
        assert stream.to_server.gaps == (Gap(0, 2),)

    def test_that_had_begun_before_the_capture(self) -> None:
        stream = only([back(70, b"cd"), there(5, ack=72), back(68, b"ab"), back(72, b"e")])
        assert stream.client == End(B, 80)
        assert stream.to_server.pieces == (Piece(0, b"abcde"),)
        assert (stream.to_server.started, stream.complete, stream.gaps) == (False, False, False)

    def test_of_more_than_the_numbers_count(self) -> None:
        """Three times around, with gaps as wide as the window allows."""
        step = 1 << 30
        stream = only([*handshake(), *(there(n * step, b"x") for n in range(13))])
        assert [piece.offset for piece in stream.to_server.pieces] == [n * step for n in range(13)]

    def test_what_is_far_away_is_a_stray(self) -> None:
        strays = [there(1 << 31, b"x"), there(-5, b"x"), there(3, b"x")]
        stream = only(
            [*handshake(), there(0, b"ab"), strays[0], strays[1], there(2, flags="FIN"), strays[2]]
        )
        assert (stream.to_server.data, stream.to_server.strays) == (b"ab", 3)

    def test_what_the_capture_cut_off_is_a_gap(self) -> None:
        whole = bytes(there(0, b"abcdef"))
        cut = Packet.dissect(whole[:-4], wire_length=len(whole))
        (stream,) = umpa.streams([*handshake(), cut, there(6, b"g")])
        assert stream.to_server.pieces == (Piece(0, b"ab"), Piece(6, b"g"))

    def test_padding_is_not_content(self) -> None:
        padded = Packet.dissect(bytes(there(0, b"ab")) + bytes(4))
        (stream,) = umpa.streams([*handshake(), padded, there(2, b"c")])
        assert stream.to_server.data == b"abc"

    def test_over_ipv6(self) -> None:
        ip = Ethernet() / IPv6(src="fd00::1", dst="fd00::2")
        data = ip / umpa.DestinationOptions() / TCP(srcport=1, dstport=2, seq=1) / b"six"
        stream = only([ip / TCP(srcport=1, dstport=2, flags="SYN"), data])
        assert (stream.to_server.data, str(stream.server)) == (b"six", "[fd00::2]:2")


class TestEnds:
    def test_as_soon_as_both_have_said_goodbye(self) -> None:
        first = [*handshake(), *goodbye(0, 0)]
        streams = umpa.streams(wire([*first, *handshake(), there(0, b"x")]))
        assert next(streams).end == "closed"
        assert streams.packets == len(first)
        assert [stream.end for stream in streams] == ["capture"]

    def test_not_before_what_is_missing_had_a_chance(self) -> None:
        stream = only([*handshake(), *goodbye(2, 0), there(0, b"ab", ack=1)])
        assert (stream.complete, stream.end) == (True, "closed")

    def test_by_a_reset(self) -> None:
        stream = only([*handshake(), there(0, b"ab"), there(2, flags="RST")])
        assert (stream.end, stream.complete, stream.to_server.data) == ("reset", False, b"ab")

    def test_what_was_on_its_way_before_a_reset_arrives(self) -> None:
        stream = only([*handshake(), there(0, flags="RST"), back(0, b"late"), back(4, b"r")])
        assert (stream.end, stream.to_client.data) == ("reset", b"later")

    def test_soon_after_a_reset(self) -> None:
        packets = [packet for port in range(70) for packet in (
            there(0, flags="SYN", port=port), back(0, flags="RST", port=port))]  # fmt: skip
        streams = umpa.streams(wire(packets))
        assert next(streams).client.port == 0
        assert streams.packets == 2 * 65

    def test_not_by_a_reset_from_far_away(self) -> None:
        stream = only([*handshake(), there(1 << 31, flags="RST"), there(0, b"ab"), *goodbye(2, 0)])
        assert stream.complete

    def test_a_new_syn_begins_a_new_stream(self) -> None:
        packets = [*handshake(), there(0, b"old"), *handshake(7000, 9), there(7000, b"new")]
        old, new = umpa.streams(wire(packets))
        assert (old.end, old.to_server.data) == ("reused", b"old")
        assert (new.end, new.to_server.data) == ("capture", b"new")

    def test_one_from_the_other_end_too(self) -> None:
        packets = [*handshake(), there(0, b"old"), back(500, flags="SYN"), back(501, b"new")]
        old, new = umpa.streams(wire(packets))
        assert (old.to_server.data, new.to_server.data) == (b"old", b"new")
        assert new.client == End(B, 80)

    def test_a_repeated_syn_does_not(self) -> None:
        first, *rest = handshake()
        assert only([first, first, *rest, there(0, b"x"), first]).to_server.data == b"x"

    def test_neither_does_a_second_answer_with_another_number(self) -> None:
        """A server that has forgotten the first: what the client took counts."""
        syn, answer, taken = handshake(0, 100)
        other = back(70_000, flags="SYN,ACK", ack=0)
        stream = only([syn, answer, taken, other, back(100, b"first"), there(0, b"x", ack=105)])
        assert (stream.to_client.data, stream.to_client.strays, stream.gaps) == (b"first", 1, False)
        stream = only([syn, other, answer, taken, back(100, b"second"), there(0, b"x", ack=106)])
        assert (stream.to_client.data, stream.to_client.strays) == (b"second", 0)

    def test_both_may_open_at_once(self) -> None:
        syns = [there(-1, flags="SYN"), back(-1, flags="SYN"), there(-1, flags="SYN,ACK", ack=0)]
        assert only([*syns, there(0, b"x"), back(0, b"y")]).to_client.data == b"y"

    def test_what_comes_afterwards_is_late(self) -> None:
        packets = [*handshake(), there(0, b"x"), *goodbye(1, 0), there(0, b"x"), there(2, ack=1)]
        streams = umpa.streams(wire(packets))
        assert [stream.end for stream in streams] == ["closed"]
        assert streams.late == 2


class TestBounds:
    def test_the_stream_that_was_idle_longest_is_evicted(self) -> None:
        packets = [there(0, b"x", port=port) for port in (1, 2, 1, 3)]
        streams = umpa.streams(wire(packets), limit=2)
        assert [(s.client.port, s.end) for s in streams] == [
            (2, "evicted"), (1, "capture"), (3, "capture"),
        ]  # fmt: skip
        assert streams.evicted == 1

    def test_bytes_beyond_the_buffer_are_gaps(self) -> None:
        body = [there(0, b"abcd"), there(4, b"efgh"), there(8, b"i")]
        streams = umpa.streams(wire([*handshake(), *body, *goodbye(9, 0)]), buffer=6)
        (stream,) = streams
        assert (stream.to_server.data, stream.to_server.dropped) == (b"abcdef", 3)
        assert stream.to_server.gaps == (Gap(6, 3),)
        assert (streams.dropped, stream.complete, stream.end) == (3, False, "closed")

    def test_keys_of_ended_streams_are_few(self) -> None:
        packets = []
        for port in range(3000):
            packets += [there(0, flags="SYN", port=port), back(0, flags="RST", port=port)]
        streams = umpa.streams(wire(packets))
        assert sum(1 for _ in streams) == 3000
        assert len(streams._ended) <= 4096
        assert not streams._ways

    @pytest.mark.parametrize("bound", [{"limit": 0}, {"buffer": 0}])
    def test_are_at_least_one(self, bound: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="expected 1 or more"):
            umpa.streams([], limit=bound.get("limit", 1), buffer=bound.get("buffer", 1))


class TestWhatIsNoStream:
    def test_is_counted(self) -> None:
        later = Ethernet() / IP(src=A, dst=B, proto=6, frag_offset=3) / b"rest of a segment"
        cut = Packet.dissect(bytes(there(0))[:40])
        streams = umpa.streams(
            [Ethernet() / ARP(), Ethernet() / IP() / UDP(), later, cut, there(0)]
        )
        assert not list(streams)
        assert (streams.packets, streams.others, streams.fragments, streams.empty) == (5, 3, 1, 1)
        assert streams.incomplete == 1

    def test_mistakes_are_said_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="no such file"):
            umpa.streams(tmp_path / "none.pcap")

    def test_filters_are_those_of_read(self, first_capture: Path) -> None:
        assert not list(umpa.streams(first_capture, filter="udp"))
        (stream,) = umpa.streams(first_capture, filter="tcp port 80")
        assert stream.complete
