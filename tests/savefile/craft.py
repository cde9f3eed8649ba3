"""Capture files made by hand, from the specifications alone, for tests of the readers."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import BinaryIO

from umpa.core.packet import Packet
from umpa.errors import FileError
from umpa.savefile import Reader

MICRO, NANO, KUZNETZOV = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34


def pcap_header(
    order: str = "<", magic: int = MICRO, word: int = 1, version: tuple[int, int] = (2, 4)
) -> bytes:
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, 65535, word)


def record(
    data: bytes, seconds: int, fraction: int, wire: int | None = None, order: str = "<"
) -> bytes:
    wire = len(data) if wire is None else wire
    return struct.pack(order + "IIII", seconds, fraction, len(data), wire) + data


def pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + pad(value)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str = "<", length: int = -1, options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, length) + options, order)


def interface(linktype: int = 1, snaplen: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    return block(1, struct.pack(order + "HHI", linktype, 0, snaplen) + options, order)


def enhanced(
    data: bytes,
    stamp: int,
    index: int = 0,
    wire: int | None = None,
    options: bytes = b"",
    order: str = "<",
) -> bytes:
    wire = len(data) if wire is None else wire
    head = struct.pack(order + "IIIII", index, stamp >> 32, stamp & 0xFFFFFFFF, len(data), wire)
    return block(6, head + pad(data) + options, order)


def simple(data: bytes, wire: int | None = None, order: str = "<") -> bytes:
    wire = len(data) if wire is None else wire
    return block(3, struct.pack(order + "I", wire) + pad(data), order)


def obsolete(
    data: bytes,
    stamp: int,
    index: int = 0,
    wire: int | None = None,
    options: bytes = b"",
    order: str = "<",
) -> bytes:
    wire = len(data) if wire is None else wire
    head = struct.pack(order + "HHIIII", index, 7, stamp >> 32, stamp & 0xFFFFFFFF, len(data), wire)
    return block(2, head + pad(data) + options, order)


def facts(packets: Iterable[Packet]) -> list[tuple[int | None, bytes, int, int]]:
    """Time, bytes, length on the wire and link type of each packet."""
    return [(p.time_ns, bytes(p), p.wire_length, p.linktype) for p in packets]


def everything(packets: Iterable[Packet]) -> list[tuple[object, ...]]:
    """All that pcapng keeps of each packet."""
    return [
        (p.time_ns, bytes(p), p.wire_length, p.linktype, p.interface, p.comment) for p in packets
    ]


def until_error(data: bytes | BinaryIO) -> tuple[int, FileError | None]:
    """How many packets came, -1 where not even a reader did, and what ended them."""
    count = -1
    try:
        reader = Reader(io.BytesIO(data) if isinstance(data, bytes) else data)
        count = 0
        for _ in reader:
            count += 1
    except FileError as error:
        return count, error
    return count, None
