"""Fields that differ from packet to packet: `IP(dst=hosts("10.0.0.0/24"))`.

What makes the values is a `Vary`. A layer that was given one is no layer yet but a `VariedLayer`,
which remembers what it was called with; `umpa.template.sequence` makes packets of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from random import Random
from typing import Any, NoReturn

from umpa.errors import FieldError, LayerError

__all__ = ["RANDOMNESS", "VariedLayer", "Varies", "Vary"]

RANDOMNESS: ContextVar[Random | None] = ContextVar("umpa randomness", default=None)
"""Where values that are drawn come from, in a context that must be reproducible."""


class Vary:
    """Values for a field, one for each packet.

    It is no iterable itself: fields take lists, and this must not be mistaken for one.
    """

    count: int | None = None
    """How many there are; None where they never end."""

    def values(self) -> Iterator[Any]:
        """The values, as a person would write them, from the first one on."""
        raise NotImplementedError

    def words(self, field: Any) -> Iterator[Any]:
        """The same as words of `field`.

        :raises FieldError: while iterating, at a value that the field cannot take.
        """
        return map(field.parse, self.values())


class Varies(FieldError):
    """Raised by a field that is given a `Vary`, caught by the constructor around it."""


class VariedLayer:
    """A layer of which some fields differ from packet to packet."""

    def __init__(self, protocol: Any, given: dict[str, Any]) -> None:
        self.protocol = protocol
        self.varied: dict[str, Vary] = {k: v for k, v in given.items() if isinstance(v, Vary)}
        self.plain = {k: v for k, v in given.items() if k not in self.varied}

    def _refuse(self, other: object) -> NoReturn:
        names = ", ".join(f"{self.protocol.__name__}.{name}" for name in self.varied)
        raise LayerError(
            f"{names} varies from packet to packet: give the layers to sequence(...), "
            "which makes the packets"
        )

    __truediv__ = __rtruediv__ = _refuse

    def __repr__(self) -> str:
        return f"{self.protocol.__name__}({', '.join([*self.plain, *self.varied])})"
