"""Numbers in little-endian byte order, as headers made by the capturing machine have them."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Auto
from umpa.core.field import U16, U32

__all__ = ["LittleSize", "LittleU16", "LittleU32", "swapped"]


def swapped(word: int, size: int) -> int:
    """The number whose `size` bytes are those of `word` in the other order."""
    return int.from_bytes(word.to_bytes(size, "little"), "big")


class LittleU16(U16):
    """A number of 16 bits, least significant byte first."""

    def read(self, word: Any) -> Any:
        return swapped(word, 2)

    def read_source(self, word: str) -> str:
        return f"{self.name}_field.read({word})"

    def parse(self, value: Any) -> Any:
        return swapped(super().parse(value), 2)


class LittleU32(U32):
    """A number of 32 bits, least significant byte first."""

    def read(self, word: Any) -> Any:
        return swapped(word, 4)

    def read_source(self, word: str) -> str:
        return f"{self.name}_field.read({word})"

    def parse(self, value: Any) -> Any:
        return swapped(super().parse(value), 4)


class LittleSize(Auto):
    """The header's size in bytes, as a number of `size` bytes with the least significant first."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def source(self, field: Any) -> str:
        most = (1 << 8 * self.size) - 1
        other_order = f"from_bytes(size.to_bytes({self.size}, 'little'), 'big')"
        return f"{other_order} if size <= {most} else too_large(self, {field.name!r}, size, {most})"
