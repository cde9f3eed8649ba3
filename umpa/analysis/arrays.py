"""Numbers that stand anywhere in the bytes of a block (NumPy)."""

from __future__ import annotations

from typing import Any

__all__ = ["BEHIND", "gathered"]

BEHIND = 3
"""So many bytes have to follow a place, whatever they are."""


def gathered(np: Any, data: Any, at: Any, size: int) -> Any:
    """The numbers of 1 to 8 bytes at some places of `data`, in network byte order."""
    if size == 1:
        return data[at]
    whole = next(one for one in (2, 4, 8) if one >= size)
    found = np.ndarray((len(data) - whole + 1,), f">u{whole}", data, strides=(1,))[at]
    return found if size == whole else found >> found.dtype.type(8 * (whole - size))
