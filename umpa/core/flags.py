"""Sets of named bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import IntFlag
from functools import reduce
from operator import or_
from typing import Any, NoReturn, TypeAlias, TypeVar

from umpa.core import text
from umpa.core.field import Field
from umpa.errors import FieldError, suggest

__all__ = ["FlagBits", "FlagSet"]

F = TypeVar("F", bound="FlagSet")
Reject: TypeAlias = Callable[[object, str], NoReturn]
"""Says what does not fit, and what was expected."""


class FlagSet(IntFlag):
    """Named bits; bits without a name are kept too.

    It is compared by name too: `flags == "SYN,ACK"`, `"SYN" in flags`.
    """

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            other = _number(type(self), other, _no_flags(type(self)))
        return int.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__

    def __contains__(self, other: object) -> bool:
        bits = _number(type(self), other, _no_flags(type(self)))
        return self.value & bits == bits

    def __str__(self) -> str:
        known = [flag for flag in type(self) if flag.value & self.value]
        left = self.value & ~sum(flag.value for flag in known)
        names = [str(flag.name) for flag in known] + ([f"0x{left:x}"] if left else [])
        return ",".join(names) or "none"


class FlagBits(Field[F, F | int | str | Iterable[str]]):
    """Bits with names, read as a `FlagSet`; written also as `"SYN,ACK"` or `["SYN", "ACK"]`."""

    def __init__(self, bits: int, kind: type[F], **options: Any) -> None:
        super().__init__(bits, **options)
        self.kind_of_flags = kind
        self.texts: dict[int, F] = {}
        self.words: dict[str, int] = {}

    def read_source(self, word: str) -> str:
        # The set of no flags is false: `or` would not do.
        texts = f"{self.name}_texts"
        return f"{texts}[word] if (word := {word}) in {texts} else {self.name}_field.read(word)"

    def read(self, word: int) -> F:
        found = self.texts.get(word)
        if found is None:
            found = self.kind_of_flags(word)
            text.remember(self.texts, word, found)
        return found

    def parse(self, value: Any) -> Any:
        if value.__class__ is str:
            word = self.words.get(value)
            if word is None:
                word = self._named(value)
                text.remember(self.words, value, word)
            return word
        return self._named(value)

    def _named(self, value: Any) -> int:
        number = _number(self.kind_of_flags, value, self.reject)
        if not 0 <= number <= self.mask:
            self.reject(value, f"a number from 0 to {self.mask}")
        return number

    def meaning(self, value: Any) -> str:
        return str(value)

    def text(self, value: Any) -> str:
        return f"0x{int(value):0{(self.bits + 3) // 4}x}"


def _number(kind: type[FlagSet], value: Any, reject: Reject) -> int:
    """The bits that a person means: a number, names with commas, or a list of these."""
    if isinstance(value, str):
        value = value.replace("|", ",").replace("+", ",").split(",")
    if isinstance(value, int):
        return int(value)
    if not isinstance(value, Iterable):
        reject(value, "flags by name, as in 'SYN,ACK', or a number")
    return reduce(or_, [_bit(kind, name, reject) for name in value], 0)


def _bit(kind: type[FlagSet], name: Any, reject: Reject) -> int:
    if isinstance(name, int):
        return int(name)
    if not isinstance(name, str):
        reject(name, "flags by name, as in 'SYN,ACK', or a number")
    wanted = name.strip().upper()
    members: Mapping[str, Any] = kind.__members__
    if not wanted or wanted == "NONE":
        return 0
    if wanted in members:
        return int(members[wanted])
    if wanted.startswith("0X"):
        with suppress(ValueError):
            return int(wanted, 16)
    known = ", ".join(members)
    meant = _spelt_out(wanted, members) or suggest(wanted, members)
    reject(name, f"some of {known}{meant}")


def _no_flags(kind: type[FlagSet]) -> Reject:
    def reject(value: object, expected: str) -> NoReturn:
        raise FieldError(f"{kind.__name__}: {value!r} is none; expected {expected}")

    return reject


def _spelt_out(letters: str, members: Iterable[str]) -> str:
    """What letters such as "SA" stand for, as a suggestion; empty where one is no flag's first."""
    found = [next((name for name in members if name[0] == letter), "") for letter in letters]
    return f"; did you mean '{','.join(found)}'?" if all(found) else ""
