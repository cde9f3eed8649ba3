"""Where the fields of a header's fixed part are."""

from __future__ import annotations

from typing import Any

__all__ = ["field_bit", "field_offset"]


def field_offset(protocol: Any, field: Any) -> int:
    """Where a field starts in its header, in bytes."""
    return field_bit(protocol, field) // 8


def field_bit(protocol: Any, field: Any) -> int:
    """Where a field starts in its header, in bits."""
    names = list(protocol.fields)
    return sum(protocol.fields[name].bits for name in names[: names.index(field.name)])
