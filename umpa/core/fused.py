"""One function that writes a whole stack in which nothing is pinned, in one go.

The headers' rules are put together from the inside out (`umpa.core.blocks.block` does the same for
layers of which some may be pinned). What lies between them is left out: no header is made bytes
before a rule wants the bytes, so one `struct` packs the words of several; lengths are added up;
a pseudo-header is read from the words of the layer below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any

from umpa.core.assembler import Straight
from umpa.core.blocks import own_names, writes_straight
from umpa.core.registry import protocols
from umpa.core.tail import OptionalInteger, Tail

__all__ = ["FusedWriter", "fuses"]


def fuses(classes: Sequence[Any]) -> bool:
    """Whether a stack of these classes can be written so."""
    return protocols["padding"] not in classes and all(map(writes_straight, classes))


class FusedWriter:
    """Writes the source, innermost layer first."""

    def __init__(self, classes: Sequence[Any], names: dict[str, Any]) -> None:
        self.classes = classes
        self.names = names
        self.unless: list[str] = []
        """What sends a packet to `otherwise`."""
        self.loads: list[str] = []
        self.body: list[str] = []
        self.words: list[str] = []
        """The words of the headers that are not bytes yet, outermost first, and their format."""
        self.format = ""
        self.carried = ""
        """The name of the bytes behind those; empty while there are none."""
        self.length: list[str] = []
        """The terms of the length of all that."""

    def lines(self, lent: bool) -> Iterator[str]:
        count = len(self.classes)
        for n in range(count, 0, -1):
            self.layer(n, self.classes[n - 1], self.classes[n] if n < count else None)
        result = self.flushed()
        yield from self.entrance(lent, self.body)
        yield from ("    " + line for line in (*self.loads, *self.body))
        yield f"    return {result}"

    def entrance(self, lent: bool, body: list[str]) -> Iterator[str]:
        """The beginning of the function, which sends away what it cannot write."""
        numbers = range(1, len(self.classes) + 1)
        layers = ", ".join(f"l{n}" for n in numbers)
        if lent:  # and not changed since
            own = [n for n in numbers if self.classes[n - 1] is not bytes]
            self.unless += [f"l{n}._packet is not LENT" for n in own]
            self.names["LENT"] = ()
        yield "def write(layers):"
        yield f"    {'' if lent else 'l0, '}{layers}, = layers"
        if self.unless:
            yield f"    if {' or '.join(reversed(self.unless))}: return otherwise(layers)"
        if lent:
            yield "    l0 = ground"
            if any("layers" in line for line in body):
                yield f"    layers = l0, {layers}"

    def layer(self, n: int, cls: Any, upper: Any) -> None:
        if cls is bytes or cls is protocols["data"]:
            own = f"l{n}" if cls is bytes else f"l{n}.w_data"
            inner = self.flushed()
            self.carry(own if inner == "b''" else f"{own} + {inner}")
            return
        tails = [field for field in cls.fields.values() if isinstance(field, Tail)]
        innermost = not self.words
        bare = bool(tails) and not innermost and all(tail.default in (b"", None) for tail in tails)
        self.unless.append(f"l{n}._auto != {cls._DERIVED}")
        if bare:
            there = (f"l{n}.{_there(tail)}" for tail in tails)
            self.unless += [condition for condition in there if condition not in self.unless]
        written = self.straight(n, cls, upper, bare)
        self.loads += written.load
        self.derive(n, written.derive)
        if tails and not bare:
            if not innermost:
                self.carry(self.flushed(), keep=True)
            carried = f"rest_{n} + {self.carried}" if self.carried else f"rest_{n}"
            self.carry("covered" if f"covered = {carried}" in self.body else carried, keep=True)
            self.body.append(f"size_{n} = size")
            self.length.append(f"size_{n}")
        elif cls._FIXED:
            self.length.append(str(cls._FIXED))
        self.words = written.words + self.words
        self.format = written.format + self.format

    def straight(self, n: int, cls: Any, upper: Any, bare: bool) -> Straight:
        """The layer's statements in names of its own, the one below it known."""
        below = self.classes[n - 2] if n > 1 else None
        pseudo = getattr(below, "pseudo_header", None)
        written = cls._functions["straight"](
            protocols["data"] if upper is bytes else upper,
            f"l{n - 1}",
            bare=bare,
            pseudo=pseudo,
            together=True,
        )
        total = "" if pseudo is None else pseudo.total(f"l{n - 1}")
        if total and any(total in line for line in written.derive):
            sum_ = self.addresses(n - 1)
            written.derive[:] = [line.replace(total, sum_) for line in written.derive]
        own = {*written.words, "rest", *(f.slot for f in cls.fields.values() if f.tail)}
        self.names["from_bytes"] = int.from_bytes
        load, derive = (
            [self.placed(n, line) for line in own_names(n, cls, upper, lines, self.names, own)]
            for lines in (written.load, written.derive)
        )
        words = [f"{word}_{n}" for word in written.words]
        return Straight(load, derive, words, written.format)

    def addresses(self, n: int) -> str:
        """The expression for the sum of the addresses in layer `n`; empty where that cannot be.

        Packets in which the layer has no pseudo-header are sent to `otherwise`.
        """
        pseudo = getattr(self.classes[n - 1], "pseudo_header", None) if n else None
        if pseudo is None:
            return ""
        none, unusual = f"({pseudo.none(f'l{n}')})", pseudo.unusual(f"l{n}")
        if none not in self.unless:
            self.unless += [none, unusual] if unusual else [none]
        self.names["from_bytes"] = int.from_bytes
        return re.sub(r"\bself\.(w_\w+)", rf"\1_{n}", pseudo.addresses)  # as they will be loaded

    def placed(self, n: int, line: str) -> str:
        """A statement in which `self` and `i` are known."""
        line = re.sub(r"(?<![.\w])self\b", f"l{n}", line)
        return re.sub(r"(?<![.\w])i\b", str(n), line)

    def derive(self, n: int, lines: list[str]) -> None:
        """Add the rules' statements, and before them what they speak of."""
        length = " + ".join(self.length) or "0"
        length = f"({length})" if len(self.length) > 1 else length
        lines = [line.replace("len(body)", length) for line in lines]
        if f"rest_{n} = " not in "".join(lines):  # the part that varies is empty
            empty = f"covered = rest_{n}"
            if empty in lines:
                sums = empty, "last, total = ", "if covered is not last: "
                lines = [line for line in lines if not line.startswith(sums)]
                lines = [line.replace("total += ", "total = ") for line in lines]
            lines = [line.replace(f"covered = rest_{n} + ", "covered = ") for line in lines]
        if any(re.search(rf"\brest_{n}\b", line) for line in lines) and not any(
            line.startswith(f"rest_{n} = ") for line in lines
        ):
            self.body.append(f"rest_{n} = b''")
        if any(re.search(r"\bbody\b", line) for line in lines):
            carried = self.flushed()
            if self.words:
                self.carry(carried, keep=True)
                carried = self.carried
            lines = [re.sub(r"\bbody\b", carried, line) for line in lines]
        self.body += lines

    def carry(self, value: str, keep: bool = False) -> None:
        """From here on `value` is what is carried; `keep` its length, which has been added up."""
        self.body.append(f"body = {value}")
        self.carried, self.words, self.format = "body", [], ""
        if not keep:
            self.body.append("length = len(body)")
            self.length = ["length"]

    def flushed(self) -> str:
        """The expression for all headers that are not bytes yet, and what they carry."""
        if not self.words:
            return self.carried or "b''"
        pack = f"pack_all_{len(self.words)}_{len(self.names)}"
        self.names[pack] = Struct(f">{self.format}").pack
        packed = f"{pack}({', '.join(self.words)})"
        return f"{packed} + {self.carried}" if self.carried else packed


def _there(tail: Any) -> str:
    """The condition for whether there is something in a part of the header that varies."""
    return f"{tail.slot} is not None" if isinstance(tail, OptionalInteger) else tail.slot
