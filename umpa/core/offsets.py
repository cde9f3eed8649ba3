"""Where the fields of a header's fixed part are."""

from __future__ import annotations

from typing import Any

__all__ = ["field_bit", "field_offset"]


def field_offset(protocol: Any, field: Any) -> int:
    """Where a field starts in its header, in bytes."""
    return field_bit(protocol, field) // 8


def field_bit(protocol: Any, field: Any) -> int:
    """Where a field starts in its header, in bits; that of an overlay, of the bits it shows."""
    base = getattr(field, "base", None)
    if base is not None:
        return field_bit(protocol, base) + int(field.at)
    fields = list(protocol.fields.values())
    names = list(protocol.fields)
    return sum(one.bits for one in fields[: names.index(field.name)] if not one.tail)
