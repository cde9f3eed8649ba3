"""The statements that write one layer of a stack; `stack`, `fused`, `loose` put them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from umpa.core.registry import protocols
from umpa.core.tail import Tail

__all__ = ["block", "own_names", "writes_straight"]


def block(n: int, cls: Any, upper: Any, names: dict[str, Any], other: str = "{body}") -> list[str]:
    """The statements that write one layer, their names made its own.

    `upper` is the class on top of it, None where there is none; `other` is what to do with a
    layer that has pinned fields, `{body}` being its own `assemble`.
    """
    other = other.format(body=f"body = self._assemble(layers, {n}, body)")
    if cls is bytes:
        return [f"body = l{n} + body"]
    if not writes_straight(cls):
        return [f"self = l{n}", other]
    written = cls._functions["straight"](
        protocols["data"] if upper is bytes else upper, f"l{n - 1}"
    )
    lines = [*written.load, *written.derive]
    if not any(isinstance(field, Tail) for field in cls.fields.values()):
        lines.insert(0, "rest = b''")
    lines += ["if rest: body = rest + body", f"body = pack({', '.join(written.words)}) + body"]
    block = [f"self = l{n}; i = {n}", f"if self._auto == {cls._DERIVED}:"]
    block += ["    " + line for line in own_names(n, cls, upper, lines, names)]
    return [*block, "else:", "    " + other]


def writes_straight(cls: Any) -> bool:
    """Whether the rules of the class can be written without questions (`assembler.straight`)."""
    if cls is bytes:
        return True
    cls._ready()
    auto_tails = (f for f in cls.fields.values() if isinstance(f, Tail) and f.auto is not None)
    return cls._assemble is cls._functions["assemble"] and next(auto_tails, None) is None


def own_names(
    n: int, cls: Any, upper: Any, lines: list[str], names: dict[str, Any], own: Iterable[str] = ()
) -> Iterator[str]:
    """Lines of layer `n` in which the layer above it is known, and what they call is its own.

    So are the names of `own`.
    """
    import re  # as expensive to import as the whole core

    functions = cls._functions
    names[f"upper_{n}"] = protocols["data"] if upper is bytes else upper

    def renamed(found: Any) -> str:
        name: str = found[0]
        if name in functions:
            names[f"{name}_{n}"] = functions[name]
            return f"{name}_{n}"
        return f"{name}_{n}" if name in own else name

    for line in lines:
        line = line.replace("layers[i + 1].__class__", f"upper_{n}")
        line = line.replace("layers[i + 1]", f"upper_{n}")
        line = line.replace("i + 1 < len(layers)", str(upper is not None))
        line = line.replace("i + 1 == len(layers)", str(upper is None))
        yield re.sub(r"(?<![.\w])[A-Za-z_]\w*", renamed, line)
