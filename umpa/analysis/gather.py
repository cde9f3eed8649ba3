"""Tables of files by blocks: a column of all packets of one shape is one gather (NumPy).

Where the shape of packets is known, so is where a field stands in each of them. What the shape
does not tell (ports that may lead into a tunnel, packets of no shape) is picked from the packets
one by one, as everywhere else; both give the same cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from umpa.analysis.arrays import gathered
from umpa.analysis.column import Column, Numbers, Packed
from umpa.analysis.records import Block
from umpa.analysis.sorting import Sorter
from umpa.analysis.wanted import Wanted
from umpa.core.field import MAC, Field, FixedBytes, Flag, Integer, IPv4Address, IPv6Address
from umpa.core.flags import FlagBits
from umpa.core.frame import OfFrame
from umpa.core.offsets import field_bit
from umpa.core.packet import Packet
from umpa.core.pick import Pick

__all__ = ["BLOCK", "LEAST", "Gatherer", "suits"]

BLOCK = 1 << 24
"""Bytes of a file at a time."""

LEAST = 1 << 22
"""A file of fewer bytes is not worth it."""

_PORTS = 1 << 16
_PLAIN = {
    kind.read for kind in (Integer, Flag, FlagBits, MAC, IPv4Address, IPv6Address, FixedBytes)
}
_OF_FRAME: dict[str, Callable[[Block], Any]] = {
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


class _Out(NamedTuple):
    """A column's cells of one block."""

    words: Any
    gaps: Any


class Gatherer:
    """Fills columns with the cells of block after block."""

    def __init__(self, np: Any, wanted: list[Wanted]) -> None:
        self.np = np
        self.wanted = wanted
        self.columns = [one.column() for one in wanted]
        self.pick = Pick(tuple(one.fields for one in wanted))
        self.count = 0
        self._sorters: dict[int, Sorter] = {}

    def add(self, count: int, blocks: Iterable[Block]) -> None:
        """Add the next `count` packets of the file, which are in these blocks."""
        outs = [self.out(column, count) for column in self.columns]
        for block in blocks:
            linktype = block.origin.linktype
            sorter = self._sorters.setdefault(linktype, Sorter(self.np, linktype))
            for shape, chosen in sorter.groups(block.data, block.at, block.sizes, block.packet):
                if shape is None:
                    self.one_by_one(block, outs, chosen.tolist())
                elif len(chosen):
                    self.together(block, outs, shape, chosen)
        self.count += count
        for column, out in zip(self.columns, outs, strict=True):
            column._extend_words(out.words.tobytes(), out.gaps.tobytes())

    def add_packet(self, packet: Packet) -> None:
        """Add the next packet of the file."""
        self.count += 1
        row = self.pick(packet)
        for one, column, value in zip(self.wanted, self.columns, row, strict=True):
            column._extend((self.count if one.counts else value,))

    def out(self, column: Column, count: int) -> _Out:
        np = self.np
        if isinstance(column, Packed):
            return _Out(np.zeros((count, column.size), "u1"), np.ones(count, "u1"))
        assert isinstance(column, Numbers)
        blank = column.blank or 0
        return _Out(np.full(count, blank, column.words.typecode), np.ones(count, "u1"))

    def one_by_one(self, block: Block, outs: list[_Out], chosen: list[int]) -> None:
        for index in chosen:
            row = self.pick(block.packet(index))
            place = index if block.rows is None else int(block.rows[index])
            for one, column, out, value in zip(self.wanted, self.columns, outs, row, strict=True):
                if one.counts:
                    value = self.count + place + 1
                if value is not None:
                    word = column._word(value)
                    out.words[place] = list(word) if isinstance(word, bytes) else word
                    out.gaps[place] = 0

    def together(self, block: Block, outs: list[_Out], shape: Any, chosen: Any) -> None:
        """Packets of one shape: column by column."""
        doubtful = self.doubtful(block, shape, chosen)
        if doubtful.any():
            self.one_by_one(block, outs, chosen[doubtful].tolist())
            chosen = chosen[~doubtful]
        at = block.at[chosen]
        rows = chosen if block.rows is None else block.rows[chosen]
        for one, out in zip(self.wanted, outs, strict=True):
            field = _first(one.fields, shape)
            if field is None:
                continue
            out.gaps[rows] = 0
            if one.counts:
                out.words[rows] = rows + (self.count + 1)
            elif isinstance(field, OfFrame):
                out.words[rows] = _OF_FRAME[field.key](block)[chosen]
            else:
                place = shape._places[shape._index[field.owner] - 1][1]
                out.words[rows] = self.words(block.data, at + place, field)

    def doubtful(self, block: Block, shape: Any, chosen: Any) -> Any:
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
        value = gathered(np, data, at + start, end - start)
        if field.bits == 8 * (end - start) and field.scale == 1:
            return value
        value = value.astype("u8")
        value >>= np.uint64(end * 8 - bit - field.bits)
        value &= np.uint64(field.mask)
        return value * np.uint64(field.scale) if field.scale != 1 else value


def _first(fields: tuple[Field[Any, Any], ...], shape: Any) -> Field[Any, Any] | None:
    """The first of some fields that packets of a shape have."""
    for field in fields:
        if isinstance(field, OfFrame) or shape._index.get(field.owner):
            return field
    return None
