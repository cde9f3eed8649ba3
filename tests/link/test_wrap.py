"""Wrappers: links over a link."""

from __future__ import annotations

import asyncio
import io
import math
import re
from pathlib import Path
from typing import Any

import pytest

from tests.link.ticking import TickingClock
from umpa import IP, UDP, Ethernet
from umpa.errors import EncodeError, FileError, LinkClosed, LinkDown, WouldBlock
from umpa.link.aio import readable, writable
from umpa.link.base import Frame, Link
from umpa.link.fault import Fault
from umpa.link.memory import MemoryLink
from umpa.link.wrap import Limit, Tee, Trace, Wrapper
from umpa.savefile import Reader, Writer

MS = 1_000_000
PACKET = Ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=9) / b"data"


def pair(**options: Any) -> tuple[TickingClock, MemoryLink, MemoryLink]:
    clock = TickingClock()
    return clock, *MemoryLink.pair(clock=clock, **options)


def silent(link: Link) -> Link:
    return Trace(link, lambda line: None)


def into_memory(link: Link) -> Link:
    return Tee(link, io.BytesIO())


def generous(link: Link) -> Link:
    return Limit(link, rate=1e6, burst=1e6)


def nested(link: Link) -> Link:
    return Trace(Tee(Fault(generous(link)), io.BytesIO()), lambda line: None)


@pytest.mark.parametrize("wrap", [Wrapper, silent, Fault, into_memory, generous, nested])
def test_each_is_a_link_like_what_is_inside(wrap: Any) -> None:
    _, left, right = pair(latency=0.1)
    link = wrap(left)
    assert (link.name, link.linktype, link.mtu, link.mac) == ("left", 1, 1500, left.mac)
    assert link.clock is left.clock
    assert link.fileno() == -1
    link.send(PACKET)
    assert link.send_many([PACKET, bytes(PACKET)]) == 2
    assert link.send_many([]) == 0
    assert right.wait(5)
    assert [data for _, data, _ in right.read()] == [bytes(PACKET)] * 3
    right.send(b"back")
    assert not link.wait(0.05)
    assert link.due_ns() == 200 * MS
    assert link.wait(5)
    assert [data for _, data, _ in link.read()] == [b"back"]
    assert link.read() == []
    assert link.wait_writable(0)
    assert link.stats.sent == 3
    assert link.stats.received == 1
    with pytest.raises(EncodeError):
        link.send(bytes(2000))
    link.wakeup()
    assert link.wait(0)
    link.close()
    link.close()
    assert link.closed
    assert left.closed
    for call in (link.read, lambda: link.send(PACKET)):
        with pytest.raises(LinkClosed):
            call()


@pytest.mark.parametrize("wrap", [Wrapper, silent, Fault, into_memory, generous, nested])
def test_each_can_be_awaited(wrap: Any) -> None:
    async def main() -> None:
        left, right = MemoryLink.pair(latency=0.01)
        with wrap(right) as link:
            left.send(b"x")
            assert not link.read()
            assert await readable(link, 10)
            assert await writable(link, 10)

    asyncio.run(main())


def test_trace_says_what_passes() -> None:
    lines: list[str] = []
    _, left, right = pair()
    link = Trace(left, lines.append)
    link.send(PACKET)
    right.send(PACKET)
    link.read()
    assert link.send_many([PACKET, bytes(9000)]) == 1
    assert [re.sub(r"^22:13:20\.000000 ", "", line) for line in lines] == [
        f"left > {PACKET.summary()}",
        f"left < {PACKET.summary()}",
        f"left > {PACKET.summary()}",
    ]


def test_what_was_not_taken_is_not_traced() -> None:
    lines: list[str] = []
    _, left, _ = pair(bandwidth=8, queue=1)
    link = Trace(left, lines.append)
    assert link.send_many([PACKET] * 3) == 1
    with pytest.raises(WouldBlock):
        link.send(PACKET)
    assert len(lines) == 1


def test_tee_writes_both_ways(tmp_path: Path) -> None:
    clock, left, right = pair()
    with Tee(left, tmp_path / "x.pcapng") as link:
        link.send(PACKET)
        clock.now = 5
        right.send(b"answer")
        link.read()
        link.flush()
    packets = list(Reader(tmp_path / "x.pcapng"))
    assert [bytes(p) for p in packets] == [bytes(PACKET), b"answer"]
    assert [p.time_ns for p in packets] == [TickingClock.EPOCH, TickingClock.EPOCH + 5]


def test_tee_leaves_a_writer_of_others_open(tmp_path: Path) -> None:
    _, left, right = pair()
    with Writer(tmp_path / "x.pcap") as writer:
        for link in (Tee(left, writer), Tee(right, writer)):
            link.send(b"frame")
            link.close()
            if link.link is left:
                break
        writer.write(b"more")
    assert len(list(Reader(tmp_path / "x.pcap"))) == 2


class FullDisk(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raise OSError(28, "No space left on device")


def test_tee_loses_no_frame_to_a_full_disk() -> None:
    _, left, right = pair()
    disk: Any = FullDisk()
    link = Tee(left, disk)
    right.send_many([bytes(1400)] * 200)
    with pytest.raises(FileError, match="No space left"):
        link.read()
    assert link.failed
    assert link.wait(0)
    assert len(link.read()) == 200
    link.send(b"goes on")
    link.close()


def test_fault_loses_on_both_ways_and_counts() -> None:
    _, left, right = pair()
    link = Fault(left, loss=0.5, seed=1)
    assert link.send_many([b"x"] * 1000) == 1000
    got = len(right.read(2000))
    assert 400 < got < 600
    assert link.lost == 1000 - got
    assert link.stats.sent == 1000
    right.send_many([b"y"] * 1000)
    came = len(link.read(2000))
    assert 400 < came < 600
    assert link.stats.received == came
    assert link.stats.dropped_by_interface == 1000 - came


def test_fault_changes_one_bit() -> None:
    _, left, right = pair()
    link = Fault(left, corrupt=1, seed=2)
    link.send(bytes(100))
    ((_, data, _),) = right.read()
    assert sum(byte.bit_count() for byte in data) == 1


def test_fault_repeats() -> None:
    _, left, right = pair()
    link = Fault(left, duplicate=1)
    link.send(b"x")
    assert len(right.read()) == 2
    right.send(b"y")
    assert len(link.read()) == 2
    assert link.stats.received == 2


def test_fault_delays_what_comes_in() -> None:
    clock, left, right = pair()
    link = Fault(left, delay=0.2)
    right.send(b"x")
    assert link.wait(5)  # something came, and is held back
    assert link.read() == []
    assert link.due_ns() == 200 * MS
    assert not link.wait(0.1)
    assert link.wait(5)
    assert clock.now == 200 * MS
    assert [(t - TickingClock.EPOCH, data) for t, data, _ in link.read()] == [(200 * MS, b"x")]


def test_fault_is_the_same_for_one_seed() -> None:
    runs = []
    for _ in range(2):
        _, left, right = pair()
        link = Fault(left, loss=0.2, corrupt=0.2, duplicate=0.2, reorder=0.2, seed=7)
        link.send_many([bytes(20)] * 100)
        right.send_many([bytes(20)] * 100)
        came = []
        while link.wait(1):
            came += link.read()
        runs.append((right.read(1000), came))
    assert runs[0] == runs[1]


def test_fault_gives_what_came_before_an_end() -> None:
    _, left, right = pair()
    link = Fault(left, delay=0.1)
    right.send(b"x")
    right.close()
    got: list[Frame] = []

    def read_on() -> None:
        while link.wait(5):
            got.extend(link.read())

    with pytest.raises(LinkDown):
        read_on()
    assert len(got) == 1


def test_limit_lets_frames_out_at_a_rate() -> None:
    clock, left, _ = pair()
    link = Limit(left, rate=10)
    times = []
    for _ in range(5):
        assert link.wait_writable(10)
        link.send(PACKET)
        times.append(clock.now // MS)
        with pytest.raises(WouldBlock, match=r"left: the limit is reached for 0\.1"):
            link.send(PACKET)
    assert times == [0, 100, 200, 300, 400]
    assert not link.wait_writable(0.05)
    assert clock.now == 450 * MS
    assert link.stats.refused == 5


def test_limit_allows_a_burst_after_a_rest() -> None:
    clock, left, _ = pair()
    link = Limit(left, rate=10, burst=4)
    assert link.send_many([PACKET] * 10) == 4
    clock.now += 250 * MS
    assert link.send_many([PACKET] * 10) == 2
    clock.now += 10_000 * MS
    assert link.send_many([PACKET] * 10) == 4


def test_limit_by_bandwidth() -> None:
    clock, left, _ = pair()
    link = Limit(left, bandwidth=8_000)
    for _ in range(3):
        assert link.wait_writable()
        link.send(bytes(500))
    assert clock.now == 1000 * MS
    clock.now += 5_000 * MS
    link = Limit(left, bandwidth=8_000, burst=8_000)
    assert link.send_many([bytes(500)] * 9) == 3  # the last one on credit


@pytest.mark.parametrize(
    "options",
    [{}, {"rate": 1, "bandwidth": 1}, {"rate": 0}, {"bandwidth": math.nan}, {"rate": 1, "burst": 0},
     {"rate": 1, "burst": 0.5}],
)  # fmt: skip
def test_wrong_limits_are_errors_at_the_call(options: dict[str, float]) -> None:
    _, left, _ = pair()
    with pytest.raises(ValueError, match="expected"):
        Limit(left, **options)


@pytest.mark.parametrize("options", [{"loss": 2}, {"delay": -1}, {"corrupt": math.nan}])
def test_wrong_faults_are_errors_at_the_call(options: dict[str, float]) -> None:
    _, left, _ = pair()
    with pytest.raises(ValueError, match=f"{next(iter(options))} is"):
        Fault(left, **options)  # type: ignore[arg-type]  # seed is none of them
