"""From a protocol's table of fields to the functions that build and read its layers.

For each protocol one source text is generated, as a person would write it, and compiled once at
class creation; it is registered with `linecache`, so that tracebacks and debuggers show it.

    construct     keyword arguments, checked, into words; what is not given is the class's default
    unpack        one `struct` over the fixed part, then the variable fields, from bytes
    declared      how long the header says it is, in bytes
    assemble      the header, its derived fields filled in, before the body it carries
    copy          a layer of its own with the same words
    get_x, set_x  a field's accessors

Assigning to a layer goes through `__setattr__`, which turns a misspelt name into a kind error, at
the cost of a call. New layers are therefore filled as RAW, which has the same slots but not that,
and then become CLS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from struct import Struct
from typing import Any
from weakref import ref

from umpa.core.auto import HeaderLength, InternetChecksum, NextProtocol, TransportChecksum
from umpa.core.field import Field
from umpa.core.tail import HeaderRest, Tail
from umpa.errors import EncodeError, FieldError, suggest

__all__ = ["UNSET", "Word", "compile_protocol", "lay_out"]


class _Unset:
    """The default of every constructor argument: not given."""

    def __repr__(self) -> str:
        return "<auto or default>"


UNSET = _Unset()
_FORMATS = {8: "B", 16: "H", 32: "I", 64: "Q"}


class Word:
    """One member of a header's `struct`, and the fields that are parts of it."""

    __slots__ = ("fields", "format", "offset", "size", "slot")

    def __init__(self, fields: list[Field[Any, Any]], bits: int, offset: int) -> None:
        self.fields = fields
        self.size = bits // 8
        self.offset = offset
        self.format = _FORMATS[bits] if fields[0].kind == "int" else f"{self.size}s"
        self.slot = "w_" + "_".join(field.name for field in fields[:2])
        shift = bits
        for field in fields:
            shift -= field.bits
            field.slot, field.shift, field.partial = self.slot, shift, len(fields) > 1

    @property
    def default(self) -> Any:
        if self.format.endswith("s"):
            return self.fields[0].default
        return sum(field.parse(field.default) << field.shift for field in self.fields)

    def term(self) -> str:
        """Its part in the Internet checksum's sum."""
        value = self.slot if not self.format.endswith("s") else f"from_bytes({self.slot}, 'big')"
        return f"({value} << 8)" if (self.offset + self.size) & 1 else value


def lay_out(name: str, fields: list[Field[Any, Any]]) -> list[Word]:
    """The words of the fixed part; neighbouring bits share the first whole word they fill."""
    words: list[Word] = []
    group: list[Field[Any, Any]] = []
    bits = offset = 0
    for field in fields:
        if field.tail:
            continue
        group.append(field)
        bits += field.bits
        if field.kind == "bytes" or bits in _FORMATS:
            words.append(Word(group, bits, offset))
            offset += bits // 8
            group, bits = [], 0
    if group:
        raise FieldError(
            f"{name}: {', '.join(f.name for f in group)} fill no word of 8, 16, 32 or 64 bits"
        )
    return words


def too_large(layer: Any, name: str, value: int, most: int) -> None:
    """:raises EncodeError: a derived value does not fit its field."""
    raise EncodeError(
        f"{type(layer).__name__}.{name} would be {value}, but holds 0 to {most}; "
        f"carry less, or pin the field (layer.{name} = ...)"
    )


def unknown_field(protocol: Any, name: str) -> FieldError:
    """The error for a field that does not exist."""
    hint = suggest(name, protocol.fields)
    known = "" if hint else f"; its fields are {', '.join(protocol.fields)}"
    return FieldError(f"{protocol.__name__} has no field '{name}'{hint}{known}")


def wrong_arguments(protocol: Any, unknown: dict[str, Any]) -> FieldError:
    """The error for constructor arguments that no field takes."""
    if unknown:
        return unknown_field(protocol, next(iter(unknown)))
    first = next(iter(protocol.fields), "field")
    return FieldError(f"{protocol.__name__} takes fields by name, as in {first}=...")


def compile_protocol(
    cls: Any, raw: Any, fields: list[Field[Any, Any]], words: list[Word]
) -> dict[str, Any]:
    """The compiled functions of `cls`, by the names above."""
    tails = [field for field in fields if isinstance(field, Tail)]
    fixed = sum(word.size for word in words)
    for field in fields:
        if isinstance(field.auto, HeaderLength):
            declared = field.auto.declared(field_word(field, "self."))
            for tail in tails:
                if isinstance(tail, HeaderRest):
                    tail.rest_source = f"{declared} - {fixed}"
    names: dict[str, Any] = {
        "CLS": cls,
        "RAW": raw,
        "EncodeError": EncodeError,
        "UNSET": UNSET,
        "attrgetter": attrgetter,
        "from_bytes": int.from_bytes,
        "SHARED": frozenset((ref, tuple)),
        "too_large": too_large,
        "wrong_arguments": wrong_arguments,
    }
    struct = Struct(">" + "".join(word.format for word in words))
    names["unpack_from"], names["pack"] = struct.unpack_from, struct.pack
    for field in fields:
        names[f"{field.name}_parse"] = field.parse
        names[f"{field.name}_field"] = field
        names[f"{field.name}_texts"] = getattr(field, "texts", None)
        names[f"{field.name}_words"] = getattr(field, "words", None)
        if field.auto is not None:
            field.auto.source(field)
            names.update(field.auto.names)
    for tail in tails:
        names.update(tail.source_names())
    names["block"] = lambda upper, below: list(straight(fields, words, fixed, upper, below))
    for slot in ("_auto", "_packet", *(word.slot for word in words), *(t.slot for t in tails)):
        names[f"put_{slot}"] = getattr(raw, slot).__set__
    lines = [
        *_construct(cls, fields, words),
        *_unpack(words, tails, struct.size),
        *_declared(fields, tails, struct.size),
        *_assemble(fields, words, tails, struct.size),
        *_copy(words, tails),
    ]
    for field in fields:
        lines += _accessors(field)
    define("assemble", f"{cls.__module__}.{cls.__qualname__}", lines, names)
    return names


def define(function: str, title: str, lines: Iterable[str], names: dict[str, Any]) -> Any:
    """Compile generated lines into `names`, readable in tracebacks; the function they define."""
    import linecache  # it costs an import more than all of the core

    source = "\n".join(lines) + "\n"
    filename = f"<umpa {title}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    exec(compile(source, filename, "exec"), names)
    return names[function]


def _slots(words: list[Word], tails: list[Tail[Any, Any]]) -> list[tuple[str, Any]]:
    return [(w.slot, w.default) for w in words] + [(t.slot, t.default) for t in tails]


def _construct(cls: Any, fields: list[Field[Any, Any]], words: list[Word]) -> Iterator[str]:
    # Parameters with names only would cost a look-up each; the first one keeps positions out.
    parameters = "".join(f"{field.name}=UNSET, " for field in fields)
    yield f"def construct(cls, by_name_only=UNSET, {parameters}**unknown):"
    yield "    if unknown or by_name_only is not UNSET:"
    yield "        raise wrong_arguments(CLS, unknown)"
    yield "    self = RAW()"
    yield f"    self._packet = None; self._auto = {sum(field.auto_bit for field in fields)}"
    tails = [field for field in fields if isinstance(field, Tail)]
    for slot, default in _slots(words, tails):
        yield f"    self.{slot} = {default!r}"
    for field in fields:
        name = field.name
        yield f"    if {name} is not UNSET:"
        if field.partial and hasattr(field, "words"):
            yield f"        word = {name}_words.get({name}) if {name}.__class__ is str else None"
            yield f"        if word is None: word = {name}_parse({name})"
            yield f"        self.{field.slot} |= word << {field.shift}"
            continue
        if field.partial or field.tail:
            yield f"        set_{name}(self, {name})"
            continue
        if _plain(field):
            yield f"        if {name}.__class__ is not int or not 0 <= {name} <= {field.mask}:"
            yield f"            {name} = {name}_parse({name})"
            yield f"        self.{field.slot} = {name}"
        elif getattr(field, "words", None) is not None:
            yield f"        word = {name}_words.get({name}) if {name}.__class__ is str else None"
            yield f"        self.{field.slot} = word if word is not None else {name}_parse({name})"
        else:
            yield f"        self.{field.slot} = {name}_parse({name})"
        if field.auto_bit:
            yield f"        self._auto &= {~field.auto_bit}"
    yield "    self.__class__ = CLS"
    yield "    return self"


def _plain(field: Field[Any, Any]) -> bool:
    """Whether a number in range is its own word."""
    whole = field.kind == "int" and field.scale == 1 and not field.tail
    return whole and field.read_source("x") == "x"


def _unpack(words: list[Word], tails: list[Tail[Any, Any]], fixed: int) -> Iterator[str]:
    yield "def unpack(data, at, packet, end=None, auto=0):"
    yield "    self = RAW()"
    yield "    self._packet = packet; self._auto = auto"
    if words:
        yield f"    {', '.join('self.' + word.slot for word in words)}, = unpack_from(data, at)"
    if tails:
        yield f"    p = at + {fixed}"
    for tail in tails:
        yield from ("    " + line for line in tail.unpack_source())
    yield "    self.__class__ = CLS"
    yield "    return self"


def _declared(
    fields: list[Field[Any, Any]], tails: list[Tail[Any, Any]], fixed: int
) -> Iterator[str]:
    yield "def declared(self, available):"
    for field in fields:
        if isinstance(field.auto, HeaderLength):
            yield f"    return {field.auto.declared(field_word(field, 'self.'))}"
            return
    terms = [str(fixed), *(tail.size_source() for tail in tails)]
    yield f"    return {' + '.join(terms)}"


def field_word(field: Field[Any, Any], prefix: str = "") -> str:
    """The expression for a field's word: `prefix` is `self.`, or nothing for a local name."""
    word = prefix + field.slot
    if not field.partial:
        return word
    shifted = f"{word} >> {field.shift}" if field.shift else word
    return f"({shifted} & {field.mask})"


def _assemble(
    fields: list[Field[Any, Any]], words: list[Word], tails: list[Tail[Any, Any]], fixed: int
) -> Iterator[str]:
    rest = " + ".join(tail.pack_source() for tail in tails) or "b''"
    auto_tails = [tail for tail in tails if tail.auto is not None]
    yield "def assemble(self, layers, i, body):"
    yield "    auto = self._auto"
    for slot in [word.slot for word in words] + [tail.slot for tail in tails]:
        yield f"    {slot} = self.{slot}"
    for tail in auto_tails:
        yield f"    if auto & {tail.auto_bit} and {tail.slot} is not None: {tail.slot} = 0"
    yield f"    rest = {rest}"
    derived = derived_fields(fields)
    header = next((f for f in derived if isinstance(f.auto, HeaderLength)), None)
    if header is not None and tails:
        needed = "" if fixed % _unit(header) else "rest and "
        yield f"    if {needed}auto & {header.auto_bit}: {_pad(header, fixed)}"
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


def derived_fields(fields: list[Field[Any, Any]]) -> list[Field[Any, Any]]:
    """The fields with a rule, in the order to derive them: checksums last."""
    derived = [field for field in fields if field.auto is not None]
    return sorted(derived, key=lambda field: field.auto is not None and field.auto.sums)


def _pad(header: Field[Any, Any], fixed: int) -> str:
    return f"rest += bytes(-({fixed} + len(rest)) % {_unit(header)})"


def _unit(header: Field[Any, Any]) -> int:
    """The bytes that the header's length field counts in."""
    assert isinstance(header.auto, HeaderLength)
    return header.auto.unit


def straight(
    fields: list[Field[Any, Any]], words: list[Word], fixed: int, upper: Any, below: str
) -> Iterator[str]:
    """`assemble` for a layer with all derived fields auto, where what stands around it is known.

    `upper` is the class on top of it, None for plain payload; `below` names the layer below.
    """
    tails = [field for field in fields if isinstance(field, Tail)]
    derived = derived_fields(fields)
    whole = {field.slot for field in derived if not field.partial}
    for slot in [word.slot for word in words] + [tail.slot for tail in tails]:
        if slot not in whole or any(f.slot == slot and _reads_value(f, upper) for f in derived):
            yield f"{slot} = self.{slot}"
    if tails:
        yield f"rest = {' + '.join(tail.pack_source() for tail in tails)}"
        header = next((f for f in derived if isinstance(f.auto, HeaderLength)), None)
        if header is None:
            yield f"size = {fixed} + len(rest)"
        else:
            derived = [field for field in derived if field is not header]
            units = header.auto.units(fixed)  # type: ignore[union-attr]
            yield "if True:" if fixed % _unit(header) else "if rest:"
            yield f"    {_pad(header, fixed)}; size = {fixed} + len(rest)"
            yield from ("    " + line for line in _derive(header, words, below))
            yield f"else: size = {fixed}; {_store(header, words, str(units))}"
        yield from (line for field in derived for line in _derive(field, words, below, upper))
        yield "if rest: body = rest + body"
    else:
        yield f"rest = b''; size = {fixed}"
        yield from (line for field in derived for line in _derive(field, words, below, upper))
    yield f"body = pack({', '.join(word.slot for word in words)}) + body"


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
    field: Field[Any, Any], words: list[Word], below: str, upper: Any = None
) -> Iterator[str]:
    """Statements that set a field's word, a local name, by its rule."""
    rule = field.auto
    assert rule is not None
    source = rule.source(field)
    constant = _constant(field, upper)
    if constant is not None:
        source = str(constant)
    elif "value" in source:
        yield f"value = {field_word(field) if not field.tail else field.slot}"
    if isinstance(rule, InternetChecksum):
        yield from _total(field, rule, words, below)
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
    if field.tail:
        return f"if {field.slot} is not None: {field.slot} = {value}"
    if not field.partial:
        return f"{field.slot} = {value}"
    outside = sum(other.mask << other.shift for word in words for other in word.fields
                  if other.slot == field.slot and other.name != field.name)  # fmt: skip
    return f"{field.slot} = {field.slot} & {outside} | ({value}) << {field.shift}"


def _total(
    field: Field[Any, Any], rule: InternetChecksum, words: list[Word], below: str
) -> Iterator[str]:
    """`total`, the sum of all words the checksum covers, its own left out."""
    terms = " + ".join(word.term() for word in words if word.slot != field.slot)
    covered = "rest + body" if rule.body else "rest"
    if isinstance(rule, TransportChecksum):
        yield f"pseudo = {below}._pseudo(layers, i - 1, {rule.protocol}, size + len(body))"
        yield f"covered = {covered} if pseudo is not None else b''"
        yield f"total = (pseudo or 0) + {terms}"
    else:
        yield f"covered = {covered}"
        yield f"total = {terms}"
    yield from _covered()


def _covered() -> Iterator[str]:
    # Reduced at once: sums of long data stay small. Data that is not all zero never counts as 0.
    yield "if covered:"
    yield "    if len(covered) & 1: covered += b'\\0'"
    yield "    covered = from_bytes(covered, 'big')"
    yield "    if covered: total += covered % 65535 or 65535"


def _copy(words: list[Word], tails: list[Tail[Any, Any]]) -> Iterator[str]:
    yield "def copy(self, packet):"
    yield "    other = RAW()"
    yield "    other._packet = packet; other._auto = self._auto"
    for slot, _ in _slots(words, tails):
        yield f"    other.{slot} = self.{slot}"
    yield "    other.__class__ = CLS"
    yield "    return other"


def _accessors(field: Field[Any, Any]) -> Iterator[str]:
    name = field.name
    word = field_word(field, "self.") if not field.tail else f"self.{field.slot}"
    if word == field.read_source(word) == f"self.{field.slot}" and not field.auto_bit:
        yield f"get_{name} = attrgetter({field.slot!r})"  # no call into Python
    else:
        yield f"def get_{name}(self):"
        if field.auto_bit:
            yield f"    if self._auto & {field.auto_bit}:"
            yield f"        return self._derived({name!r})"
        yield f"    return {field.read_source(word)}"
    yield f"def set_{name}(self, value):"
    if _plain(field):
        yield f"    if value.__class__ is not int or not 0 <= value <= {field.mask}:"
        yield f"        value = {name}_parse(value)"
    else:
        yield f"    value = {name}_parse(value)"
    yield "    if self._packet.__class__ in SHARED:"
    yield "        self._open()"
    if field.auto_bit:
        yield f"    put__auto(self, self._auto & {~field.auto_bit})"
    if field.partial:
        kept = f"self.{field.slot} & ~{field.mask << field.shift}"
        yield f"    put_{field.slot}(self, {kept} | value << {field.shift})"
    else:
        yield f"    put_{field.slot}(self, value)"
