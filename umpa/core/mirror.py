"""The layer of a reply: addresses exchanged, identifiers repeated, the rest as it is by default.

For each protocol one function is compiled, `mirrored(self, own)`: words go from `self`, the
request's layer, to a new one, and then come the fields that `own` has, the layer that the caller
gave. Nobody sends from the address of a group, so that is not exchanged (IEEE 802.3, 3.2.3; RFC
1122, 3.2.1.3; RFC 4291, 2.7): the answer's source is as it is by default. Fields that are more than
bits of a word (options, derived fields) are copied by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

from umpa.core.compiler import define
from umpa.core.field import MAC, Field, IPv4Address, IPv6Address
from umpa.core.offsets import field_offset

__all__ = ["mirrored", "mirrors_at"]

Mirror = Callable[[Any, Any], Any]
MirrorAt = Callable[[bytes, int, Any], Any]

_GROUPS = {
    MAC: "{0}[0] & 1",
    IPv4Address: "{0} >> 28 == 14 or {0} == 0xFFFFFFFF",
    IPv6Address: "{0}[0] == 0xFF",
}
"""What tells of a word whether it is the address of a group."""

_compiled: dict[Any, Mirror] = {}
_compiled_at: dict[Any, MirrorAt] = {}


def mirrored(layer: Any, own: Any) -> Any:
    """The reply's layer to `layer`, with what was set in `own`, a layer of that class or None."""
    cls = layer.__class__
    function = _compiled.get(cls)
    if function is None:
        function = _compiled[cls] = _compile(cls)
    return function(layer, own)


def mirrors_at(cls: Any) -> MirrorAt:
    """`mirrored(data, at, own)`: the same for a header that starts at `at`; what it gives is lent
    (`umpa.core.stack`)."""
    function = _compiled_at.get(cls)
    if function is None:
        function = _compiled_at[cls] = _compile(cls, at=True)
    return function


def _compile(cls: Any, at: bool = False) -> Any:
    blank = cls._construct()
    names: dict[str, Any] = {**cls._functions, "blank": blank, "carry": carry, "keep": keep}
    names["ref"] = ref
    copied: list[str] = []
    by_name: list[str] = []
    for there, back in _pairs(cls):
        if _is_bits(there) and _is_bits(back):
            copied += _copied(there, back, names)
        else:
            by_name.append(f"carry(self, {there.name!r}, other, {back.name!r})")
    for name, values in cls.replies.items():
        names[f"replies_{name}"] = values
        field = cls.fields[name]
        plain = _is_bits(field) and not field.partial and not field.tail
        lines = copied if plain else by_name
        read = field.slot if plain and field.kind == "int" else name
        lines.append(f"value = replies_{name}.get(self.{read})")
        lines.append(f"if value is not None: other.{field.slot if plain else name} = value")
    begin = _read(cls, [*copied, *by_name], names) if at else ()
    if by_name:  # what goes by name needs the layer's own class, and the words do not
        by_name = ["other.__class__ = CLS", *by_name, "other.__class__ = RAW"]
    derived = f"{cls._DERIVED} if own._packet.__class__ is ref else own._auto"
    quick, slow = (
        ["if own is not None:", f"    auto = {derived}", *("    " + line for line in lines)]
        if lines
        else []
        for lines in _given(cls, blank)
    )
    body = [*copied, *by_name, *quick, "other.__class__ = CLS", *slow]
    body += ["put__packet(other, ())", "return other"] if at else ["return other"]
    lines = [f"def mirrored({'data, at' if at else 'self'}, own):"]
    lines += ["    " + line for line in [*begin, *_made(cls), *body]]
    return define("mirrored", f"reply {cls.__name__}{' from bytes' * at}", lines, names)


def _read(cls: Any, lines: list[str], names: dict[str, Any]) -> list[str]:
    """Statements that read what `lines` use of the request's header, and no more if possible."""
    used = set(re.findall(r"\bself\b(?:\.(\w+))?", "\n".join(lines)))
    fixed = [field for field in cls.fields.values() if _is_bits(field) and not field.tail]
    words = {field.slot: field for field in fixed}
    if not all(name in words for name in used):
        names["unpack"] = cls._unpack
        return ["self = unpack(data, at, None)"]
    found = ["self = _structure(data, at)"] if used else []
    for name in sorted(used):
        field = words[name]
        if field.kind == "bytes":  # these lie beside the structure
            start = field_offset(cls, field)
            found.append(f"self.{name} = data[at + {start}:at + {start + field.bits // 8}]")
    return found


def _made(cls: Any) -> Iterator[str]:
    """Statements that make a layer with the defaults, and leave it open to writing its words."""
    beside = [slot for slot in cls._SLOTS if slot in cls.__mro__[1].__slots__]
    yield "other = _structure(DEFAULTS)" if len(beside) < len(cls._SLOTS) else "other = RAW()"
    yield f"other._packet = None; other._auto = {cls._DERIVED}"
    yield from (f"other.{slot} = blank.{slot}" for slot in beside)


def _pairs(cls: Any) -> Iterator[tuple[Field[Any, Any], Field[Any, Any]]]:
    """Which field of the request becomes which of the reply."""
    for a, b in zip(cls.mirror[::2], cls.mirror[1::2], strict=True):
        yield a, b
        yield b, a
    yield from ((field, field) for field in cls.same)


def _is_bits(field: Any) -> bool:
    """Whether the field is a word or bits of one, and never derived or left out."""
    return bool(field.slot) and not field.auto_bit and field.when is None and (
        not field.tail or hasattr(field, "base")
    )  # fmt: skip


def _is_part(field: Any) -> bool:
    """Whether the field is bits of a word, which can be copied as they are."""
    return bool(field.slot) and field.kind == "int" and field.when is None and not field.tail


def _is_view(field: Any) -> bool:
    """Whether its bits are some of another field's, which is copied as it is."""
    base = getattr(field, "base", None)
    return (
        base is not None and _is_part(base) and base.applies is None and base.pins == base.auto_bit
    )


def _is_whole(field: Any) -> bool:
    """Whether the field has a slot of its own, which can be copied as it is."""
    return bool(field.slot) and not field.partial and (field.kind == "int" or not field.auto_bit)


def _copied(there: Any, back: Any, names: dict[str, Any]) -> Iterator[str]:
    """Statements that copy the bits of one field to the place of another."""
    indent = ""
    if there.applies is not None:
        source = getattr(there.applies, "source", None)
        names[f"applies_{there.name}"] = there.applies
        yield f"if {source() if source else f'applies_{there.name}(self)'}:"
        indent = "    "
    if not there.partial and not back.partial:
        group = _GROUPS.get(there.__class__)
        if group and there is not back:
            yield f"{indent}if not ({group.format(f'self.{there.slot}')}):"
            indent += "    "
        yield f"{indent}other.{back.slot} = self.{there.slot}"
        return
    bits = f"(self.{there.slot} >> {there.shift} & {there.mask})"
    kept = f"other.{back.slot} & ~{back.mask << back.shift}"
    yield f"{indent}other.{back.slot} = {kept} | {bits} << {back.shift}"


def _given(cls: Any, blank: Any) -> tuple[list[str], list[str]]:
    """Statements that copy what differs from the default in `own`: bits of words, and the rest."""
    slots: dict[str, list[Any]] = {}
    for field in cls.fields.values():
        if not _is_view(field):
            slots.setdefault(field.slot, []).append(field)
    quick: list[str] = []
    slow: list[str] = []
    for slot, fields in slots.items():
        if len(fields) == 1 and _is_whole(fields[0]):
            quick += _given_word(fields[0], blank)
        elif all(_is_part(field) for field in fields):
            default = getattr(blank, slot)
            bits = sum(field.auto_bit for field in fields)
            pinned = f" or auto & {bits} != {bits}" if bits else ""
            quick.append(f"if own.{slot} != {default!r}{pinned}:")
            for field in fields:
                mask = field.mask << field.shift
                differs = f"(own.{slot} ^ {default}) & {mask}"
                wanted = f"not auto & {field.auto_bit}" if field.auto_bit else differs
                quick.append(f"    if {wanted}:")
                quick.append(f"        other.{slot} = other.{slot} & ~{mask} | own.{slot} & {mask}")
                if field.auto_bit:
                    quick.append(f"        other._auto &= {~field.auto_bit}")
        else:
            bits = sum(field.auto_bit for field in fields)
            differs = f"own.{slot} != {getattr(blank, slot)!r}" if slot else "True"
            slow.append(f"if {differs}{f' or auto & {bits} != {bits}' if bits else ''}:")
            slow += [f"    keep(own, {f.name!r}, {f.auto_bit}, blank, other)" for f in fields]
    return quick, slow


def _given_word(field: Any, blank: Any) -> Iterator[str]:
    """The same for a field that is a word of its own."""
    if field.auto_bit:
        yield f"if not auto & {field.auto_bit}:"
        yield f"    other.{field.slot} = own.{field.slot}; other._auto &= {~field.auto_bit}"
    else:
        yield f"if own.{field.slot} != {getattr(blank, field.slot)!r}:"
        yield f"    other.{field.slot} = own.{field.slot}"


def carry(layer: Any, name: str, other: Any, back: str) -> None:
    """Copy a field by name, where the layer has it."""
    if name in set(layer):
        setattr(other, back, getattr(layer, name))


def keep(own: Any, name: str, auto_bit: int, blank: Any, other: Any) -> None:
    """Copy a field that was set: pinned if it may be derived, else other than the default."""
    if auto_bit:
        if not own.is_auto(name):
            setattr(other, name, own[name])
    elif own[name] != blank[name]:
        setattr(other, name, own[name])
