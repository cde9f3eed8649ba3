"""A capture file that is written while packets come.

1. The file is written straight into its place: killed at any moment, it is a capture file up to the
   last packet that was handed to the operating system.
2. `write` hands over all it was given before it returns. So no packet that a capture gave to its
   user is missing from the file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TypeAlias

from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.errors import FileError
from umpa.savefile.encode import Encoder, PcapEncoder, PcapngEncoder
from umpa.savefile.writer import format_of

__all__ = ["Dump", "PathOrDump"]

_SECOND = 1_000_000_000
_ENCODERS = {"pcap": PcapEncoder, "pcapng": PcapngEncoder}


class Dump:
    """Where and how a capture writes its packets: `Capture("eth0", dump=Dump("x.pcapng", ...))`.

    The format is the suffix's, .pcap or .pcapng; "-" is standard output, as pcap. Without `size`
    and `seconds` it is one file. With them, files are numbered (`x-00001.pcapng`, ...): a new one
    begins before a packet that would make the file longer than `size` bytes, or that was
    captured `seconds` or more after the first one in it. Of these the last `keep` stay, the
    others are removed; None: all stay. What has such a name already is written over.

    :raises FileError: the suffix names no format.
    :raises ValueError: a number that is not above 0, or `keep` for a single file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        size: int | None = None,
        seconds: float | None = None,
        keep: int | None = None,
    ) -> None:
        for name, number in (("size", size), ("seconds", seconds), ("keep", keep)):
            if number is not None and not number > 0:
                raise ValueError(f"{name} is {number!r}, expected a number above 0")
        self._rotates = size is not None or seconds is not None
        if keep is not None and not self._rotates:
            raise ValueError("keep counts files that take turns: give size or seconds too")
        self._name = os.fspath(path)
        self._standard = self._name == "-"
        if self._standard and self._rotates:
            raise ValueError("standard output cannot take turns: give a path")
        if self._name.endswith((".gz", ".zst")):
            raise FileError(
                f"{self._name}: a dump is not compressed, since it has to be readable at any "
                "moment: compress the file when it is finished"
            )
        self._format = format_of(self._name, None)
        self._size = sys.maxsize if size is None else size
        self._span = sys.maxsize if seconds is None else round(seconds * _SECOND)
        self._keep = keep
        self._number = 0
        self._descriptor: int | None = None
        self._encoder: Encoder
        self._first = self._written = 0

    @property
    def paths(self) -> list[str]:
        """The files there are, the oldest first."""
        if not self._rotates:
            return [self._name]
        oldest = 1 if self._keep is None else max(1, self._number - self._keep + 1)
        return [self._path(number) for number in range(oldest, self._number + 1)]

    def _path(self, number: int) -> str:
        if not self._rotates:
            return self._name
        stem, suffix = os.path.splitext(self._name)
        return f"{stem}-{number:05}{suffix}"

    def open(self, origin: Origin) -> None:
        """Begin (the first file), with a header for packets like `origin`.

        :raises FileError: it cannot be written, or is in use.
        """
        if self._descriptor is not None:
            raise FileError(f"{self._name}: another capture is writing to this dump")
        self._number = 0
        self._origin = origin
        self._next_file()

    def _next_file(self) -> None:
        """End the file, and begin the next one."""
        if self._number:
            self._hand_over()
        self.close()
        self._number += 1
        path = self._path(self._number)
        try:
            if self._standard:
                sys.stdout.flush()
                self._descriptor = os.dup(sys.stdout.fileno())
            else:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
                self._descriptor = os.open(path, flags, 0o666)
        except OSError as error:
            raise FileError(f"{path}: cannot be opened for writing: {error.strerror}") from error
        self._encoder = _ENCODERS[self._format](None, True)
        self._written, self._first = 0, -1
        self._encoder.begin(self._origin)
        self._hand_over()
        if self._keep is not None and self._number > self._keep:
            with suppress(FileNotFoundError):  # somebody took it away already
                os.unlink(self._path(self._number - self._keep))

    def write(self, packets: Iterable[Packet]) -> None:
        """Write packets, and hand them to the operating system.

        :raises FileError: they cannot be written.
        :raises EncodeError: a packet does not fit the format; those before it were written.
        """
        if self._descriptor is None:
            raise FileError(f"{self._name}: the dump is not open")
        try:
            if self._rotates:
                for packet in packets:
                    self._make_room(packet)
                    self._encoder.add(packet)
            else:
                add = self._encoder.add
                for packet in packets:
                    add(packet)
        finally:
            self._hand_over()

    def _make_room(self, packet: Packet) -> None:
        time = packet.time_ns or 0
        if self._first < 0:
            self._first = time
            return
        length = len(packet) + 64  # its record, with options that there may be
        full = self._written + self._encoder.size + length > self._size
        if full or time - self._first >= self._span:
            self._next_file()
            self._first = time

    def _hand_over(self) -> None:
        data = self._encoder.take()
        self._written += len(data)
        rest = memoryview(data)
        assert self._descriptor is not None
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            path = self._path(self._number)
            raise FileError(f"{path}: cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Give the file back; what was written is there."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


PathOrDump: TypeAlias = "str | os.PathLike[str] | Dump"
"""What `dump=` takes."""
