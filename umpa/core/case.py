"""Fields of the variable part that are there only in some cases: as the message type says.

    target: IPv6Address = CaseIPv6(only(type, 135, 136), doc="...")

The field takes its bytes where the case holds, and none otherwise; its value is kept either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from umpa.core.field import (
    MAC,
    U8,
    U16,
    U32,
    Enum8,
    Enum16,
    FixedBytes,
    Integer,
    IPv4Address,
    IPv4Write,
    IPv6Address,
    IPv6Write,
    Read,
    Write,
)
from umpa.core.little import LittleU16, LittleU32
from umpa.core.overlay import only
from umpa.core.tail import Tail

__all__ = [
    "Case",
    "CaseBytes",
    "CaseEnum8",
    "CaseEnum16",
    "CaseIPv4",
    "CaseIPv6",
    "CaseLittleU16",
    "CaseLittleU32",
    "CaseMAC",
    "CaseNumber",
    "CaseU8",
    "CaseU16",
    "CaseU32",
    "always",
]


def always(layer: Any) -> bool:
    """The case of a field that is always there, behind one that is not."""
    return True


class Case(Tail[Read, Write]):
    """The base. `case` is `only(field, *values)`, or a function of the layer's slots (`w_...`)."""

    def __init__(self, case: only | Callable[[Any], bool], *size: int, **options: Any) -> None:
        options.setdefault("applies", None if case is always else case)
        super().__init__(*size, **options)
        self.case = case

    def condition(self) -> str:
        return self.case.source() if isinstance(self.case, only) else f"{self.name}_case(self)"

    def source_names(self) -> dict[str, Any]:
        return {f"{self.name}_case": self.case}

    def unpack_source(self) -> Iterator[str]:
        size = self.bits // 8
        piece = f"data[p:p + {size}]"
        word = f"from_bytes({piece}, 'big')" if self.kind == "int" else piece
        yield f"self.{self.slot} = {self.default!r}"
        yield f"if {self.condition()}: self.{self.slot} = {word}; p += {size}"

    def size_source(self) -> str:
        return f"({self.bits // 8} if {self.condition()} else 0)"

    def pack_source(self) -> str:
        size = self.bits // 8
        piece = f"{self.slot}.to_bytes({size}, 'big')" if self.kind == "int" else self.slot
        return f"({piece} if {self.condition()} else b'')"


class CaseU8(Case[int, int], U8):
    """Eight bits."""

    kind = "int"


class CaseU16(Case[int, int], U16):
    """Sixteen bits."""

    kind = "int"


class CaseLittleU16(Case[int, int], LittleU16):
    """Sixteen bits, least significant byte first."""

    kind = "int"


class CaseLittleU32(Case[int, int], LittleU32):
    """Thirty-two bits, least significant byte first."""

    kind = "int"


class CaseU32(Case[int, int], U32):
    """Thirty-two bits."""

    kind = "int"


class CaseNumber(Case[int, "int | str"], Integer[int, "int | str"]):
    """A number of any whole bytes, with names or without."""

    kind = "int"


class CaseEnum8(Case[int, "int | str"], Enum8):
    """Eight bits whose values have names."""

    kind = "int"


class CaseEnum16(Case[int, "int | str"], Enum16):
    """Sixteen bits whose values have names."""

    kind = "int"


class CaseIPv4(Case[str, IPv4Write], IPv4Address):
    """An IPv4 address."""

    kind = "int"


class CaseIPv6(Case[str, IPv6Write], IPv6Address):
    """An IPv6 address."""


class CaseMAC(Case[str, "str | bytes | int | tuple[int, ...]"], MAC):
    """An IEEE 802 address."""


class CaseBytes(Case[bytes, bytes], FixedBytes):
    """Bytes of a fixed number."""
