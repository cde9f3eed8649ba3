"""Field descriptors: what a field is, how it reads, writes and prints.

1. A field is declared once, as a class attribute of its protocol; everything else (accessors,
   constructor, packing, documentation) is derived from that line.
2. Seen on a layer it is a value. Seen on the class it is itself, and its operators build match
   expressions: `TCP.dstport == 80` (see `umpa.core.match`).
3. Integers that share bytes share a *word*, one member of the header's `struct`; a field knows
   its place in the word (`shift`, `mask`). The compiler (`umpa.core.compiler`) lays words out.
4. Reading never fails and never does I/O. Writing checks, and raises `FieldError` at that line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, TypeAlias, TypeVar, overload

from umpa.core import text
from umpa.core.match import FieldRef
from umpa.core.vary import Varies, Vary
from umpa.errors import FieldError, suggest

if TYPE_CHECKING:
    import ipaddress

    from umpa.core.auto import Auto

    class _Property: ...

    MACWrite: TypeAlias = str | bytes | int | tuple[int, ...]
    IPv4Write: TypeAlias = str | bytes | int | tuple[int, ...] | ipaddress.IPv4Address
    IPv6Write: TypeAlias = str | bytes | int | tuple[int, ...] | ipaddress.IPv6Address
else:
    _Property = property
    MACWrite = IPv4Write = IPv6Write = Any

__all__ = [
    "MAC", "U8", "U16", "U32", "U64", "Bits", "Enum8", "Enum16", "Enum32", "EnumBits", "Field",
    "FixedBytes", "Flag", "IPv4Address", "IPv4Write", "IPv6Address", "IPv6Write", "MACWrite",
    "normal_name",
]  # fmt: skip

Read = TypeVar("Read")
Write = TypeVar("Write")


def normal_name(name: str) -> str:
    """Names of values compare without case, and with `_` and blanks as `-`."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


class Field(_Property, FieldRef[Read, Write], Generic[Read, Write]):
    """The base of all fields. `Read` is what a person reads, `Write` what they may write."""

    kind: ClassVar[str] = "int"
    """What its word is: `int`, or `bytes`."""

    # Set by the compiler:
    name: str
    owner: type[Any]
    slot: str
    scale: int = 1
    shift: int = 0
    partial: bool = False
    """Whether it shares its word with other fields."""
    auto_bit: int = 0
    """Its bit in the layer's set of fields that are derived; 0 for a field that never is."""
    pins: int = 0  # the bits of what writing it pins: itself, and other views of its bits

    def __init__(
        self,
        bits: int,
        *,
        default: Any = 0,
        doc: str = "",
        key: str = "",
        auto: Auto | None = None,
        when: Field[Any, Any] | Callable[[Any], bool] | None = None,
        applies: Callable[[Any], bool] | None = None,
        hexadecimal: bool = False,
        listed: bool = True,
    ) -> None:
        self.bits, self.default, self.doc = bits, default, doc
        self.key = key
        """Wireshark's name behind the protocol's, where it is not the attribute's name."""
        self.auto = auto
        self.when = when
        """The flag that says whether the field is there at all."""
        self.applies = applies
        """Whether the layer has this field (several may share bits); None: always."""
        self.hexadecimal, self.listed = hexadecimal, listed
        """Whether it is shown; else it is there for who asks for it by name."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, layer: None, owner: type[Any]) -> FieldRef[Read, Write]: ...
        @overload
        def __get__(self, layer: object, owner: type[Any]) -> Read: ...
        def __get__(self, layer: object | None, owner: type[Any]) -> Any: ...
        def __set__(self, layer: object, value: Write) -> None: ...

    in_hex: ClassVar[bool] = False
    """Whether its values are bytes, which JSON has as hexadecimal digits."""
    tail: ClassVar[bool] = False
    """Whether it stands behind the fixed part of the header."""

    read_only: ClassVar[bool] = False
    """Whether it only says what other fields hold, and cannot be written."""

    def bind(self, owner: type[Any], name: str) -> None:
        self.owner = owner
        self.name = name
        self.key = self.key or name

    @property
    def full_key(self) -> str:
        """Wireshark's display-filter name, such as `ip.flags.df`."""
        return f"{self.owner.name}.{self.key}"

    @property
    def mask(self) -> int:
        return (1 << self.bits) - 1

    def install(self, getter: Callable[[Any], Any], setter: Callable[..., None] | None) -> None:
        property.__init__(self, getter, setter, None, self.doc)  # type: ignore[arg-type]

    def word_source(self, layer: str) -> str:
        """The expression for the field's word in a layer (another expression)."""
        if self.auto is not None:
            return f"{layer}.{self.name}" + (f" // {self.scale}" if self.scale != 1 else "")
        word = f"{layer}.{self.slot}"
        if self.shift:
            word = f"({word} >> {self.shift})"
        return f"({word} & {self.mask})" if self.partial else word

    def read_source(self, word: str) -> str:
        """The expression that turns a word (an expression too) into what a person reads."""
        return word

    def parse(self, value: Any) -> Any:
        """The word for what a person wrote.

        :raises FieldError: the value is not one this field can take.
        """
        raise NotImplementedError

    def read(self, word: Any) -> Any:
        """What a person reads for a word."""
        return word

    def meaning(self, value: Any) -> str:
        """What a value stands for, in words; empty where the value says it all."""
        return ""

    def text(self, value: Any) -> str:
        """A value as it is printed."""
        if self.hexadecimal and isinstance(value, int):
            return f"0x{value:0{(self.bits + 3) // 4}x}"
        return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)

    def reject(self, value: object, expected: str) -> NoReturn:
        if isinstance(value, Vary):
            raise Varies(f"{self.owner.__name__}.{self.name}: values that vary are for sequence()")
        raise FieldError(
            f"{self.owner.__name__}.{self.name}: {value!r} does not fit; expected {expected}"
        )


class Integer(Field[Read, Write]):
    """An unsigned number of `bits` bits, in units of `scale`."""

    def __init__(
        self,
        bits: int,
        *,
        scale: int = 1,
        names: Mapping[int, str] | None = None,
        aliases: Mapping[str, int] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(bits, **options)
        self.scale = scale
        self.names = names or {}
        self.aliases = aliases or {}

    def read_source(self, word: str) -> str:
        return f"({word}) * {self.scale}" if self.scale != 1 else word

    def read(self, word: Any) -> Any:
        return word * self.scale

    def parse(self, value: Any) -> Any:
        if isinstance(value, str):
            value = self.number(value)
        if not isinstance(value, int):
            try:
                value = value.__index__()
            except AttributeError:
                self.reject(value, self.expected())
        if not 0 <= value <= self.mask * self.scale:
            self.reject(value, self.expected())
        units, rest = divmod(int(value), self.scale)
        if rest:
            self.reject(value, f"a multiple of {self.scale}")
        return units

    def number(self, name: str) -> int:
        """The number of a name ("http"), or of digits ("80", "0x50")."""
        known = self.numbers
        wanted = name if name in known else normal_name(name)
        if wanted in known:
            return known[wanted]
        try:
            return int(wanted, 0)
        except ValueError:
            hint = suggest(wanted, known)
        self.reject(name, self.expected() + (" or a name" if known else "") + hint)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each name, normalised."""
        named = {text: number for number, text in self.names.items()} | dict(self.aliases)
        return {normal_name(text): number for text, number in named.items()}

    def expected(self) -> str:
        return f"a number from 0 to {self.mask * self.scale}"

    def meaning(self, value: Any) -> str:
        return self.names.get(value, "")


class U8(Integer[int, int]):
    """A number of 8 bits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(8, **options)


class U16(Integer[int, int]):
    """A number of 16 bits, in network byte order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(16, **options)


class U32(Integer[int, int]):
    """A number of 32 bits, in network byte order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(32, **options)


class U64(Integer[int, int]):
    """A number of 64 bits, in network byte order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(64, **options)


class Bits(Integer[int, int]):
    """A number of any few bits; neighbours fill up whole bytes together."""


class Enum8(Integer[int, int | str]):
    """Eight bits whose values have names; both the number and the name may be written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(8, **options)


class Enum16(Integer[int, int | str]):
    """Sixteen bits whose values have names."""

    def __init__(self, **options: Any) -> None:
        super().__init__(16, **options)


class Enum32(Integer[int, int | str]):
    """Thirty-two bits whose values have names."""

    def __init__(self, **options: Any) -> None:
        super().__init__(32, **options)


class EnumBits(Integer[int, int | str]):
    """A few bits whose values have names."""


class Flag(Integer[bool, bool]):
    """One bit, read as a `bool`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(1, **options)

    def read_source(self, word: str) -> str:
        return f"{word} != 0"

    def read(self, word: Any) -> Any:
        return word != 0

    def expected(self) -> str:
        return "True or False"


class _Cached(Field[Read, Write]):
    """A field whose words print as text that is worth keeping (addresses)."""

    @staticmethod
    def to_text(word: Any) -> str:
        """The text of a word."""
        raise NotImplementedError

    @staticmethod
    def to_word(value: object) -> Any:
        """The word for what a person wrote; raises ValueError with what was expected."""
        raise NotImplementedError

    def __init__(self, bits: int, **options: Any) -> None:
        super().__init__(bits, **options)
        if isinstance(self.default, str):
            self.default = type(self).to_word(self.default)
        cls = type(self)
        if "texts" not in cls.__dict__:
            cls.texts = {}
            cls.words = {}

    texts: ClassVar[dict[Any, str]]
    words: ClassVar[dict[str, Any]]

    def read_source(self, word: str) -> str:
        return f"{self.name}_texts.get({word}) or {self.name}_field.read({word})"

    def read(self, word: Any) -> Any:
        text_ = self.texts.get(word)
        if text_ is None:
            text_ = type(self).to_text(word)
            text.remember(self.texts, word, text_)
        return text_

    def parse(self, value: Any) -> Any:
        if value.__class__ is str:
            word = self.words.get(value)
            if word is not None:
                return word
        try:
            word = type(self).to_word(value)
        except (ValueError, TypeError) as error:
            self.reject(value, str(error))
        if value.__class__ is str:
            text.remember(self.words, value, word)
        return word


class MAC(_Cached[str, MACWrite]):
    """An IEEE 802 address, six bytes, read as `02:00:00:00:00:01`."""

    kind = "bytes"
    to_text = staticmethod(text.mac_text)
    to_word = staticmethod(text.mac_word)

    def __init__(self, *, default: str | bytes = bytes(6), **options: Any) -> None:
        super().__init__(48, default=default, **options)


class IPv4Address(_Cached[str, IPv4Write]):
    """An IPv4 address, read as dotted decimal."""

    to_text = staticmethod(text.ipv4_text)
    to_word = staticmethod(text.ipv4_word)

    def __init__(self, *, default: str | int = 0, **options: Any) -> None:
        super().__init__(32, default=default, **options)


class IPv6Address(_Cached[str, IPv6Write]):
    """An IPv6 address, read as RFC 5952 writes it."""

    kind = "bytes"
    to_text = staticmethod(text.ipv6_text)
    to_word = staticmethod(text.ipv6_word)

    def __init__(self, *, default: str | bytes = bytes(16), **options: Any) -> None:
        super().__init__(128, default=default, **options)


class FixedBytes(Field[bytes, bytes]):
    """Bytes of a fixed number, kept as they are."""

    kind = "bytes"
    in_hex = True

    def __init__(self, size: int, **options: Any) -> None:
        options.setdefault("default", bytes(size))
        super().__init__(size * 8, **options)

    def parse(self, value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)) and len(value) * 8 == self.bits:
            return bytes(value)
        self.reject(value, f"{self.bits // 8} bytes")
