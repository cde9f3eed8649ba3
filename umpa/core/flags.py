"""Sets of named bits."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag
from typing import Any, TypeVar

from umpa.core import text
from umpa.core.field import Field
from umpa.errors import suggest

__all__ = ["FlagBits", "FlagSet"]

F = TypeVar("F", bound="FlagSet")


class FlagSet(IntFlag):
    """Named bits; bits without a name are kept too."""

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
        if isinstance(value, str):
            value = value.replace("|", ",").replace("+", ",").split(",")
        if not isinstance(value, int):
            try:
                value = sum({self._bit(name) for name in value})
            except TypeError:
                self.reject(value, "flags by name, as in 'SYN,ACK', or a number")
        if not 0 <= value <= self.mask:
            self.reject(value, f"a number from 0 to {self.mask}")
        return int(value)

    def _bit(self, name: Any) -> int:
        if isinstance(name, int):
            return int(name)
        wanted = name.strip().upper()
        members = self.kind_of_flags.__members__
        if not wanted or wanted == "NONE":
            return 0
        if wanted not in members:
            if wanted.startswith("0X"):
                return int(wanted, 16)
            known = ", ".join(members)
            meant = _spelt_out(wanted, members) or suggest(wanted, members)
            self.reject(name, f"some of {known}{meant}")
        return members[wanted].value

    def meaning(self, value: Any) -> str:
        return str(value)

    def text(self, value: Any) -> str:
        return f"0x{int(value):0{(self.bits + 3) // 4}x}"


def _spelt_out(letters: str, members: Iterable[str]) -> str:
    """What letters such as "SA" stand for, as a suggestion; empty where one is no flag's first."""
    found = [next((name for name in members if name[0] == letter), "") for letter in letters]
    return f"; did you mean '{','.join(found)}'?" if all(found) else ""
