"""Sealing without questions: what `Packet(...)` tries first.

For each number of layers a function is generated that has them in local names; going through them
in a loop takes three times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from umpa.core.compiler import define
from umpa.core.stack import STACKS, Stack

__all__ = ["USUAL"]

_MOST = 16

Usual = Callable[[tuple[Any, ...]], "Stack | None"]
"""The stack of layers whose order was found right before, and that may be lent as they are."""


def _later(count: int) -> Usual:
    """The function for so many layers, compiled when there are that many."""

    def usual(layers: tuple[Any, ...]) -> Stack | None:
        names: dict[str, Any] = {"known": STACKS.usual.get, "LENT": ()}
        USUAL[count] = define("usual", f"sealing {count}", _usual(count), names)
        return USUAL[count](layers)

    return usual


def _usual(count: int) -> Iterator[str]:
    layers = [f"l{n}" for n in range(count)]
    *lower, upper = layers
    owners = "".join(f"{layer}._packet is " for layer in lower)
    owner = f"(LENT if last is bytes else {upper}._packet)"
    yield "def usual(layers):"
    yield f"    {', '.join(layers)}, = layers"
    yield f"    last = {upper}.__class__"
    yield f"    stack = known(({''.join(f'{layer}.__class__, ' for layer in lower)}last, ))"
    yield f"    if stack is not None and {owners}{owner} is LENT: return stack"


USUAL: list[Usual] = [lambda layers: None, *map(_later, range(1, _MOST + 1))]
"""By the number of layers, of which the last may be payload, plain bytes; first, for any number."""
