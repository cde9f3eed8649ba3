"""Answers that come in fragments, over links in memory: in any order, and bounded."""

from __future__ import annotations

import pytest

from tests.exchange.test_exchange import BASE, LINK, Face, blocking, each_face
from umpa import ICMP, IP, TCP, UDP, Ethernet, IPv6, Packet, fragment
from umpa.exchange.fragments import Fragments, piece_of
from umpa.protocols.ipv6_fragment import Fragment

PING = BASE / ICMP(ident=1) / bytes(range(80))


def pieces(packet: Packet) -> list[Packet]:
    """An answer to the packet, in three pieces."""
    answer = packet.reply(ICMP(type="echo-reply"))
    body = bytes(answer)[34:]
    src, dst = answer.ip.src, answer.ip.dst
    return [
        LINK
        / IP(src=src, dst=dst, id=5, proto=1, frag_offset=at // 8, flags_mf=at + 32 < len(body))
        / body[at : at + 32]
        for at in range(0, len(body), 32)
    ]


@each_face
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (2, 1, 0)])
def test_all_pieces_belong_to_the_answer(face: Face, order: tuple[int, ...]) -> None:
    answers = face(PING, lambda packet: [pieces(packet)[n] for n in order], timeout=0.8, multi=True)
    (answered,) = answers.answered
    assert answered.answer.ip.frag_offset == 0
    assert [one.request for one in answers.fragments] == [answered.request] * 2
    assert sorted(one.answer.ip.frag_offset for one in answers.fragments) == [4, 8]
    assert (answers.stats.fragments, answers.stats.unmatched) == (2, 0)
    assert answers.unmatched == []
    assert len(answers.to_dict()["fragments"]) == 2


@each_face
def test_the_rest_of_an_answer_is_waited_for(face: Face) -> None:
    """A request is not done with the first fragment of its answer."""
    first, *rest = pieces(PING)

    def slowly(packet: Packet) -> list[Packet]:
        return rest if UDP in packet else [first]

    later = BASE / UDP(srcport=7, dstport=9)  # when this is asked, the rest of the first one comes
    answers = face([PING, later], slowly, timeout=0.8, inter=0.2)
    assert (answers.stats.answered, answers.stats.fragments) == (1, 2)
    assert answers.stats.unmatched == 0


def test_an_answer_is_done_with_its_last_fragment() -> None:
    assert blocking(PING, pieces, timeout=20).stats.duration < 10


@each_face
@pytest.mark.parametrize(("version", "size"), [(4, 8), (4, 16), (6, 8)])
def test_a_first_fragment_that_ends_within_the_header_of_tcp(
    face: Face, version: int, size: int
) -> None:
    """Its ports are there, and tell whose answer it is."""
    four = LINK / IP(src="10.0.0.1", dst="10.0.0.2")
    six = LINK / IPv6(src="fd00::1", dst="fd00::2")
    syn = (four if version == 4 else six) / TCP(srcport=40000, dstport=80, flags="SYN")
    headers = 20 if version == 4 else 48

    def in_bits(packet: Packet) -> list[Packet]:
        return fragment(packet.reply(TCP(flags="SYN,ACK")), headers + size)

    other = (four if version == 4 else six) / TCP(srcport=40001, dstport=80, flags="SYN")
    answers = face([syn, other], in_bits, timeout=5)
    assert [one.request for one in answers.answered] == [syn, other]
    for one in answers.answered:
        assert one.answer.error is not None  # as it came
        assert b"\x00\x50\x9c" in bytes(one.answer)
    assert answers.unmatched == []


@each_face
@pytest.mark.parametrize("version", [4, 6])
def test_a_scan_in_fragments_of_eight_bytes(face: Face, version: int) -> None:
    """What cuts the header of TCP, to slip through a firewall: each port has its answer."""
    four, six = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")
    syns = [
        LINK / (four if version == 4 else six) / TCP(srcport=40000, dstport=port, flags="SYN")
        for port in (22, 80)
    ]
    pieces = [fragment(syn, 28 if version == 4 else 56, ident=n) for n, syn in enumerate(syns)]

    def at_the_last(packet: Packet) -> list[Packet]:
        for syn, (*_, last) in zip(syns, pieces, strict=True):
            if bytes(packet) == bytes(last):
                return [syn.reply(TCP(flags="SYN,ACK"))]
        return []

    answers = face([piece for three in pieces for piece in three], at_the_last, timeout=5)
    assert [one.request for one in answers.answered] == [three[0] for three in pieces]
    assert [one.answer.tcp.srcport for one in answers.answered] == [22, 80]
    assert answers.unanswered == []


def in_pieces(packet: Packet) -> list[Packet]:
    """A request of ICMP, cut."""
    body = bytes(packet)[34:]
    return [
        BASE[Ethernet]
        / IP(src="10.0.0.1", dst="10.0.0.2", id=7, proto=1, frag_offset=at // 8,
             flags_mf=at + 32 < len(body))
        / body[at : at + 32]
        for at in range(0, len(body), 32)
    ]  # fmt: skip


def put_together(packet: Packet) -> list[Packet]:
    """What answers a request in pieces: one reply, to the last one."""
    return [] if packet.ip.flags_mf else [PING.reply(ICMP(type="echo-reply"))]


@each_face
def test_what_answers_the_first_piece_of_a_request_answers_all(face: Face) -> None:
    first, *later = in_pieces(PING)
    answers = face([first, *later, BASE / UDP(dstport=9)], put_together, timeout=0.8, retry=1)
    assert [one.request for one in answers.answered] == [first]
    assert [packet.layers[-1].name for packet in answers.unanswered] == ["udp"]
    assert answers.stats.sent == len(later) + 1 + 2  # only what had no answer was sent again


def test_nobody_waits_for_later_pieces() -> None:
    answers = blocking(in_pieces(PING), put_together, timeout=20)
    assert answers.stats.duration < 10
    assert answers.unanswered == []


def test_pieces_of_an_unanswered_request_are_unanswered() -> None:
    answers = blocking(in_pieces(PING), lambda packet: [], timeout=0.2, retry=1)
    assert len(answers.unanswered) == 3
    assert answers.stats.sent == 6


def test_an_error_that_quotes_a_later_piece_answers_that() -> None:
    def dead_end(packet: Packet) -> list[Packet]:
        if packet.ip.frag_offset != 4:
            return []
        source = LINK / IP(src="10.0.0.9", dst="10.0.0.1")
        return [source / ICMP(type="time-exceeded") / bytes(packet)[14:]]

    first, second, third = in_pieces(PING)
    answers = blocking([first, second, third], dead_end, timeout=0.2)
    assert [one.request for one in answers.answered] == [second]
    assert answers.unanswered == [first, third]


def test_pieces_of_something_else_say_so() -> None:
    def other(packet: Packet) -> list[Packet]:
        return [LINK / IP(src="10.0.0.2", dst="10.0.0.1", id=6, frag_offset=4) / bytes(8)]

    (unmatched,) = blocking(PING, other, timeout=0.2).unmatched
    assert unmatched.reason == "is a later fragment of nothing that was asked"


@pytest.mark.parametrize(
    ("packet", "first"),
    [
        (BASE / UDP(), None),
        (LINK / IP(flags_mf=True) / UDP(), True),
        (LINK / IP(frag_offset=3) / b"abc", False),
        (LINK / IPv6() / UDP(), None),
        (LINK / IPv6() / Fragment(more=True) / UDP(), True),
        (LINK / IPv6() / Fragment(offset_units=3) / b"abc", False),
        (LINK / IPv6() / Fragment() / UDP(), None),  # an atomic one, RFC 6946
    ],
)
def test_what_is_a_piece(packet: Packet, first: bool | None) -> None:
    piece = piece_of(Packet.dissect(bytes(packet)))
    assert (None if piece is None else piece.first) is first


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umpa.exchange.fragments._MOST", 10)
    fragments: Fragments[int] = Fragments()
    for number in range(50):
        packet = Packet.dissect(bytes(LINK / IP(id=number, frag_offset=3) / b"abc"))
        piece = piece_of(packet)
        assert piece is not None
        assert fragments.later(piece, packet) is None
        assert len(fragments.first(piece, number)) == 1
        assert fragments.later(piece, packet) == number
    assert len(fragments._known) == 10
