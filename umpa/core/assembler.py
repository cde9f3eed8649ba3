"""The source of `assemble`: a header, its derived fields filled in, before the body it carries.

Two versions are made of a protocol's rules: one that asks of each derived field whether it is
auto, and one without questions (`straight`) for layers with nothing pinned, whose neighbours are
known; `umpa.core.stack` puts those of a whole stack together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from umpa.core.auto import HeaderLength, InternetChecksum, Kept, NextProtocol, TransportChecksum
from umpa.core.field import Field
from umpa.core.overlay import Overlay, only
from umpa.core.pseudo import PseudoHeader
from umpa.core.tail import HeaderRest, OptionalInteger, Tail

__all__ = ["FORMATS", "Straight", "Word", "assembler", "field_word", "runs", "straight"]

FORMATS = {8: "B", 16: "H", 32: "I", 64: "Q"}


class Word:
    """One member of a header's `struct`, and the fields that are parts of it."""

    __slots__ = ("fields", "format", "offset", "size", "slot")

    def __init__(self, fields: list[Field[Any, Any]], bits: int, offset: int) -> None:
        self.fields = fields
        self.size = bits // 8
        self.offset = offset
        self.format = FORMATS[bits] if fields[0].kind == "int" else f"{self.size}s"
        self.slot = "w_" + "_".join(field.name for field in fields[:2])
        shift = bits
        for field in fields:
            shift -= field.bits
            field.slot, field.shift, field.partial = self.slot, shift, len(fields) > 1

    @property
    def is_bytes(self) -> bool:
        return self.format.endswith("s")

    @property
    def default(self) -> Any:
        if self.is_bytes:
            return self.fields[0].default
        return sum(field.parse(field.default) << field.shift for field in self.fields)

    def term(self) -> str:
        """Its part in the Internet checksum's sum."""
        value = self.slot if not self.is_bytes else f"from_bytes({self.slot}, 'big')"
        return f"({value} << 8)" if (self.offset + self.size) & 1 else value


class Run(Word):
    """Neighbouring words that are only added up and packed, as one number."""

    __slots__ = ()

    def __init__(self, words: list[Word]) -> None:
        self.fields = [field for word in words for field in word.fields]
        self.size = sum(word.size for word in words)
        self.offset = words[0].offset
        self.format = FORMATS[self.size * 8]
        self.slot = "_".join(word.slot for word in words)


_RUNS = (2, 4)
"""Bytes of words taken together. Eight would make sums that take longer to divide."""


def runs(words: list[Word], fields: list[Field[Any, Any]], spoken: str = "") -> list[Word]:
    """The words, neighbours that no rule speaks of taken together where that saves something.

    `spoken` are further expressions that speak of words.
    """
    derived = derived_fields(fields)
    text = " ".join((spoken, *_spoken(derived)))
    if "WORDS" in text:  # a function of the whole header
        return words
    apart = {field.slot for field in derived} | set(re.findall(r"\bw_\w+", text))
    found: list[Word] = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and words[end].slot not in apart:
            end += 1
        while end > at + 1 and sum(word.size for word in words[at:end]) not in _RUNS:
            end -= 1
        found.append(Run(words[at:end]) if end > at + 1 else words[at])
        at = max(end, at + 1)
    few = len(found) < 4 or any(word.is_bytes for word in words)
    return words if few else found


def _spoken(derived: list[Field[Any, Any]]) -> Iterator[str]:
    """All expressions of rules, and of when they apply."""
    for field in derived:
        assert field.auto is not None
        yield field.auto.source(field)
        if isinstance(field.applies, only):
            yield field.applies.source()


def field_word(field: Field[Any, Any], prefix: str = "") -> str:
    """The expression for a field's word: `prefix` is `self.`, or nothing for a local name."""
    word = prefix + field.slot
    if not field.partial:
        return word
    shifted = f"{word} >> {field.shift}" if field.shift else word
    return f"({shifted} & {field.mask})"


def assembler(
    fields: list[Field[Any, Any]], words: list[Word], tails: list[Tail[Any, Any]], fixed: int
) -> Iterator[str]:
    rest = " + ".join(tail.pack_source() for tail in tails) or "b''"
    auto_tails = [tail for tail in tails if tail.auto is not None]
    yield "def assemble(self, layers, i, body):"
    yield "    auto = self._auto"
    yield from ("    " + line for line in _loaded(words, tails, {word.slot for word in words}))
    for tail in auto_tails:
        there = f"({tail.slot} is not None or {_announced(tail)})"
        yield f"    if auto & {tail.auto_bit} and {there}: {tail.slot} = {_start(tail)}"
    yield f"    rest = {rest}"
    derived = derived_fields(fields)
    header = next((f for f in derived if isinstance(f.auto, HeaderLength)), None)
    if header is not None and tails:
        needed = "" if fixed % _unit(header) else "rest and "
        yield f"    if {needed}auto & {header.auto_bit}: {_pad(header, fixed, tails)}"
    yield f"    size = {fixed} + len(rest)" if tails else f"    size = {fixed}"
    if derived:
        yield "    if auto:"
    for field in derived:
        yield f"        if auto & {field.auto_bit}:"
        for line in _derive(field, words, "layers[i - 1]"):
            yield "            " + line
    if auto_tails:
        yield f"    rest = {rest}"
    values = ", ".join(word.slot for word in words)
    yield (
        f"    return pack({values}) + rest + body" if tails else f"    return pack({values}) + body"
    )


def _announced(tail: Tail[Any, Any]) -> str:
    """The expression for whether an optional field that was not set is there all the same."""
    if not isinstance(tail, OptionalInteger):
        return "False"
    flag = tail.flag
    pinned = f"self.{flag.slot} & {flag.mask << flag.shift}"
    if flag.auto is None:
        return pinned
    return f"(({flag.auto.source(flag)}) if auto & {flag.auto_bit} else {pinned})"


def _start(tail: Tail[Any, Any]) -> str:
    """What a derived field of the variable part is until it is derived."""
    kept = isinstance(tail.auto, Kept)
    return f"{tail.slot} or 0" if kept else "0"


def _loaded(words: list[Word], tails: list[Tail[Any, Any]], wanted: set[str]) -> Iterator[str]:
    """Statements that make local names of words, and of all tails."""
    together = any(isinstance(word, Run) for word in words)
    if together or (len(wanted) > 3 and not any(word.is_bytes for word in words)):
        unpack = "unpack_runs" if together else "unpack_words"
        yield f"{', '.join(word.slot for word in words)}, = {unpack}(self)"  # all in one call
    else:
        yield from (f"{word.slot} = self.{word.slot}" for word in words if word.slot in wanted)
    yield from (f"{tail.slot} = self.{tail.slot}" for tail in tails)


def derived_fields(fields: list[Field[Any, Any]]) -> list[Field[Any, Any]]:
    """The fields with a rule, in the order to derive them: checksums last."""
    derived = [field for field in fields if field.auto is not None]
    return sorted(derived, key=lambda field: field.auto is not None and field.auto.sums)


def _pad(header: Field[Any, Any], fixed: int, tails: list[Tail[Any, Any]]) -> str:
    filling = next((tail.filling for tail in tails if isinstance(tail, HeaderRest)), "bytes")
    return f"rest += {filling}(-({fixed} + len(rest)) % {_unit(header)})"


def _unit(header: Field[Any, Any]) -> int:
    """The bytes that the header's length field counts in."""
    assert isinstance(header.auto, HeaderLength)
    return header.auto.unit


class Straight(NamedTuple):
    """A header that is written without questions: statements, and what they leave to be packed."""

    load: list[str]
    derive: list[str]
    words: list[str]
    format: str
    """Of the words, for a `struct`."""


def straight(
    fields: list[Field[Any, Any]], words: list[Word], fixed: int, upper: Any, below: str, *,
    bare: bool = False, pseudo: PseudoHeader | None = None,
) -> Straight:  # fmt: skip
    """`assemble` for a layer with all derived fields auto, where what stands around it is known.

    `upper` is the class on top of it, None for plain payload; `below` names the layer below, and
    `pseudo` is the pseudo-header of that. A `bare` one has nothing in its variable part.
    """
    tails = [] if bare else [field for field in fields if isinstance(field, Tail)]
    derived = derived_fields(fields)
    whole = {field.slot for field in derived if not field.partial}
    whole -= {field.slot for field in derived if _reads_value(field, upper)}
    load = list(_loaded(words, tails, {word.slot for word in words} - whole))
    derive: list[str] = []
    if tails:
        derive.append(f"rest = {' + '.join(tail.pack_source() for tail in tails)}")
        header = next((f for f in derived if isinstance(f.auto, HeaderLength)), None)
        if header is None:
            derive.append(f"size = {fixed} + len(rest)")
        else:
            derived = [field for field in derived if field is not header]
            units = header.auto.units(fixed)  # type: ignore[union-attr]
            derive.append("if True:" if fixed % _unit(header) else "if rest:")
            derive.append(f"    {_pad(header, fixed, tails)}; size = {fixed} + len(rest)")
            derive += ["    " + line for line in _derive(header, words, below)]
            derive.append(f"else: size = {fixed}; {_store(header, words, str(units))}")
    else:
        derive.append(f"size = {fixed}")
    for field in derived:
        if bare and isinstance(field.auto, HeaderLength):
            derive.append(_store(field, words, str(field.auto.units(fixed))))
        else:
            derive += _derive(field, words, below, upper, pseudo)
    form = "".join(word.format for word in words)
    return Straight(load, derive, [word.slot for word in words], form)


def _constant(field: Field[Any, Any], upper: Any) -> int | None:
    """The number that the order of the layers alone decides."""
    rule = field.auto
    if isinstance(rule, NextProtocol) and upper is not None and rule.static(upper):
        return rule.constant(upper)
    return None


def _reads_value(field: Field[Any, Any], upper: Any) -> bool:
    """Whether the rule speaks of the field's own word."""
    assert field.auto is not None
    return "value" in field.auto.source(field) and _constant(field, upper) is None


def _derive(
    field: Field[Any, Any], words: list[Word], below: str, upper: Any = None,
    pseudo: PseudoHeader | None = None,
) -> Iterator[str]:  # fmt: skip
    """Statements that set a field's word, a local name, by its rule."""
    if isinstance(field.applies, only):
        yield f"if {field.applies.source()}:"
        yield from ("    " + line for line in _by_rule(field, words, below, upper, pseudo))
    else:
        yield from _by_rule(field, words, below, upper, pseudo)


def _by_rule(
    field: Field[Any, Any], words: list[Word], below: str, upper: Any, pseudo: PseudoHeader | None
) -> Iterator[str]:
    rule = field.auto
    assert rule is not None
    source = rule.source(field)
    constant = _constant(field, upper)
    if constant is not None:
        source = str(constant)
    elif isinstance(rule, TransportChecksum) and pseudo is not None:
        source = rule.known()
    elif "value" in source:
        yield f"value = {field_word(field) if not field.tail else field.slot}"
    if isinstance(rule, InternetChecksum):
        yield from _total(field, rule, words, below, pseudo)
    elif rule.sums:
        if not field.tail:
            yield f"{field.slot} = 0"
        source = source.replace("WORDS", ", ".join(word.slot for word in words))
    if rule.sums or rule.fits:
        yield _store(field, words, source)
        return
    yield f"value = {source}"
    yield f"if value > {field.mask}:"
    yield f"    too_large(self, {field.name!r}, value * {field.scale}, {field.mask * field.scale})"
    yield _store(field, words, "value")


def _store(field: Field[Any, Any], words: list[Word], value: str) -> str:
    """The statement that puts a value, an expression, in its place in the word."""
    if isinstance(field, Overlay):
        whole = sum(word.size for word in words if word.slot == field.slot)
        outside = (1 << whole * 8) - 1 & ~(field.mask << field.shift)
        return f"{field.slot} = {field.slot} & {outside} | ({value}) << {field.shift}"
    if field.tail:
        return f"if {field.slot} is not None: {field.slot} = {value}"
    if not field.partial:
        return f"{field.slot} = {value}"
    outside = sum(other.mask << other.shift for word in words for other in word.fields
                  if other.slot == field.slot and other.name != field.name)  # fmt: skip
    return f"{field.slot} = {field.slot} & {outside} | ({value}) << {field.shift}"


def _total(
    field: Field[Any, Any], rule: InternetChecksum, words: list[Word], below: str,
    pseudo: PseudoHeader | None,
) -> Iterator[str]:  # fmt: skip
    """`total`, the sum of all words the checksum covers, its own left out."""
    summed = sorted((w for w in words if w.slot != field.slot), key=lambda word: word.size)
    terms = " + ".join(word.term() for word in summed)  # small numbers add up quicker
    covered = "rest + body" if rule.body else "rest"
    if isinstance(rule, TransportChecksum) and pseudo is not None:
        yield f"covered = {covered}"
        terms = f"{rule.protocol} + size + len(body) + {terms} + {pseudo.total(below)}"
    elif isinstance(rule, TransportChecksum):
        yield f"pseudo = {below}._pseudo(layers, i - 1, {rule.protocol}, size + len(body))"
        yield f"covered = {covered} if pseudo is not None else b''"
        terms = f"{terms} + (pseudo or 0)"
    else:
        yield f"covered = {covered}"
    # Reduced at once: sums of long data stay small. Data that is not all zero never counts as 0.
    yield "last, total = last_sum[0]"  # as `internet_sum` does, without a call
    yield "if covered is not last: total = internet_sum(covered) if covered else 0"
    yield f"total += {terms}"
