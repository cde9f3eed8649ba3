"""What no header took: payload, and the padding behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umpa.core.protocol import Protocol
from umpa.core.tail import Blob, Position

__all__ = ["Padding", "Payload"]


class Payload(Protocol, name="data"):
    """Data (the bytes that the innermost header carries)."""

    data: Blob = Blob(doc="The bytes.")

    if TYPE_CHECKING:

        def __init__(self, data: bytes | str = b"") -> None: ...

    else:

        def __new__(cls, data: Any = b"", **unknown: Any) -> Payload:
            if data.__class__ is bytes and not unknown:  # without the ways of other layers
                self = _blank()
                self._packet, self._auto, self.w_data = (), 0, data
                self.__class__ = cls
                return self
            if isinstance(data, str):
                data = data.encode()
            return cls._construct(data=data, **unknown)


Payload._ready()  # type: ignore[attr-defined]
_blank: Any = Payload._RAW
"""Asked of the class each time it would take a quarter of the constructor."""


class Padding(Protocol, name="padding"):
    """Padding (the bytes behind what a length field bounds: filling, or a trailer)."""

    after: Position = Position(doc="The index of the layer it follows.")
    data: Blob = Blob(doc="The bytes.")
