"""Messages that may go on elsewhere: in the next segment, or beyond what was captured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from umpa.core.auto import Auto
from umpa.core.parts import Measured

__all__ = ["MeasuredUpTo", "MessageLength"]


class MessageLength(Auto):
    """The size of the field `data`, and `fixed` bytes that count too.

    As it stands where that is more, for then the message goes on elsewhere. With `little`, a number
    of so many bytes with the least significant first.
    """

    def __init__(self, fixed: int = 0, *, little: int = 0) -> None:
        super().__init__()
        self.fixed = fixed
        self.little = little

    def source(self, field: Any) -> str:
        here = f"len(self.w_data) + {self.fixed}" if self.fixed else "len(self.w_data)"
        if not self.little:
            return f"max(value, {here})"
        value = f"from_bytes(value.to_bytes({self.little}, 'big'), 'little')"
        return f"from_bytes(max({value}, {here}).to_bytes({self.little}, 'little'), 'big')"


class MeasuredUpTo(Measured):
    """As many bytes as a function finds, or fewer where the data ends: see `UpTo`."""

    def unpack_source(self) -> Iterator[str]:
        yield "stop = end if end is not None else len(data)"
        yield f"n = min({self.name}_measure(self, data, p), stop - p)"
        yield f"self.{self.slot} = data[p:p + n]; p += n"
