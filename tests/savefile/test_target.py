"""A capture file takes its place when it is whole, and not before."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.savefile.craft import facts
from umpa import savefile
from umpa.core.packet import Packet
from umpa.errors import EncodeError, FileError
from umpa.savefile import Reader, Writer

PACKET = Packet.dissect(bytes(range(60)), time_ns=5)
WANT = facts([PACKET])


def failing() -> Iterator[Packet]:
    yield from [PACKET] * 5000
    raise RuntimeError("mine")


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng", "x.pcap.gz", "x.pcapng.zst"])
def test_a_failure_loses_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with pytest.raises(RuntimeError, match="mine"):
        savefile.write(path, failing())
    assert os.listdir(tmp_path) == []
    path.write_bytes(b"precious")
    with pytest.raises(RuntimeError, match="mine"):
        savefile.write(path, failing())
    with pytest.raises(EncodeError):
        savefile.write(path, [PACKET, "text"])  # type: ignore[list-item]  # the mistake under test
    assert os.listdir(tmp_path) == [name]
    assert path.read_bytes() == b"precious"


def test_the_old_file_is_there_until_close(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(b"precious")
    path.chmod(0o640)
    with Writer(path) as writer:
        for _ in range(5000):
            writer.write(PACKET)
        assert path.read_bytes() == b"precious"
    assert len(list(Reader(path))) == 5000
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["x.pcap"]


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    savefile.write(tmp_path / "x.pcap", [PACKET])
    assert (tmp_path / "x.pcap").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_can_be_rewritten_from_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    savefile.write(path, [PACKET] * 5000)
    assert savefile.write(path, (p for n, p in enumerate(savefile.read(path)) if n % 2)) == 2500
    assert facts(Reader(path)) == WANT * 2500


def test_links_stay_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "x.pcap"
    link = tmp_path / "link.pcap"
    link.symlink_to(target)
    savefile.write(link, [PACKET])
    assert link.is_symlink()
    assert facts(Reader(target)) == WANT


def test_two_writers_of_one_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    with Writer(path) as first, Writer(path) as second:
        first.write(PACKET)
        second.write(PACKET)
        second.write(PACKET)
    assert facts(Reader(path)) == WANT  # the last one closed
    assert os.listdir(tmp_path) == ["x.pcap"]


def test_close_and_abort(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    writer = Writer(path)
    writer.write(PACKET)
    writer.abort()
    writer.abort()
    writer.close()
    assert os.listdir(tmp_path) == []
    for action in (lambda: writer.write(PACKET), writer.flush, lambda: writer.write_all([PACKET])):
        with pytest.raises(FileError, match=r"x\.pcap: is closed, nothing can be written to it"):
            action()


def test_a_writer_that_nobody_closes_warns(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x.pcap")
    with pytest.warns(ResourceWarning, match="never closed, so not written"):
        del writer
    assert os.listdir(tmp_path) == []


def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"x\.pcap: cannot be opened for writing: No such file"):
        Writer(tmp_path / "none" / "x.pcap")
    with pytest.raises(FileError, match="cannot be opened for writing: Is a directory"):
        Writer(tmp_path, format="pcap")
    with pytest.raises(FileError, match="embedded null"):
        Writer("a\0b.pcap")
    with pytest.raises(FileError, match="neither a path nor a file"):
        Writer(7)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.skipif(os.geteuid() == 0, reason="platform: root may write everything")
def test_a_write_protected_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(b"precious")
    path.chmod(0o444)
    with pytest.raises(FileError, match="cannot be opened for writing: Permission denied"):
        Writer(path)
    assert path.read_bytes() == b"precious"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="platform: no /dev/full")
def test_a_full_disk_is_a_file_error() -> None:
    with pytest.raises(FileError, match="/dev/full: cannot be written: No space left"):
        savefile.write("/dev/full", [PACKET] * 5000)
    with pytest.raises(FileError, match="/dev/full: cannot be written: No space left"):
        savefile.write("/dev/full", [PACKET])


def test_devices_and_pipes_are_written_directly(tmp_path: Path) -> None:
    assert savefile.write(os.devnull, [PACKET]) == 1
    path = tmp_path / "fifo"
    os.mkfifo(path)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(path.read_bytes()))
    thread.start()
    savefile.write(path, [PACKET] * 3)
    thread.join()
    assert facts(Reader(io.BytesIO(got[0]))) == WANT * 3
    assert path.is_fifo()


def test_open_files_stay_open(tmp_path: Path) -> None:
    for buffering in (0, -1):
        with open(tmp_path / "x", "wb", buffering=buffering) as file:
            savefile.write(file, [PACKET] * 5000)
            assert not file.closed
        assert facts(Reader(tmp_path / "x")) == WANT * 5000


def test_unbuffered_files_may_take_a_part() -> None:
    class Small(io.RawIOBase):
        taken = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object, /) -> int | None:
            if len(self.taken) > 5000:
                return None
            self.taken += bytes(data)[:7]  # type: ignore[call-overload]  # it is a buffer
            return 7

    small = Small()
    with Writer(small) as writer:  # type: ignore[arg-type]  # a raw file will do
        writer.write(PACKET)
    assert len(small.taken) == 24 + 16 + 60 - 2 + 2
    with pytest.raises(FileError, match="cannot be written: it is in non-blocking mode"):
        savefile.write(small, [PACKET] * 5000)  # type: ignore[arg-type]  # as above


def test_flush_serves_the_other_end_of_a_pipe() -> None:
    out, into = os.pipe()
    with open(into, "wb") as file, Writer(file) as writer, open(out, "rb") as reader:
        writer.write(PACKET)
        writer.flush()
        assert len(os.read(reader.fileno(), 1000)) == 24 + 16 + 60


def test_standard_output() -> None:
    program = (
        "from umpa import savefile; from umpa.core.packet import Packet; "
        "p = Packet.dissect(bytes(60), time_ns=5); print(savefile.write('-', [p] * 3), end='')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.endswith(b"3")
    assert len(list(Reader(io.BytesIO(done.stdout[:-1])))) == 3


def test_zstd_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("platform: the standard library has zstd")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(FileError, match=r"x\.pcap\.zst: .* zstd; .* pip install 'umpa\[zstd\]'"):
        Writer(tmp_path / "x.pcap.zst")
    assert os.listdir(tmp_path) == []
