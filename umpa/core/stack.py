"""Stacks: what is known of an order of layers, and the function that writes it as bytes.

A crafted or changed packet has its `Stack` at the head of its content: `(stack, layer, ...)`.
Stacks form a tree, each step a layer put on top; a step checks the order of the layers once, and
the bytes of a stack are written by one function, the layers' own `assemble` code put together
(from the inside out) with all that the order decides filled in.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from umpa.core.blocks import block
from umpa.core.compiler import define
from umpa.core.ground import GROUND, Ground
from umpa.core.layer import lent
from umpa.core.registry import all_protocols, linktypes, protocols
from umpa.errors import LayerError, LayerWarning

__all__ = ["STACKS", "Stack", "as_lent", "assemble"]

_USER0 = 147

_WARM = 8
_MOST_STACKS = 2048

_Write = Callable[[Sequence[Any]], bytes]


class Stack(Ground):
    """Classes of layers in their order, outermost first. Payload may be plain `bytes`."""

    __slots__ = ("_following", "_tree", "_used", "classes", "linktype", "right", "sealed", "write")

    wire_length = interface = comment = None
    """As for packets that were captured (`umpa.core.origin`): nothing says."""
    fcs_length = 0

    write: _Write
    """The bytes of an open packet's content."""
    sealed: _Write
    """The same for content whose layers are lent (`umpa.core.protocol.lend`)."""

    def __init__(self, classes: tuple[Any, ...], tree: Stacks) -> None:
        self.classes = classes
        self.linktype = linktypes.numbers.get(classes[0], _USER0) if classes else _USER0
        self._tree = tree
        self.right = True
        """Whether every layer may stand where it stands."""
        self._following: dict[Any, Stack] = {}
        self._used = 0
        self.write = self._write
        self.sealed = self._sealed

    def on_top(self, upper: Any, strict: bool = True, warn: bool = True) -> Stack:
        """The stack with a layer of class `upper` on top.

        :raises LayerError: it may not stand there (`strict`).
        """
        found = self._following.get(upper)
        if found is not None:
            return found
        stack = Stack((*self.classes, upper), self._tree)
        fits = not self.classes or may_follow(self.classes[-1], upper)
        stack.right = self.right and fits
        if not fits:
            if strict or warn:  # to say what might stand there, all protocols are loaded
                _complain(self.classes[-1], upper, strict)
        elif self._tree.room():
            self._following[upper] = stack
        return stack

    def _write(self, content: Sequence[Any]) -> bytes:
        self._used += 1
        if self._used > _WARM and compiles(self.classes):
            self.write = self._compiled(lent=False)
        return assemble(content)

    def _sealed(self, content: Sequence[Any]) -> bytes:
        self._used += 1
        if self._used > _WARM and compiles(self.classes):
            self.sealed = self._compiled(lent=True)
        return assemble([self, *as_lent(content)])

    def _compiled(self, *, lent: bool) -> _Write:
        """The function for the stack as it usually is, nothing pinned; or for any."""
        from umpa.core.fused import fuses  # only for what is written often
        from umpa.core.repeated import fuse

        if not fuses(self.classes):
            return compile_stack(self.classes, lent=lent)
        return fuse(self.classes, GROUND, Otherwise(self.classes, lent), lent=lent)


class Otherwise:
    """Writes a stack of which layers are pinned or changed; compiled when there is one."""

    __slots__ = ("_classes", "_lent", "_write")

    def __init__(self, classes: tuple[Any, ...], lent: bool) -> None:
        self._classes = classes
        self._lent = lent
        self._write: _Write | None = None

    def __call__(self, content: Sequence[Any]) -> bytes:
        if self._write is None:
            self._write = compile_stack(self._classes, lent=self._lent)
        return self._write(content)


class Stacks:
    """The tree of all stacks, bounded: beyond that stacks are made anew each time."""

    def __init__(self) -> None:
        self.count = 0
        self.root = Stack((), self)
        self.usual: dict[tuple[Any, ...], Stack] = {}
        """Orders that were found right, by their classes: what `Packet(...)` asks first.

        At most the last of them is plain bytes.
        """

    def remember(self, stack: Stack) -> None:
        """The order of the stack was found right."""
        if len(self.usual) < _MOST_STACKS and bytes not in stack.classes[:-1]:
            self.usual[stack.classes] = stack

    def room(self) -> bool:
        self.count += 1
        return self.count <= _MOST_STACKS

    def of(self, layers: Sequence[Any], strict: bool = False, warn: bool = False) -> Stack:
        """The stack of layers that stand as they stand; by default in whatever order."""
        stack = self.root
        for layer in layers:
            stack = stack.on_top(layer.__class__, strict, warn)
        return stack


STACKS = Stacks()


def as_lent(content: Sequence[Any]) -> list[Any]:
    """Sealed layers as they were when they were lent, payload as a layer."""
    payload = protocols["data"]._unpack
    return [payload(layer, 0, ()) if layer.__class__ is bytes else lent(layer) for layer in content]


def assemble(content: Sequence[Any], first: int = 1) -> bytes:
    """The bytes of the layers from index `first` on, one by one."""
    padding: dict[int, bytes] = {}
    i = len(content) - 1
    while i > 0 and content[i].__class__ is protocols["padding"]:
        after = min(content[i].after + 1, i - 1)
        padding[after] = content[i].data + padding.get(after, b"")
        i -= 1
    content = content[: i + 1]
    body = padding.get(0, b"")
    while i >= first:
        layer = content[i]
        body = layer._assemble(content, i, body)
        if i in padding:
            body += padding[i]
        i -= 1
    return body


def compiles(classes: Sequence[Any]) -> bool:
    """Whether it is worth a function of its own: not too many layers, padding only at the end."""
    return len(classes) <= 16 and protocols["padding"] not in classes[:-1]


def compile_stack(classes: Sequence[Any], *, lent: bool = False) -> _Write:
    """One function that writes a stack."""
    layers = [f"l{n}" for n in range(1, len(classes) + 1)]
    lines = ["def write(layers):", f"    {'' if lent else 'l0, '}{', '.join(layers)}, = layers"]
    if lent:
        lines.append("    l0 = ground")
        changed = [f"l{n}._packet" for n, cls in enumerate(classes, 1) if cls is not bytes]
        lines.append(f"    if {' or '.join(changed) or 'False'}:")
        lines.append(f"        {', '.join(layers)}, = as_lent(layers)")
        lines.append(f"    layers = l0, {', '.join(layers)}")
    lines.append("    body = b''")
    padded = classes[-1:] == (protocols["padding"],)
    if padded:
        lines.append(f"    padding = l{len(classes)}.w_data; after = l{len(classes)}.w_after + 1")
        classes = classes[:-1]
    names: dict[str, Any] = {"as_lent": as_lent, "ground": GROUND}
    for n in range(len(classes), 0, -1):
        upper = classes[n] if n < len(classes) else None
        for line in block(n, classes[n - 1], upper, names):
            lines.append("    " + line)
        if padded:
            lines.append(f"    if after == {n}: body += padding")
    lines.append("    return body")
    title = "/".join(cls.__name__ for cls in classes)
    function: _Write = define("write", f"stack {title}", lines, names)
    return function


def may_follow(lower: Any, upper: Any) -> bool:
    """Whether `upper` may stand on `lower`: a table leads to it, or nothing says otherwise."""
    if upper is bytes or upper.name in ("data", "padding"):
        return True
    if lower is bytes or lower.name in ("data", "padding") or lower.terminal:
        return False
    if lower.carries(upper):
        return True
    follow = lower.next_by
    if follow is None:
        return not upper.announced
    return upper in follow.table.numbers or (not follow.certain and not upper.announced)


def _complain(lower: Any, upper: Any, strict: bool) -> None:
    allowed = sorted(other.__name__ for other in all_protocols() if may_follow(lower, other))
    message = (
        f"{upper.__name__} may not stand on {lower.__name__}, which carries "
        f"{', '.join(allowed) or 'nothing'}"
    )
    if strict:
        raise LayerError(message + "; Packet(..., strict=False) builds it all the same")
    warnings.warn(message, LayerWarning, stacklevel=5)
