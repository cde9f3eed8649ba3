"""Where a capture file is written: a new file that takes the old one's place when it is whole."""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import os
import stat
import sys
from collections.abc import Callable
from typing import BinaryIO, cast

from umpa.errors import FileError
from umpa.savefile.source import PathOrFile, file_name

__all__ = ["Target"]


class Target:
    """A path, "-" for standard output, or a file opened in binary mode; errors are `FileError`s.

    A path that is, or will be, a regular file is written as a new file in the same directory, and
    renamed by `commit`; a device, a pipe or an open file is written directly.
    """

    def __init__(self, path: PathOrFile) -> None:
        self._temporary: str | None = None
        self._layers: list[BinaryIO] = []  # to be closed, the outermost first
        self.name = file_name(path, "standard output")
        if not isinstance(path, (str, os.PathLike)):
            self._file = path
            return
        if path == "-":
            self._file = sys.stdout.buffer
            return
        try:
            self._path = os.path.realpath(path)  # through links
            self._file = self._open()
        except (OSError, ValueError) as error:
            raise self._fail("opened for writing", error) from error
        self._layers.append(self._file)
        try:
            self._compress()
        except BaseException:
            self.abort()
            raise

    def _open(self) -> BinaryIO:
        mode: int | None = None
        if os.path.exists(self._path):
            mode = os.stat(self._path).st_mode
            if not stat.S_ISREG(mode) or not os.access(self._path, os.W_OK):
                return open(self._path, "wb")  # a write-protected file is refused here
        file, self._temporary = _new_file(os.path.dirname(self._path))
        if mode is not None:
            os.chmod(self._temporary, stat.S_IMODE(mode))
        return file

    def _compress(self) -> None:
        if self.name.endswith(".gz"):
            import gzip

            outer = gzip.GzipFile("", "wb", compresslevel=6, fileobj=self._file, mtime=0)
            self._file = cast(BinaryIO, outer)
            self._layers.insert(0, self._file)
        elif self.name.endswith(".zst"):
            self._file = _zstd_writer(self._file, self.name)
            self._layers.insert(0, self._file)

    def write(self, data: bytes) -> None:
        """Write all of `data`."""
        file = self._file
        rest = memoryview(data)
        try:
            if isinstance(file, io.RawIOBase):  # unbuffered: may take only a part
                while rest:
                    rest = rest[_taken(file.write(rest)) :]
            else:
                file.write(rest)
        except (OSError, ValueError) as error:
            raise self._fail("written", error) from error

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        try:
            self._file.flush()
        except (OSError, ValueError) as error:
            raise self._fail("written", error) from error

    def commit(self) -> None:
        """Finish the file, and put it in its place."""
        try:
            if not self._layers:
                self._file.flush()
            for layer in self._layers:
                layer.close()
            if self._temporary is not None:
                os.replace(self._temporary, self._path)
                self._temporary = None
        except (OSError, ValueError) as error:
            self.abort()
            raise self._fail("written", error) from error

    def abort(self) -> None:
        """Give up: remove the new file, so that the old one stays."""
        for close in (*(layer.close for layer in self._layers), self._remove):
            _quietly(close)

    def _remove(self) -> None:
        if self._temporary is not None:
            os.unlink(self._temporary)
            self._temporary = None

    def _fail(self, what: str, error: Exception) -> FileError:
        words = getattr(error, "strerror", None) or str(error)
        return FileError(f"{self.name}: cannot be {what}: {words}")


def _new_file(folder: str) -> tuple[BinaryIO, str]:
    """A new file in that directory, and its path."""
    for number in itertools.count():
        path = os.path.join(folder, f".umpa-{os.getpid()}-{number}.part")
        with contextlib.suppress(FileExistsError):
            return open(path, "xb"), path
    raise AssertionError("itertools.count has no end")


def _taken(written: int | None) -> int:
    if written is None:
        raise BlockingIOError(errno.EAGAIN, "it is in non-blocking mode")
    return written


def _quietly(action: Callable[[], object]) -> None:
    """Clean up after a failure: a second one, of a full disk say, must not hide the first."""
    with contextlib.suppress(OSError, ValueError):
        action()


def _zstd_writer(file: BinaryIO, name: str) -> BinaryIO:
    try:
        import zstandard
    except ImportError:
        if sys.version_info >= (3, 14):
            from compression import zstd

            options = {zstd.CompressionParameter.checksum_flag: 1}
            return cast(BinaryIO, zstd.ZstdFile(file, "wb", options=options))
        raise FileError(
            f"{name}: is to be compressed with zstd; to write it: pip install 'umpa[zstd]'"
        ) from None
    compressor = zstandard.ZstdCompressor(write_checksum=True)
    return cast(BinaryIO, compressor.stream_writer(file, closefd=False))
