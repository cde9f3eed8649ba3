"""How options lie on the wire: a layout, the kinds that have names, and their values."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple, TypeAlias

from umpa.core.codec import RAW, Codec
from umpa.core.field import normal_name
from umpa.errors import FieldError, suggest

__all__ = ["Layout", "Option", "OptionFormat", "OptionType", "OptionWrite"]


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


_MISFITS = (ValueError, TypeError, AttributeError, LookupError, OverflowError, struct.error)
"""What an encoder raises for a value that it cannot take."""

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
            if value not in (None, b""):
                raise FieldError(f"option {kind!r} cannot hold {value!r}: it has no value")
            return bytes([number])
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self.wrap(number, bytes(value))
        codec = self.types[number].codec if number in self.types else RAW
        try:
            data = codec.encode(value)
        except _MISFITS as error:
            raise FieldError(
                f"option {kind!r} cannot hold {value!r}; expected {codec.expected or error}"
            ) from None
        return self.wrap(number, data)

    def is_pair(self, value: object) -> bool:
        """Whether a person wrote one option, name and value, where a list of them is expected."""
        if not isinstance(value, tuple) or len(value) != 2 or isinstance(value, Option):
            return False
        name, worth = value
        one = isinstance(worth, (str, tuple, Option)) or worth in self.types
        return isinstance(name, str) and name in self.kinds and not one

    def wrap(self, kind: int, value: bytes) -> bytes:
        """The item of that kind with these bytes.

        :raises FieldError: the kind, or the number of bytes, is larger than its field.
        """
        layout = self.layout
        most = ((1 << 8 * layout.length_size) - 1) * layout.unit
        most -= layout.header if layout.counts_header else 0
        if len(value) > most:
            name = repr(self.types[kind].name) if kind in self.types else kind
            raise FieldError(
                f"option {name} cannot hold {len(value)} bytes; expected {most} at most"
            )
        padding = bytes(-(layout.header + len(value)) % max(layout.align, layout.unit))
        length = len(value) + (layout.header if layout.counts_header else 0)
        if layout.unit > 1:
            value, padding = value + padding, b""
            length = (len(value) + (layout.header if layout.counts_header else 0)) // layout.unit
        header = kind.to_bytes(layout.kind_size, "big") + length.to_bytes(layout.length_size, "big")
        return header + value + padding

    def number(self, kind: object) -> int:
        most = (1 << 8 * self.layout.kind_size) - 1
        if isinstance(kind, str) and kind.isdecimal():
            kind = int(kind)
        if isinstance(kind, int):
            if not 0 <= kind <= most:
                raise FieldError(f"no option {kind}; their numbers are from 0 to {most}")
            return kind
        name = normal_name(kind if isinstance(kind, str) else repr(kind)).replace("-", "_")
        if name in self.kinds:
            return self.kinds[name]
        known = ", ".join(self.kinds)
        raise FieldError(f"no option {kind!r}{suggest(name, self.kinds)}; known are {known}")
