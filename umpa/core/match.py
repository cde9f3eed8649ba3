"""Match expressions: questions about packets, written with the fields of protocol classes.

    (TCP.dstport == 80) & ~TCP.flags.has("RST")

An expression is a tree that can be looked at (printed, indexed, turned into a kernel filter) and
a function: `match(packet)` runs one test, compiled from the tree on first use. A comparison is
false where the packet has no such layer. The layers an ICMP error quotes do not count.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from umpa.core.registry import named
from umpa.errors import FieldError

if TYPE_CHECKING:
    from umpa.core.field import Field
    from umpa.core.packet import Packet

__all__ = ["And", "Compare", "Contains", "FieldRef", "HasLayer", "Match", "Not", "Or", "has"]

Read = TypeVar("Read")
Write = TypeVar("Write")


class Match:
    """A question about a packet. Combine with `&`, `|` and `~`; ask with `match(packet)`."""

    __slots__ = ("_test",)

    _test: Callable[[Packet], bool]

    def __call__(self, packet: Packet) -> bool:
        test = getattr(self, "_test", None)
        if test is None:
            test = self._test = compile_match(self)
        try:
            return test(packet)
        except AttributeError:
            if hasattr(packet, "layers"):
                raise
            raise TypeError(f"{packet!r} is no packet; expected a Packet") from None

    def __and__(self, other: Match) -> Match:
        return And(self, _match(other))

    def __or__(self, other: Match) -> Match:
        return Or(self, _match(other))

    def __invert__(self) -> Match:
        return Not(self)

    def __bool__(self) -> bool:
        raise TypeError(
            f"the match {self!r} is neither true nor false by itself; ask it about a packet, "
            "match(packet), and combine matches with & | ~ instead of and, or, not"
        )

    def __reduce__(self) -> Any:
        return rebuild, (type(self), self.parts())

    def parts(self) -> tuple[Any, ...]:
        """What the expression is made of."""
        raise NotImplementedError

    def source(self, constant: Callable[[Any], str]) -> str:
        """The test as an expression over `packet`; `constant` names a value."""
        raise NotImplementedError

    def leaves(self) -> Iterator[Match]:
        """The comparisons the expression is made of."""
        yield self


def _match(other: object) -> Match:
    if isinstance(other, Match):
        return other
    raise TypeError(f"{other!r} is no match; both sides of & and | are matches")


def rebuild(kind: type[Any], parts: tuple[Any, ...]) -> Match:
    """A match from what `parts` gave (for pickling)."""
    return cast(Match, kind(*parts))


def compile_match(match: Match) -> Callable[[Packet], bool]:
    """One function for the whole tree."""
    names: dict[str, Any] = {}

    def constant(value: Any) -> str:
        name = f"c{len(names)}"
        names[name] = value
        return name

    source = f"lambda packet: {match.source(constant)}"
    return cast("Callable[[Packet], bool]", eval(source, names))


class And(Match):
    __slots__ = ("left", "right")

    def __init__(self, left: Match, right: Match) -> None:
        self.left = left
        self.right = right

    def parts(self) -> tuple[Any, ...]:
        return self.left, self.right

    def source(self, constant: Callable[[Any], str]) -> str:
        return f"({self.left.source(constant)} and {self.right.source(constant)})"

    def leaves(self) -> Iterator[Match]:
        yield from self.left.leaves()
        yield from self.right.leaves()

    def __repr__(self) -> str:
        return f"({self.left!r} && {self.right!r})"


class Or(And):
    __slots__ = ()

    def source(self, constant: Callable[[Any], str]) -> str:
        return f"({self.left.source(constant)} or {self.right.source(constant)})"

    def __repr__(self) -> str:
        return f"({self.left!r} || {self.right!r})"


class Not(Match):
    __slots__ = ("inner",)

    def __init__(self, inner: Match) -> None:
        self.inner = inner

    def parts(self) -> tuple[Any, ...]:
        return (self.inner,)

    def source(self, constant: Callable[[Any], str]) -> str:
        return f"(not {self.inner.source(constant)})"

    def leaves(self) -> Iterator[Match]:
        yield from self.inner.leaves()

    def __repr__(self) -> str:
        return f"!{self.inner!r}"


class HasLayer(Match):
    """The packet has a layer of this protocol."""

    __slots__ = ("protocol",)

    def __init__(self, protocol: type[Any]) -> None:
        self.protocol = protocol

    def parts(self) -> tuple[Any, ...]:
        return (self.protocol,)

    def source(self, constant: Callable[[Any], str]) -> str:
        return f"(packet.get({constant(self.protocol)}) is not None)"

    def __repr__(self) -> str:
        return str(self.protocol.name)


class Compare(Match):
    """A field compared with a value, both as words, so that addresses order as numbers do."""

    __slots__ = ("field", "operator", "word")

    def __init__(self, owner: type[Any], name: str, sign: str, word: Any) -> None:
        self.field: Field[Any, Any] = owner.fields[name]
        self.operator = sign
        self.word = word

    def parts(self) -> tuple[Any, ...]:
        return self.field.owner, self.field.name, self.operator, self.word

    def source(self, constant: Callable[[Any], str]) -> str:
        value = self.field.word_source("layer")
        may_lack = self.field.when is not None or self.field.read_only
        if may_lack and self.operator != "==":
            value = f"(word := {value}) is not None and word"
        return f"({_has(self.field, constant)} and {value} {self.operator} {constant(self.word)})"

    def __repr__(self) -> str:
        return f"{self.field.full_key} {self.operator} {_literal(self.field, self.word)}"


class Contains(Match):
    """A field whose word is in a range, a set, or a network (`words` has `in`)."""

    __slots__ = ("field", "text", "words")

    def __init__(self, owner: type[Any], name: str, words: Any, text: str) -> None:
        self.field: Field[Any, Any] = owner.fields[name]
        self.words = words
        self.text = text

    def parts(self) -> tuple[Any, ...]:
        return self.field.owner, self.field.name, self.words, self.text

    def source(self, constant: Callable[[Any], str]) -> str:
        value = self.field.word_source("layer")
        return f"({_has(self.field, constant)} and {value} in {constant(self.words)})"

    def __repr__(self) -> str:
        return f"{self.field.full_key} in {{{self.text}}}"


class HasBits(Contains):
    """A field in which all of some bits are set."""

    __slots__ = ()

    def source(self, constant: Callable[[Any], str]) -> str:
        has, bits = _has(self.field, constant), constant(self.words)
        return f"({has} and {self.field.word_source('layer')} & {bits} == {bits})"

    def __repr__(self) -> str:
        bits = [1 << n for n in range(self.field.bits) if self.words >> n & 1]
        tests = [f"{self.field.full_key} & {_literal(self.field, bit)}" for bit in bits]
        return f"({' && '.join(tests)})" if len(tests) > 1 else "".join(tests)


def _has(field: Field[Any, Any], constant: Callable[[Any], str]) -> str:
    """The test for a layer that has the field, by the type or the like that its header names."""
    layer = f"(layer := packet.get({constant(field.owner)})) is not None"
    applies = condition(field, "layer", constant)
    return f"{layer} and {applies}" if applies else layer


def condition(field: Field[Any, Any], layer: str, constant: Callable[[Any], str]) -> str:
    """The expression for whether a layer (another expression) has the field; empty where all do.

    What is read from other fields says so by being None.
    """
    if field.applies is None or field.read_only or not field.tail:
        return ""
    source = getattr(field.applies, "source", None)
    return str(source(layer)) if source else f"{constant(field.applies)}({layer})"


class Network:
    """The words of the addresses in a prefix."""

    __slots__ = ("first", "last")

    def __init__(self, first: Any, last: Any) -> None:
        self.first = first
        self.last = last

    def __contains__(self, word: Any) -> bool:
        return bool(self.first <= word <= self.last)


def has(protocol: type[Any] | str) -> Match:
    """The match for packets with a layer of `protocol`, a class or Wireshark's name of one.

    :raises LayerError: no protocol is called so.
    """
    return HasLayer(named(protocol))


class FieldRef(Generic[Read, Write]):
    """A field seen on its class: the left side of a match expression."""

    if TYPE_CHECKING:
        owner: type[Any]
        name: str

    def _compare(self, sign: str, value: Any) -> Match:
        field = cast("Field[Any, Any]", self)
        return Compare(field.owner, field.name, sign, _word(field, value))

    def __eq__(self, value: Write) -> Match:  # type: ignore[override]  # builds a match
        return self._compare("==", value)

    def __ne__(self, value: Write) -> Match:  # type: ignore[override]  # builds a match
        return self._compare("!=", value)

    def __lt__(self, value: Write) -> Match:
        return self._compare("<", value)

    def __le__(self, value: Write) -> Match:
        return self._compare("<=", value)

    def __gt__(self, value: Write) -> Match:
        return self._compare(">", value)

    def __ge__(self, value: Write) -> Match:
        return self._compare(">=", value)

    __hash__ = object.__hash__

    def is_in(self, values: Collection[Write] | str) -> Match:
        """In a range, a collection of values, or, for addresses, a network such as `"10.0.0.0/24"`.

        A collection may hold networks too: `IP.src.is_in(["10.0.0.0/8", "192.0.2.1"])`.

        :raises FieldError: a value the field cannot take, or a malformed network.
        """
        field = cast("Field[Any, Any]", self)
        if isinstance(values, str):
            return Contains(field.owner, field.name, _network(field, values), values)
        if isinstance(values, range) and values.step == 1 and field.scale == 1:
            last = f"{values.start}..{values.stop - 1}"
            return Contains(field.owner, field.name, values, last if values else "")
        if not isinstance(values, Iterable):
            field.reject(values, f"several values, such as [{values!r}]")
        networks = [v for v in values if isinstance(v, str) and "/" in v and not field.read_only]
        if networks:
            rest: list[Any] = [value for value in values if value not in networks]
            parts = [self.is_in(network) for network in networks]
            return reduce(operator.or_, parts if not rest else [self.is_in(rest), *parts])
        try:
            words = frozenset(_words(field, values))
        except TypeError:  # lists, say, which no set can hold
            field.reject(values, "several values of the field")
        text = ", ".join(_literal(field, word) for word in sorted(words))
        return Contains(field.owner, field.name, words, text)

    def has(self, bits: Write) -> Match:
        """All of these bits set: `TCP.flags.has("SYN,ACK")`."""
        field = cast("Field[Any, Any]", self)
        if field.read_only:
            raise FieldError(f"{field.owner.__name__}.{field.name} is no field of bits")
        word = field.parse(bits)
        return HasBits(field.owner, field.name, word, str(bits))


def _words(field: Field[Any, Any], values: Collection[Any]) -> Iterator[Any]:
    """The words of values; of a range, those that the field can have."""
    for value in values:
        if (
            field.read_only
            or not isinstance(values, range)
            or (0 <= value <= field.mask * field.scale and value % field.scale == 0)
        ):
            yield _word(field, value)


def _word(field: Field[Any, Any], value: Any) -> Any:
    """A value as the field has it; what is read from other fields has no word of its own."""
    read: Any = field  # a `View` has a way of its own
    return read.asked(value) if field.read_only else field.parse(value)


def _literal(field: Field[Any, Any], word: Any) -> str:
    """A value as Wireshark's display filters write it."""
    value = field.read(word)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return f"0x{int(value):04x}" if hasattr(value, "name") else str(int(value))
    return value.hex(":") if isinstance(value, bytes) else str(value)


def _network(field: Field[Any, Any], text: str) -> Network:
    address, slash, length = text.partition("/")
    if field.read_only:
        raise FieldError(
            f"{field.owner.__name__}.{field.name}: {text!r} is one value; expected several, in a "
            "tuple, say"
        )
    word = field.parse(address)
    size = field.bits
    if not slash:
        return Network(word, word)
    if not length.isdigit() or int(length) > size:
        raise FieldError(
            f"{field.owner.__name__}.{field.name}: {text!r} is no network; "
            f"expected an address and a prefix length from 0 to {size}"
        )
    number = int.from_bytes(word, "big") if isinstance(word, bytes) else word
    host = (1 << size - int(length)) - 1
    first, last = number & ~host, number | host
    if isinstance(word, bytes):
        return Network(first.to_bytes(size // 8, "big"), last.to_bytes(size // 8, "big"))
    return Network(first, last)
