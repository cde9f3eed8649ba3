"""What ports suggest, looked at twice: the bytes must look like it."""

from __future__ import annotations

from typing import Any

from umpa.core.following import Following

__all__ = ["suggested"]


def suggested(layer: Any, data: bytes, start: int, end: int) -> Following:
    """The protocol of the first port that has one and whose look at the bytes agrees.

    The look is the protocol's own `plausible(data, start, end)`, where it has that method.
    """
    follow = layer.next_by
    classes = follow.table.classes
    for field in follow.fields:
        found = classes.get(getattr(layer, field.name))
        if found is None or end - start < found._FIXED:
            continue
        if "plausible" not in found.__dict__ or found.plausible(data, start, end):
            return found  # type: ignore[no-any-return]
    return None
