"""The function that writes the loose packets of one shape (see `umpa.core.loose`).

1. A header that nobody looked at is a slice of the wire's bytes where the change of another does
   not concern it; else it is unpacked. Of the innermost one only the checksum is made anew.
2. Which headers nobody looked at is usually the same from packet to packet: for each kind a
   function is compiled that writes all in one go (`umpa.core.fused`). What that does not suit
   (pinned fields, padding) is handed on to one that asks layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from umpa.core.auto import HeaderLength, InternetChecksum, Length, NextProtocol, TransportChecksum
from umpa.core.blocks import block
from umpa.core.bounds import header_end
from umpa.core.checksum import fresh_sum
from umpa.core.compiler import define
from umpa.core.fused import FusedWriter, fuses
from umpa.core.offsets import field_offset
from umpa.core.walk import Place

__all__ = ["Rewriter"]

_MOST_KINDS = 8

_Write = Callable[[Sequence[Any]], bytes]


class Rewriter:
    """Writes packets of these places; what it cannot write it hands on to `slowly`."""

    __slots__ = ("_functions", "_general", "_places", "_slowly")

    def __init__(self, places: Sequence[Place], slowly: _Write) -> None:
        self._places = places
        self._slowly = slowly
        self._general: _Write | None = None
        """For all that is not as usual; compiled when there is something."""
        self._functions: dict[tuple[bool, ...], _Write] = {}
        """By which layers were looked at."""

    def __call__(self, content: Sequence[Any]) -> bytes:
        seen = tuple([layer is not None for layer in content[1 : len(self._places) + 1]])
        function = self._functions.get(seen)
        if function is None:
            function = self.whatever
            if len(self._functions) < _MOST_KINDS:
                function = self._functions[seen] = self.compiled(seen, function)
        return function(content)

    def whatever(self, content: Sequence[Any]) -> bytes:
        """Writes any packet of these places."""
        if self._general is None:
            self._general = _general(self._places, self._slowly)
        return self._general(content)

    def compiled(self, seen: Sequence[bool], otherwise: _Write) -> _Write:
        """The function for packets of which just those layers were `seen`; the quickest."""
        if not fuses([place.protocol for place in self._places]):
            return otherwise
        writer = _LooseWriter(self._places, seen, otherwise)
        title = "/".join(place.protocol.__name__ for place in self._places)
        function: _Write = define("write", f"loose {title}", writer.source(), writer.names)
        return function

    def for_such(self, content: Sequence[Any]) -> _Write:
        """The function that is quickest for packets such as this one."""
        return self.compiled([x is not None for x in content[1 : len(self._places) + 1]], self)


class _LooseWriter(FusedWriter):
    """Writes the source for packets of which only the layers `seen` are no bytes any more."""

    def __init__(self, places: Sequence[Place], seen: Sequence[bool], otherwise: _Write) -> None:
        super().__init__([place.protocol for place in places], {"otherwise": otherwise})
        self.places = places
        self.seen = seen
        self.closed: list[str] = []
        """What makes a packet one of which more was looked at."""
        self.unpacks: list[str] = []

    def source(self) -> Iterator[str]:
        count = len(self.places)
        layers = ", ".join(f"l{n}" for n in range(1, count + 1))
        for n in range(count, 0, -1):
            self.either(n, self.places[n - 1], self.classes[n] if n < count else None)
        result = self.flushed()
        yield "def write(layers):"
        yield f"    l0, {layers}, data, end, padded = layers"
        yield f"    if {' or '.join(['padded', *self.closed])}: return otherwise(layers)"
        yield from ("    " + line for line in self.unpacks)
        yield f"    if {' or '.join([*self.unless, 'False'])}: return otherwise(layers)"
        if any("layers" in line for line in self.body):
            yield f"    layers = l0, {layers}"
        yield from ("    " + line for line in (*self.loads, *self.body))
        yield f"    return {result}"

    def either(self, n: int, place: Place, upper: Any) -> None:
        """A layer, as the bytes it came as where that will do."""
        innermost = n == len(self.places)
        if not self.seen[n - 1] and (_sums(n, place) if innermost else _stays(place, upper)):
            self.closed.append(f"l{n} is not None")
            if innermost:
                self.summed(n, place)
            else:
                # A struct takes as much of longer bytes as it has room for.
                own = f"data[{place.at}:{place.at + place.size}]" if place.at else "data"
                self.words.insert(0, own)
                self.format = f"{place.size}s{self.format}"
                self.length.append(str(place.size))
            return
        self.unpacks.append(_unpacked(n, place, self.names))
        if innermost:
            self.carry(f"data[{header_end(place, self.names)}:end]")
        self.layer(n, place.protocol, upper)

    def summed(self, n: int, place: Place) -> None:
        """The innermost header: as it came, but for its checksum."""
        cls = place.protocol
        rule: Any = cls.fields[cls._checksum].auto
        size = field_offset(cls, cls.fields[cls._checksum])
        at = place.at + size
        self.names["fresh_sum"] = fresh_sum
        self.names["from_bytes"] = int.from_bytes
        self.body += [f"head = data[{place.at}:{at}]", f"rest = data[{at + 2}:end]"]
        total = "from_bytes(head, 'big') + fresh_sum(rest)"
        if isinstance(rule, TransportChecksum):
            pseudo = self.addresses(n - 1)
            if pseudo:
                total = f"end + {rule.protocol - place.at} + {total} + {pseudo}"
            else:
                length = f"end - {place.at}"
                pseudo = f"l{n - 1}._pseudo(layers, {n - 1}, {rule.protocol}, {length})"
                self.body.append(f"pseudo = {pseudo}")
                self.body.append("if pseudo is None: return otherwise(layers)")
                total = f"{total} + pseudo"
            self.body += [f"total = {total}", f"checksum = {rule.known()}"]
        else:
            self.body += [f"total = {total}", f"checksum = {rule.source(None)}"]
        self.carry("rest", keep=True)
        self.words = ["head", "checksum"]
        self.length = [f"(end - {place.at})"]
        self.format = f"{size}sH"


def _sums(n: int, place: Place) -> bool:
    """Whether nothing of the innermost header has to be made anew but its checksum."""
    cls = place.protocol
    rules = {name: field.auto for name, field in cls.fields.items() if field.auto is not None}
    checksum = rules.pop(cls._checksum, None)
    if n == 1 or type(checksum) not in (InternetChecksum, TransportChecksum) or not checksum.body:
        return False
    return all(isinstance(rule, (HeaderLength, Length)) for rule in rules.values())


def _stays(place: Place, upper: Any) -> bool:
    """Whether nothing of a header has to be made anew as long as `upper` follows."""
    rules = [field.auto for field in place.protocol.fields.values() if field.auto is not None]
    return all(isinstance(rule, NextProtocol) and rule.static(upper) for rule in rules)


def _unpacked(n: int, place: Place, names: dict[str, Any]) -> str:
    """The statement that unpacks a layer that nobody looked at."""
    cls = place.protocol
    names[f"unpack_{n}"] = cls._unpack
    return f"if l{n} is None: l{n} = unpack_{n}(data, {place.at}, None, None, {cls._DERIVED})"


def _general(places: Sequence[Place], slowly: _Write) -> _Write:
    """The function for packets of these places, whatever of them was looked at, or pinned."""
    count = len(places)
    names: dict[str, Any] = {"slowly": slowly}
    layers = ", ".join(f"l{n}" for n in range(1, count + 1))
    lines = ["def write(content):", f"    l0, {layers}, data, end, padded = content"]
    classes = [place.protocol for place in places]
    lines += ["    " + _unpacked(n, place, names) for n, place in enumerate(places, 1)]
    start = header_end(places[-1], names)
    lines += [f"    layers = l0, {layers}", f"    body = data[{start}:end]"]
    for n in range(count, 0, -1):
        upper = classes[n] if n < count else None
        for line in block(n, classes[n - 1], upper, names, "return slowly(content)"):
            lines.append("    " + line)
        lines.append(f"    if padded == {n}: body += data[end:]")
    lines.append("    return body")
    title = "/".join(cls.__name__ for cls in classes)
    function: _Write = define("write", f"loose {title}", lines, names)
    return function
