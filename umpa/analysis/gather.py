"""Tables of pcap files by blocks: a column of all packets of one shape is one gather (NumPy).

Where the shape of packets is known, so is where a field stands in each of them. What the shape
does not tell (ports that may lead into a tunnel, packets of no shape) is picked from the packets
one by one, as everywhere else; both give the same cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from umpa.analysis.column import Column, Numbers, Packed
from umpa.analysis.sorting import Sorter
from umpa.analysis.wanted import Wanted
from umpa.core.field import MAC, Field, FixedBytes, Flag, Integer, IPv4Address, IPv6Address
from umpa.core.flags import FlagBits
from umpa.core.offsets import field_bit
from umpa.core.packet import Asleep, Packet
from umpa.core.pick import Pick
from umpa.core.picking import OfFrame
from umpa.savefile.pcap import SECOND, Header

__all__ = ["BLOCK", "Gatherer", "suits"]

BLOCK = 1 << 22
"""Bytes of a file at a time; a file of less is not worth it."""

_PORTS = 1 << 16
_PLAIN = {
    kind.read for kind in (Integer, Flag, FlagBits, MAC, IPv4Address, IPv6Address, FixedBytes)
}
_OF_FRAME: dict[str, Callable[[_Block], Any]] = {
    "frame.number": lambda block: block.numbers,
    "frame.time_epoch": lambda block: block.times,
    "frame.len": lambda block: block.wire,
    "frame.cap_len": lambda block: block.sizes,
}


def suits(wanted: Iterable[Wanted]) -> bool:
    """Whether columns are of fields that may stand at fixed places."""
    return all(_suits(field) for one in wanted for field in one.fields) and all(
        isinstance(one.column(), (Numbers, Packed)) for one in wanted
    )


def _suits(field: Field[Any, Any]) -> bool:
    if isinstance(field, OfFrame):
        return True
    fixed = not field.tail and field.when is None and field.applies is None
    return fixed and type(field).read in _PLAIN


class _Block(NamedTuple):
    """The records of a block, each of these an array with one item a record."""

    data: Any
    at: Any
    sizes: Any
    wire: Any
    times: Any
    numbers: Any


class _Out(NamedTuple):
    """A column's cells of one block."""

    words: Any
    gaps: Any


class Gatherer:
    """Fills columns with the cells of block after block."""

    def __init__(self, np: Any, header: Header, wanted: list[Wanted]) -> None:
        self.np = np
        self.header = header
        self.wanted = wanted
        self.columns = [one.column() for one in wanted]
        self.sorter = Sorter(np, header.origin.linktype)
        self.pick = Pick(tuple(one.fields for one in wanted))
        self.count = 0

    def add(self, buffer: bytearray, starts: list[int]) -> None:
        """Add the packets of the records in `buffer` that begin at `starts`."""
        block = self.block(buffer, starts)
        outs = [self.out(column, len(starts)) for column in self.columns]
        groups = self.sorter.groups(
            block.data, block.at, block.sizes, lambda i: self.packet(block, i)
        )
        for shape, chosen in groups:
            if shape is None:
                self.one_by_one(block, outs, chosen.tolist())
            elif len(chosen):
                self.together(block, outs, shape, chosen)
        for column, out in zip(self.columns, outs, strict=True):
            column._extend_words(out.words.tobytes(), out.gaps.tobytes())

    def block(self, buffer: bytearray, starts: list[int]) -> _Block:
        np, order = self.np, self.header.order
        begin = np.array(starts, "i8")
        words = np.ndarray((len(buffer) - 3,), order + "u4", buffer, strides=(1,))
        seconds, fraction = words[begin].astype("i8"), words[begin + 4].astype("i8")
        times = seconds * SECOND + fraction * self.header.unit
        numbers = np.arange(self.count + 1, self.count + len(starts) + 1)
        self.count += len(starts)
        sizes, wire = words[begin + 8].astype("i8"), words[begin + 12].astype("i8")
        return _Block(np.frombuffer(buffer, "u1"), begin + 16, sizes, wire, times, numbers)

    def out(self, column: Column, count: int) -> _Out:
        np = self.np
        if isinstance(column, Packed):
            return _Out(np.zeros((count, column.size), "u1"), np.ones(count, "u1"))
        assert isinstance(column, Numbers)
        blank = column.blank or 0
        return _Out(np.full(count, blank, column.words.typecode), np.ones(count, "u1"))

    def packet(self, block: _Block, index: int) -> Packet:
        """The packet of a record, as `umpa.read` gives it."""
        start, size, wire = int(block.at[index]), int(block.sizes[index]), int(block.wire[index])
        packet = Asleep()
        packet._content = block.data[start : start + size].tobytes()
        packet.time_ns = int(block.times[index])
        origin = self.header.origin
        packet._origin = origin if wire == size else origin.replace(wire)
        return packet

    def one_by_one(self, block: _Block, outs: list[_Out], chosen: list[int]) -> None:
        for index in chosen:
            row = self.pick(self.packet(block, index))
            for one, column, out, value in zip(self.wanted, self.columns, outs, row, strict=True):
                if one.counts:
                    value = int(block.numbers[index])
                if value is not None:
                    word = column._word(value)
                    out.words[index] = list(word) if isinstance(word, bytes) else word
                    out.gaps[index] = 0

    def together(self, block: _Block, outs: list[_Out], shape: Any, chosen: Any) -> None:
        """Packets of one shape: column by column."""
        doubtful = self.doubtful(block, shape, chosen)
        if doubtful.any():
            self.one_by_one(block, outs, chosen[doubtful].tolist())
            chosen = chosen[~doubtful]
        at = block.at[chosen]
        for one, out in zip(self.wanted, outs, strict=True):
            field = _first(one.fields, shape)
            if field is None:
                continue
            out.gaps[chosen] = 0
            if isinstance(field, OfFrame):
                out.words[chosen] = _OF_FRAME[field.key](block)[chosen]
            else:
                place = shape._places[shape._index[field.owner] - 1][1]
                out.words[chosen] = self.words(block.data, at + place, field)

    def doubtful(self, block: _Block, shape: Any, chosen: Any) -> Any:
        """Which packets have ports that may lead to a protocol which is wanted."""
        np = self.np
        doubtful = np.zeros(len(chosen), bool)
        for one in self.wanted:
            for field in one.fields:
                if isinstance(field, OfFrame) or shape._index.get(field.owner):
                    break
                if shape._excludes(field.owner):
                    continue
                last = shape._last
                start = next(at for own, at in reversed(shape._places) if own is last)
                leading = np.zeros(_PORTS, bool)
                leading[[n for n in last.next_by.leading_to(field.owner) if n < _PORTS]] = True
                for port in last.next_by.fields:
                    if port.mask >= _PORTS or not _suits(port):
                        return np.ones(len(chosen), bool)
                    found = self.words(block.data, block.at[chosen] + start, port)
                    doubtful |= leading[found]
        return doubtful

    def words(self, data: Any, at: Any, field: Field[Any, Any]) -> Any:
        """The words of a field in headers that start at `at`."""
        np = self.np
        bit = field_bit(field.owner, field)
        start, end = bit // 8, (bit + field.bits + 7) // 8
        if field.kind == "bytes":
            return data[(at + start)[:, None] + np.arange(end - start)]
        if end - start in (2, 4, 8):
            whole = np.ndarray(
                (len(data) - (end - start - 1),), f">u{end - start}", data, strides=(1,)
            )
            value = whole[at + start].astype("u8")
        else:
            value = np.zeros(len(at), "u8")
            for place in range(start, end):
                value <<= np.uint64(8)
                value |= data[at + place]
        value >>= np.uint64(end * 8 - bit - field.bits)
        value &= np.uint64(field.mask)
        return value * np.uint64(field.scale) if field.scale != 1 else value


def _first(fields: tuple[Field[Any, Any], ...], shape: Any) -> Field[Any, Any] | None:
    """The first of some fields that packets of a shape have."""
    for field in fields:
        if isinstance(field, OfFrame) or shape._index.get(field.owner):
            return field
    return None
