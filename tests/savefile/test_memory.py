"""Memory does not grow with the length of a file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from umpa import savefile
from umpa.core.packet import Packet
from umpa.savefile import Reader

FRAME = bytes(range(200))


def packets(count: int) -> Iterator[Packet]:
    for n in range(count):
        yield Packet.dissect(FRAME, time_ns=n * 10**6)


def read(path: Path, _: Path) -> None:
    for _packet in Reader(path):
        pass


def copy(path: Path, target: Path) -> None:
    savefile.write(target, Reader(path))


def rewrite(path: Path, target: Path) -> None:
    savefile.write(target, iter(Reader(path)))


def peak(work: Callable[[], None]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".pcap", ".pcapng", ".pcap.gz", ".pcap.zst"])
@pytest.mark.parametrize("work", [read, copy, rewrite])
def test_ten_times_the_file_takes_the_same_memory(
    suffix: str, work: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    small, large = tmp_path / f"small{suffix}", tmp_path / f"large{suffix}"
    savefile.write(small, packets(2_000))
    savefile.write(large, packets(20_000))
    target = tmp_path / f"out{suffix}"
    work(small, target)  # imports and caches
    least = peak(lambda: work(small, target))
    most = peak(lambda: work(large, target))
    assert most < least + 150_000
    assert most < 3_000_000
