"""Many matches asked at once: which of them a packet passes, whatever their number.

1. A match that requires values of fields is filed under these values; matches that ask for the same
   fields share a dictionary. So a packet costs a look-up for each *set of fields* that is asked
   for, not for each match. Matches that require no value are filed under a protocol they
   require; only those that require neither are asked one by one.
2. What is found is what the matches themselves would say, in the order they were added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from umpa.core.glance import Unknown, condition_at, glance, word_at
from umpa.core.match import And, Compare, Contains, HasLayer, Match, Or, condition
from umpa.core.offsets import field_bit
from umpa.core.packet import Packet

__all__ = ["Index"]

T = TypeVar("T")

_MOST_SHAPES = 512
_MOST_KEYS = 256  # one match is filed under so many values at most
_MISSING = object()

_Owned: TypeAlias = "tuple[Any, str]"  # a field: its protocol, and its name
_Words: TypeAlias = "tuple[Any, ...]"
_Key: TypeAlias = Callable[[Any], Any]


class _Entry(NamedTuple):
    """A match that was filed."""

    number: int
    item: Any
    test: Callable[[Packet], object] | None
    """What else has to hold; None where the place it is filed in says it all."""


class _Group:
    """The matches that ask for the same fields or, with none, for the same protocol."""

    def __init__(self, protocol: Any, fields: tuple[_Owned, ...]) -> None:
        self.owners = [protocol] if protocol is not None else [owner for owner, _ in fields]
        self.fields = [owner.fields[name] for owner, name in fields]
        self.table: dict[Any, list[_Entry]] = {}
        self.of_packet = self._slow()

    def _slow(self) -> _Key:
        """The words of a packet in any state; `_MISSING` where it lacks a layer."""
        names: dict[str, Any] = {"missing": _MISSING}
        tests, words = [], []
        for number, owner in enumerate(self.owners):
            names[f"c{number}"] = owner
            tests.append(f"(l{number} := packet.get(c{number})) is not None")

        def named(value: Any) -> str:
            names[f"n{len(names)}"] = value
            return f"n{len(names) - 1}"

        for number, field in enumerate(self.fields):
            word, has = field.word_source(f"l{number}"), condition(field, f"l{number}", named)
            words.append(f"({word} if {has} else None)" if has else word)
        source = f"{_tuple(words)} if {' and '.join(tests)} else missing"
        key: _Key = eval(f"lambda packet: {source}", names)
        return key

    def of_shape(self, shape: Any) -> _Key | None:
        """The words of the bytes of one shape.

        None where the shape lacks a layer for sure.

        :raises Unknown: its bytes do not tell.
        """
        words, names = [], {"from_bytes": int.from_bytes}
        for owner in self.owners:
            if shape._index.get(owner):
                continue
            if shape._index.get(owner) == 0 or shape._excludes(owner):
                return None
            raise Unknown
        for owner, field in zip(self.owners, self.fields, strict=False):
            at = shape._places[shape._index[owner] - 1][1]
            word, has = word_at(field, at), condition_at(field, at)
            words.append(f"({word} if {has} else None)" if has else word)
        key: _Key = eval(f"lambda data: {_tuple(words)}", names)
        return key

    def places(self, shape: Any) -> Iterator[int]:
        """Where the bytes of the fields are, in packets of a shape."""
        for owner, field in zip(self.owners, self.fields, strict=False):
            at = shape._places[shape._index[owner] - 1][1] * 8
            told_by = (field.applies.field,) if condition_at(field, 0) else ()
            for one in (field, *told_by):
                start = at + field_bit(owner, one)
                yield from range(start // 8, (start + one.bits + 7) // 8)


def _tuple(words: list[str]) -> str:
    return f"({''.join(f'{word}, ' for word in words)})"


class _Plan(NamedTuple):
    """What has to be looked up for packets of one shape."""

    quick: list[tuple[_Key, dict[Any, list[_Entry]]]]
    slow: list[tuple[_Key, dict[Any, list[_Entry]]]]


class Index(Generic[T]):
    """Items, each behind a match, or behind any other function of a packet.

    index = Index[str]()
    index.add(TCP.dstport == 80, "web")
    index.find(packet)                  # ["web"], or []
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[Any, tuple[_Owned, ...]], _Group] = {}
        self._others: list[_Entry] = []
        self._places: dict[int, list[tuple[_Group | None, _Words, _Entry]]] = {}
        self._plans: dict[Any, _Plan] = {}
        self._everything = _Plan([], [])
        self._number = 0

    def __len__(self) -> int:
        return len(self._places)

    def add(self, match: Callable[[Packet], object] | None, item: T) -> int:
        """File `item` behind `match` (None: every packet); returns what `remove` takes."""
        number = self._number = self._number + 1
        self._places[number] = []
        for one in _alternatives(match) if isinstance(match, Match) else [match]:
            for group, words, test in self._where(one):
                entry = _Entry(number, item, test)
                bucket = self._others if group is None else group.table.setdefault(words, [])
                bucket.append(entry)
                self._places[number].append((group, words, entry))
        return number

    def remove(self, number: int) -> None:
        """Take out what `add` gave that number.

        :raises KeyError: there is nothing of that number.
        """
        for group, words, entry in self._places.pop(number):
            bucket = self._others if group is None else group.table[words]
            bucket[:] = [other for other in bucket if other is not entry]
            if group is not None and not bucket:
                del group.table[words]

    def find(self, packet: Packet) -> list[T]:
        """The items whose matches the packet passes, in the order they were added."""
        data = packet._content
        shape: Any = None
        if data.__class__ is bytes:
            leaf = Packet.shapes.find(data, packet._origin)
            if leaf is not None:
                shape = leaf.shape
        elif packet._index is not None and data[0].__class__ is bytes:
            shape, data = packet.__class__, data[0]
        plan = self._everything if shape is None else self._plans.get(shape) or self._plan(shape)
        found: list[_Entry] = []
        for key, table in plan.quick:
            entries = table.get(key(data))
            if entries is not None:
                found += entries
        for key, table in plan.slow:
            entries = table.get(key(packet))
            if entries is not None:
                found += entries
        found += self._others
        if not found:
            return []
        if len(found) == 1:
            _, item, test = found[0]
            return [item] if test is None or test(packet) else []
        passed: dict[int, T] = {}
        for number, item, test in found:
            if test is None or test(packet):
                passed[number] = item
        return [passed[number] for number in sorted(passed)]

    def decisive(self, shape: Any) -> set[int] | None:
        """Where the bytes are by which `find` tells packets of a shape apart.

        None where it looks at more than bytes.
        """
        plan = self._plans.get(shape) or self._plan(shape)
        tested = any(
            one.test for _, table in plan.quick for bucket in table.values() for one in bucket
        )
        if plan.slow or self._others or tested:
            return None
        read = [table for _, table in plan.quick]
        return {
            place
            for group in self._groups.values()
            if any(group.table is table for table in read)
            for place in group.places(shape)
        }

    def _plan(self, shape: Any) -> _Plan:
        if len(self._plans) >= _MOST_SHAPES:
            self._plans.clear()
        plan = self._plans[shape] = _Plan([], [])
        for group in self._groups.values():
            try:
                key = group.of_shape(shape)
            except Unknown:
                plan.slow.append((group.of_packet, group.table))
            else:
                if key is not None:
                    plan.quick.append((key, group.table))
        return plan

    def _where(
        self, match: Callable[[Packet], object] | None
    ) -> Iterator[tuple[_Group | None, _Words, Callable[[Packet], object] | None]]:
        """Where a match without alternatives is filed, and what has to be tested there."""
        if not isinstance(match, Match):
            yield None, (), match
            return
        choices, protocol, exact = _required(match)
        test = None if exact else glance(match, Packet.shapes)
        if not choices and protocol is None:
            yield None, (), test
            return
        fields = tuple(sorted(choices, key=lambda owned: (owned[0].name, owned[1])))
        where = (None if fields else protocol), fields
        group = self._groups.get(where)
        if group is None:
            group = self._groups[where] = _Group(*where)
            self._everything.slow.append((group.of_packet, group.table))
            self._plans.clear()
        for words in product(*(choices[field] for field in fields)):
            yield group, words, test


def _alternatives(match: Match) -> Iterator[Match]:
    """The matches of which one has to hold."""
    if isinstance(match, Or):
        yield from _alternatives(match.left)
        yield from _alternatives(match.right)
    else:
        yield match


def _parts(match: Match) -> Iterator[Match]:
    """The matches that all have to hold."""
    if isinstance(match, And) and not isinstance(match, Or):
        yield from _parts(match.left)
        yield from _parts(match.right)
    else:
        yield match


def _required(match: Match) -> tuple[dict[_Owned, tuple[Any, ...]], Any, bool]:
    """The words that fields must have, a protocol that must be there, and whether that is all."""
    choices: dict[_Owned, tuple[Any, ...]] = {}
    sets: list[tuple[_Owned, frozenset[Any]]] = []
    protocol, exact = None, True
    for part in _parts(match):
        if isinstance(part, (Compare, Contains)):
            owned = part.field.owner, part.field.name
            protocol = protocol or part.field.owner
            if isinstance(part, Compare) and part.operator == "==" and _hashable(part.word):
                exact = exact and choices.setdefault(owned, (part.word,)) == (part.word,)
                continue
            if isinstance(part, Contains) and isinstance(part.words, frozenset):
                sets.append((owned, part.words))
        elif isinstance(part, HasLayer):
            protocol = part.protocol
        exact = False
    for owned, words in sets:
        count = len(words)
        for others in choices.values():
            count *= len(others)
        if count <= _MOST_KEYS:
            choices.setdefault(owned, tuple(words))
    return choices, protocol, exact


def _hashable(word: object) -> bool:
    try:
        hash(word)
    except TypeError:
        return False
    return True
