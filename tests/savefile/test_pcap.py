"""Reading pcap: golden bytes of every variant, and damage at every place."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from tests.savefile.craft import KUZNETZOV, MICRO, NANO, facts, pcap_header, record, until_error
from umpa.core.packet import Packet
from umpa.savefile import Reader, read

FRAME = bytes(range(60))
T = 1_700_000_000


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit"), [(MICRO, 1000), (NANO, 1)])
def test_byte_orders_and_resolutions(order: str, magic: int, unit: int) -> None:
    data = (
        pcap_header(order, magic)
        + record(FRAME, T, 999_999, order=order)
        + record(FRAME[:10], T, 5, wire=1500, order=order)
        + record(b"", 0xFFFFFFFF, 0, order=order)
    )
    assert facts(Reader(io.BytesIO(data))) == [
        (T * 10**9 + 999_999 * unit, FRAME, 60, 1),
        (T * 10**9 + 5 * unit, FRAME[:10], 1500, 1),
        (0xFFFFFFFF * 10**9, b"", 0, 1),
    ]


def test_the_golden_bytes_of_the_draft() -> None:
    data = bytes.fromhex(
        "d4c3b2a1 0200 0400 00000000 00000000 00000400 71000000"
        "00f15365 40e20100 04000000 08000000 01020304"
    )
    assert facts(Reader(io.BytesIO(data))) == [(1_700_000_000_123_456_000, b"\1\2\3\4", 8, 113)]


def test_modified_format_has_longer_records() -> None:
    body = record(FRAME, T, 1)
    data = pcap_header(magic=KUZNETZOV) + (body[:16] + bytes(8) + body[16:]) * 2
    assert facts(Reader(io.BytesIO(data))) == [(T * 10**9 + 1000, FRAME, 60, 1)] * 2


def test_lengths_are_swapped_before_version_2_3() -> None:
    data = pcap_header(version=(2, 2)) + struct.pack("<IIII", T, 0, 99, 60) + FRAME
    assert facts(Reader(io.BytesIO(data))) == [(T * 10**9, FRAME, 99, 1)]


@pytest.mark.parametrize(
    ("word", "linktype", "fcs_length"),
    [
        (1, 1, 0),
        (0x24000001, 1, 4),
        (0x14000093, 147, 2),
        (0x20000001, 1, 0),
        (0xF40003E8, 1000, 30),
    ],
)
def test_link_type_words_with_fcs_bits(word: int, linktype: int, fcs_length: int) -> None:
    (packet,) = Reader(io.BytesIO(pcap_header(word=word) + record(FRAME, T, 0)))
    assert packet.linktype == linktype
    assert packet._origin.fcs_length == fcs_length


def test_whole_packets_share_one_origin() -> None:
    data = pcap_header() + record(FRAME, T, 0) * 2 + record(FRAME, T, 0, wire=61)
    first, second, cut = Reader(io.BytesIO(data))
    assert first._origin is second._origin
    assert cut._origin is not first._origin
    assert first._origin.wire_length is None


def test_packets_are_ordinary_packets() -> None:
    (packet,) = Reader(io.BytesIO(pcap_header() + record(FRAME, T, 0)))
    assert isinstance(packet, Packet)
    assert packet == Packet.dissect(FRAME)
    assert packet.layers[0].name == "eth"
    assert bytes(packet) == FRAME


def test_records_larger_than_a_piece_of_the_file() -> None:
    large = bytes(range(256)) * 1500
    data = pcap_header() + record(FRAME, T, 0) + record(large, T, 1) + record(FRAME, T, 2)
    assert [len(p) for p in Reader(io.BytesIO(data))] == [60, len(large), 60]


def test_accept_sees_the_bytes_before_there_is_a_packet() -> None:
    data = pcap_header() + b"".join(record(bytes([n]), T, n) for n in range(200))
    seen: list[bytes] = []

    def accept(raw: bytes) -> bool:
        seen.append(raw)
        return raw[0] % 50 == 0

    assert [bytes(p)[0] for p in Reader(io.BytesIO(data), accept)] == [0, 50, 100, 150]
    assert seen == [bytes([n]) for n in range(200)]


def test_count(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap_header() + record(FRAME, T, 0) * 5)
    assert len(list(read(path, count=3))) == 3
    assert len(list(read(path, count=0))) == 0
    assert len(list(read(path, count=9))) == 5
    with pytest.raises(ValueError, match="count is -1, expected a whole number"):
        read(path, count=-1)


def test_cut_at_every_byte() -> None:
    records = [record(bytes(n), T, n) for n in (0, 3, 60)]
    data = pcap_header() + b"".join(records)
    ends = [24]
    for one in records:
        ends.append(ends[-1] + len(one))
    for cut in range(1, len(data)):
        got, error = until_error(data[:cut])
        if cut < 24:
            assert got == -1
            continue
        whole = max(n for n, end in enumerate(ends) if end <= cut)
        assert got == whole
        if cut in ends:
            assert error is None
        else:
            assert f"<BytesIO>: at byte {ends[whole]}: cut: the packet record needs" in str(error)
            assert f"got {cut - ends[whole]}" in str(error)


@pytest.mark.parametrize("length", [0x08000001, 0x7FFFFFFF, 0xFFFFFFFF])
def test_absurd_lengths_are_damage(length: int) -> None:
    data = pcap_header() + record(FRAME, T, 0) + struct.pack("<IIII", T, 0, length, 60) + FRAME
    count, error = until_error(data)
    assert count == 1
    assert str(error) == (
        f"<BytesIO>: at byte 100: damaged: a packet of {length} bytes, expected at most 134217728"
    )


def test_versions_that_nobody_knows() -> None:
    count, error = until_error(pcap_header(version=(3, 0)))
    assert count == -1
    assert str(error) == "<BytesIO>: at byte 4: pcap version 3.0, expected 2.x"


def test_iteration_goes_on_where_it_stopped() -> None:
    reader = Reader(io.BytesIO(pcap_header() + record(FRAME, T, 0) * 3))
    next(reader)
    assert next(iter(reader)).time_ns == T * 10**9
    assert len(list(reader)) == 1
    assert list(reader) == []


def test_an_exception_of_the_test_reaches_the_caller() -> None:
    def accept(raw: bytes) -> bool:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        list(Reader(io.BytesIO(pcap_header() + record(FRAME, T, 0)), accept))
