"""The function that reads a row of fields from packets of one shape (see `umpa.core.pick`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from umpa.core import text
from umpa.core.assembler import field_word
from umpa.core.auto import HeaderLength
from umpa.core.compiler import define
from umpa.core.convert import restore
from umpa.core.field import Field
from umpa.core.frame import OfFrame
from umpa.core.glance import Unknown, doubt, word_at
from umpa.core.offsets import field_bit
from umpa.core.options import OptionBytes, Options
from umpa.core.origin import Origin
from umpa.core.overlay import Overlay, only
from umpa.core.tail import HeaderRest, SizedAddress

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["Reader", "Row", "RowWriter", "first_of"]

_FEW_BITS = 16
"""Words of so many bits have few values: what their fields read is worth keeping."""
_PIECE = 30
"""The longest display of a tuple that goes by way of the stack; longer ones take twice the time."""
_LETTERS = {1: "B", 2: "H", 4: "I", 8: "Q"}

Row: TypeAlias = "tuple[Any, ...]"
Reader: TypeAlias = "Callable[[Packet | Origin, bytes], Row]"
"""Takes a packet and its bytes; or its origin, where nobody has made a packet of the bytes."""


def first_of(packet: Packet, column: tuple[Field[Any, Any], ...]) -> Any:
    """The value of the first of some fields that the packet has."""
    for field in column:
        if isinstance(field, OfFrame):
            return field.of(packet)
        layer = packet.get(field.owner)
        if layer is None or (field.applies is not None and not field.applies(layer)):
            continue
        value = getattr(layer, field.name)
        if value is not None:
            return bytes(value) if isinstance(value, Options) else value
    return None


class _Word(NamedTuple):
    """A word of a header in a shape: where it is in the packet, and its name in the source."""

    at: int
    format: str
    name: str


class RowWriter:
    """Writes the function that reads a row of one shape's packets."""

    def __init__(self, shape: Any, slowly: Reader) -> None:
        self.shape = shape
        self.names: dict[str, Any] = {
            "slowly": slowly, "from_bytes": int.from_bytes, "Origin": Origin, "restore": restore
        }  # fmt: skip
        self.words: dict[int, _Word] = {}
        self.checks: dict[str, str] = {}
        """Statements that send away a packet of which a header is not as it usually is."""
        self.ports: list[str] = []
        self.leading: frozenset[int] = frozenset()
        """The ports that may lead to something wanted."""
        self.groups: list[str] = []
        """Statements that read several fields of one word at once."""
        self.layers: dict[str, str] = {}
        """Statements that make a layer, for what the bytes at fixed places do not tell."""
        self.asks = False
        """Whether something is asked of the packet."""

    def reader(self, columns: tuple[tuple[Field[Any, Any], ...], ...]) -> Reader:
        values = self.together([self.column(column) for column in columns])
        lines = ["def read(packet, data):"]
        lines += self.checks.values()
        if self.leading:
            leading = self.name(self.leading)
            lines.append(f"    if {' or '.join(f'{port} in {leading}' for port in self.ports)}:")
            lines.append("        return slowly(packet, data)")
        words = sorted(self.words.values())
        if words:
            self.names["unpack_from"] = Struct(_format(words)).unpack_from
            lines.append(f"    {''.join(f'{word.name}, ' for word in words)}= unpack_from(data)")
        lines += self.groups
        if self.asks:
            lines.append("    if packet.__class__ is Origin: packet = restore(data, packet, None)")
        lines += self.layers.values()
        lines.append(f"    return {_tuple(values)}")
        title = "/".join(protocol.__name__ for protocol, _ in self.shape._places)
        function: Reader = define("read", f"pick of {title}", lines, self.names)
        return function

    def name(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def together(self, values: list[str]) -> list[str]:
        """The expressions for columns, neighbours that are parts of one word read as one."""
        found: list[str] = []
        for word, run in groupby(values, lambda value: getattr(value, "word", "")):
            parts = list(run)
            if word and len(parts) > 1:
                fields = [part.field for part in parts if isinstance(part, _Part)]
                parts = [f"{word}_{field.name}" for field in fields]
                known = self.name(_KnownParts(fields))
                self.groups.append(f"    {', '.join(parts)} = {known}[{word}]")
            found += parts
        return found

    def column(self, column: tuple[Field[Any, Any], ...]) -> str:
        """The expression for the first of the fields that packets of the shape have."""
        for after, field in enumerate(column, 1):
            if isinstance(field, OfFrame):
                return f"({field.source})"
            number = self.shape._index.get(field.owner)
            if number:
                return self.present(field, number, column[after:])
            if field.owner.name in ("data", "padding"):  # what a shape does not tell
                return self.asked(column[after - 1 :])
            if not self.shape._excludes(field.owner):
                self.ports, leading = doubt(self.shape, field.owner)
                self.leading |= leading
        return "None"

    def present(
        self, field: Field[Any, Any], number: int, others: tuple[Field[Any, Any], ...]
    ) -> str:
        """The expression for a field of a header that is there, or for `others`."""
        try:
            value, condition = self.value(field, number), self.condition(field, number)
        except Unknown:  # the bytes do not tell: this one field is asked of its layer
            if field.when is None and field.applies is None and not isinstance(field, OptionBytes):
                self.asks = True
                layer = f"layer_{number}"
                self.layers[layer] = f"    {layer} = packet.get({self.name(field.owner)})"
                return f"{layer}.{field.name}"
            return self.asked((field, *others))
        return f"({value} if {condition} else {self.column(others)})" if condition else value

    def asked(self, column: tuple[Field[Any, Any], ...]) -> str:
        """The expression that asks the packet's layers."""
        self.asks = True
        return f"{self.name(partial(first_of, column=column))}(packet)"

    def condition(self, field: Field[Any, Any], number: int) -> str:
        """The expression for whether a header has the field; empty where it always does."""
        if field.applies is None:
            return ""
        if not isinstance(field.applies, only):
            raise Unknown
        return field.applies.source().replace("self.", self.loaded(field.applies.field, number))

    def value(self, field: Field[Any, Any], number: int) -> str:
        """The expression for what a person reads."""
        if isinstance(field, OptionBytes) and isinstance(field, HeaderRest):
            return self.options(field, number)
        if isinstance(field, SizedAddress):
            return self.address(field, number)
        if field.when is not None or (field.tail and not isinstance(field, Overlay)):
            raise Unknown
        word = self.loaded(field, number) + field.slot
        if not field.partial:
            return self.read(field, word)
        value = self.read(field, f"({word} >> {field.shift} & {field.mask})")
        small = self.bits(field) <= _FEW_BITS and not isinstance(field, Overlay)
        return _Part(word, field, value) if small else value

    def read(self, field: Field[Any, Any], word: str) -> str:
        """The expression for what a person reads of a word."""
        read = (
            super(Overlay, field).read_source if isinstance(field, Overlay) else field.read_source
        )
        if read("x") == "x":
            return word
        if hasattr(field, "texts") or f"{field.name}_field" in read("x"):  # worth keeping
            return f"{self.name(_Known(field))}[{word}]"
        return f"({read(word)})"

    def address(self, field: SizedAddress, number: int) -> str:
        """The expression for an address in a header where all addresses have their usual size."""
        owner: Any = field.owner
        start = self.shape._places[number - 1][1]
        at = start + owner._FIXED
        for tail in (field for field in owner.fields.values() if field.tail):
            if not isinstance(tail, SizedAddress):
                raise Unknown
            size = f"{word_at(tail.size, start)} != {tail.usual}"
            self.checks[size] = f"    if {size}: return slowly(packet, data)"
            if tail is field:
                break
            at += tail.usual
        name = f"l{number}_{field.slot}"
        self.words[at] = _Word(at, f"{field.usual}s", name)
        return f"{self.name(_Known(field))}[{name}]"

    def bits(self, field: Field[Any, Any]) -> int:
        """The size of the word that it is a part of."""
        return sum(
            f.bits for f in field.owner.fields.values() if f.slot == field.slot and not f.tail
        )

    def options(self, field: HeaderRest[Any, Any], number: int) -> str:
        """The bytes between the fixed part and the end that the header declares."""
        owner = field.owner
        owner._ready()
        start = self.shape._places[number - 1][1] + owner._FIXED
        declared = next(f for f in owner.fields.values() if isinstance(f.auto, HeaderLength))
        word = field_word(declared, self.loaded(declared, number))
        size = declared.auto.declared(word)
        return f"data[{start}:{start - owner._FIXED} + {size}]"

    def loaded(self, field: Field[Any, Any], number: int) -> str:
        """Have the word of a field unpacked; the prefix of its name in the source."""
        prefix = f"l{number}_"
        sharing = [f for f in field.owner.fields.values() if f.slot == field.slot and not f.tail]
        bits = sum(f.bits for f in sharing)
        at = self.shape._places[number - 1][1] + field_bit(field.owner, sharing[0]) // 8
        kind = f"{bits // 8}s" if sharing[0].kind == "bytes" else _LETTERS[bits // 8]
        self.words[at] = _Word(at, kind, prefix + field.slot)
        return prefix


def _tuple(values: list[str]) -> str:
    """The expression for a tuple of these, in pieces that CPython makes without a list between."""
    pieces = [values[at : at + _PIECE] for at in range(0, len(values), _PIECE)] or [[]]
    return " + ".join(f"({''.join(f'{value}, ' for value in piece)})" for piece in pieces)


def _format(words: list[_Word]) -> str:
    """The format that picks the words out of a packet, nothing between them."""
    return ">" + "".join(_padded(words))


def _padded(words: list[_Word]) -> Iterator[str]:
    end = 0
    for word in words:
        if word.at > end:
            yield f"{word.at - end}x"
        yield word.format
        end = word.at + Struct(">" + word.format).size


class _Part(str):
    """The expression for a field that is a part of a small word, of which neighbours may be too."""

    __slots__ = ("field", "word")

    word: str
    field: Field[Any, Any]

    def __new__(cls, word: str, field: Field[Any, Any], source: str) -> _Part:
        part = super().__new__(cls, source)
        part.word, part.field = word, field
        return part


class _KnownParts(dict[int, tuple[Any, ...]]):
    """What neighbouring fields of a word read for each of its values."""

    __slots__ = ("fields",)

    def __init__(self, fields: list[Field[Any, Any]]) -> None:
        super().__init__()
        self.fields = fields

    def __missing__(self, word: int) -> tuple[Any, ...]:
        values = tuple(field.read(word >> field.shift & field.mask) for field in self.fields)
        text.remember(self, word, values)
        return values


class _Known(dict[Any, Any]):
    """What a field reads for each word, kept for the next time."""

    __slots__ = ("field",)

    def __init__(self, field: Field[Any, Any]) -> None:
        super().__init__()
        self.field = field

    def __missing__(self, word: Any) -> Any:
        value = self.field.read(word)
        text.remember(self, word, value)
        return value
