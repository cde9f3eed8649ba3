"""Columns: one field of many packets, kept as words, not as an object a cell.

What a cell reads is made when somebody asks for it. Which cells are missing stands beside the
words, in a byte for each; a column without gaps has none of these.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any, TypeVar, overload

__all__ = ["Addresses", "Coded", "Column", "Numbers", "Packed", "Times"]

C = TypeVar("C", bound="Column")


_FAR = 1 << 63


class Column(Sequence[Any]):
    """One field of all packets of a table: a sequence of what `packet[name]` reads.

    A cell is None where the packet has no such field. `column[10:20]` is a shorter column.
    """

    blank: Any = None
    """What stands for a missing cell when words are made of values."""

    def __init__(self, name: str) -> None:
        self.name = name
        """Wireshark's name of the field."""
        self._gaps: bytearray | None = None

    @property
    def missing(self) -> bytes:
        """A byte for each cell: 1 where the packet has no such field, else 0."""
        return bytes(len(self)) if self._gaps is None else bytes(self._gaps)

    @property
    def missing_count(self) -> int:
        """How many cells are missing."""
        return 0 if self._gaps is None else self._gaps.count(1)

    def __len__(self) -> int:
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self: C, index: slice) -> C: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            part = copy(self)
            part._gaps = None if self._gaps is None else self._gaps[index]
            part._cut(index)
            return part
        if self._gaps is not None and self._gaps[index]:
            return None
        return self._read(index if index >= 0 else index + len(self))

    def __iter__(self) -> Iterator[Any]:
        values = self._values()
        if self._gaps is None:
            return values
        return (None if gap else value for gap, value in zip(self._gaps, values, strict=True))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Column):
            return NotImplemented
        return self.name == other.name and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it is compared by its cells

    def __repr__(self) -> str:
        return f"<Column {self.name!r}: {len(self)} cells, {self.missing_count} missing>"

    def text(self, index: int) -> str:
        """A cell as it is printed; empty where it is missing."""
        value = self[index]
        if value is None:
            return ""
        return value.hex() if isinstance(value, bytes) else str(value)

    def _extend(self, values: Sequence[Any]) -> None:
        """Add the cells of some packets."""
        if None in values:
            if self._gaps is None:
                self._gaps = bytearray(len(self))
            self._gaps += bytes(value is None for value in values)
            if self.blank is not None:
                values = [self.blank if value is None else value for value in values]
        elif self._gaps is not None:
            self._gaps += bytes(len(values))
        self._add(values)

    def _extend_words(self, words: bytes, gaps: bytes) -> None:
        """Add cells as their words, side by side, and a byte for each: 1 where it is missing."""
        if self._gaps is not None or 1 in gaps:
            if self._gaps is None:
                self._gaps = bytearray(len(self))
            self._gaps += gaps
        self._add_words(words)

    def _add_words(self, words: bytes) -> None:
        raise NotImplementedError

    def _word(self, value: Any) -> Any:
        """The word for what a person reads."""
        return value

    def _add(self, values: Sequence[Any]) -> None:
        """Add words for values; `blank` stands for those that are missing."""
        raise NotImplementedError

    def _read(self, index: int) -> Any:
        """What a person reads of the word of a cell."""
        raise NotImplementedError

    def _values(self) -> Iterator[Any]:
        """The same for all of them, one after the other."""
        return map(self._read, range(len(self)))

    def _cut(self, part: slice) -> None:
        """Keep the words of a part."""
        raise NotImplementedError


class Numbers(Column):
    """Numbers, flags and sets of flags."""

    blank: int | None = 0

    def __init__(self, name: str, typecode: str, read: Callable[[int], Any] | None = None) -> None:
        super().__init__(name)
        self.words = array(typecode)
        """The numbers; 0 where a cell is missing."""
        self.read = read
        """What a person reads of a word that is not just a number."""

    def __len__(self) -> int:
        return len(self.words)

    def _add(self, values: Sequence[Any]) -> None:
        self.words.extend(values)

    def _add_words(self, words: bytes) -> None:
        self.words.frombytes(words)

    def _read(self, index: int) -> Any:
        word = self.words[index]
        return word if self.read is None else self.read(word)

    def _values(self) -> Iterator[Any]:
        return iter(self.words) if self.read is None else map(self.read, self.words)

    def _cut(self, part: slice) -> None:
        self.words = self.words[part]


class Times(Numbers):
    """Nanoseconds since 1970-01-01 00:00 UTC; printed in seconds, as Wireshark does.

    A time that 64 bits do not hold (before 1678, after 2262) is missing.
    """

    blank = -_FAR
    """NumPy's word for no time."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "q")

    def _extend(self, values: Sequence[Any]) -> None:
        first, last = -_FAR, _FAR
        if any(value is not None and not first < value < last for value in values):
            fits = [value is not None and first < value < last for value in values]
            values = [value if fit else None for value, fit in zip(values, fits, strict=True)]
        super()._extend(values)

    def text(self, index: int) -> str:
        """Seconds, with nine decimals."""
        value = self[index]
        if value is None:
            return ""
        seconds, nanoseconds = divmod(abs(value), 1_000_000_000)
        return f"{'-' if value < 0 else ''}{seconds}.{nanoseconds:09}"


class _Known(dict[Any, Any]):
    """The word of each value that has been met, as few as a column has different ones."""

    def __init__(self, parse: Callable[[Any], Any], blank: Any) -> None:
        super().__init__({None: blank})
        self.parse = parse

    def __missing__(self, value: Any) -> Any:
        word = self[value] = self.parse(value)
        return word


class Addresses(Numbers):
    """IPv4 addresses: numbers of 32 bits that read as text."""

    blank = None

    def __init__(self, name: str, read: Callable[[int], str], parse: Callable[[str], int]) -> None:
        super().__init__(name, "I", read)
        self._known = _Known(parse, 0)

    def _add(self, values: Sequence[Any]) -> None:
        self.words.extend(map(self._known.__getitem__, values))

    def _word(self, value: Any) -> Any:
        return self._known[value]


class Packed(Column):
    """Words of several bytes, one behind the other: MAC and IPv6 addresses, fixed bytes."""

    def __init__(
        self, name: str, size: int, read: Callable[[bytes], Any], parse: Callable[[Any], bytes]
    ) -> None:
        super().__init__(name)
        self.is_address = read is not bytes
        self.size = size
        """Bytes of a word."""
        self.data = bytearray()
        """All words; zeros where a cell is missing."""
        self.read = read
        self._known = _Known(parse, bytes(size))

    def __len__(self) -> int:
        return len(self.data) // self.size

    def _add(self, values: Sequence[Any]) -> None:
        self.data += b"".join(map(self._known.__getitem__, values))

    def _add_words(self, words: bytes) -> None:
        self.data += words

    def _word(self, value: Any) -> Any:
        return self._known[value]

    def _read(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"column {self.name!r} has {len(self)} cells")
        return self.read(bytes(self.data[index * self.size : (index + 1) * self.size]))

    def _cut(self, part: slice) -> None:
        indices = range(len(self))[part]
        size = self.size
        self.data = bytearray().join(self.data[at * size : (at + 1) * size] for at in indices)


class Coded(Column):
    """Any values: each different one is kept once, and a cell is its number."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.codes = array("I")
        """The place in `values` of each cell's value."""
        self.values: list[Any] = []
        self._known = _Known(self._number, 0)

    def __len__(self) -> int:
        return len(self.codes)

    def _number(self, value: Any) -> int:
        self.values.append(value)
        return len(self.values) - 1

    def _add(self, values: Sequence[Any]) -> None:
        self.codes.extend(map(self._known.__getitem__, values))

    def _read(self, index: int) -> Any:
        return self.values[self.codes[index]]

    def _values(self) -> Iterator[Any]:
        values = self.values or [None]  # where all cells are missing there is no value
        return map(values.__getitem__, self.codes)

    def _cut(self, part: slice) -> None:
        self.codes = self.codes[part]
