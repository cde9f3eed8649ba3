"""Headers whose form depends on what they announce, which is settled before they are written.

A SNAP header stands behind LLC's access points where these say so, and they follow from what LLC
carries. So such fields get their values before the header is laid out, not while it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from umpa.core.following import ProtocolClass
from umpa.core.registry import table

__all__ = ["announced", "settling"]


def settling(
    announce: Callable[[Any, ProtocolClass], Mapping[str, Any]],
) -> Any:
    """An `_assemble` that gives the fields which are auto the words that `announce` has for them.

    It is asked with the layer and the class that follows it, and says the words by field. Payload
    that is plain bytes announces nothing.
    """

    def _assemble(layer: Any, layers: Any, i: int, body: bytes) -> bytes:
        settled = layer
        upper: Any = layers[i + 1].__class__ if i + 1 < len(layers) else bytes
        if layer._auto and upper is not bytes:
            for name, word in announce(layer, upper).items():
                field = layer.fields[name]
                if layer._auto & field.auto_bit and getattr(settled, field.slot) != word:
                    settled = layer._copy(None) if settled is layer else settled
                    setattr(settled, field.slot, word)
        written: bytes = layer._functions["assemble"](settled, layers, i, body)
        return written

    return _assemble


def announced(name: str, value: int, upper: ProtocolClass) -> int | None:
    """What announces `upper` in the table: the value itself where it does, None if nothing does."""
    found = table(name)
    return value if found.classes.get(value) is upper else found.numbers.get(upper)
