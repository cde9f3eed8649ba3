"""Sealing without questions: what `Packet(...)` tries first.

For each number of layers a function is generated that has them in local names; going through them
in a loop takes three times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from umpa.core.compiler import define
from umpa.core.stack import STACKS, Stack

__all__ = ["ON_DATA", "ON_LAYERS"]

_MOST = 16

Usual = Callable[[tuple[Any, ...]], "Stack | None"]
"""The stack of layers whose order was found right before, and that may be lent as they are."""


class _Usual(dict[int, Usual]):
    """By the number of layers. With `data` the last of them is payload, plain bytes."""

    def __init__(self, *, data: bool) -> None:
        super().__init__()
        self.data = data

    def __missing__(self, count: int) -> Usual:
        if count == self.data or count > _MOST:
            return lambda layers: None
        names: dict[str, Any] = {"known": STACKS.usual.get, "LENT": ()}
        self[count] = define("usual", f"sealing {count}", _usual(count, count - self.data), names)
        return self[count]


ON_LAYERS = _Usual(data=False)
ON_DATA = _Usual(data=True)


def _usual(count: int, headers: int) -> Iterator[str]:
    layers = [f"l{n}" for n in range(count)]
    owners = " is ".join(f"{layer}._packet" for layer in layers[:headers])
    yield "def usual(layers):"
    yield f"    {', '.join(layers)}, = layers"
    yield f"    stack = known(({', '.join(f'{layer}.__class__' for layer in layers)}, ))"
    yield f"    if stack is not None and {owners} is LENT: return stack"
