"""Options: the type-length-value lists that several headers end with.

1. The bytes are the truth. A list of options is a view over its layer's bytes, decoded when it
   is read; a change is encoded and written back at once, as any other field is.
2. Decoding never fails: what does not fit its own length is one last option named "malformed".
3. A format (`umpa.core.option_format`) is data: how an item is laid out, and which kinds have
   names.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence
from operator import attrgetter
from typing import Any, SupportsIndex, cast, overload

from umpa.core.codec import (
    ADDRESS,
    ADDRESS_LIST6,
    ADDRESSES,
    NOTHING,
    RAW,
    TEXT,
    U8,
    U16,
    U32,
    U32_LIST,
    Codec,
    packed,
)
from umpa.core.option_format import Layout, Option, OptionFormat, OptionType, OptionWrite
from umpa.core.tail import HeaderRest, Tail
from umpa.errors import FieldError

__all__ = [
    "ADDRESS", "ADDRESSES", "ADDRESS_LIST6", "NOTHING", "RAW", "TEXT", "U8", "U16", "U32",
    "U32_LIST", "Codec", "Layout", "Option", "OptionBytes", "OptionFormat", "OptionList",
    "OptionType", "OptionWrite", "Options", "packed",
]  # fmt: skip


_AS_A_LIST = 'a list such as ["nop", ("mss", 1460)]'


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
                items = self._with((kind, item))
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
        """Put an option at the end; before the one that ends the list, where there is one."""
        self._write(self._with(value))

    def extend(self, values: Iterable[OptionWrite]) -> None:
        """Put options at the end; before the one that ends the list, where there is one."""
        self._write(self._with(*values))

    def _with(self, *values: Any) -> list[Any]:
        """The items, and more of them before the one behind which nothing is read."""
        items = self._items()
        behind = items[-1:] if items and items[-1].kind == self._field.format.layout.end else []
        return [*items[: len(items) - len(behind)], *values, *behind]

    def __add__(self, values: Iterable[OptionWrite]) -> list[OptionWrite]:
        return self._with(*values)

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
        if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
            self.reject(value, f"{_AS_A_LIST}, or bytes")
        if self.format.is_pair(value):
            self.reject(value, f"{_AS_A_LIST}: one option stands in a list too")
        try:
            return b"".join(self.format.encode(item) for item in value)
        except FieldError as error:
            raise FieldError(f"{self.owner.__name__}.{self.name}: {error}") from None

    def same(self, items: Iterable[Any], data: bytes) -> bool:
        """Whether these items, as a person writes them, are these bytes again."""
        try:
            made = self.parse(items)
        except FieldError:
            return False
        filled = made.ljust(len(data), b"\0") if isinstance(self, HeaderRest) else made
        return bool(filled == data)

    def text(self, value: Any) -> str:
        return ", ".join(map(str, value)) if value else "none"

    def read(self, word: Any) -> Any:
        return [str(item) for item in self.format.decode(word)]


class OptionList(HeaderRest[Options, Iterable[Any] | bytes | Options], OptionBytes):
    """Options that fill the header up to the length it declares."""
