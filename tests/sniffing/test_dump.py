"""Dumps: readable at any moment, in turns by size or time."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.link.frames import frame
from tests.live.room import ROOT
from umpa import Packet
from umpa.core.origin import Origin
from umpa.errors import EncodeError, FileError
from umpa.link.file import read
from umpa.link.memory import MemoryLink
from umpa.sniffing import Capture, Dump, receive

Wire = tuple[MemoryLink, MemoryLink]
SECOND = 10**9


@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_what_was_captured_is_in_the_file_at_once(suffix: str, wire: Wire, tmp_path: Path) -> None:
    near, far = wire
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"of before")
    with Capture(near, dump=path, filter="udp port 2 or udp port 3") as capture:
        assert list(read(path)) == []
        far.send_many([frame(n) for n in range(5)])
        first = capture.next()
        assert first is not None
        kept = list(read(path))
        assert [packet.udp.dstport for packet in kept] == [2, 3]
        assert kept[0].time_ns == first.time_ns
        if suffix == ".pcapng":
            assert kept[0].interface == "left"


def test_count_and_stop_hold_for_the_file_too(wire: Wire, tmp_path: Path) -> None:
    near, far = wire
    far.send_many([frame(n) for n in range(9)])
    assert receive(2, near, dump=tmp_path / "a.pcap") == list(read(tmp_path / "a.pcap"))
    got = receive(device=near, stop=lambda p: p.udp.dstport == 5, dump=tmp_path / "b.pcap")
    assert [packet.udp.dstport for packet in got] == [2, 3, 4, 5]
    assert list(read(tmp_path / "b.pcap")) == got


CHILD = """
import sys
from tests.link.frames import frame
from umpa.link.memory import MemoryLink
from umpa.sniffing import Capture
near, far = MemoryLink.pair()
with Capture(near, dump=sys.argv[1]) as capture:
    number = 0
    while True:
        far.send_many([frame(n, 1400) for n in range(number, number + 20)])
        for n in range(number, number + 20):
            packet = capture.next()
        number += 20
        print(number, flush=True)
"""


@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_killed_at_any_moment_it_is_readable(suffix: str, tmp_path: Path) -> None:
    for reports in (1, 7, 40):
        path = tmp_path / f"{reports}{suffix}"
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)], cwd=ROOT, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            told = 0
            for _ in range(reports):
                told = int(child.stdout.readline())
            child.send_signal(signal.SIGKILL)
            told = max([told, *map(int, child.stdout.read().split(b"\n")[:-1])])
        numbers: list[int] = []
        with suppress(FileError):  # killed in the middle of a write: the last packet is cut
            numbers.extend(packet.udp.dstport for packet in read(path))
        assert len(numbers) >= told > 0
        assert numbers == [n & 0xFFFF for n in range(len(numbers))]


def packets(number: int, gap: float = 1.0) -> list[Packet]:
    return [
        Packet.dissect(frame(n, 100), time_ns=1000 * SECOND + round(n * gap * SECOND))
        for n in range(number)
    ]


def ports(path: str) -> list[int]:
    return [packet.udp.dstport for packet in read(path)]


def written(dump: Dump, batches: list[list[Packet]]) -> None:
    dump.open(Origin(1, "eth0"))
    try:
        for batch in batches:
            dump.write(batch)
    finally:
        dump.close()


def test_files_take_turns_by_size(tmp_path: Path) -> None:
    dump = Dump(tmp_path / "x.pcap", size=600)
    written(dump, [packets(5), packets(6)])
    assert [Path(path).name for path in dump.paths] == [f"x-0000{n}.pcap" for n in (1, 2, 3)]
    assert all(Path(path).stat().st_size <= 600 for path in dump.paths)
    assert [port for path in dump.paths for port in ports(path)] == [*range(5), *range(6)]


def test_a_packet_larger_than_the_size_has_a_file_of_its_own(tmp_path: Path) -> None:
    dump = Dump(tmp_path / "x.pcapng", size=50)
    written(dump, [packets(3)])
    assert [ports(path) for path in dump.paths] == [[0], [1], [2]]


def test_files_take_turns_by_time_and_the_last_stay(tmp_path: Path) -> None:
    dump = Dump(tmp_path / "x.pcapng", seconds=2.5, keep=2)
    written(dump, [packets(9)])
    assert [ports(path) for path in dump.paths] == [[3, 4, 5], [6, 7, 8]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x-00002.pcapng", "x-00003.pcapng"]


def test_a_capture_with_turns(wire: Wire, tmp_path: Path) -> None:
    near, far = wire
    far.send_many([frame(n, 100) for n in range(9)])
    dump = Dump(tmp_path / "x.pcap", size=400)
    assert len(receive(9, near, dump=dump)) == 9
    assert len(dump.paths) == 5


def test_mistakes(wire: Wire, tmp_path: Path) -> None:
    near, _ = wire
    for wrong, words in (
        (lambda: Dump("x.txt"), "the suffix '.txt' names no format"),
        (lambda: Dump("x.pcap.gz"), "a dump is not compressed"),
        (lambda: Dump("x.pcap", size=0), "size is 0, expected a number above 0"),
        (lambda: Dump("x.pcap", keep=2), "keep counts files that take turns"),
        (lambda: Dump("-", size=5), "standard output cannot take turns"),
        (lambda: Capture(near, dump="x.tar"), "names no format"),
        (Capture(near, dump=tmp_path / "no" / "x.pcap").open, "cannot be opened for writing: No"),
        (lambda: Dump("x.pcap").write([]), "the dump is not open"),
    ):
        with pytest.raises((FileError, ValueError), match=words):
            wrong()
    dump = Dump(tmp_path / "x.pcap")
    with Capture(near, dump=dump), pytest.raises(FileError, match="another capture is writing"):
        Capture(near, dump=dump).open()


def test_two_link_types_do_not_fit_a_pcap_file(wire: Wire, tmp_path: Path) -> None:
    near, far = wire
    raw, peer = MemoryLink.pair(linktype=101)
    far.send(frame(1))
    peer.send(frame(2)[14:])
    with Capture([near, raw], dump=tmp_path / "x.pcap") as capture:
        with pytest.raises(EncodeError, match="one link type"):
            capture.next(0)
        assert [capture.next(0) is None for _ in range(3)] == [False, False, True]  # nothing lost
    far.send(frame(1))
    peer.send(frame(2)[14:])
    with Capture([near, raw], dump=tmp_path / "x.pcapng") as capture:
        assert [capture.next(0) is None for _ in range(3)] == [False, False, True]
    assert [packet.linktype for packet in read(tmp_path / "x.pcapng")] == [1, 101]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="platform: no /dev/full")
def test_a_full_disk_is_told_at_once(wire: Wire, tmp_path: Path) -> None:
    near, _ = wire
    link = tmp_path / "x.pcap"
    link.symlink_to("/dev/full")
    with pytest.raises(FileError, match="cannot be written: No space left on device"):
        Capture(near, dump=link).open()
