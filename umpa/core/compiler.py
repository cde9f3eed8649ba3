"""From a protocol's table of fields to the functions that build and read its layers.

For each protocol source text is generated, as a person would write it, and compiled when the first
layer is read, and when the first one is written; it is registered with `linecache`, so that
tracebacks and debuggers show it.

    construct     keyword arguments, checked, into words; what is not given is the class's default
    unpack        the words of the fixed part, then the variable fields, from bytes
    unpack_bare   the same for a header that is known to end with its fixed part
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

from umpa.core.absent import unknown_field
from umpa.core.assembler import FORMATS, Word, assembler, field_word, runs, straight
from umpa.core.auto import HeaderLength
from umpa.core.checksum import LAST_SUM, internet_sum
from umpa.core.field import Field
from umpa.core.tail import Blob, HeaderRest, Tail
from umpa.core.vary import VariedLayer, Varies
from umpa.errors import EncodeError, FieldError

__all__ = ["UNSET", "Word", "compile_protocol", "compile_writing", "lay_out"]


_FEW = 6
"""Fields that a constructor asks for one by one, whatever they are."""


class _Unset:
    """The default of every constructor argument: not given."""

    def __repr__(self) -> str:
        return "<auto or default>"


UNSET = _Unset()


def lay_out(name: str, fields: list[Field[Any, Any]]) -> list[Word]:
    """The words of the fixed part; neighbouring bits share the first whole word they fill."""
    words: list[Word] = []
    group: list[Field[Any, Any]] = []
    bits = offset = 0
    behind = ""
    for field in fields:
        if field.tail:
            behind = behind or (field.name if isinstance(field, Blob) else "")
            continue
        if behind:
            raise FieldError(f"{name}.{field.name} stands behind {behind}, whose size varies")
        group.append(field)
        bits += field.bits
        if field.kind == "bytes" or bits in FORMATS:
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


def wrong_arguments(protocol: Any, unknown: Iterable[str]) -> FieldError:
    """The error for constructor arguments that no field takes."""
    for name in unknown:
        return unknown_field(protocol, name)
    first = next(iter(protocol.fields), "field")
    return FieldError(f"{protocol.__name__} takes fields by name, as in {first}=...")


def set_rare(layer: Any, protocol: Any, given: dict[str, Any], setters: dict[str, Any]) -> None:
    """Set what was given to a constructor that it does not ask for by name, in wire order."""
    if not setters.keys() >= given.keys():
        raise wrong_arguments(protocol, [name for name in given if name not in setters])
    for name in given if len(given) == 1 else [name for name in setters if name in given]:
        setters[name](layer, given[name])


def compile_protocol(
    cls: Any, raw: Any, fields: list[Field[Any, Any]], words: list[Word], putters: dict[str, Any]
) -> dict[str, Any]:
    """The compiled functions of `cls`, by the names above; `putters` fill its slots."""
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
        "VariedLayer": VariedLayer,
        "Varies": Varies,
        "attrgetter": attrgetter,
        "from_bytes": int.from_bytes,
        "internet_sum": internet_sum,
        "last_sum": LAST_SUM,
        "ref": ref,
        "_set_rare": set_rare,
        "too_large": too_large,
        "_wrong_arguments": wrong_arguments,
    }
    struct = Struct(">" + "".join(word.format for word in words))
    names["pack"], names["unpack_words"] = struct.pack, struct.unpack
    pseudo = cls.pseudo_header
    taken = runs(words, fields, "" if pseudo is None else pseudo.addresses)
    names["unpack_runs"] = Struct(">" + "".join(word.format for word in taken)).unpack
    names["_structure"] = raw.from_buffer_copy
    names["DEFAULTS"] = struct.pack(*(word.default for word in words))
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
    names["straight"] = lambda upper, below, together=False, **how: straight(
        fields, taken if together else words, fixed, upper, below, **how
    )
    names |= {f"put_{slot}": putters[slot] for slot in ("_auto", "_packet", *cls._SLOTS)}
    lines = [
        *_unpack(words, tails, struct.size),
        *_declared(fields, tails, struct.size),
        *assembler(fields, words, tails, struct.size),
        *_copy(words, tails),
    ]
    if cls.pseudo_header is not None:
        lines += cls.pseudo_header.method()
    for field in fields:
        lines += _getter(field)
    define("assemble", f"{cls.__module__}.{cls.__qualname__}", lines, names)
    return names


def compile_writing(
    cls: Any, fields: list[Field[Any, Any]], words: list[Word], names: dict[str, Any]
) -> None:
    """Add the constructor and the setters to the compiled functions.

    They take more than half of the time, and a packet that is only read needs none of them.
    """
    lines = [*_construct(cls, fields, words)]
    for field in fields:
        lines += _setter(field)
    define("construct", f"{cls.__module__}.{cls.__qualname__}, written", lines, names)
    names["SETTERS"] = {field.name: names[f"set_{field.name}"] for field in fields}


def define(function: str, title: str, lines: Iterable[str], names: dict[str, Any]) -> Any:
    """Compile generated lines into `names`, readable in tracebacks; the function they define."""
    import linecache  # it costs an import more than all of the core

    source = "\n".join(lines) + "\n"
    filename = f"<umpa {title}>"
    cache: Any = linecache.cache
    shown = tuple(source.splitlines(True))  # a list would be looked through for garbage
    cache[filename] = (len(source), None, shown, filename)
    exec(compile(source, filename, "exec"), names)
    return names[function]


def _made(words: list[Word], source: str) -> str:
    """The expression for a new layer, its structure filled from `source`."""
    return f"_structure({source})" if words else "RAW()"


def _beside(words: list[Word], tails: list[Tail[Any, Any]]) -> list[tuple[str, Any]]:
    """What lies beside the structure, and its defaults."""
    return [(w.slot, w.default) for w in words if w.is_bytes] + [(t.slot, t.default) for t in tails]


def _construct(cls: Any, fields: list[Field[Any, Any]], words: list[Word]) -> Iterator[str]:
    usual = [field for field in fields if len(fields) <= _FEW or _usual(field)]
    # Parameters with names only would cost a look-up each; the first one keeps positions out.
    parameters = "".join(f"{field.name}=UNSET, " for field in usual)
    yield f"def construct(cls, by_name_only=UNSET, {parameters}**_rare):"
    yield "  try:"
    sole = {field.slot for field in usual if _sole(field, usual)}
    numbers = [word for word in words if not word.is_bytes and word.default]
    always = [word for word in numbers if word.slot not in sole]
    if len(always) > 1:
        yield "    self = _structure(DEFAULTS)"
    else:  # all zero is made in half the time
        yield "    self = RAW()"
        yield from (f"    self.{word.slot} = {word.default}" for word in always)
    own = "self._packet = None"  # as setters want it; they are seldom called
    if any(_by_setter(field) for field in usual):
        yield f"    {own}"
    yield f"    self._auto = {sum(field.auto_bit for field in fields)}"
    tails = [field for field in fields if isinstance(field, Tail)]
    for slot, default in _beside(words, tails):
        yield f"    self.{slot} = {default!r}"
    for field in usual:
        yield f"    if {field.name} is not UNSET:"
        word = next((word.default for word in words if word.slot == field.slot), 0)
        alone = field.slot in sole
        yield from ("        " + line for line in _given(field, word if alone else None))
        if alone and word and len(always) <= 1 and field.kind == "int":
            yield f"    else: self.{field.slot} = {word}"
    yield "    if _rare or by_name_only is not UNSET:"
    yield "        if by_name_only is not UNSET: raise _wrong_arguments(CLS, {})"
    yield f"        {own}; _set_rare(self, CLS, _rare, SETTERS)"
    yield "    self._packet = (); self.__class__ = CLS"
    yield "    return self"
    yield "  except Varies:"
    given = ", ".join(f"{field.name!r}: {field.name}" for field in usual)
    yield "    _given = {" + given + "}"
    yield "    _given = {k: v for k, v in _given.items() if v is not UNSET}"
    yield "    return VariedLayer(CLS, {**_given, **_rare})"


def _usual(field: Field[Any, Any]) -> bool:
    """Whether people set it often; each such one costs all others the question whether they did."""
    if field.partial:
        return hasattr(field, "words")
    return not field.tail and not field.auto_bit


def _sole(field: Field[Any, Any], usual: list[Field[Any, Any]]) -> bool:
    """Whether none of the others that the constructor asks for shares its word."""
    shared = any(other.slot == field.slot for other in usual if other is not field)
    return not shared and not _by_setter(field)


def _by_setter(field: Field[Any, Any]) -> bool:
    return field.tail or (field.partial and not hasattr(field, "words"))


def _given(field: Field[Any, Any], word: int | None) -> Iterator[str]:
    """The statements of the constructor that set a field to what was given.

    `word` is what its word is sure to be before, where that is known.
    """
    name = field.name
    if _by_setter(field):
        yield f"set_{name}(self, {name})"
        return
    yield from _to_word(field, name)
    shifted = f"{name} << {field.shift}" if field.shift else name
    if not field.partial:
        yield f"self.{field.slot} = {name}"
    elif word is None:
        yield f"self.{field.slot} |= {shifted}"
    else:
        yield f"self.{field.slot} = {word} | {shifted}"
    if field.pins:
        yield f"self._auto &= {~field.pins}"


def _to_word(field: Field[Any, Any], value: str) -> Iterator[str]:
    """Statements that turn what a person wrote, the variable `value`, into the field's word."""
    if _plain(field):
        yield f"if {value}.__class__ is not int or not 0 <= {value} <= {field.mask}:"
        yield f"    {value} = {field.name}_parse({value})"
    elif getattr(field, "words", None) is not None:
        known = f"(_word := {field.name}_words.get({value})) is not None"
        yield f"if {value}.__class__ is str and {known}: {value} = _word"
        yield f"else: {value} = {field.name}_parse({value})"
    else:
        yield f"{value} = {field.name}_parse({value})"


def _plain(field: Field[Any, Any]) -> bool:
    """Whether a number in range is its own word."""
    whole = field.kind == "int" and field.scale == 1 and not field.tail
    return whole and field.read_source("x") == "x"


def _unpack(words: list[Word], tails: list[Tail[Any, Any]], fixed: int) -> Iterator[str]:
    yield "def unpack(data, at, packet, end=None, auto=0):"
    yield from _unpacked(words)
    if tails:
        yield f"    p = at + {fixed}"
    for tail in tails:
        yield from ("    " + line for line in tail.unpack_source())
    yield "    self.__class__ = CLS"
    yield "    return self"
    if tails and all(isinstance(tail, HeaderRest) for tail in tails):
        yield "def unpack_bare(data, at, packet, end=None, auto=0):"
        yield from _unpacked(words)
        yield from (f"    self.{tail.slot} = b''" for tail in tails)
        yield "    self.__class__ = CLS"
        yield "    return self"
    else:
        yield "unpack_bare = unpack"


def _unpacked(words: list[Word]) -> Iterator[str]:
    """The statements that make a layer of the fixed part of its header."""
    yield f"    self = {_made(words, 'data, at')}"
    yield "    self._packet = packet; self._auto = auto"
    for word in words:
        if word.is_bytes:
            yield f"    self.{word.slot} = data[at + {word.offset}:at + {word.offset + word.size}]"


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


def _copy(words: list[Word], tails: list[Tail[Any, Any]]) -> Iterator[str]:
    yield "def copy(self, packet):"
    yield f"    other = {_made(words, 'self')}"
    yield "    other._packet = packet; other._auto = self._auto"
    for slot, _ in _beside(words, tails):
        yield f"    other.{slot} = self.{slot}"
    yield "    other.__class__ = CLS"
    yield "    return other"


def _getter(field: Field[Any, Any]) -> Iterator[str]:
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


def _setter(field: Field[Any, Any]) -> Iterator[str]:
    name = field.name
    yield f"def set_{name}(self, value):"
    yield from ("    " + line for line in _to_word(field, "value"))
    yield "    owner = self._packet"
    yield "    if owner.__class__ is ref:"  # as `Layer._open` does it, without a call
    yield "        owner = owner()"
    yield "        if owner is None: self._open()"
    yield "        else: owner._touch()"
    yield "    elif owner.__class__ is tuple: self._open()"
    if field.pins:
        yield f"    put__auto(self, self._auto & {~field.pins})"
    if field.partial:
        kept = f"self.{field.slot} & ~{field.mask << field.shift}"
        yield f"    put_{field.slot}(self, {kept} | value << {field.shift})"
    else:
        yield f"    put_{field.slot}(self, value)"
