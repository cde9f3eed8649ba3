"""A capture file as a link."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from tests.link.ticking import TickingClock
from tests.savefile.craft import enhanced, interface, section
from umpa.errors import FileError, LinkClosed, LinkError
from umpa.link.aio import readable
from umpa.link.savefile import FileLink
from umpa.savefile import Reader, Writer

MS = 1_000_000
START = 1_600_000_000_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Four frames: at 0, 100, 50 (a clock set back) and 300 ms."""
    made = tmp_path / "in.pcap"
    with Writer(made, linktype=1) as writer:
        for number, ms in enumerate((0, 100, 50, 300)):
            writer.write(bytes([number]) * 20, time_ns=START + ms * MS)
    return made


def ended(link: FileLink) -> bool:
    return link.exhausted


def numbers(link: FileLink) -> list[int]:
    return [data[0] for _, data, _ in link.read()]


def test_all_frames_are_there_at_once(path: Path) -> None:
    with FileLink(path) as link:
        assert link.linktype == 1
        assert not ended(link)
        frames = link.read(3)
        assert [t - START for t, _, _ in frames] == [0, 100 * MS, 50 * MS]
        assert not ended(link)
        assert numbers(link) == [3]
        assert ended(link)
        assert link.read() == []
        assert link.wait()
        assert link.stats.received == 4
    with pytest.raises(LinkClosed):
        link.read()


@pytest.mark.parametrize(("pace", "due"), [(1, (0, 100, 100, 300)), (10, (0, 10, 10, 30))])
def test_frames_come_at_their_own_pace(path: Path, pace: float, due: tuple[int, ...]) -> None:
    clock = TickingClock()
    got: list[tuple[int, int]] = []
    with FileLink(path, pace=pace, clock=clock) as link:
        while not link.exhausted:
            assert link.wait()
            got += [(clock.now // MS, number) for number in numbers(link)]
    assert got == [(ms, number) for number, ms in enumerate(due)]


def test_waiting_has_an_end(path: Path) -> None:
    clock = TickingClock()
    with FileLink(path, pace=1, clock=clock) as link:
        assert numbers(link) == [0]
        assert not link.wait(0.05)
        assert clock.now == 50 * MS
        link.wakeup()
        assert link.wait(0.01)
        assert not link.wait(0.01)
        assert link.due_ns() == 100 * MS


def test_a_loop_waits_for_it(path: Path) -> None:
    async def main() -> list[int]:
        got: list[int] = []
        with FileLink(path, pace=20) as link:
            while not link.exhausted:
                assert await readable(link, 10)
                got += numbers(link)
            assert await readable(link, 10)
        return got

    assert asyncio.run(main()) == [0, 1, 2, 3]


def test_what_is_cut_is_said_to_be(captures: Path) -> None:
    with FileLink(captures / "snaplen.pcap") as link:
        lengths = [(len(data), length) for _, data, length in link.read()]
    wanted = [(len(bytes(p)), p.wire_length) for p in Reader(captures / "snaplen.pcap")]
    assert [(kept, length or kept) for kept, length in lengths] == wanted
    assert any(length is not None for _, length in lengths)


def test_what_is_sent_goes_to_another_file(path: Path, tmp_path: Path) -> None:
    clock = TickingClock()
    with FileLink(path, out=tmp_path / "out.pcapng", clock=clock) as link:
        clock.now = 7
        link.send(b"x" * 30)
        assert link.send_many([b"y" * 30, b"z" * 30]) == 2
        assert link.stats.sent == 3
    packets = list(Reader(tmp_path / "out.pcapng"))
    assert [bytes(p)[:1] for p in packets] == [b"x", b"y", b"z"]
    assert packets[0].time_ns == TickingClock.EPOCH + 7


def test_without_one_sending_is_an_error(path: Path) -> None:
    with FileLink(path) as link:
        with pytest.raises(LinkError, match=r"only read from; give FileLink\(\.\.\., out="):
            link.send(b"x")
        assert link.stats.refused == 1


def test_damage_is_told_behind_what_came_before(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
    with FileLink(path) as link:
        assert numbers(link) == [0, 1, 2]
        assert not ended(link)
        assert link.wait()
        with pytest.raises(FileError, match="cut"):
            link.read()
        assert ended(link)
        assert link.read() == []


def test_an_empty_capture_keeps_its_link_type(tmp_path: Path) -> None:
    with Writer(tmp_path / "x.pcap", linktype=101):
        pass
    with FileLink(tmp_path / "x.pcap") as link:
        assert link.linktype == 101
        assert ended(link)
        assert link.read() == []


def test_frames_of_another_link_type_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    frames = enhanced(bytes(60), 0) + enhanced(b"\x45" + bytes(39), 1, 1)
    path.write_bytes(section() + interface(1) + interface(101) + frames)
    with FileLink(path) as link:
        assert len(link.read()) == 1
        with pytest.raises(LinkError, match="link type 101 among those of 1"):
            link.read()


def test_mistakes_are_told_at_the_call(path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        FileLink(tmp_path / "none.pcap")
    for pace in (0, -1, math.nan):
        with pytest.raises(ValueError, match="pace is"):
            FileLink(path, pace=pace)
    with pytest.raises(FileError, match="suffix"):
        FileLink(path, out=tmp_path / "out.text")
