"""What ports suggest, looked at twice: the bytes must look like it."""

from __future__ import annotations

from typing import Any

from umpa.core.following import Following, by_name

__all__ = ["suggested"]


def suggested(layer: Any, data: bytes, start: int, end: int) -> Following:
    """The protocol of the first port that has one and whose look at the bytes agrees.

    The look is the protocol's own `plausible(data, start, end)`, where it has that method. Where
    it does not agree, the protocol named `instead`, if any, is asked.
    """
    follow = layer.next_by
    classes = follow.table.classes
    for field in follow.fields:
        found = classes.get(getattr(layer, field.name))
        while found is not None:
            if end - start >= found._FIXED and _agrees(found, data, start, end):
                return found  # type: ignore[no-any-return]
            found = by_name(found.__dict__.get("instead", ""))
    return None


def _agrees(protocol: Any, data: bytes, start: int, end: int) -> bool:
    return "plausible" not in protocol.__dict__ or protocol.plausible(data, start, end)
