"""Lengths of messages that run over a stream: one may go on in the next segment."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Auto

__all__ = ["MessageLength"]


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
