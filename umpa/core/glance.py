"""Matches asked of packets that are asleep: a glance at their bytes, and nobody wakes up.

Where the shape of a packet is known (`umpa.core.shape`), so are the offsets of its headers, and a
comparison with a field becomes one with bytes at a place. For each shape a match is compiled anew,
and what the shape lacks is left out. Whatever cannot be answered like this is asked the usual way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from umpa.core.match import And, Compare, Contains, HasBits, HasLayer, Match, Not, Or, compile_match
from umpa.core.offsets import field_bit
from umpa.core.overlay import Overlay, only

if TYPE_CHECKING:
    from umpa.core.packet import Packet
    from umpa.core.shape import Shapes

__all__ = [
    "Glance",
    "Unknown",
    "condition_at",
    "doubt",
    "for_shape",
    "glance",
    "leads_on",
    "word_at",
]

_MOST_SHAPES = 512


class Unknown(Exception):
    """The bytes at fixed places do not tell."""


def glance(match: Match, shapes: Shapes) -> Callable[[Packet], bool]:
    """The test for `match`, quick for packets that nobody has looked at."""
    usual = compile_match(match)
    known: dict[Any, Glance | None] = {}

    def test(packet: Packet) -> bool:
        data = packet._content
        if data.__class__ is bytes:
            leaf = shapes.find(data, packet._origin)
            if leaf is not None:
                shape = leaf.shape
                if shape not in known:
                    if len(known) >= _MOST_SHAPES:
                        known.clear()
                    known[shape] = for_shape(match, shape)
                quick = known[shape]
                if quick is not None and (answer := quick(data)) is not None:
                    return answer
        return usual(packet)

    return test


Glance: TypeAlias = "Callable[[bytes], bool | None]"
"""A test of bytes; its answer is None for a packet that has to be asked the usual way."""


def for_shape(match: Match, shape: Any) -> Glance | None:
    """The test of a shape's bytes; None where they do not tell."""
    writer = _Writer(shape)
    try:
        source = writer.source(match)
    except Unknown:
        return None
    if writer.doubts:
        source = f"None if {' or '.join(dict.fromkeys(writer.doubts))} else {source}"
    test: Glance = eval(f"lambda data: {source}", writer.names)
    return test


class _Writer:
    """The test as an expression over `data`, for one shape."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape
        self.names: dict[str, Any] = {"from_bytes": int.from_bytes}
        self.doubts: list[str] = []
        """Expressions that are true for a packet of which the bytes do not tell."""

    def name(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def source(self, match: Match) -> str:
        if isinstance(match, And):  # Or is one too
            sign = "or" if isinstance(match, Or) else "and"
            return f"({self.source(match.left)} {sign} {self.source(match.right)})"
        if isinstance(match, Not):
            return f"(not {self.source(match.inner)})"
        if isinstance(match, HasLayer):
            return str(self.place(match.protocol) is not None)
        if not isinstance(match, (Compare, Contains)):
            raise Unknown
        at = self.place(match.field.owner)
        if at is None:
            return "False"
        word, has = word_at(match.field, at), condition_at(match.field, at)
        has = f"{has} and " if has else ""
        if isinstance(match, Compare):
            return f"({has}{word} {match.operator} {self.name(match.word)})"
        name = self.name(match.words)
        if isinstance(match, HasBits):
            return f"({has}{word} & {name} == {name})"
        return f"({has}{word} in {name})"

    def place(self, protocol: Any) -> int | None:
        """Where the protocol's first header starts; None where the shape has none."""
        number = self.shape._index.get(protocol)
        if number is None and not self.shape._excludes(protocol):
            if protocol.name in ("data", "padding"):
                raise Unknown
            words, leading = doubt(self.shape, protocol)
            self.doubts += [f"{word} in {self.name(leading)}" for word in words]
        return self.shape._places[number - 1][1] if number else None


def doubt(shape: Any, protocol: Any) -> tuple[list[str], frozenset[int]]:
    """Where ports may lead to `protocol` after all: the expressions for them, and which do."""
    last = shape._last
    at = next(at for cls, at in reversed(shape._places) if cls is last)
    return [word_at(field, at) for field in last.next_by.fields], last.next_by.leading_to(protocol)


def leads_on(shape: Any) -> Callable[[bytes], object] | None:
    """The test of a shape's bytes for a protocol behind its headers, which ports suggest.

    None where nothing can be behind them.
    """
    last = shape._last
    if last is None or last.next_by is None:
        return None
    start = next(at for protocol, at in reversed(shape._places) if protocol is last)
    try:
        words = [word_at(field, start) for field in last.next_by.fields]
    except Unknown:
        return lambda data: True
    tests = " or ".join(f"found({word}) is not None" for word in words)
    names = {"found": last.next_by.table.found, "from_bytes": int.from_bytes}
    test: Callable[[bytes], object] = eval(f"lambda data: {tests}", names)
    return test


def condition_at(field: Any, at: int) -> str:
    """The expression for whether a header that starts at `at` has the field; empty where all do.

    :raises Unknown: the bytes at fixed places do not tell.
    """
    if field.applies is None or not field.tail:
        return ""
    if not isinstance(field.applies, only):
        raise Unknown
    return f"{word_at(field.applies.field, at)} in {set(field.applies.values)}"


def word_at(field: Any, at: int) -> str:
    """The expression for the field's word in `data`, of a header that starts at `at` and has it.

    :raises Unknown: it is at no fixed place.
    """
    if (field.tail and not isinstance(field, Overlay)) or field.when is not None:
        raise Unknown
    bit = field_bit(field.owner, field)
    start = at + bit // 8
    end = at + (bit + field.bits + 7) // 8
    if field.kind == "bytes":
        return f"data[{start}:{end}]"
    if end - start == 1:
        whole = f"data[{start}]"
    elif end - start == 2:
        whole = f"(data[{start}] << 8 | data[{start + 1}])"
    else:
        whole = f"from_bytes(data[{start}:{end}], 'big')"
    shift = (end - at) * 8 - bit - field.bits
    if field.bits == (end - start) * 8:
        return whole
    return f"({whole} >> {shift} & {field.mask})" if shift else f"({whole} & {field.mask})"
