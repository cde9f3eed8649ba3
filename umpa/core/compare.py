"""The difference between two packets, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from umpa.core.layer import must_be_packet
from umpa.core.registry import protocols
from umpa.errors import FieldError, suggest

if TYPE_CHECKING:
    from umpa.core.packet import Packet
    from umpa.core.protocol import Protocol

__all__ = ["Change", "Diff", "diff"]


class Change(NamedTuple):
    """One field that differs; None stands for a field, or a layer, that is not there."""

    key: str
    """Wireshark's name of the field, or of the layer."""
    layer: int
    """The layer's index in `packet.layers`; in the other packet's where only that one has it."""
    mine: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.key}: {_text(self.mine)} != {_text(self.theirs)}"


class Diff(tuple[Change, ...]):
    """All changes, in wire order; false where there are none, and readable when printed."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no difference"


def _text(value: Any) -> str:
    if value is None:
        return "(absent)"
    return bytes(value).hex() if isinstance(value, (bytes, bytearray)) else str(value)


def _check(key: str) -> None:
    """:raises FieldError: no protocol, and no field of one, has that name."""
    if key in protocols:
        return
    for name in sorted((n for n in protocols if key.startswith(f"{n}.")), key=len, reverse=True):
        protocol = protocols[name]
        if key[len(name) + 1 :] in (*protocol._keys, *protocol.fields):
            return
    known = [*protocols, *(f.full_key for n in protocols for f in protocols[n].fields.values())]
    raise FieldError(f"no field or layer '{key}' to compare{suggest(key, known)}")


def _close(key: str, a: Any, b: Any, tolerance: float | None) -> bool:
    """Whether two numbers are no further apart than the tolerance for their field."""
    if tolerance is None or a is None or b is None:
        return False
    if not isinstance(a, int) or not isinstance(b, int):
        raise FieldError(f"a tolerance for '{key}', whose values are no numbers")
    return abs(a - b) <= tolerance


def diff(
    mine: Packet, theirs: Packet, ignore: Iterable[str], tolerances: Mapping[str, float]
) -> Diff:
    """See `Packet.diff`."""
    must_be_packet(theirs)
    ignored = frozenset((ignore,) if isinstance(ignore, str) else ignore)
    for key in (*ignored, *tolerances):
        _check(key)
    for key, tolerance in tolerances.items():
        if not tolerance >= 0:
            raise FieldError(f"the tolerance for '{key}' is {tolerance!r}; expected 0 or more")
    changes: list[Change] = []
    for index, left, right in _pairs(mine.layers, theirs.layers):
        if left is None or right is None or left.name != right.name:
            names = [layer.name if layer is not None else None for layer in (left, right)]
            if names[0] not in ignored and names[1] not in ignored:
                changes.append(Change(f"layer {index}", index, *names))
            continue
        if left.name not in ignored:
            changes += _changed(index, left, right, ignored, tolerances)
    return Diff(changes)


def _pairs(
    mine: Sequence[Protocol], theirs: Sequence[Protocol]
) -> Iterator[tuple[int, Protocol | None, Protocol | None]]:
    """Layers to compare: those of the same kind in the same order, with the index of the first.

    So a header more or less, such as a tunnel's or a tag's, does not set all behind it against each
    other.
    """
    names = [layer.name for layer in mine], [layer.name for layer in theirs]
    for _, start, end, other_start, other_end in SequenceMatcher(None, *names, False).get_opcodes():
        pairs = zip_longest(range(start, end), range(other_start, other_end))
        for here, there in pairs:
            left = None if here is None else mine[here]
            right = None if there is None else theirs[there]
            yield (there or 0) if here is None else here, left, right


def _changed(
    index: int,
    left: Protocol,
    right: Protocol,
    ignored: frozenset[str],
    tolerances: Mapping[str, float],
) -> Iterator[Change]:
    here, there = set(left), set(right)
    for name, field in left.fields.items():
        key = field.full_key
        if key in ignored or (name not in here and name not in there):
            continue
        a = left[name] if name in here else None
        b = right[name] if name in there else None
        if a == b:
            continue
        if _close(key, a, b, tolerances.get(key)):
            continue
        yield Change(key, index, a, b)
