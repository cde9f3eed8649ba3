"""BSD loopback."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import NextProtocol
from umpa.core.field import Enum32
from umpa.core.follow import NextBy
from umpa.core.following import Following, by_number
from umpa.core.protocol import Protocol

__all__ = ["Null"]

FAMILIES = {
    2: "IP", 7: "OSI", 10: "IPv6 (Linux)", 16: "AppleTalk", 23: "IPX", 24: "IPv6 (BSD)",
    28: "IPv6 (FreeBSD)", 30: "IPv6 (Darwin)",
}  # fmt: skip

_MOST_FAMILY = 0xFFFF


def _other_order(word: int) -> int:
    return int.from_bytes(word.to_bytes(4, "little"), "big")


def _by_ether_type(word: int) -> Following:
    """What follows where some systems have an EtherType, in the last two bytes."""
    return by_number("eth.type", word & 0xFFFF) if word > _MOST_FAMILY else None


class Family(Enum32):
    """A number in the byte order of the machine that captured it: the one in which it is small.

    Written in little-endian order.
    """

    def read(self, word: Any) -> Any:
        return word if word <= _MOST_FAMILY else _other_order(word)

    def read_source(self, word: str) -> str:
        return f"{self.name}_field.read({word})"

    def parse(self, value: Any) -> Any:
        return _other_order(super().parse(value))


class FamilyNumber(NextProtocol):
    """The family of what follows; the value itself, in its order, where that says so already."""

    def number(self, value: int, upper: Any) -> int:
        known = self.table.classes
        if upper in (known.get(value), known.get(_other_order(value)), _by_ether_type(value)):
            return value
        number = self.table.numbers.get(upper)
        return value if number is None else _other_order(number)

    def constant(self, upper: Any) -> int | None:
        return None


class Null(Protocol, name="null", follows={"linktype": (0, 108)}):
    """BSD loopback encapsulation (LINKTYPE_NULL, LINKTYPE_LOOP)."""

    family: Family = Family(
        auto=FamilyNumber("null.family"), default=2, names=FAMILIES, doc="Address family."
    )

    next_by = NextBy("null.family", family)
    steering = ()

    def _next(self, data: bytes, start: int, end: int) -> Following:
        word: int = self.w_family  # type: ignore[attr-defined]
        return super()._next(data, start, end) or _by_ether_type(word)
