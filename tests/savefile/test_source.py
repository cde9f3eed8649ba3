"""Where the bytes come from: paths, streams, compression, and what is no capture at all."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zstandard

from tests.savefile.craft import (
    enhanced,
    facts,
    interface,
    pcap_header,
    record,
    section,
    until_error,
)
from umpa.errors import FileError
from umpa.savefile import Reader, read

FRAME = bytes(range(60))
PCAP = pcap_header() + b"".join(record(FRAME, 1_700_000_000, n) for n in range(100))
PCAPNG = section() + interface() + b"".join(enhanced(FRAME, n) for n in range(100))


def compress(data: bytes) -> dict[str, bytes]:
    half = len(data) // 2
    zstd = zstandard.ZstdCompressor()
    return {
        "gzip": gzip.compress(data),
        "gzip, members": gzip.compress(data[:half]) + gzip.compress(data[half:]),
        "gzip, padded": gzip.compress(data) + bytes(5000),
        "zstd": zstd.compress(data),
        "zstd, frames": zstd.compress(data[:half]) + zstd.compress(data[half:]),
        "zstd, skippable": zstd.compress(data) + b"\x50\x2a\x4d\x18\3\0\0\0abc",
    }


@pytest.mark.parametrize("data", [PCAP, PCAPNG], ids=["pcap", "pcapng"])
def test_compression_is_known_by_content(data: bytes, tmp_path: Path) -> None:
    want = facts(Reader(io.BytesIO(data)))
    assert len(want) == 100
    for kind, packed in compress(data).items():
        path = tmp_path / "capture.txt"
        path.write_bytes(packed)
        assert facts(Reader(path)) == want, kind
        assert facts(Reader(io.BytesIO(packed))) == want, kind


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_compressed_files_cut_at_every_byte(kind: str) -> None:
    data = pcap_header() + b"".join(record(os.urandom(40), 1, n) for n in range(20))
    packed = compress(data)[kind]
    most = 0
    for cut in range(4, len(packed)):
        count, error = until_error(packed[:cut])
        assert count >= most or count == -1
        assert str(error).startswith(f"<BytesIO>: the {kind} data is cut at its byte {cut}")
        most = count
    if kind == "gzip":  # zstd gives out whole blocks of up to 128 kB
        assert most == 20


def test_damaged_compression_comes_after_what_was_before() -> None:
    zstd = zstandard.ZstdCompressor(write_checksum=True)
    data = pcap_header() + b"".join(record(os.urandom(500) * 2, 1, n) for n in range(1000))
    for packed in (gzip.compress(data), zstd.compress(data)):
        half = len(packed) // 2
        count, error = until_error(packed[:half] + bytes(100) + packed[half + 100 :])
        assert count >= 300
        # what gzip makes of damage may go on for a while, and then be no capture
        assert "damaged" in str(error)
        assert "\n" not in str(error)


def test_what_follows_a_gzip_member_must_be_one() -> None:
    with pytest.raises(FileError, match="the gzip data is damaged near its byte"):
        list(Reader(io.BytesIO(gzip.compress(PCAP) + b"garbage")))


def test_compressed_bombs_take_no_memory() -> None:
    bomb = pcap_header() + b"".join(record(bytes(65535), 1, n) for n in range(400))
    for packed in (gzip.compress(bomb), zstandard.ZstdCompressor().compress(bomb)):
        assert sum(1 for _ in Reader(io.BytesIO(packed))) == 400


def test_zstd_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("platform: the standard library has zstd")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    path = tmp_path / "x.zst"
    path.write_bytes(zstandard.ZstdCompressor().compress(PCAP))
    with pytest.raises(FileError, match=r"is compressed with zstd; .* pip install 'umpa\[zstd\]'"):
        Reader(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty, not a capture file"),
        (b"GET / HTTP/1.1", "is no capture file: begins with the bytes 47 45 54 20, expected the"),
        (b"\xd4", "is no capture file: begins with the bytes d4"),
        (gzip.compress(b""), "is empty, not a capture file"),
        (gzip.compress(b"hello"), "is no capture file: begins with the bytes 68 65 6c 6c"),
        (PCAP[:7], "at byte 0: cut: a pcap header needs 24 bytes, got 7"),
        (PCAPNG[:7], "at byte 0: cut: a pcapng block needs 12 bytes, got 7"),
    ],
)
def test_what_is_no_capture_is_told_at_once(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(content)
    with pytest.raises(FileError) as info:
        read(path)
    assert str(info.value).startswith(f"{path}: {words}")


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.pcap: no such file"):
        Reader(tmp_path / "none.pcap")
    with pytest.raises(FileError, match="is a directory, not a capture file"):
        Reader(str(tmp_path))
    with pytest.raises(FileError, match="cannot be opened: embedded null byte"):
        Reader("a\0b")
    with pytest.raises(FileError, match="7 is neither a path nor a file"):
        Reader(7)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.skipif(os.geteuid() == 0, reason="platform: root may read everything")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(PCAP)
    path.chmod(0)
    with pytest.raises(FileError, match="may not be read by this user"):
        Reader(path)


def test_files_that_are_open_already(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(PCAP)
    with open(path, "rb") as file:
        assert len(list(Reader(file))) == 100
        assert not file.closed
    with open(path, "rb", buffering=0) as raw:
        assert len(list(Reader(raw))) == 100
    with pytest.raises(FileError, match=r"x\.pcap: cannot be read: "):
        Reader(file)
    with open(path, encoding="latin-1") as text, pytest.raises(FileError, match="gave str, not by"):
        Reader(text)  # type: ignore[arg-type]  # the mistake under test


def test_an_error_of_the_device_comes_after_what_was_read() -> None:
    class Broken(io.RawIOBase):
        pieces = iter([PCAP[:1000]])

        def read(self, size: int = -1) -> bytes:
            for piece in self.pieces:
                return piece
            raise OSError(5, "Input/output error")

    count, error = until_error(Broken())  # type: ignore[arg-type]  # a raw file will do
    assert count == 12
    assert str(error) == "<Broken>: cannot be read: Input/output error"


@pytest.mark.parametrize("data", [PCAP, PCAPNG, gzip.compress(PCAP)], ids=["pcap", "ng", "gz"])
@pytest.mark.parametrize("size", [1, 7, 76])
def test_pipes_that_deliver_little_at_a_time(data: bytes, size: int) -> None:
    class Trickle(io.BytesIO):
        def read1(self, _: int | None = -1, /) -> bytes:
            return super().read1(size)

    assert len(list(Reader(Trickle(data)))) == 100


def test_packets_come_from_a_pipe_as_soon_as_they_are_there(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    seen = threading.Event()

    def produce() -> None:
        with open(path, "wb", buffering=0) as file:
            file.write(PCAP[: 24 + 76])
            assert seen.wait(10)
            file.write(PCAP[24 + 76 :])

    thread = threading.Thread(target=produce)
    thread.start()
    packets = read(path)
    next(packets)
    seen.set()
    assert len(list(packets)) == 99
    thread.join()


def test_standard_input() -> None:
    program = "from umpa import savefile; print(sum(1 for _ in savefile.read('-')))"
    for data in (PCAP, gzip.compress(PCAPNG)):
        done = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True)
        assert (done.stdout, done.stderr) == (b"100\n", b"")
    done = subprocess.run([sys.executable, "-c", program], input=b"no", capture_output=True)
    assert b"FileError: standard input: is no capture file" in done.stderr


def test_the_file_is_closed_when_its_reader_goes(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(PCAP)
    with Reader(path) as reader:
        next(reader)
    with pytest.raises(StopIteration):
        next(reader)
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    for count in (None, 3, 0):
        list(read(path, count))
    read(path)  # nobody iterates; an unclosed file would be a ResourceWarning, here an error
    after = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    assert before == after


def test_importing_loads_nothing_that_is_not_needed() -> None:
    program = (
        "import sys, umpa.savefile; "
        "print([m for m in ('pcap', 'cypcap', 'dpkt', 'asyncio', 'socket', 'gzip', 'zlib', "
        "'zstandard', 'tempfile') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
