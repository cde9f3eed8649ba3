"""Reading capture files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import TypeVar

from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.core.unread import Unread
from umpa.errors import FileError
from umpa.savefile import pcap, pcapng
from umpa.savefile.pcap import Accept
from umpa.savefile.source import PathOrFile, Source

__all__ = ["Reader", "check_count", "limited", "read"]

T = TypeVar("T")


class Reader(Unread):
    """The packets of a pcap or pcapng file, one after the other, in constant memory.

    `path` is a path, "-" for standard input, or a file opened in binary mode; gzip and zstd
    are recognised by content. `accept`, if given, tests the captured bytes before a packet is
    made of them. `accept_for` gives such a test (or None) for each interface instead: it is called
    with the `Origin` of the first interface at once, and of others with their first packet.

        with Reader("capture.pcapng") as reader:
            for packet in reader: ...

    Packets carry time, link type, interface name, comment and, where they were cut, the length
    on the wire. A packet of pcapng's simple packet block has no time: `time_ns` is None.

    :raises FileError: at once where the file cannot be opened or is no capture; while iterating
        where it is cut or damaged, with the offset, after every packet before it was delivered.
        In a compressed file, offsets count uncompressed bytes, and what stands in the last
        kilobyte before damage of the compression itself may be lost.
    """

    def __init__(
        self,
        path: PathOrFile,
        accept: Accept | None = None,
        *,
        accept_for: Callable[[Origin], Accept | None] | None = None,
    ) -> None:
        choose = accept_for or (lambda origin: accept)
        self._source = Source(path)
        self._packets: Iterator[Packet] | None = None
        self._each: Generator[object, None, None] | None = None
        self._rest: list[bytes] = []
        self._header: pcap.Header | None = None
        self._blocks: pcapng.Blocks | None = None
        self._tests = accept is not None or accept_for is not None
        try:
            self._start(choose)
        except BaseException:
            self._source.close()
            raise

    def _start(self, choose: Callable[[Origin], Accept | None]) -> None:
        buffer = self._source.gather(b"", 4)
        if buffer[:4] in pcap.MAGICS:
            self._header, self._buffer = pcap.read_header(self._source, buffer)
            self._accept = choose(self._header.origin)
        elif buffer[:4] == pcapng.MAGIC:
            self._blocks = pcapng.Blocks(self._source, buffer, choose)
        elif not buffer:
            raise FileError(f"{self.name}: is empty, not a capture file")
        else:
            raise FileError(
                f"{self.name}: is no capture file: begins with the bytes {buffer[:4].hex(' ')}, "
                "expected the magic number of pcap or pcapng"
            )

    @property
    def name(self) -> str:
        """What messages call the file."""
        return self._source.name

    def __iter__(self) -> Iterator[Packet]:
        # the generator itself: a __next__ in Python would cost as much as reading the packet
        if self._packets is None and self._blocks is not None:
            self._packets = self._blocks.packets()
        elif self._packets is None:
            assert self._header is not None
            if self._each is not None:
                self._each.close()
                self._buffer = self._rest.pop() if self._rest else self._buffer
            self._packets = pcap.packets(self._source, self._buffer, self._header, self._accept)
        return self._packets

    def __next__(self) -> Packet:
        return next(self.__iter__())

    @property
    def _begun(self) -> bool:
        """Whether somebody iterates over it, in whatever way."""
        return self._packets is not None or self._each is not None

    def records(self) -> tuple[bytes, Iterator[tuple[int, bytes]]] | None:
        """Header and accepted records of a pcap file as they stand in it, in counted runs.

        In the place of its packets; None for other formats, and where iteration has begun.
        """
        header = self._header
        if header is None or self._begun or header.record != 16 or header.swapped:
            return None
        self._packets = iter(())
        return header.raw, pcap.slices(self._source, self._buffer, header, self._accept)

    def each(self, make: Callable[[bytes, Origin], T]) -> Iterator[T] | None:
        """What `make` makes of the bytes of packet after packet of a pcap file; see `Unread`.

        None for other formats, and where iteration has begun.
        """
        header = self._header
        if header is None or self._begun or header.swapped:
            return None
        made = pcap.each(self._source, self._buffer, header, self._accept, make, self._rest)
        self._each = made
        return made

    def blocks(
        self, size: int, least: int, slack: int, finder: Callable[[pcap.Header], pcap.Starts[T]]
    ) -> tuple[pcap.Header, Iterator[tuple[bytearray, T]]] | None:
        """Header and records of a pcap file in blocks of `size` bytes, and where `finder`'s
        function finds records in each; `slack` bytes follow them.

        In the place of its packets; None for other formats, for files of less than `least` bytes,
        and where iteration has begun or `accept` tests packets.
        """
        header = self._header
        if header is None or self._begun or header.record != 16 or header.swapped:
            return None
        self._buffer = self._source.gather(self._buffer, least)
        if self._accept is not None or len(self._buffer) < least:
            return None
        self._packets = iter(())
        starts = finder(header)
        return header, pcap.blocks(self._source, self._buffer, header, size, starts, slack)

    def runs(
        self, size: int, least: int, find: pcapng.Starts[T]
    ) -> Iterator[pcapng.Run[T] | Packet] | None:
        """The packets of a pcapng file in runs of at most `size` bytes, found by `find`.

        In the place of its packets; None for other formats, for files of less than `least` bytes,
        and where iteration has begun or `accept` tests packets.
        """
        blocks = self._blocks
        if blocks is None or self._begun or self._tests or not blocks.holds(least):
            return None
        self._packets = iter(())
        return blocks.runs(size, find)

    def close(self) -> None:
        """Close the file, if it was opened here."""
        self._packets = iter(())
        self._source.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read(
    path: PathOrFile, count: int | None = None, accept: Accept | None = None
) -> Iterator[Packet]:
    """The packets of a capture file, `count` at most: see `Reader`.

    :raises FileError: as `Reader` does; a file that cannot be opened, at this call.
    """
    return limited(Reader(path, accept), count)


def limited(packets: Iterator[Packet], count: int | None) -> Iterator[Packet]:
    """The first `count` packets.

    :raises ValueError: `count` is no number of packets.
    """
    check_count(count)
    return packets if count is None else itertools.islice(packets, count)


def check_count(count: object) -> None:
    """:raises ValueError: it is neither None nor a number of packets."""
    if count is not None and (not isinstance(count, int) or count < 0):
        raise ValueError(f"count is {count!r}, expected a whole number of at least 0, or None")
