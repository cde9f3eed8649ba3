"""Writing capture files."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterable
from types import TracebackType

from umpa.core.layer import Layer
from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.errors import FileError, suggest
from umpa.savefile.encode import FULL, Encoder, PcapEncoder, PcapngEncoder
from umpa.savefile.reader import Reader
from umpa.savefile.source import PathOrFile
from umpa.savefile.target import Target

__all__ = ["Writer", "format_of", "write"]

_SUFFIXES = {".pcap": "pcap", ".cap": "pcap", ".dmp": "pcap", ".pcapng": "pcapng"}
_ENCODERS = {"pcap": PcapEncoder, "pcapng": PcapngEncoder}


class Writer:
    """A pcap or pcapng file being written.

    `path` is a path, "-" for standard output, or a file opened in binary mode. The format is
    `format` ("pcap", "pcapng") or the suffix's: .pcap or .pcapng, with .gz or .zst behind it to
    compress; streams, pipes and devices without one get pcap. Times are kept to the nanosecond,
    or cut to the microsecond if `ns` is false, for tools that know no other.

        with Writer("out.pcapng") as writer:
            writer.write(packet)

    pcap holds one link type, `linktype` or else the first packet's, and neither comments nor the
    names of interfaces; a packet without a time is written with time 0 (1970). pcapng describes
    each link type and interface as it comes; a packet without a time becomes a simple packet
    block, which has none (but time 0 where it carries a comment or was cut).

    A regular file is written as a new file next to its place, and put there by `close`; after an
    exception inside `with` (or `abort`) the new file is removed and the old one is as it was.

    :raises FileError: the file cannot be written, or the format is unknown.
    :raises FieldError: the link type is no number.
    """

    def __init__(
        self,
        path: PathOrFile,
        linktype: int | None = None,
        format: str | None = None,
        ns: bool = True,
    ) -> None:
        self._open = False
        self._encoder: Encoder = _ENCODERS[format_of(path, format)](linktype, ns)
        self._target = Target(path)
        self._open = True

    @property
    def name(self) -> str:
        """What messages call the file."""
        return self._target.name

    def write(
        self, packet: Packet | bytes, *, time_ns: int | None = None, linktype: int | None = None
    ) -> None:
        """Write one packet: its bytes as they are now, its time, and where it came from.

        For bytes, `time_ns` and `linktype` (the writer's, or 1) say what a packet would.

        :raises EncodeError: the packet does not fit the format; those before it are kept.
        """
        if not self._open:
            raise self._closed()
        if isinstance(packet, bytes):
            if linktype is None:
                linktype = self._default_linktype()
            packet = Packet.dissect(packet, linktype, time_ns=time_ns)
        encoder = self._encoder
        encoder.add(packet)
        if encoder.size >= FULL:
            self._drain()

    def write_all(self, packets: Iterable[Packet] | Packet) -> int:
        """Write packets, and return how many there were.

        :raises EncodeError: as `write` does.
        """
        if not self._open:
            raise self._closed()
        if isinstance(packets, (Packet, Layer)) or not isinstance(packets, Iterable):
            packets = (packets,)  # of what is no packet is told what it is
        encoder = self._encoder
        add = encoder.add
        count = 0
        for packet in packets:
            add(packet)
            count += 1
            if encoder.size >= FULL:
                self._drain()
        return count

    def _copy(self, reader: Reader) -> int:
        """Write all packets of `reader`: from pcap to pcap, its header and records as they are."""
        encoder = self._encoder
        plain = isinstance(encoder, PcapEncoder) and encoder.linktype is None and encoder.ns
        if not plain or encoder.begun or (records := reader.records()) is None:
            return self.write_all(reader)
        header, runs = records
        self._target.write(header)
        encoder.begun = True
        total = 0
        for count, run in runs:
            self._target.write(run)
            total += count
        return total

    def flush(self) -> None:
        """Hand what was written to the operating system, for whoever reads a pipe's other end."""
        if not self._open:
            raise self._closed()
        self._drain()
        self._target.flush()

    def close(self) -> None:
        """Finish the file and put it in its place; a second call does nothing.

        :raises FileError: it cannot be written; what was there before is untouched.
        """
        if not self._open:
            return
        try:
            if not self._encoder.begun:
                self._encoder.begin(Origin(self._default_linktype()))
            self._drain()
        except BaseException:
            self.abort()
            raise
        self._open = False
        self._target.commit()

    def abort(self) -> None:
        """Give up: the new file is removed, and what was there before is untouched."""
        if self._open:
            self._open = False
            self._target.abort()

    def _drain(self) -> None:
        self._target.write(self._encoder.take())

    def _default_linktype(self) -> int:
        return 1 if self._encoder.linktype is None else self._encoder.linktype

    def _closed(self) -> FileError:
        return FileError(f"{self.name}: is closed, nothing can be written to it")

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()

    def __del__(self) -> None:
        if self._open:
            warnings.warn(f"{self.name}: never closed, so not written", ResourceWarning, 2)
            self.abort()


def write(
    path: PathOrFile,
    packets: Iterable[Packet] | Packet,
    linktype: int | None = None,
    format: str | None = None,
    ns: bool = True,
) -> int:
    """Write packets to a capture file, and return how many there were: see `Writer`.

    The packets of a `Reader` of a pcap file go to a pcap file as the records they are, in
    their own byte order and resolution.

    :raises FileError: the file cannot be written, or the one that packets come from is damaged;
        what was there before is untouched.
    :raises EncodeError: a packet does not fit the format; what was there before is untouched.
    """
    with Writer(path, linktype, format, ns) as writer:
        if isinstance(packets, Reader):
            return writer._copy(packets)
        return writer.write_all(packets)


def format_of(path: PathOrFile, format: str | None) -> str:
    if format is not None:
        if format not in _ENCODERS:
            raise FileError(f"no format '{format}', expected 'pcap' or 'pcapng'")
        return format
    if path == "-" or not isinstance(path, (str, os.PathLike)):
        return "pcap"
    name = os.fsdecode(path)
    suffix = os.path.splitext(name.removesuffix(".gz").removesuffix(".zst"))[1].lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if _is_stream(name):
        return "pcap"
    raise FileError(
        f"{name}: the suffix '{suffix}' names no format{suggest(suffix, _SUFFIXES)}; "
        "expected .pcap or .pcapng, or an argument: format='pcap'"
    )


def _is_stream(name: str) -> bool:
    """Whether it is a device or a pipe, whose name has no suffix to go by."""
    try:
        return not stat.S_ISREG(os.stat(name).st_mode)
    except (OSError, ValueError):
        return False
