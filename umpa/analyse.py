"""Analysing a capture file, or packets from anywhere: `table`, `flows` and `streams`.

What is done with packets is in `umpa.analysis`; here they are read and filtered.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, cast

from umpa.analysis.flows import Flows, gather
from umpa.analysis.streams import Streams
from umpa.analysis.table import Counted, Table, fill, fill_blocks
from umpa.analysis.wanted import FieldName, numbered, wanted
from umpa.core.packet import Packet
from umpa.link.file import Match, read, test_for
from umpa.savefile.reader import Reader, limited
from umpa.savefile.source import PathOrFile

__all__ = ["Packets", "flows", "streams", "table"]

Packets: TypeAlias = "PathOrFile | Iterable[Packet]"
"""A capture file, as `umpa.read` takes it, or packets."""


def table(
    source: Packets,
    fields: Iterable[FieldName],
    *,
    filter: str | Match | None = None,
    count: int | None = None,
) -> Table:
    """A few fields of all packets, as columns: `table("capture.pcap", ["ip.src", "ip.dst"])`.

    `source`, `filter` and `count` are those of `umpa.read`; `source` may also be packets. Fields
    are named as Wireshark does, or by their class (`TCP.dstport`); a tuple of fields is a column
    of the first of them that a packet has. Also fields: `frame.number` (from 1, in the file,
    whatever the filter), `frame.time_epoch` (nanoseconds since 1970, exact), `frame.len` and
    `frame.cap_len` (bytes on the wire, and kept).

    Cells are what `packet["ip.src"]` reads, None where a packet has no such field; options are
    the bytes they stand in. They are kept compactly: a number takes as many bytes as the field,
    and what is no number or address is kept once for each different value.

    :raises FieldError: there is no such field; before the file is opened.
    :raises FileError: the file cannot be opened, is no capture, or is damaged.
    :raises FilterError: libpcap refuses the filter.
    :raises ValueError: `count` is negative.
    """
    columns = wanted(fields)
    if filter is None and count is None and _is_file(source):
        reader = Reader(cast(PathOrFile, source))
        found = fill_blocks(reader, columns)
        if found is not None:
            return found
        source = reader
    if not numbered(columns):
        return fill(limited(_packets(source, filter), count), columns)
    counted = Counted(_packets(source))  # before the filter
    packets = _filtered(iter(counted), filter)
    return fill(limited(packets, count), columns, counted)


def flows(source: Packets, *, filter: str | Match | None = None, limit: int = 100_000) -> Flows:
    """Who talked to whom: the conversations of a capture, in the order of their first packets.

    A conversation is all packets between the same addresses and ports, of one protocol, both ways.
    VLANs do not tell them apart, for some networks have one for each direction. What counts is a
    packet's outermost IP header, so what a tunnel carries is part of the tunnel, and what an ICMP
    error quotes counts nowhere. Later fragments belong to the conversation of their first one if
    that came before; else to one without ports.

    `source` and `filter` are those of `umpa.read`; `source` may also be packets. `limit` is the
    most conversations that are kept (about 1 KB each); the packets of others are counted in
    `ignored`.

    :raises FileError: the file cannot be opened, is no capture, or is damaged.
    :raises FilterError: libpcap refuses the filter.
    :raises ValueError: `limit` is less than 1.
    """
    if limit < 1:
        raise ValueError(f"limit is {limit}, expected 1 or more")
    return gather(_packets(source, filter), limit)


def streams(
    source: Packets,
    *,
    filter: str | Match | None = None,
    limit: int = 4096,
    buffer: int = 1 << 24,
) -> Streams:
    """What was said in TCP connections, put together from their segments; each as it ends.

    Late segments are put where they belong, repetitions are counted, and of bytes that came twice
    the first are kept. What is missing is a gap, never closed up. A connection ends with a FIN from
    both ends and nothing missing, soon after a reset (content may still be on its way), when its
    ports are used anew, or with the capture.
    What counts as a packet's TCP is as for `flows`. Fragments of IP are put together first; where
    some do not come within a minute, or too much waits, a segment is used as far as it is there.

    `source` and `filter` are those of `umpa.read`; `source` may also be packets. A filter has to
    let both directions through. At most `limit` streams are open, and `buffer` bytes kept of each
    direction of each: beyond, the stream that was idle longest ends, and bytes are gaps. Counters
    of the result say how many.

    :raises FileError: at this call where the file cannot be opened or is no capture; while
        iterating where it is damaged.
    :raises FilterError: libpcap refuses the filter.
    :raises ValueError: `limit` or `buffer` is less than 1.
    """
    if limit < 1 or buffer < 1:
        raise ValueError(f"limit is {limit} and buffer is {buffer}, expected 1 or more")
    return Streams(_packets(source, filter), limit, buffer)


def _is_file(source: Packets) -> bool:
    return isinstance(source, (str, os.PathLike)) or hasattr(source, "read")


def _packets(source: Packets, filter: str | Match | None = None) -> Iterator[Packet]:
    if _is_file(source):
        return read(cast(PathOrFile, source), filter)
    packets: Any = source
    if not isinstance(packets, Iterable):
        raise TypeError(f"{source!r} is neither a path nor packets")
    return _filtered(iter(packets), filter)


def _filtered(packets: Iterator[Packet], filter: str | Match | None) -> Iterator[Packet]:
    return packets if filter is None else builtins.filter(test_for(filter), packets)
