"""The tables that tie protocols together, so that none has to import another.

One registration serves both directions: `Table.classes` says what follows a number on the wire,
`Table.numbers` what to write into the field that says what follows.

A protocol may be announced before its module is loaded (`announce`): its tables then hold its
name, and the module is imported when a packet, or a person, first asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from umpa.errors import FieldError, LayerError, suggest

if TYPE_CHECKING:
    from umpa.core.protocol import Protocol

__all__ = [
    "Table",
    "all_protocols",
    "announce",
    "by_name",
    "found",
    "home_of",
    "linktypes",
    "load",
    "named",
    "protocols",
    "register",
    "table",
    "tables",
    "watch",
]

Class: TypeAlias = Any
"""A protocol's class: `type[Protocol]`, whose attributes the tables do not know."""


class _Loading(dict[Any, Any]):
    """A dictionary whose values may be names of protocols that are loaded when they are read."""

    def __getitem__(self, key: Any) -> Any:
        found = super().get(key)
        if found is None:
            raise KeyError(key)
        return load(found) if found.__class__ is str else found

    def get(self, key: Any, default: Any = None) -> Any:
        found = super().get(key, default)
        return load(found) if found.__class__ is str else found

    def loaded(self) -> list[tuple[Any, Class]]:
        """The entries that need no loading."""
        return [(key, value) for key, value in self.items() if value.__class__ is not str]


class Table:
    """What follows which number: `"ip.proto"`, `"eth.type"`, `"udp.port"`, ..."""

    __slots__ = ("classes", "found", "name", "numbers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.classes = _Loading()
        self.found: Callable[[int], Class] = super(_Loading, self.classes).get
        """The class of a number, its name if it was only announced, or None: without a call."""
        self.numbers: dict[Class, int] = {}

    def add(self, number: int, protocol: Class) -> None:
        """Enter a protocol; one that was announced leaves alone what others were announced for."""
        before = dict.get(self.classes, number)
        if before in (None, protocol.name) or protocol.name not in _modules:
            self.classes[number] = protocol
        self.numbers.setdefault(protocol, number)


_tables: dict[str, Table] = {}
_modules: dict[str, str] = {}
_watchers: list[Callable[[str], None]] = []
protocols = _Loading()
"""Every protocol by Wireshark's name."""
found: Callable[[str], Class] = super(_Loading, protocols).get
"""The class of a name, the name itself if it was only announced, or None: without a call."""


def table(name: str) -> Table:
    """The table of that name, made when it is first spoken of."""
    found = _tables.get(name)
    if found is None:
        found = _tables[name] = Table(name)
    return found


def tables() -> dict[str, Table]:
    """Every table by name."""
    return _tables


linktypes = table("linktype")
"""The protocol that starts a frame of a link type (the numbers of pcap files)."""


def register(protocol: Class, follows: Mapping[str, int | tuple[int, ...]]) -> None:
    """Enter `protocol` under its name and under the numbers that announce it."""
    protocols[protocol.name] = protocol
    protocol.announced = bool(follows)
    protocol.certain = bool(follows) and not any(name.endswith(".port") for name in follows)
    for name, numbers in follows.items():
        for number in (numbers,) if isinstance(numbers, int) else numbers:
            table(name).add(number, protocol)
    _tell(protocol.name)


def announce(modules: Mapping[str, str], follows: Mapping[str, Mapping[int, str]]) -> None:
    """Make protocols known by name: the modules to import for them, and what leads to them."""
    for name, module in modules.items():
        _modules[name] = module
        if dict.get(protocols, name) is None:
            protocols[name] = name
            _tell(name)
    for tablename, entries in follows.items():
        classes = table(tablename).classes
        for number, name in entries.items():
            classes.setdefault(number, name)


def load(name: str) -> Class:
    """The class of a protocol that was announced, its module imported."""
    import_module(_modules[name])
    return protocols[name]


def home_of(name: str) -> str | None:
    """The module of the protocol of that name, loaded or not; None where there is none."""
    found = dict.get(protocols, name)
    return _modules[name] if isinstance(found, str) else getattr(found, "__module__", None)


def by_name(name: str) -> type[Protocol] | None:
    """The protocol of that name; None where there is none."""
    found: type[Protocol] | None = protocols.get(name)
    return found


def named(protocol: object) -> type[Protocol]:
    """The protocol that a person means: the class itself, or Wireshark's name of one.

    :raises LayerError: no protocol is called so.
    :raises FieldError: it is neither.
    """
    if isinstance(protocol, str):
        found = by_name(protocol)
        if found is None:
            raise LayerError(f"no protocol '{protocol}'{suggest(protocol, protocols)}")
        return found
    if isinstance(protocol, type) and hasattr(protocol, "fields"):
        return protocol
    raise FieldError(f"{protocol!r} is no protocol; expected a class such as TCP, or its name")


def all_protocols() -> Iterator[Class]:
    """Every protocol there is, those that were only announced loaded."""
    return (protocols[name] for name in sorted(protocols))


def watch(watcher: Callable[[str], None]) -> None:
    """Call `watcher` with the name of every protocol there is and will be."""
    _watchers.append(watcher)
    for name in protocols:
        watcher(name)


def _tell(name: str) -> None:
    for watcher in _watchers:
        watcher(name)
