"""Pieces in any order: each byte where it belongs, the first ones kept, no hole closed up."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from umpa.analysis.assembly import Assembly

PIECES = st.lists(st.tuples(st.integers(0, 60), st.binary(min_size=1, max_size=20)), max_size=30)


def put(*pieces: tuple[int, bytes], most: int = 1 << 20) -> Assembly:
    assembly = Assembly(most)
    for at, data in pieces:
        assembly.add(at, data)
    return assembly


@given(PIECES)
def test_it_is_a_map_from_offsets_to_the_first_bytes(pieces: list[tuple[int, bytes]]) -> None:
    model: dict[int, int] = {}
    repeated = conflicts = 0
    for at, data in pieces:
        for offset, byte in enumerate(data, at):
            repeated += offset in model
            conflicts += model.setdefault(offset, byte) != byte
    assembly = put(*pieces)
    found = list(assembly.pieces())
    assert {at + i: byte for at, data in found for i, byte in enumerate(data)} == model
    assert all(a + len(data) < b for (a, data), (b, _) in pairwise(found))
    assert (assembly.kept, assembly.repeated) == (len(model), repeated)
    assert (assembly.conflicts, assembly.dropped) == (conflicts, 0)


@given(PIECES, st.integers(1, 50))
def test_room_is_never_exceeded(pieces: list[tuple[int, bytes]], most: int) -> None:
    assembly = put(*pieces, most=most)
    kept = sum(len(data) for _, data in assembly.pieces())
    assert kept == assembly.kept <= most
    assert kept + assembly.repeated + assembly.dropped == sum(len(data) for _, data in pieces)


def test_in_order_is_one_run() -> None:
    assembly = put(*((at, b"x") for at in range(1000)))
    assert len(assembly._runs) == 1


def test_late_pieces_join_what_they_close() -> None:
    assembly = put(*((at ^ 1, b"x") for at in range(1000)))
    assert len(assembly._runs) == 1


def test_every_other_byte_takes_bounded_memory() -> None:
    assembly = put(*((at * 2, b"x") for at in range(70_000)))
    assert assembly.kept == 1 << 16
    assert assembly.dropped == 70_000 - (1 << 16)


def test_backwards() -> None:
    assembly = put(*((at, bytes([at & 255])) for at in reversed(range(3000))))
    assert list(assembly.pieces()) == [(0, bytes(at & 255 for at in range(3000)))]
