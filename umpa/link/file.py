"""Capture files, with filters: `umpa.read` and `umpa.write`."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Iterator
from typing import TypeAlias

from umpa.core.glance import glance
from umpa.core.match import Match as MatchExpression
from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.errors import FilterError
from umpa.link.libpcap.filter import Filter, compile_with_length, uses_length
from umpa.savefile.reader import Reader, limited
from umpa.savefile.source import PathOrFile
from umpa.savefile.writer import write

__all__ = ["Match", "check_filter", "read", "test_for", "write"]

Match: TypeAlias = Callable[[Packet], object]
"""A match expression, or anything else that is called with a packet."""


def read(
    path: PathOrFile, filter: str | Match | None = None, count: int | None = None
) -> Iterator[Packet]:
    """The packets of a capture file that `filter` accepts, `count` at most, in constant memory.

    `path` is a pcap or pcapng file, plain or compressed, or "-" for standard input. `filter` is a
    libpcap filter ("tcp port 80"), which is run on the bytes, or a match expression, or any
    other function of a packet. In a pcapng file, a libpcap filter is compiled for each link
    type; a later one that it cannot be compiled for gives a warning, and none of its packets.

    :raises FileError: at this call where the file cannot be opened or is no capture; while
        iterating where it is cut or damaged, after every packet before that was delivered.
    :raises FilterError: at this call, where libpcap refuses the filter.
    """
    if isinstance(filter, str):
        return limited(_filtered(path, filter), count)
    if filter is None:
        return limited(Reader(path), count)
    return limited(builtins.filter(test_for(filter), Reader(path)), count)


def test_for(filter: str | Match) -> Callable[[Packet], object]:
    """The test that a filter is, for packets from anywhere.

    :raises FilterError: at this call, where it is no filter; a text is compiled for the first
        packet that is tested, and refused then.
    """
    if isinstance(filter, str):
        return _Filters(filter).match
    check_filter(filter)
    return glance(filter, Packet.shapes) if isinstance(filter, MatchExpression) else filter


def check_filter(filter: object) -> None:
    """:raises FilterError: it is neither a text nor anything that can be asked about a packet."""
    expected = "a filter is a text, a match expression or a function"
    if isinstance(filter, type):
        name = filter.__name__
        raise FilterError(
            f"{expected}, not the class {name}; for packets that have one: has({name})"
        )
    if not isinstance(filter, str) and not callable(filter):
        raise FilterError(f"{expected}, got {type(filter).__name__}")


def _filtered(path: PathOrFile, text: str) -> Iterator[Packet]:
    filters = _Filters(text)
    if not uses_length(text):
        return Reader(path, accept_for=filters.accept)
    # what was cut needs its length on the wire, which a test of bytes does not see
    reader = Reader(path, accept_for=filters.prepare)
    return builtins.filter(filters.match, reader)


class _Filters:
    """One text, compiled for each link type that turns up."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._filters: dict[int, Filter] = {}

    def accept(self, origin: Origin) -> Callable[[bytes], object]:
        """The test for packets of that origin."""
        return self._get(origin.linktype).whole

    def prepare(self, origin: Origin) -> None:
        """Compile for that origin, without a test of its bytes."""
        self._get(origin.linktype)

    def match(self, packet: Packet) -> object:
        """Test a packet that may be cut."""
        return self._get(packet.linktype).cut(bytes(packet), packet.wire_length)

    def _get(self, linktype: int) -> Filter:
        found = self._filters.get(linktype)
        if found is None:
            found = self._filters[linktype] = self._compile(linktype)
        return found

    def _compile(self, linktype: int) -> Filter:
        try:
            return compile_with_length(self._text, linktype)
        except FilterError as error:
            if not self._filters:
                raise
            warnings.warn(f"{error}; its packets are left out", stacklevel=2)
            return Filter(lambda data: False, lambda data, length: False)
