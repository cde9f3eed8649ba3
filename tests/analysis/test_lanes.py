"""Lanes find the records that stepping from one to the next finds, wherever they are set down."""

from __future__ import annotations

import struct
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umpa.analysis import lanes
from umpa.analysis.lanes import Lanes

np: Any = import_module("numpy")
EPOCH = 1_790_000_000


def record(order: str, number: int, data: bytes, kept: int | None = None) -> bytes:
    size = len(data) if kept is None else kept
    return struct.pack(order + "IIII", EPOCH + number, number % 10**6, size, max(size, 60)) + data


def stepped(order: str, room: bytes, end: int) -> tuple[list[int], int]:
    """The same, without lanes: where whole records start, and where the last of them ends."""
    found: list[int] = []
    pos = 0
    while pos + 16 <= end:
        stop = pos + 16 + struct.unpack_from(order + "I", room, pos + 8)[0]
        if stop > end:
            break
        found.append(pos)
        pos = stop
    return found, pos


def same(order: str, room: bytes, end: int | None = None) -> int:
    """Check both ways; how many records there are."""
    end = len(room) if end is None else end
    starts, stop = Lanes(np, order).starts(bytearray(room) + bytes(64), end)
    assert (starts.tolist(), stop) == stepped(order, room, end)
    return len(starts)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few records are many lanes."""
    monkeypatch.setattr(lanes, "_WORTH", 64)
    monkeypatch.setattr(lanes, "_LANES", 12)


BAITS = (b"", b"umpa", bytes(40), record("<", 1, b"x" * 20), record(">", 5, bytes(9)) * 3)
"""What packets hold: among other things, what looks like records."""


@pytest.mark.parametrize("order", "<>")
@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(BAITS), st.binary(max_size=90)), max_size=80), st.data())
def test_whatever_packets_hold(
    order: str, parts: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    room = b"".join(record(order, n, bait + rest) for n, (bait, rest) in enumerate(parts))
    assert same(order, room) == len(parts)
    same(order, room, data.draw(st.integers(0, len(room))))  # the last record is cut


@pytest.mark.parametrize("kept", [17, 10_000, 2**31, 2**32 - 1])
@pytest.mark.parametrize("place", [0, 20, 199])
def test_a_damaged_length_ends_the_block_there(kept: int, place: int) -> None:
    room = b"".join(record("<", n, bytes(30), kept if n == place else None) for n in range(200))
    same("<", room)


def test_records_without_bytes_and_times_far_apart() -> None:
    assert same("<", b"".join(record("<", n << 20, b"") for n in range(500))) == 500


def test_lanes_save_nearly_all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    single: list[int] = []
    one_by_one = Lanes._one_by_one

    def counted(self: Lanes, *where: Any) -> int:
        pos = one_by_one(self, *where)
        single.append(len(where[-1][-1]))
        return pos

    monkeypatch.setattr(Lanes, "_one_by_one", counted)
    room = b"".join(record("<", n, bytes(n % 60)) for n in range(1000))
    assert same("<", room) == 1000
    assert sum(single) <= 2
