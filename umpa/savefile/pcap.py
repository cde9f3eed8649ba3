"""The pcap format: a header, then records (draft-ietf-opsawg-pcap).

Going from record to record is written out in each loop: a generator that all of them share would
cost as much as reading the packet.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple, TypeAlias, TypeVar

from umpa.core.origin import Origin
from umpa.core.packet import Asleep, Packet
from umpa.savefile.source import CHUNK, MAX_PACKET, Source

__all__ = [
    "FCS_KNOWN",
    "LINKTYPE",
    "MAGICS",
    "MICRO",
    "NANO",
    "SECOND",
    "Accept",
    "Header",
    "blocks",
    "each",
    "packets",
    "read_header",
    "slices",
]

Accept: TypeAlias = Callable[[bytes], object]
"""A test on a packet's captured bytes, before a `Packet` is made of them."""

T = TypeVar("T")

MICRO = 0xA1B2C3D4
NANO = 0xA1B23C4D
_KUZNETZOV = 0xA1B2CD34  # Alexey Kuznetzov's patched libpcap: 8 more bytes in each record
_FORMATS = {MICRO: (1000, 16), NANO: (1, 16), _KUZNETZOV: (1000, 24)}
MAGICS = {
    struct.pack(order + "I", magic): (order, unit, size)
    for order in "<>"
    for magic, (unit, size) in _FORMATS.items()
}
_HEADER = 24
SECOND = 1_000_000_000
FCS_KNOWN = 0x04000000  # then the upper four bits count the FCS in units of 16 bits
LINKTYPE = 0x03FFFFFF


class Header(NamedTuple):
    """What a pcap file says once, for all of its records."""

    raw: bytes
    order: str
    unit: int
    """Nanoseconds in one unit of a record's fraction of a second."""
    record: int
    """Bytes of a record's own header."""
    swapped: bool
    """Versions before 2.3 have the two lengths in the other order."""
    origin: Origin


def read_header(source: Source, buffer: bytes) -> tuple[Header, bytes]:
    """The header at the start of `buffer`, and the bytes after it."""
    buffer = source.gather(buffer, _HEADER)
    if len(buffer) < _HEADER:
        raise source.fail(
            len(buffer), f"cut: a pcap header needs {_HEADER} bytes, got {len(buffer)}"
        )
    order, unit, record = MAGICS[buffer[:4]]
    major, minor, word = struct.unpack_from(order + "HH12xI", buffer, 4)
    if major != 2:
        raise source.fail(len(buffer) - 4, f"pcap version {major}.{minor}, expected 2.x")
    fcs_length = (word >> 28) * 2 if word & FCS_KNOWN else 0
    origin = Origin(word & LINKTYPE, fcs_length=fcs_length)
    header = Header(buffer[:_HEADER], order, unit, record, minor < 3, origin)
    return header, buffer[_HEADER:]


def packets(
    source: Source, buffer: bytes, header: Header, accept: Accept | None
) -> Iterator[Packet]:
    """The packets of the records in `buffer` and after it."""
    unpack = _unpacker(header)
    record, unit, origin = header.record, header.unit, header.origin
    second = base = -1
    pos = 0
    while buffer := _refill(source, buffer[pos:], header, unpack):
        end = len(buffer)
        last = end - record
        pos = 0
        while pos <= last:
            seconds, fraction, length, wire = unpack(buffer, pos)
            start = pos + record
            stop = start + length
            if stop > end:
                break
            data = buffer[start:stop]
            pos = stop
            if accept is not None and not accept(data):
                continue
            if seconds != second:  # consecutive packets mostly share it
                second = seconds
                base = seconds * SECOND
            packet = Asleep()
            packet._content = data
            packet.time_ns = base + fraction * unit
            packet._origin = origin if wire == length else origin.replace(wire)
            yield packet


def each(
    source: Source, buffer: bytes, header: Header, accept: Accept | None,
    make: Callable[[bytes, Origin], T], rest: list[bytes],
) -> Generator[T, None, None]:  # fmt: skip
    """What `make` makes of the bytes of each record; what is left at the end is put into `rest`.

    Not for versions with swapped lengths.
    """
    unpack = _unpacker(header)
    lengths = struct.Struct(header.order + "8xII").unpack_from
    record, origin = header.record, header.origin
    pos = 0
    try:
        while buffer := _refill(source, buffer[pos:], header, unpack):
            end = len(buffer)
            last = end - record
            pos = 0
            while pos <= last:
                length, wire = lengths(buffer, pos)
                start = pos + record
                stop = start + length
                if stop > end:
                    break
                data = buffer[start:stop]
                pos = stop
                if accept is None or accept(data):
                    yield make(data, origin if wire == length else origin.replace(wire))
    finally:
        rest.append(buffer[pos:])


def slices(
    source: Source, buffer: bytes, header: Header, accept: Accept | None
) -> Iterator[tuple[int, bytes]]:
    """The accepted records as they stand in the file: runs of them, each with its count."""
    length_at = struct.Struct(header.order + "I").unpack_from
    pos = 0
    while buffer := _refill(source, buffer[pos:], header, _unpacker(header)):
        end = len(buffer)
        last = end - 16
        pos = begin = count = 0
        while pos <= last:
            start = pos + 16
            stop = start + length_at(buffer, pos + 8)[0]
            if stop > end:
                break
            if accept is None or accept(buffer[start:stop]):
                count += 1
            else:
                if count:
                    yield count, buffer[begin:pos]
                begin = stop
                count = 0
            pos = stop
        if count:
            yield count, buffer[begin:pos]


def blocks(
    source: Source, buffer: bytes, header: Header, size: int, starts: Starts[T], slack: int
) -> Iterator[tuple[bytearray, T]]:
    """Whole records in blocks of `size` bytes or more, with where `starts` finds them.

    A block is good until the next one is asked for; at least `slack` bytes follow its records.
    """
    room = bytearray(size + CHUNK)
    while buffer := _refill(source, buffer, header, _unpacker(header)):
        if len(buffer) > len(room):
            room = bytearray(len(buffer))
        room[: len(buffer)] = buffer
        room, end = source.pour(room, len(buffer), size)
        if len(room) - end < slack:
            room = bytearray(b"".join((memoryview(room)[:end], bytes(slack))))
        found, stop = starts(room, end)
        yield room, found
        buffer = bytes(room[stop:end])


Starts: TypeAlias = Callable[[bytearray, int], tuple[T, int]]
"""Finds the whole records of a block, up to a place; and says where the last of them ends."""
_Unpack: TypeAlias = Callable[[bytes, int], tuple[int, int, int, int]]


def _unpacker(header: Header) -> _Unpack:
    unpack: _Unpack = struct.Struct(header.order + "IIII").unpack_from
    if not header.swapped:
        return unpack

    def unpack_swapped(buffer: bytes, pos: int) -> tuple[int, int, int, int]:
        seconds, fraction, wire, length = unpack(buffer, pos)
        return seconds, fraction, length, wire

    return unpack_swapped


def _refill(source: Source, rest: bytes, header: Header, unpack: _Unpack) -> bytes:
    """`rest`, the beginning of a record, with at least all of that record; empty at the end."""
    buffer = source.gather(rest, header.record)
    if not buffer:
        return b""
    needed = header.record
    if len(buffer) >= needed:
        length = unpack(buffer, 0)[2]
        if length > MAX_PACKET:
            raise source.fail(
                len(buffer),
                f"damaged: a packet of {length} bytes, expected at most {MAX_PACKET}",
            )
        needed += length
        buffer = source.gather(buffer, needed)
    if len(buffer) < needed:
        raise source.fail(
            len(buffer), f"cut: the packet record needs {needed} bytes, got {len(buffer)}"
        )
    return buffer
