"""libpcap's counters of 32 bits, made endless."""

from __future__ import annotations

from umpa.errors import LinkError
from umpa.link.base import Frame
from umpa.link.libpcap.tally import Tally


class Handle:
    """Counts what it is told to."""

    linktype = 1
    unsure = 0

    def __init__(self) -> None:
        self.counts: tuple[int, int, int] | None = (0, 0, 0)

    def fileno(self) -> int:
        return -1

    def read(self, into: list[Frame], count: int) -> None:
        raise NotImplementedError

    def inject(self, data: bytes) -> None:
        raise NotImplementedError

    def set_filter(self, text: str) -> None:
        raise NotImplementedError

    def stats(self) -> tuple[int, int, int]:
        if self.counts is None:
            raise LinkError("gone")
        return self.counts

    def close(self) -> None:
        raise NotImplementedError


def test_counters_that_start_again_at_zero() -> None:
    tally, handle = Tally(), Handle()
    tally.start(handle)
    handle.counts = (0xFFFF_FF00, 5, 0)
    tally.count()
    handle.counts = (0x100, 7, 1)
    tally.count()
    assert (tally.received, tally.dropped, tally.dropped_by_interface) == (0x1_0000_0100, 7, 1)


def test_they_are_looked_at_often_enough() -> None:
    tally, handle = Tally(), Handle()
    tally.start(handle)
    for round in range(1, 600):  # ten thousand million frames
        handle.counts = (round * (1 << 24) & 0xFFFF_FFFF, 0, 0)
        tally.read(1 << 24)
    assert tally.received == 599 << 24


def test_several_handles_one_after_the_other() -> None:
    tally = Tally()
    for _ in range(3):
        handle = Handle()
        tally.start(handle)
        handle.counts, handle.unsure = (10, 2, 1), 4
        tally.stop()
        tally.count()
    assert (tally.received, tally.dropped, tally.dropped_by_interface) == (30, 6, 3)
    assert tally.unsure == 12


def test_a_device_that_does_not_answer_any_more() -> None:
    tally, handle = Tally(), Handle()
    tally.start(handle)
    handle.counts = (10, 2, 1)
    tally.count()
    handle.counts = None
    tally.stop()
    assert (tally.received, tally.dropped) == (10, 2)
