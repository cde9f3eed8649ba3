"""Tables: a few fields of many packets, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any, Literal, TypeAlias, overload

from umpa.analysis import libraries
from umpa.analysis.arrays import BEHIND
from umpa.analysis.column import Column
from umpa.analysis.gather import BLOCK, LEAST, Gatherer, suits
from umpa.analysis.records import blocks_of
from umpa.analysis.wanted import Wanted
from umpa.core.packet import Packet
from umpa.core.pick import Pick
from umpa.core.rows import clean, markup
from umpa.errors import FieldError, suggest
from umpa.savefile.reader import Reader

__all__ = ["AddressForm", "Counted", "Table", "fill", "fill_blocks"]

AddressForm: TypeAlias = Literal["text", "int"]
"""How addresses are handed to other libraries."""

_BATCH = 4096
_MOST_SHOWN = 20
_CELL = 'style="text-align:left;padding:1px 8px"'


class Table:
    """Columns of the same length, a cell for each packet; it cannot be changed.

    `table["ip.src"]` is a column, `table[3]` a row, `table[10:20]` a shorter table; `len(table)`
    counts rows, and iterating gives them, as tuples. `keys`, `values` and `items` are those of a
    mapping from names to columns, so `dict(table)` is one. Printed, it shows its first and its
    last rows.
    """

    def __init__(self, columns: Iterable[Column]) -> None:
        self._columns = {column.name: column for column in columns}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self._columns)

    def keys(self) -> Iterable[str]:
        """The names of the columns, in order."""
        return self._columns.keys()

    def values(self) -> Iterable[Column]:
        """The columns, in order."""
        return self._columns.values()

    def items(self) -> Iterable[tuple[str, Column]]:
        """Each name with its column."""
        return self._columns.items()

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()))) if self._columns else 0

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return zip(*self._columns.values(), strict=True)

    @overload
    def __getitem__(self, wanted: str) -> Column: ...
    @overload
    def __getitem__(self, wanted: int) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, wanted: slice) -> Table: ...
    def __getitem__(self, wanted: str | int | slice) -> Any:
        if isinstance(wanted, slice):
            return Table(column[wanted] for column in self._columns.values())
        if isinstance(wanted, int):
            return tuple(column[wanted] for column in self._columns.values())
        column = self._columns.get(wanted)
        if column is None:
            hint = suggest(wanted, self._columns) or f"; it has {', '.join(self._columns)}"
            raise FieldError(f"the table has no column '{wanted}'{hint}")
        return column

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return list(self.values()) == list(other.values())

    __hash__ = None  # type: ignore[assignment]  # it is compared by its cells

    def to_numpy(self, addresses: AddressForm = "text") -> dict[str, Any]:
        """The columns as masked arrays of NumPy, a cell masked where a packet has no such field.

        Numbers have the smallest unsigned type that holds the field, sets of flags too; a single
        flag is `bool`; `frame.time_epoch` is `datetime64[ns]`, exact to the nanosecond. These
        arrays share the table's memory and cannot be written. All else is of type `object`,
        with None where it is masked; each different value is one object.

        With `addresses="int"`, IPv4 addresses are `uint32` (and share memory), MAC addresses
        `uint64`, IPv6 addresses Python's integers.

        :raises ExtraMissing: NumPy is not installed.
        """
        return {name: libraries.numpy_array(c, addresses) for name, c in self.items()}

    def to_pandas(self, addresses: AddressForm = "text") -> Any:
        """The table as a `pandas.DataFrame`.

        Numbers have pandas' nullable types (`UInt16`), a flag `boolean`, times
        `datetime64[ns, UTC]`; all else is categorical. `addresses` is as for `to_numpy`: MAC
        addresses are `UInt64`, IPv6 addresses categories of Python's integers.

        :raises ExtraMissing: pandas or NumPy is not installed.
        """
        return libraries.pandas_frame(self, addresses)

    def to_arrow(self, addresses: AddressForm = "text") -> Any:
        """The table as a `pyarrow.Table`, for Parquet, Polars, DuckDB and their like.

        Numbers have the smallest unsigned type that holds the field, times are
        `timestamp[ns, UTC]`; all else is a dictionary of strings, or of bytes. With
        `addresses="int"`, IPv4 addresses are `uint32`, MAC addresses `uint64`, and IPv6 addresses
        binary of 16 bytes, for Arrow has no integers of that size.

        :raises ExtraMissing: pyarrow or NumPy is not installed.
        """
        return libraries.arrow_table(self, addresses)

    def __repr__(self) -> str:
        lines = [self.names, *self._shown()]
        sizes = [max(map(len, column)) for column in zip(*lines, strict=True)]
        texts = ["  ".join(map(str.ljust, line, sizes)).rstrip() for line in lines]
        return "\n".join([*texts, self._size()])

    def _repr_html_(self) -> str:
        """HTML that stands by itself, every text escaped."""
        head = "".join(f"<th {_CELL}>{markup(name)}</th>" for name in self.names)
        rows = "".join(
            f"<tr>{''.join(f'<td {_CELL}>{markup(cell)}</td>' for cell in row)}</tr>"
            for row in self._shown()
        )
        return f"<table><tr>{head}</tr>{rows}</table><p>{self._size()}</p>"

    def _size(self) -> str:
        rows, columns = len(self), len(self._columns)
        return f"[{rows} row{'s' * (rows != 1)}, {columns} column{'s' * (columns != 1)}]"

    def _shown(self) -> Iterator[tuple[str, ...]]:
        """The texts of the rows that are shown."""
        count = len(self)
        half = _MOST_SHOWN // 2
        for index in range(count):
            if count > _MOST_SHOWN and half <= index < count - half:
                if index == half:
                    yield ("...",) * len(self._columns)
                continue
            yield tuple(clean(column.text(index)) for column in self._columns.values())


class Counted:
    """Packets, and the number of the one that came last, counted from 1."""

    def __init__(self, packets: Iterable[Packet]) -> None:
        self.packets = packets
        self.number = 0

    def __iter__(self) -> Iterator[Packet]:
        for packet in self.packets:
            self.number += 1
            yield packet


def fill_blocks(reader: Reader, wanted: list[Wanted]) -> Table | None:
    """The table of a whole file where that goes by blocks; else None, and nothing is read."""
    if not suits(wanted) or find_spec("numpy") is None:
        return None
    np = import_module("numpy")
    blocks = blocks_of(np, reader, BLOCK, LEAST, BEHIND)
    if blocks is None:
        return None
    gatherer = Gatherer(np, wanted)
    for found in blocks:
        if isinstance(found, Packet):
            gatherer.add_packet(found)
        else:
            gatherer.add(*found)
    return Table(gatherer.columns)


def fill(packets: Iterable[Packet], wanted: list[Wanted], counted: Counted | None = None) -> Table:
    """The table of these columns, a row for each packet; `counted` is what they came through."""
    columns = [one.column() for one in wanted]
    picked = [i for i, one in enumerate(wanted) if not one.counts]
    rows = Pick(tuple(wanted[i].fields for i in picked)).rows(packets)
    if counted is not None:  # the number is that of the packet which was read last
        rows = ((*row, counted.number) for row in rows)
        picked += [i for i in range(len(wanted)) if i not in picked]
    while batch := list(islice(rows, _BATCH)):
        for i, values in zip(picked, zip(*batch, strict=True), strict=True):
            columns[i]._extend(values)
    return Table(columns)
