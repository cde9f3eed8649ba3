"""Picking: several fields of each packet at once, read from its bytes, with no layer made for it.

1. Where the shape of a packet is known (`umpa.core.shape`), so are the places of its headers. For
   each shape one function is generated that unpacks all words that are wanted in one call, and
   turns them into what a person reads.
2. A packet that has been changed, that has no shape, or whose ports may lead to a protocol that is
   wanted, is asked layer by layer. Both ways give the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from umpa.core import registry, text
from umpa.core.auto import HeaderLength
from umpa.core.compiler import define
from umpa.core.field import Field
from umpa.core.glance import Unknown, doubt
from umpa.core.loose import field_bit
from umpa.core.match import FieldRef
from umpa.core.options import OptionBytes, Options
from umpa.core.overlay import Overlay, only
from umpa.core.packet import Packet
from umpa.core.tail import HeaderRest
from umpa.errors import FieldError, suggest

if TYPE_CHECKING:
    from umpa.core.shape import Shapes

__all__ = ["Pick", "pick"]

_MOST_SHAPES = 512
_LETTERS = {1: "B", 2: "H", 4: "I", 8: "Q"}

Wanted: TypeAlias = "str | FieldRef[Any, Any]"
_Reader: TypeAlias = "Callable[[Packet, bytes], tuple[Any, ...]]"


def pick(*fields: Wanted | tuple[Wanted, ...]) -> Pick:
    """What reads these fields of a packet, as a row: `pick("ip.src", TCP.dstport)(packet)`.

    A field is named as Wireshark does, or by its class. A tuple of fields stands for the first of
    them that the packet has: `("tcp.dstport", "udp.dstport")`. `frame.time_epoch`, `frame.len`
    and `frame.cap_len` are fields too.

    Values are what `packet["ip.src"]` reads, None where a packet has no such field; options are
    the bytes they stand in. Reading is several times as fast as going through the layers.

    :raises FieldError: there is no such field.
    """
    columns = tuple(
        tuple(map(_resolve, wanted)) if isinstance(wanted, tuple) else (_resolve(wanted),)
        for wanted in fields
    )
    return Pick(columns)


class Pick:
    """Reads the same fields of packet after packet; made by `pick`."""

    __slots__ = ("_columns", "_readers", "_shapes")

    def __init__(self, columns: tuple[tuple[Field[Any, Any], ...], ...]) -> None:
        self._columns = columns
        self._readers: dict[Any, _Reader] = {}
        self._shapes: Shapes = Packet.shapes

    def __call__(self, packet: Packet) -> tuple[Any, ...]:
        """The values of one packet, a row."""
        data = packet._content
        if data.__class__ is bytes:
            leaf = self._shapes.find(packet)
            if leaf is None:
                return self._slowly(packet, data)
            shape = leaf.shape
        else:
            shape = packet.__class__
            data = data[0]
            if shape._index is None or data.__class__ is not bytes:
                return self._slowly(packet, data)
        read = self._readers.get(shape)
        return self._learn(shape)(packet, data) if read is None else read(packet, data)

    @property
    def names(self) -> tuple[str, ...]:
        """Wireshark's name of each column."""
        return tuple(" or ".join(field.full_key for field in column) for column in self._columns)

    def __repr__(self) -> str:
        return f"pick({', '.join(map(repr, self.names))})"

    def _learn(self, shape: Any) -> _Reader:
        if len(self._readers) >= _MOST_SHAPES:
            self._readers.clear()
        try:
            reader = _Writer(shape, self._slowly).reader(self._columns)
        except Unknown:
            reader = self._slowly
        self._readers[shape] = reader
        return reader

    def _slowly(self, packet: Packet, _: object) -> tuple[Any, ...]:
        return tuple(_first(packet, column) for column in self._columns)


def _first(packet: Packet, column: tuple[Field[Any, Any], ...]) -> Any:
    """The value of the first of some fields that the packet has."""
    for field in column:
        if isinstance(field, _OfFrame):
            return field.of(packet)
        layer = packet.get(field.owner)
        if layer is None or (field.applies is not None and not field.applies(layer)):
            continue
        value = getattr(layer, field.name)
        if value is not None:
            return bytes(value) if isinstance(value, Options) else value
    return None


class _OfFrame(Field[Any, Any]):
    """What is known of a packet as a whole."""

    def __init__(self, key: str, of: Callable[[Packet], Any], source: str) -> None:
        super().__init__(0, key=key)
        self.of = of
        self.source = source

    @property
    def full_key(self) -> str:
        return self.key


_FRAME = {
    field.key: field
    for field in (
        _OfFrame(
            "frame.time_epoch",
            lambda packet: None if packet.time_ns is None else packet.time_ns / 1e9,
            "None if packet.time_ns is None else packet.time_ns / 1e9",
        ),
        _OfFrame("frame.len", lambda packet: packet.wire_length, "packet.wire_length"),
        _OfFrame("frame.cap_len", len, "len(data)"),
    )
}


def _resolve(wanted: Wanted) -> Field[Any, Any]:
    """The field that is meant."""
    if isinstance(wanted, Field):
        return wanted
    if not isinstance(wanted, str):
        raise FieldError(f"{wanted!r} is no field; expected a name such as 'ip.src', or IP.src")
    if wanted in _FRAME:
        return _FRAME[wanted]
    parts = wanted.split(".")
    nearest: Any = None
    for end in range(len(parts) - 1, 0, -1):
        protocol: Any = registry.by_name(".".join(parts[:end]))
        if protocol is not None:
            key = ".".join(parts[end:])
            field: Any = protocol.fields.get(protocol._keys.get(key, key))
            if field is not None:
                return field  # type: ignore[no-any-return]
            nearest = nearest or protocol  # `icmpv6.mld.x` may be a field of `icmpv6`
    if nearest is not None:
        key = wanted[len(nearest.name) + 1 :]
        hint = suggest(key, nearest._keys) or f"; it has {', '.join(nearest._keys)}"
        raise FieldError(f"'{nearest.name}' has no field '{key}'{hint}")
    hint = suggest(parts[0], registry.protocols)
    raise FieldError(f"there is no protocol of the name '{parts[0]}', for '{wanted}'{hint}")


class _Word(NamedTuple):
    """A word of a header in a shape: where it is in the packet, and its name in the source."""

    at: int
    format: str
    name: str


class _Writer:
    """Writes the function that reads a row of one shape's packets."""

    def __init__(self, shape: Any, slowly: _Reader) -> None:
        self.shape = shape
        self.names: dict[str, Any] = {"slowly": slowly, "from_bytes": int.from_bytes}
        self.words: dict[int, _Word] = {}
        self.ports: list[str] = []
        self.leading: frozenset[int] = frozenset()
        """The ports that may lead to something wanted."""
        self.layers: dict[str, str] = {}
        """Statements that make a layer, for what the bytes at fixed places do not tell."""

    def reader(self, columns: tuple[tuple[Field[Any, Any], ...], ...]) -> _Reader:
        values = [self.column(column) for column in columns]
        lines = ["def read(packet, data):"]
        if self.leading:
            leading = self.name(self.leading)
            lines.append(f"    if {' or '.join(f'{port} in {leading}' for port in self.ports)}:")
            lines.append("        return slowly(packet, data)")
        words = sorted(self.words.values())
        if words:
            self.names["unpack_from"] = Struct(_format(words)).unpack_from
            lines.append(f"    {''.join(f'{word.name}, ' for word in words)}= unpack_from(data)")
        lines += self.layers.values()
        lines.append(f"    return ({''.join(f'{value}, ' for value in values)})")
        title = "/".join(protocol.__name__ for protocol, _ in self.shape._places)
        function: _Reader = define("read", f"pick of {title}", lines, self.names)
        return function

    def name(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def column(self, column: tuple[Field[Any, Any], ...]) -> str:
        """The expression for the first of the fields that packets of the shape have."""
        for after, field in enumerate(column, 1):
            if isinstance(field, _OfFrame):
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
                layer = f"layer_{number}"
                self.layers[layer] = f"    {layer} = packet.get({self.name(field.owner)})"
                return f"{layer}.{field.name}"
            return self.asked((field, *others))
        return f"({value} if {condition} else {self.column(others)})" if condition else value

    def asked(self, column: tuple[Field[Any, Any], ...]) -> str:
        """The expression that asks the packet's layers."""
        return f"{self.name(partial(_first, column=column))}(packet)"

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
        if field.when is not None or (field.tail and not isinstance(field, Overlay)):
            raise Unknown
        prefix = self.loaded(field, number)
        word = prefix + field.slot
        if field.partial:
            word = f"({word} >> {field.shift} & {field.mask})"
        read = (
            super(Overlay, field).read_source if isinstance(field, Overlay) else field.read_source
        )
        if read("x") == "x":
            return word
        if hasattr(field, "texts") or f"{field.name}_field" in read("x"):  # worth keeping
            return f"{self.name(_Known(field))}[{word}]"
        return f"({read(word)})"

    def options(self, field: HeaderRest[Any, Any], number: int) -> str:
        """The bytes between the fixed part and the end that the header declares."""
        owner = field.owner
        owner._ready()
        start = self.shape._places[number - 1][1] + owner._FIXED
        declared = next(f for f in owner.fields.values() if isinstance(f.auto, HeaderLength))
        size = field.rest_source.replace("self.", self.loaded(declared, number))
        return f"data[{start}:{start} + {size}]"

    def loaded(self, field: Field[Any, Any], number: int) -> str:
        """Have the word of a field unpacked; the prefix of its name in the source."""
        prefix = f"l{number}_"
        sharing = [f for f in field.owner.fields.values() if f.slot == field.slot and not f.tail]
        bits = sum(f.bits for f in sharing)
        at = self.shape._places[number - 1][1] + field_bit(field.owner, sharing[0]) // 8
        kind = f"{bits // 8}s" if sharing[0].kind == "bytes" else _LETTERS[bits // 8]
        self.words[at] = _Word(at, kind, prefix + field.slot)
        return prefix


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
