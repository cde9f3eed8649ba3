"""Where the packets of a block are, how long they are, and when they came, as arrays (NumPy)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from typing import Any, NamedTuple

from umpa.analysis.lanes import Lanes
from umpa.core.origin import Origin
from umpa.core.packet import Asleep, Packet
from umpa.savefile import ngoptions as ng
from umpa.savefile.pcap import SECOND, Header
from umpa.savefile.pcapng import ENHANCED, Run
from umpa.savefile.reader import Reader

__all__ = ["Block", "blocks_of"]

_AT_ONCE = 8192
"""Records that are looked at together: what is known of them stays in the cache."""
_FEW = 64
_RECORD = 16
_ENHANCED = 28
_LEAST = 32  # an enhanced block without a packet's bytes


class Block(NamedTuple):
    """Packets of one link type, each of the arrays with one item a packet."""

    rows: Any
    """Which packets of all that are looked at together; None for these being all."""
    data: Any
    """The bytes they are in."""
    at: Any
    sizes: Any
    wire: Any
    times: Any
    origin: Origin

    def packet(self, index: int) -> Packet:
        """A packet, as `umpa.read` gives it."""
        start, size, wire = int(self.at[index]), int(self.sizes[index]), int(self.wire[index])
        packet: Packet = Asleep()
        packet._content = self.data[start : start + size].tobytes()
        packet.time_ns = int(self.times[index])
        packet._origin = self.origin if wire == size else self.origin.replace(wire)
        return packet


def blocks_of(
    np: Any, reader: Reader, size: int, least: int, slack: int
) -> Iterator[tuple[int, list[Block]] | Packet] | None:
    """The packets of a file: how many in how many blocks, or single packets of other kinds.

    None for files of less than `least` bytes, and for those that cannot be read in this way.
    """
    found = reader.blocks(size, least, slack, lambda header: Lanes(np, header.order).starts)
    if found is not None:
        header, rooms = found
        return _of_pcap(np, header, rooms)
    runs = reader.runs(least, least, _Enhanced(np).starts)
    return None if runs is None else _of_pcapng(np, runs)


def _of_pcap(
    np: Any, header: Header, rooms: Iterator[tuple[bytearray, Any]]
) -> Iterator[tuple[int, list[Block]]]:
    for room, starts in rooms:
        words = np.ndarray((len(room) - 3,), header.order + "u4", room, strides=(1,))
        data = np.frombuffer(room, "u1")
        for begin in _pieces(starts):
            times = words[begin].astype("i8") * SECOND
            times += words[begin + 4].astype("i8") * header.unit
            sizes, wire = words[begin + 8].astype("i8"), words[begin + 12].astype("i8")
            block = Block(None, data, begin + _RECORD, sizes, wire, times, header.origin)
            yield len(begin), [block]


def _of_pcapng(
    np: Any, runs: Iterator[Run[Any] | Packet]
) -> Iterator[tuple[int, list[Block]] | Packet]:
    for run in runs:
        if isinstance(run, Packet):
            yield run
            continue
        words = np.ndarray((len(run.buffer) - 3,), run.order + "u4", run.buffer, strides=(1,))
        data = np.frombuffer(run.buffer, "u1")
        for begin in _pieces(run.starts):
            indices = words[begin + 8]
            different = np.unique(indices).tolist()
            blocks = []
            for index in different:
                interface = run.interfaces[index]
                rows = None if len(different) == 1 else np.flatnonzero(indices == index)
                at = begin if rows is None else begin[rows]
                stamps = (words[at + 12].astype("i8") << 32) | words[at + 16]
                times = stamps * interface.factor + interface.offset
                sizes, wire = words[at + 20].astype("i8"), words[at + 24].astype("i8")
                blocks.append(
                    Block(rows, data, at + _ENHANCED, sizes, wire, times, interface.origin)
                )
            if len(begin) < _FEW:
                yield from _in_order(blocks, len(begin))
            else:
                yield len(begin), blocks


def _in_order(blocks: list[Block], count: int) -> list[Packet]:
    """The packets of blocks, one by one: arrays of so few cost more than they save."""
    found: dict[int, Packet] = {}
    for block in blocks:
        rows = range(count) if block.rows is None else block.rows.tolist()
        found.update((row, block.packet(index)) for index, row in enumerate(rows))
    return [found[row] for row in range(count)]


def _pieces(starts: Any) -> Iterator[Any]:
    for first in range(0, len(starts), _AT_ONCE):
        yield starts[first : first + _AT_ONCE]


class _Enhanced:
    """Finds the enhanced packet blocks of a pcapng file."""

    def __init__(self, np: Any) -> None:
        self.np = np

    def starts(
        self, buffer: bytes, pos: int, order: str, takes: Callable[[int, int], bool]
    ) -> tuple[Any, int]:
        """Where a run of sound ones starts, from `pos` on, and where it ends."""
        np = self.np
        unpack, end = Struct(order + "IIIIxxxxI").unpack_from, len(buffer)
        found: list[int] = []
        last = end - _LEAST
        known = latest = -1
        while pos <= last:
            kind, size, index, high, length = unpack(buffer, pos)
            stop = pos + size
            if kind != ENHANCED or size < _LEAST or size & 3 or stop > end:
                break
            if index != known or high != latest:
                if not takes(index, high):
                    break
                known, latest = index, high
            options = pos + _ENHANCED + (length + 3 & ~3)
            if options + 4 != stop and not _sound(buffer[options : stop - 4], order):
                break
            found.append(pos)
            pos = stop
        begin = np.array(found, "i8")
        words = np.ndarray((end - 3,), order + "u4", buffer, strides=(1,))
        sizes = words[begin + 4].astype("i8")
        sound = words[begin + sizes - 4] == sizes
        if not sound.all():  # the first that is not ends the reading of the file, with an error
            first = int(np.argmin(sound))
            return begin[:first], found[first]
        return begin, pos


def _sound(options: bytes, order: str) -> bool:
    """Whether what follows the bytes of a packet are options."""
    try:
        list(ng.options(options, 0, order))
    except ng.Damage:
        return False
    return bool(options)  # else the packet is longer than its block
