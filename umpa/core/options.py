"""Options: the type-length-value lists that several headers end with.

1. The bytes are the truth. A list of options is a view over its layer's bytes, decoded when it
   is read; a change is encoded and written back at once, as any other field is.
2. Decoding never fails: what does not fit its own length is one last option named "malformed".
3. A format (`OptionFormat`) is data: how an item is laid out, and which kinds have names.
"""

from __future__ import annotations

import struct
from abc import ABCMeta
from collections.abc import Callable, Iterable, Iterator, MutableSequence, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, SupportsIndex, TypeAlias, cast, overload

from umpa.core.codec import (
    ADDRESS_LIST6,
    ADDRESSES,
    NOTHING,
    RAW,
    U8,
    U16,
    U32,
    U32_LIST,
    Codec,
    packed,
)  # fmt: skip
from umpa.core.field import normal_name
from umpa.core.tail import HeaderRest, Tail
from umpa.errors import FieldError, suggest

__all__ = [
    "ADDRESSES", "ADDRESS_LIST6", "NOTHING", "RAW", "U8", "U16", "U32", "U32_LIST", "Codec",
    "Layout", "Option", "OptionBytes", "OptionFormat", "OptionList", "OptionType",
    "OptionWrite", "Options", "packed",
]  # fmt: skip


class Option(NamedTuple):
    """One item: its number, its name, its value, and the bytes it takes on the wire."""

    kind: int
    name: str
    value: Any
    data: bytes

    # As for any tuple. Only, mypy takes `"mss" in options` for a mistake where options do not
    # define themselves what they are equal to.
    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, other)

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __str__(self) -> str:
        if self.value is None:
            return self.name
        value = self.value.hex() if isinstance(self.value, bytes) else self.value
        return f"{self.name} {value}"


OptionWrite: TypeAlias = "Option | str | int | bytes | tuple[Any, Any]"
"""What a person may write for an option."""


class OptionType(NamedTuple):
    """A kind that has a name."""

    kind: int
    name: str
    codec: Codec = RAW


class Layout(NamedTuple):
    """How an item lies on the wire."""

    kind_size: int = 1
    length_size: int = 1
    counts_header: bool = True
    """Whether the length counts the kind and the length too."""
    unit: int = 1
    """Bytes the length counts in."""
    singles: tuple[int, ...] = ()
    """Kinds that are one byte, without a length."""
    end: int | None = None
    """The single that ends the list; what follows it is padding."""
    align: int = 1
    """Items are padded to a multiple of this."""

    @property
    def header(self) -> int:
        return self.kind_size + self.length_size


class OptionFormat:
    """A layout and its named kinds."""

    def __init__(self, layout: Layout, *types: OptionType) -> None:
        self.layout = layout
        self.types = {option.kind: option for option in types}
        self.kinds = {option.name: option.kind for option in types}

    def decode(self, data: bytes) -> list[Option]:
        """The items of `data`; never raises."""
        found, at, layout = [], 0, self.layout
        while at < len(data):
            kind = int.from_bytes(data[at : at + layout.kind_size], "big")
            if kind in layout.singles:
                stop = len(data) if kind == layout.end else at + 1
                found.append(self.option(kind, None, data[at:stop]))
                at = stop
                continue
            start = at + layout.header
            length = int.from_bytes(data[at + layout.kind_size : start], "big") * layout.unit
            stop = at + length if layout.counts_header else start + length
            if not start <= stop <= len(data):
                found.append(Option(kind, "malformed", data[at:], data[at:]))
                break
            padded = min(at - (at - stop) // layout.align * layout.align, len(data))
            found.append(self.option(kind, data[start:stop], data[at:padded]))
            at = padded
        return found

    def option(self, kind: int, value: bytes | None, data: bytes) -> Option:
        known = self.types.get(kind)
        name = known.name if known else str(kind)
        if value is None:
            return Option(kind, name, None, data)
        try:
            return Option(kind, name, known.codec.decode(value) if known else value, data)
        except Exception:  # the value of a known kind has a size of its own making
            return Option(kind, name, value, data)

    def encode(self, item: Any) -> bytes:
        """The bytes of one item, as a person writes it.

        :raises FieldError: no such option, or a value it cannot take.
        """
        if isinstance(item, Option):
            return item.data
        if isinstance(item, (bytes, bytearray)):
            return bytes(item)
        kind, value = item if isinstance(item, (tuple, list)) and len(item) == 2 else (item, None)
        number = self.number(kind)
        if number in self.layout.singles:
            return bytes([number])
        known = self.types.get(number)
        try:
            data = (known.codec if known else RAW).encode(b"" if value is None else value)
            return self.wrap(number, data)
        except (ValueError, TypeError, struct.error, OverflowError) as error:
            raise FieldError(f"option {kind!r} cannot hold {value!r}: {error}") from None

    def wrap(self, kind: int, value: bytes) -> bytes:
        layout = self.layout
        padding = bytes(-(layout.header + len(value)) % max(layout.align, layout.unit))
        length = len(value) + (layout.header if layout.counts_header else 0)
        if layout.unit > 1:
            value, padding = value + padding, b""
            length = (len(value) + (layout.header if layout.counts_header else 0)) // layout.unit
        header = kind.to_bytes(layout.kind_size, "big") + length.to_bytes(layout.length_size, "big")
        return header + value + padding

    def number(self, kind: object) -> int:
        if isinstance(kind, int):
            return kind
        name = normal_name(kind if isinstance(kind, str) else repr(kind)).replace("-", "_")
        if name in self.kinds:
            return self.kinds[name]
        if name.isdigit():
            return int(name)
        known = ", ".join(self.kinds)
        raise FieldError(f"no option {kind!r}{suggest(name, self.kinds)}; known are {known}")


class Options(Sequence[Option]):
    """The options of one layer, as a list that can be changed.

    What is read are `Option`s; what is written are also names, pairs of a name and a value, and
    bytes: `options.append(("mss", 1460))`, `options += ["nop", ("wscale", 7)]`.
    """

    __slots__ = ("_field", "_layer")

    def __init__(self, layer: Any, field: OptionBytes) -> None:
        self._layer = layer
        self._field = field

    def __bytes__(self) -> bytes:
        return self._field.kept(self._layer)

    def _items(self) -> list[Option]:
        return self._field.format.decode(bytes(self))

    def _write(self, items: Iterable[Any]) -> None:
        setattr(self._layer, self._field.name, list(items))

    @overload
    def __getitem__(self, index: SupportsIndex) -> Option: ...
    @overload
    def __getitem__(self, index: slice) -> list[Option]: ...
    @overload
    def __getitem__(self, index: str) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        """An item by its place, or the value of the first one of that name."""
        if not isinstance(index, str):
            return self._items()[index]
        kind = self._field.format.number(index)
        for item in self._items():
            if item.kind == kind:
                return item.value
        raise KeyError(f"no option {index!r} here; there are {', '.join(self.names()) or 'none'}")

    def get(self, name: str, default: Any = None) -> Any:
        """The value of the first option of that name, or `default`."""
        try:
            return self[name]
        except KeyError:
            return default

    def names(self) -> list[str]:
        return [item.name for item in self._items()]

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            return any(have.name == item for have in self._items())
        return item in self._items()

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[Option]:
        return iter(self._items())

    def __setitem__(self, index: Any, item: Any) -> None:
        items: list[Any] = self._items()
        if isinstance(index, str):
            kind = self._field.format.number(index)
            places = [place for place, have in enumerate(items) if have.kind == kind]
            if places:
                items[places[0]] = (kind, item)
            else:
                items.append((kind, item))
        else:
            items[index] = item
        self._write(items)

    def __delitem__(self, index: SupportsIndex | slice | str) -> None:
        items = self._items()
        if isinstance(index, str):
            kind = self._field.format.number(index)
            items = [item for item in items if item.kind != kind]
        else:
            del items[index]
        self._write(items)

    def insert(self, index: SupportsIndex, value: OptionWrite) -> None:
        """Put an option before the one at `index`."""
        items: list[Any] = self._items()
        items.insert(index, value)
        self._write(items)

    def append(self, value: OptionWrite) -> None:
        """Put an option at the end."""
        self._write([*self._items(), value])

    def extend(self, values: Iterable[OptionWrite]) -> None:
        """Put options at the end."""
        self._write([*self._items(), *values])

    def __add__(self, values: Iterable[OptionWrite]) -> list[OptionWrite]:
        return [*self._items(), *values]

    def __iadd__(self, values: Iterable[OptionWrite]) -> Options:
        self.extend(values)
        return self

    def pop(self, index: SupportsIndex = -1) -> Option:
        """Take out an option, the last one if nothing else is said."""
        items = self._items()
        taken = items.pop(index)
        self._write(items)
        return taken

    def remove(self, value: Option) -> None:
        """Take out the first option that equals `value`."""
        items = self._items()
        items.remove(value)
        self._write(items)

    def reverse(self) -> None:
        """Turn the order around."""
        self._write(self._items()[::-1])

    def clear(self) -> None:
        """Take out all options."""
        self._write(())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Options, bytes)):
            return bytes(self) == bytes(other)
        if isinstance(other, (list, tuple)):
            return bool(bytes(self) == self._field.parse(other))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a mutable sequence has none

    def __repr__(self) -> str:
        return f"[{', '.join(map(str, self._items()))}]"


cast(ABCMeta, MutableSequence).register(Options)


class OptionBytes(Tail[Options, Iterable[Any] | bytes | Options]):
    """The field that holds options; `format` says how they are laid out."""

    in_hex = True

    def __init__(self, format: OptionFormat, **options: Any) -> None:
        super().__init__(0, default=b"", **options)
        self.format = format
        self.kept: Callable[[Any], bytes]
        """The bytes that a layer holds."""

    def bind(self, owner: type[Any], name: str) -> None:
        super().bind(owner, name)
        self.kept = attrgetter(self.slot)

    def read_source(self, word: str) -> str:
        return f"{self.name}_view(self, {self.name}_field)"

    def source_names(self) -> dict[str, Any]:
        return {f"{self.name}_view": Options}

    def parse(self, value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, Options)):
            return bytes(value)
        if isinstance(value, str) or not isinstance(value, Iterable):
            self.reject(value, 'a list such as ["nop", ("mss", 1460)], or bytes')
        try:
            return b"".join(self.format.encode(item) for item in value)
        except FieldError as error:
            raise FieldError(f"{self.owner.__name__}.{self.name}: {error}") from None

    def text(self, value: Any) -> str:
        return ", ".join(map(str, value)) if value else "none"

    def read(self, word: Any) -> Any:
        return [str(item) for item in self.format.decode(word)]


class OptionList(HeaderRest[Options, Iterable[Any] | bytes | Options], OptionBytes):
    """Options that fill the header up to the length it declares."""
