"""Several meanings of the same bits.

What the second word of an ICMP header means depends on its type: an identifier and a sequence
number, an MTU, the address of a router. One field owns the bits; an overlay is another view of
some of them, with a name and a type of its own:

    unused: U32 = U32(doc="...")
    ident: U16 = OverU16(unused, 0, applies=only(type, 0, 8), doc="Identifier.")
"""

from __future__ import annotations

from typing import Any, ClassVar

from umpa.core.field import (
    U8,
    U16,
    U32,
    Bits,
    Enum8,
    Enum16,
    EnumBits,
    Field,
    Flag,
    IPv4Address,
    IPv4Write,
    Read,
    Write,
)

__all__ = [
    "OverBits",
    "OverEnum8",
    "OverEnum16",
    "OverEnumBits",
    "OverFlag",
    "OverIPv4",
    "OverU8",
    "OverU16",
    "OverU32",
    "Overlay",
    "leftover",
    "only",
]


class only:
    """A condition: the value of `field` is one of `values`."""

    def __init__(self, field: Field[Any, Any], *values: int) -> None:
        self.field = field
        self.values = frozenset(values)

    def __call__(self, layer: Any) -> bool:
        return getattr(layer, self.field.name) in self.values

    def source(self, layer: str = "self") -> str:
        """The expression for it in generated code, over the slots of `layer`."""
        field = self.field
        word = f"{layer}.{field.slot}"
        if field.partial:
            word = f"({word} >> {field.shift} & {field.mask})"
        return f"{word} in {set(self.values)}"


class leftover:
    """A condition for the field `name`: it has bits set that none of its overlays shows."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, layer: Any) -> bool:
        base = layer.fields[self.name]
        shown = 0
        for field in layer.fields.values():
            over = isinstance(field, Overlay) and field.base is base
            if over and (field.applies is None or field.applies(layer)):
                shown |= field.mask << field.shift
        word = getattr(layer, base.slot) & base.mask << base.shift
        return not shown or word & ~shown != 0


class Overlay(Field[Read, Write]):
    """The base: a view of bits that belong to the field `base`, `at` bits from its first one."""

    # It takes no bits of its own, so for the layout it is as if it stood behind the fixed part.
    tail: ClassVar[bool] = True

    def __init__(self, base: Field[Any, Any], at: int = 0, *size: int, **options: Any) -> None:
        super().__init__(*size, **options)
        self.base = base
        self.at = at

    def bind(self, owner: type[Any], name: str) -> None:
        super().bind(owner, name)
        self.slot = self.base.slot
        self.shift = self.base.shift + self.base.bits - self.at - self.bits
        self.partial = True

    def read_source(self, word: str) -> str:
        return super().read_source(f"({word} >> {self.shift} & {self.mask})")


class OverU8(Overlay[int, int], U8):
    """A number of 8 of those bits."""


class OverU16(Overlay[int, int], U16):
    """A number of 16 of those bits."""


class OverU32(Overlay[int, int], U32):
    """A number of 32 of those bits."""


class OverBits(Overlay[int, int], Bits):
    """A number of a few of those bits."""


class OverEnum8(Overlay[int, "int | str"], Enum8):
    """Eight of those bits, with names for their values."""


class OverEnum16(Overlay[int, "int | str"], Enum16):
    """Sixteen of those bits, with names for their values."""


class OverEnumBits(Overlay[int, "int | str"], EnumBits):
    """A few of those bits, with names for their values."""


class OverFlag(Overlay[bool, bool], Flag):
    """One of those bits."""


class OverIPv4(Overlay[str, IPv4Write], IPv4Address):
    """Thirty-two of those bits, as an IPv4 address."""
