"""How far a long file has been read, on standard error, for whoever is waiting at a terminal."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Progress"]

_PATIENCE = 1.0
"""Seconds without output until a line appears; then it changes as often as `_PACE` says."""
_PACE = 0.2
_MEGA = 1_000_000


class Progress:
    """A line such as `1200 packets, 350 of 1000 MB, 120 MB/s`, erased before anything is printed.

    It appears only where standard error is a terminal, and only after a second in which nothing
    was printed to that same terminal.
    """

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()
        self._shared = self._wanted and sys.stdout.isatty()
        self._began = self._quiet_since = time.monotonic()
        self._drawn = 0.0
        self._packets = self._bytes = self._size = 0
        self._file: BinaryIO | None = None

    def watch(self, path: str) -> str | BinaryIO:
        """What to read in the place of `path`: the same, seen piece by piece."""
        if not self._wanted:
            return path
        if path == "-":
            return cast(BinaryIO, _Watched(sys.stdin.buffer, "standard input", self))
        try:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115  # closed by __exit__
            self._size = os.fstat(self._file.fileno()).st_size
        except OSError:
            return path  # whoever reads it says what is wrong
        return cast(BinaryIO, _Watched(self._file, path, self))

    def passed(self, size: int) -> None:
        """So many bytes more were read."""
        self._bytes += size
        now = time.monotonic()
        if now - self._quiet_since > _PATIENCE and now - self._drawn > _PACE:
            self._drawn = now
            speed = self._bytes / _MEGA / (now - self._began)
            total = f" of {self._size / _MEGA:.0f}" if self._size else ""
            self._write(
                f"{self._packets} packets, {self._bytes / _MEGA:.0f}{total} MB, {speed:.0f} MB/s"
            )

    def erase(self, packets: int) -> None:
        """Make room for output; `packets` were found so far."""
        self._packets = packets
        if self._drawn:
            self._drawn = 0.0
            self._write("")
        if self._shared:
            self._quiet_since = time.monotonic()

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.erase(self._packets)
        if self._file is not None:
            self._file.close()


class _Watched:
    """A file that tells how much was read from it."""

    def __init__(self, file: BinaryIO, name: str, progress: Progress) -> None:
        self.name = name
        self._progress = progress
        self._read = getattr(file, "read1", file.read)

    def read(self, size: int) -> bytes:
        piece: bytes = self._read(size)
        self._progress.passed(len(piece))
        return piece
