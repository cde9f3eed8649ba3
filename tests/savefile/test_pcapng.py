"""Reading pcapng: every block, both byte orders, and damage at every place."""

from __future__ import annotations

import io
import struct

import pytest

from tests.savefile.craft import (
    block,
    enhanced,
    facts,
    interface,
    obsolete,
    option,
    section,
    simple,
    until_error,
)
from umpa.core.origin import Origin
from umpa.savefile import Reader

FRAME = bytes(range(61))
T = 1_700_000_000_123_456


@pytest.mark.parametrize("order", ["<", ">"])
def test_all_blocks_in_both_byte_orders(order: str) -> None:
    data = (
        section(order)
        + interface(1, order=order)
        + enhanced(FRAME, T, order=order)
        + simple(FRAME[:7], order=order)
        + obsolete(FRAME[:8], T + 1, wire=99, order=order)
        + block(4, bytes(8), order)  # name resolution
        + block(0x0BAD, bytes(4), order)  # custom
        + block(0, b"", order)  # reserved
        + enhanced(b"", T + 2, order=order)
    )
    assert facts(Reader(io.BytesIO(data))) == [
        (T * 1000, FRAME, 61, 1),
        (None, FRAME[:7], 7, 1),
        (T * 1000 + 1000, FRAME[:8], 99, 1),
        (T * 1000 + 2000, b"", 0, 1),
    ]


def test_golden_bytes() -> None:
    data = bytes.fromhex(
        "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
        "01000000 14000000 7100 0000 00000400 14000000"
        "06000000 24000000 00000000 020a0600 80841e00 03000000 05000000 aabbcc00 24000000"
    )
    stamp = 0x60A02 << 32 | 0x1E8480
    assert facts(Reader(io.BytesIO(data))) == [(stamp * 1000, b"\xaa\xbb\xcc", 5, 113)]


def test_sections_have_their_own_order_and_interfaces() -> None:
    data = (
        section("<")
        + interface(1)
        + interface(113)
        + enhanced(FRAME, T, 1)
        + section(">")
        + interface(101, order=">")
        + enhanced(FRAME, T, 0, order=">")
        + section("<")
        + interface(276)
        + enhanced(FRAME, T, 0)
    )
    assert [p.linktype for p in Reader(io.BytesIO(data))] == [113, 101, 276]


@pytest.mark.parametrize(
    ("value", "stamp", "time_ns"),
    [
        (6, T, T * 1000),
        (9, T, T),
        (0, 17, 17 * 10**9),
        (3, 1999, 1_999_000_000),
        (12, T, T // 1000),
        (127, 2**64 - 1, 0),
        (0x80, 17, 17 * 10**9),
        (0x80 | 32, 2**32 + 2**31, 1_500_000_000),
        (0x80 | 20, 3, 3 * 10**9 // 2**20),
        (0xFF, 2**64 - 1, 0),
    ],
)
def test_resolutions_are_exact(value: int, stamp: int, time_ns: int) -> None:
    options = option(9, bytes([value]))
    data = section() + interface(1, options=options) + enhanced(FRAME, stamp)
    assert [p.time_ns for p in Reader(io.BytesIO(data))] == [time_ns]


@pytest.mark.parametrize("offset", [-1, 1_000_000_000])
@pytest.mark.parametrize("resolution", [6, 0x80 | 10])
def test_time_offset(offset: int, resolution: int) -> None:
    options = option(9, bytes([resolution])) + option(14, struct.pack("<q", offset))
    data = section() + interface(1, options=options) + enhanced(FRAME, 0)
    assert [p.time_ns for p in Reader(io.BytesIO(data))] == [offset * 10**9]


def test_times_across_the_halves_of_the_stamp() -> None:
    stamps = [2**32 - 1, 2**32, 5 * 2**32 + 7, 3]
    data = section() + interface() + b"".join(enhanced(FRAME, s) for s in stamps)
    assert [p.time_ns for p in Reader(io.BytesIO(data))] == [s * 1000 for s in stamps]


def test_names_comments_and_fcs() -> None:
    name, fcs = option(2, "wlän0".encode()), option(13, b"\4")
    comment = option(1, b"first") + option(2, bytes(4)) + option(1, b"second") + option(0, b"")
    data = (
        section()
        + interface(1, options=name + fcs + option(0, b"") + b"after it")
        + enhanced(FRAME, T, options=comment)
        + enhanced(FRAME, T, wire=70, options=option(1, b"\xff"))
        + obsolete(FRAME, T, options=comment)
        + enhanced(FRAME, T)
    )
    packets = list(Reader(io.BytesIO(data)))
    assert [p.comment for p in packets] == ["first\nsecond", "\ufffd", "first\nsecond", None]
    assert {p.interface for p in packets} == {"wlän0"}
    assert [p.wire_length for p in packets] == [61, 70, 61, 61]
    assert {p._origin.fcs_length for p in packets} == {4}


def test_a_simple_packet_is_cut_by_the_snap_length() -> None:
    data = section() + interface(1, snaplen=8) + simple(FRAME[:8], wire=61)
    assert facts(Reader(io.BytesIO(data))) == [(None, FRAME[:8], 61, 1)]


def test_accept_for_is_asked_once_for_each_interface_that_has_packets() -> None:
    asked: list[int] = []

    def accept_for(origin: Origin) -> object:
        asked.append(origin.linktype)
        return bytes.isalpha if origin.linktype == 1 else None

    packets = [b"abcd", b"1234"]
    data = section() + interface(1) + interface(101) + interface(113)
    data += b"".join(enhanced(p, T, n) for p in packets for n in (0, 2, 0, 2))
    reader = Reader(io.BytesIO(data), accept_for=accept_for)  # type: ignore[arg-type]  # bytes.isalpha takes no keyword
    assert asked == [1]  # before any packet, so that what is wrong shows early
    assert [(bytes(p), p.linktype) for p in reader] == [
        *((b"abcd", 1), (b"abcd", 113)) * 2,
        *((b"1234", 113),) * 2,
    ]
    assert asked == [1, 113]


def test_large_unknown_blocks_are_passed_over() -> None:
    data = section() + interface() + block(0x1234, bytes(300_000)) + enhanced(FRAME, T)
    assert len(list(Reader(io.BytesIO(data)))) == 1


def test_cut_at_every_byte() -> None:
    blocks = [
        section(),
        interface(options=option(2, b"eth0")),
        enhanced(FRAME, T, options=option(1, b"hello")),
        block(0x1234, bytes(40)),
        simple(FRAME),
        obsolete(FRAME, T),
        enhanced(FRAME, T),
    ]
    data = b"".join(blocks)
    ends = [0]
    for one in blocks:
        ends.append(ends[-1] + len(one))
    for cut in range(4, len(data)):
        count, error = until_error(data[:cut])
        whole = max(n for n, end in enumerate(ends) if end <= cut)
        # what is wrong before the first packet is told at once
        assert count == (sum(n in (2, 4, 5, 6) for n in range(whole)) if cut >= ends[2] else count)
        if cut in ends:
            assert error is None
        else:
            assert f"at byte {ends[whole]}: cut: " in str(error)
            assert f"got {cut - ends[whole]}" in str(error)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (struct.pack("<II", 6, 8) + bytes(20), "a block of 8 bytes, expected at least 12"),
        (struct.pack("<II", 6, 61) + bytes(60), "a block of 61 bytes, expected at least 12 and"),
        (struct.pack("<II", 6, 0xFFFFFFFC) + bytes(20), "a block of 4294967292 bytes, expected at"),
        (struct.pack("<II", 99, 16) + bytes(8), "a block of 16 bytes whose end says 0"),
        (enhanced(FRAME, T)[:-4] + b"\0\0\0\0", "a block of 96 bytes whose end says 0"),
        (enhanced(FRAME, T, 1), "a packet of interface 1, 1 are described"),
        (
            enhanced(FRAME, T)[:20] + b"\xff\0\0\0" + enhanced(FRAME, T)[24:],
            "a packet of 255 bytes",
        ),
        (block(6, bytes(8)), "a block of type 6 with 8 bytes, needs 20"),
        (enhanced(FRAME, T, options=struct.pack("<HH", 1, 9)), "option 1 needs 9 bytes, its block"),
        (simple(FRAME, wire=99), "a packet of 99 bytes, its block has room for 64"),
        (section()[:8] + bytes(20), "a section header without its byte-order magic"),
        (block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 2, 0, -1)), "pcapng version 2.0"),
    ],
)
def test_damage_is_reported_after_what_came_before(damage: bytes, words: str) -> None:
    before = section() + interface() + enhanced(FRAME, T)
    count, error = until_error(before + damage + enhanced(FRAME, T))
    assert count == 1
    assert str(error).startswith(f"<BytesIO>: at byte {len(before)}: damaged: {words}")


def test_a_packet_before_any_interface() -> None:
    count, error = until_error(section() + enhanced(FRAME, T))
    assert count == 0
    assert "a packet of interface 0, 0 are described" in str(error)


def test_interfaces_are_bounded() -> None:
    count, error = until_error(section() + interface() * 65537)
    assert count == 0
    assert "more than 65536 interfaces" in str(error)
