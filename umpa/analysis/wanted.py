"""Which columns are wanted: their names, the fields they are read from, and how they are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from umpa.analysis.column import Addresses, Coded, Column, Numbers, Packed, Times
from umpa.core.field import MAC, Field, FixedBytes, Flag, Integer, IPv4Address, IPv6Address
from umpa.core.flags import FlagBits
from umpa.core.frame import OfFrame
from umpa.core.match import FieldRef
from umpa.core.pick import Pick
from umpa.core.pick import pick as pick_fields
from umpa.errors import FieldError, suggest

__all__ = ["FieldName", "Wanted", "numbered", "wanted"]

FieldName: TypeAlias = "str | FieldRef[Any, Any] | tuple[str | FieldRef[Any, Any], ...]"
"""A field by Wireshark's name or by its class; of a tuple, the first that a packet has."""


# A packet does not know its number: whoever reads the file counts.
_NUMBER = OfFrame("frame.number", lambda packet: None, "None")
_LENGTH = OfFrame("frame.len", lambda packet: packet.wire_length, "packet.wire_length")
_KEPT = OfFrame("frame.cap_len", len, "len(data)")
_TIME = OfFrame("frame.time_epoch", lambda packet: packet.time_ns, "packet.time_ns")
_FRAME = {field.key: field for field in (_NUMBER, _LENGTH, _KEPT, _TIME)}


class Wanted(NamedTuple):
    """A column that is wanted, and the fields of which it has the first that a packet has."""

    name: str
    fields: tuple[Field[Any, Any], ...]

    @property
    def counts(self) -> bool:
        """Whether it is the number of the packet."""
        return _counts(self.fields)

    def column(self) -> Column:
        """The column, empty, in the form that suits its fields."""
        return _column(self.name, self.fields)


def wanted(names: Iterable[FieldName]) -> list[Wanted]:
    """The columns of these names.

    :raises FieldError: there is no such field, one is named twice, or none is named.
    """
    if isinstance(names, str):
        raise FieldError(f"columns are a list of names, as in [{names!r}], not a text")
    if not isinstance(names, Iterable):
        raise FieldError(f"columns are a list of names, as in ['ip.src'], not {names!r}")
    columns = [_wanted(name) for name in names]
    if not columns:
        raise FieldError("a table has at least one column; none was named")
    seen: set[str] = set()
    for column in columns:
        if column.name in seen:
            raise FieldError(f"'{column.name}' is asked for twice")
        seen.add(column.name)
    return columns


def numbered(columns: Iterable[Wanted]) -> bool:
    """Whether one of them counts the packets."""
    return any(column.counts for column in columns)


def _counts(fields: tuple[Field[Any, Any], ...]) -> bool:
    return any(field is _NUMBER for field in fields)  # `==` of a field makes a match


def _wanted(name: FieldName) -> Wanted:
    several = name if isinstance(name, tuple) else (name,)
    fields = tuple(field for one in several for field in _resolve(one))
    if len(fields) > 1 and _counts(fields):
        raise FieldError("'frame.number' is a column of its own: every packet has it")
    called = [one if isinstance(one, str) else field.full_key
              for one, field in zip(several, fields, strict=True)]  # fmt: skip
    return Wanted(" or ".join(called), fields)


def _resolve(name: str | FieldRef[Any, Any]) -> tuple[Field[Any, Any], ...]:
    if isinstance(name, str) and name.startswith("frame."):
        if name not in _FRAME:
            raise FieldError(
                f"a frame has no field '{name}'{suggest(name, _FRAME)}; it has {', '.join(_FRAME)}"
            )
        return (_FRAME[name],)
    picked: Pick = pick_fields(name)
    return picked._columns[0]


def _column(name: str, fields: tuple[Field[Any, Any], ...]) -> Column:
    first = fields[0]
    if first is _TIME and len(fields) == 1:
        return Times(name)
    if any(isinstance(field, OfFrame) for field in fields):
        return Numbers(name, "Q") if len(fields) == 1 else Coded(name)
    if _all(fields, Flag):
        return Numbers(name, "B", bool)
    if _all(fields, Integer) and all(0 < field.bits <= 64 for field in fields):
        return Numbers(name, _typecode(max(field.mask * field.scale for field in fields)))
    if _all(fields, IPv4Address):
        return Addresses(name, first.read, first.parse)
    if _all(fields, MAC) or _all(fields, IPv6Address):
        return Packed(name, first.bits // 8, first.read, first.parse)
    if len(fields) == 1 and isinstance(first, FlagBits):
        return Numbers(name, _typecode(first.mask), first.read)
    if len(fields) == 1 and isinstance(first, FixedBytes):
        return Packed(name, first.bits // 8, bytes, bytes)
    return Coded(name)


def _all(fields: tuple[Field[Any, Any], ...], kind: type[Any]) -> bool:
    return all(isinstance(field, kind) for field in fields)


def _typecode(most: int) -> str:
    """The smallest array that holds numbers up to `most`."""
    return next(
        code for bits, code in ((8, "B"), (16, "H"), (32, "I"), (64, "Q")) if most >> bits == 0
    )
