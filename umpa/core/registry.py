"""The tables that tie protocols together, so that none has to import another.

One registration serves both directions: `Table.classes` says what follows a number on the wire,
`Table.numbers` what to write into the field that says what follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umpa.core.protocol import Protocol

__all__ = ["Table", "by_name", "linktypes", "protocols", "register", "table", "watch"]


class Table:
    """What follows which number: `"ip.proto"`, `"eth.type"`, `"udp.port"`, ..."""

    __slots__ = ("classes", "name", "numbers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.classes: dict[int, type[Protocol]] = {}
        self.numbers: dict[type[Protocol], int] = {}

    def add(self, number: int, protocol: type[Protocol]) -> None:
        self.classes[number] = protocol
        self.numbers.setdefault(protocol, number)


_tables: dict[str, Table] = {}
protocols: dict[str, type[Protocol]] = {}
"""Every protocol by Wireshark's name."""


def table(name: str) -> Table:
    """The table of that name, made when it is first spoken of."""
    found = _tables.get(name)
    if found is None:
        found = _tables[name] = Table(name)
    return found


linktypes = table("linktype")
"""The protocol that starts a frame of a link type (the numbers of pcap files)."""


def register(protocol: type[Protocol], follows: dict[str, int | tuple[int, ...]]) -> None:
    """Enter `protocol` under its name and under the numbers that announce it."""
    protocols[protocol.name] = protocol
    protocol.announced = bool(follows)
    for watcher in _watchers:
        watcher(protocol)
    for name, numbers in follows.items():
        for number in (numbers,) if isinstance(numbers, int) else numbers:
            table(name).add(number, protocol)


def by_name(name: str) -> type[Protocol] | None:
    return protocols.get(name)


_watchers: list[Callable[[type[Any]], None]] = []


def watch(watcher: Callable[[type[Any]], None]) -> None:
    """Call `watcher` for every protocol there is and will be."""
    _watchers.append(watcher)
    for protocol in protocols.values():
        watcher(protocol)
