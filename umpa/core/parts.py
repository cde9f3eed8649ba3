"""More kinds of variable parts: lists of addresses, sized options, prefixes, filling, views.

Each is a `Tail` (see `umpa.core.tail`): bytes kept as they came, given a meaning when read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from umpa.core import text
from umpa.core.auto import NextProtocol
from umpa.core.field import Field, Integer, Read, Write, normal_name
from umpa.core.options import OptionBytes, OptionFormat
from umpa.core.tail import Blob, HeaderRest, Position, Tail
from umpa.errors import suggest

__all__ = [
    "Filling",
    "HeaderIPv4List",
    "HeaderIPv6List",
    "IPv4List",
    "IPv6List",
    "Measured",
    "Prefix",
    "Sensed",
    "SizedOptions",
    "TailNextProtocol",
    "TrailingOptions",
    "UpTo",
    "View",
]


class View(Field[Read, Write]):
    """What a function of the layer says of its bytes: read only, and no bytes of its own.

    The function may return None where the layer does not have it; then the field is not shown.
    `of` says what it is read from, to whoever tries to write it.
    """

    tail: ClassVar[bool] = True
    read_only: ClassVar[bool] = True
    slot = "_auto"  # any: it reads the layer, not a word

    def __init__(
        self,
        function: Callable[[Any], Any],
        of: str = "",
        names: Mapping[int, str] | None = None,
        **options: Any,
    ) -> None:
        options.setdefault("applies", lambda layer: function(layer) is not None)
        super().__init__(0, **options)
        self.function = function
        self.of = of
        self.names = names or {}

    def meaning(self, value: Any) -> str:
        return self.names.get(value, "") if isinstance(value, int) else ""

    def asked(self, value: Any) -> Any:
        """What a match compares with, for what a person wrote."""
        if not self.names or not isinstance(value, str):
            return value
        known = {normal_name(name): number for number, name in self.names.items()}
        wanted = normal_name(value)
        if wanted not in known:
            self.reject(value, f"a number or a name{suggest(wanted, known)}")
        return known[wanted]

    def read_source(self, word: str) -> str:
        return f"{self.name}_field.function(self)"

    def word_source(self, layer: str) -> str:
        return f"{layer}.{self.name}"

    def parse(self, value: Any) -> Any:
        of = f"{self.of}; set {'those' if ' and ' in self.of else 'that'}"
        of = of if self.of else "the layer's other fields; set those"
        self.reject(value, f"nothing: it is read from {of}")


class TailNextProtocol(NextProtocol):
    """The number that announces the next layer, in a field of the variable part."""

    def source(self, field: Any) -> str:
        # The compiler has put a zero into the field's local name by now: see the layer itself.
        return super().source(field).replace("value", f"self.w_{field.name}")


class SizedOptions(OptionBytes):
    """Options of as many bytes as the field `size`, or a function of the layer's slots, says."""

    def __init__(
        self,
        format: OptionFormat,
        size: Integer[Any, Any] | Callable[[Any], int],
        **options: Any,
    ) -> None:
        super().__init__(format, **options)
        self.size = size

    def source_names(self) -> dict[str, Any]:
        return super().source_names() | {f"{self.name}_size": self.size}

    def size_source(self) -> str:
        return sized(self.name, self.size)

    def unpack_source(self) -> Iterator[str]:
        yield f"n = {self.size_source()}"
        yield f"self.{self.slot} = data[p:p + n]; p += n"


def sized(name: str, size: Integer[Any, Any] | Callable[[Any], int]) -> str:
    """The expression for a number of bytes that a field or a function says."""
    if not isinstance(size, Integer):
        return f"{name}_size(self)"
    word = f"self.{size.slot}"
    if size.partial:
        word = f"({word} >> {size.shift} & {size.mask})"
    return f"{word} * {size.scale}" if size.scale != 1 else word


class _Addresses(Tail[tuple[str, ...], Iterable[Any] | bytes]):
    """Addresses, one after the other; bytes that make no whole address are kept, not shown."""

    width: ClassVar[int]

    def read_source(self, word: str) -> str:
        return f"{self.name}_field.read({word})"

    def parse(self, value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        if isinstance(value, str):
            value = (value,)
        if not isinstance(value, Iterable):
            self.reject(value, f"a list of addresses, such as [{value!r}]")
        try:
            return b"".join(map(self.to_bytes, value))
        except (ValueError, TypeError) as error:
            self.reject(value, f"addresses: {error}")

    def to_bytes(self, value: Any) -> bytes:
        raise NotImplementedError

    def text(self, value: Any) -> str:
        return ", ".join(value) or "none"


class _IPv4Addresses(_Addresses):
    width = 4

    def read(self, word: bytes) -> tuple[str, ...]:
        stops = range(4, len(word) + 1, 4)
        return tuple(text.ipv4_text(int.from_bytes(word[at - 4 : at], "big")) for at in stops)

    def to_bytes(self, value: Any) -> bytes:
        return text.ipv4_word(value).to_bytes(4, "big")


class _IPv6Addresses(_Addresses):
    width = 16

    def read(self, word: bytes) -> tuple[str, ...]:
        return tuple(text.ipv6_text(word[at - 16 : at]) for at in range(16, len(word) + 1, 16))

    def to_bytes(self, value: Any) -> bytes:
        return text.ipv6_word(value)


class _Counted(_Addresses):
    """As many addresses as the field `count` says."""

    def __init__(self, count: Integer[Any, Any], **options: Any) -> None:
        super().__init__(0, default=b"", **options)
        self.size = count

    def size_source(self) -> str:
        return f"self.{self.size.slot} * {self.width}"

    def unpack_source(self) -> Iterator[str]:
        yield f"n = {self.size_source()}"
        yield f"self.{self.slot} = data[p:p + n]; p += n"


class IPv4List(_Counted, _IPv4Addresses):
    """As many IPv4 addresses as a field counts."""


class IPv6List(_Counted, _IPv6Addresses):
    """As many IPv6 addresses as a field counts."""


class _Rest(HeaderRest[tuple[str, ...], Iterable[Any] | bytes], _Addresses):
    def __init__(self, **options: Any) -> None:
        super().__init__(0, default=b"", **options)


class HeaderIPv4List(_Rest, _IPv4Addresses):
    """IPv4 addresses up to the header length."""


class HeaderIPv6List(_Rest, _IPv6Addresses):
    """IPv6 addresses up to the header length."""


class Prefix(Blob):
    """Bytes that are there where the header begins with them, such as `ff 03` before PPP."""

    def __init__(self, *choices: bytes, **options: Any) -> None:
        super().__init__(len(choices[0]), **options)
        self.choices = choices

    def size_source(self) -> str:
        return f"len(self.{self.slot})"

    def unpack_source(self) -> Iterator[str]:
        size = len(self.choices[0])
        yield f"n = {size} if data[p:p + {size}] in {self.choices!r} else 0"
        yield f"self.{self.slot} = data[p:p + n]; p += n"


class Measured(Blob):
    """Bytes whose number a function of the layer's slots, the data and the place in it says."""

    def __init__(self, measure: Callable[[Any, bytes, int], int], **options: Any) -> None:
        super().__init__(0, **options)
        self.measure = measure

    def source_names(self) -> dict[str, Any]:
        return {f"{self.name}_measure": self.measure}

    def size_source(self) -> str:
        return f"len(self.{self.slot})"

    def unpack_source(self) -> Iterator[str]:
        yield f"n = {self.name}_measure(self, data, p)"
        yield f"self.{self.slot} = data[p:p + n]; p += n"


class Sensed(Position):
    """A number that stands in no bits: a function of slots, data and place makes it out."""

    def __init__(self, sense: Callable[[Any, bytes, int], int], **options: Any) -> None:
        super().__init__(**options)
        self.sense = sense

    def source_names(self) -> dict[str, Any]:
        return {f"{self.name}_sense": self.sense}

    def unpack_source(self) -> Iterator[str]:
        yield f"self.{self.slot} = {self.name}_sense(self, data, p)"


class UpTo(Blob):
    """As many bytes as `size` says, or fewer where the data ends: a cut header is still read."""

    def size_source(self) -> str:
        return f"len(self.{self.slot})"

    def unpack_source(self) -> Iterator[str]:
        yield "stop = end if end is not None else len(data)"
        yield f"n = max(0, min({Blob.size_source(self)}, stop - p))"
        yield f"self.{self.slot} = data[p:p + n]; p += n"


class Filling(Tail["bytes", "bytes | None"]):
    """Bytes that fill the field `of` up to a multiple of `to`; zeros, unless written otherwise."""

    in_hex = True

    def __init__(self, of: Blob, to: int, **options: Any) -> None:
        super().__init__(0, default=None, **options)
        self.of = of
        self.to = to

    def missing(self) -> str:
        return f"(-len(self.{self.of.slot}) % {self.to})"

    def size_source(self) -> str:
        return f"({self.missing()} if self.{self.slot} is None else len(self.{self.slot}))"

    def unpack_source(self) -> Iterator[str]:
        yield f"n = {self.missing()}"
        yield f"self.{self.slot} = data[p:p + n] if any(data[p:p + n]) else None; p += n"

    def pack_source(self) -> str:
        return f"(bytes{self.missing()} if {self.slot} is None else {self.slot})"

    def read_source(self, word: str) -> str:
        return f"(bytes{self.missing()} if {word} is None else {word})"

    def parse(self, value: Any) -> Any:
        if value is None or isinstance(value, (bytes, bytearray)):
            return None if value is None else bytes(value)
        self.reject(value, "bytes, or None for zeros as needed")


class TrailingOptions(OptionBytes):
    """Options up to the end of what carries them."""

    def size_source(self) -> str:
        return f"len(self.{self.slot})"

    def unpack_source(self) -> Iterator[str]:
        yield "stop = end if end is not None else len(data)"
        yield f"self.{self.slot} = data[p:stop]; p = stop"
