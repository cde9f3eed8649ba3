"""Where the packets of a capture come from: a link, or a capture file.

An inlet never blocks, and makes packets of what is there. What it leaves out it counts.
"""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, TypeAlias, TypedDict

from umpa.core.glance import glance
from umpa.core.match import Match
from umpa.core.origin import Origin
from umpa.core.packet import Asleep, Packet
from umpa.errors import CaptureWarning, FilterError, LinkDown, NoSuchDevice
from umpa.link.base import Frame, Link, LinkStats
from umpa.link.file import read
from umpa.link.libpcap.backend import Direction
from umpa.link.libpcap.filter import compile_with_length, uses_length
from umpa.link.live import LiveLink
from umpa.sniffing.sieve import sieve

__all__ = ["DeviceOptions", "FileInlet", "Filter", "Inlet", "LinkInlet", "Source", "open_inlet"]

Filter: TypeAlias = "str | Callable[[Packet], object]"
"""A filter of libpcap's as text, a match expression, or any other function of a packet."""

Source: TypeAlias = "str | os.PathLike[str] | Link"
"""A device by name or address, `any`, a capture file, or a link."""

_SUFFIXES = (".pcap", ".pcapng", ".cap", ".dmp", ".gz", ".zst")


class DeviceOptions(TypedDict, total=False):
    """How devices are opened; see `umpa.link.LiveLink`."""

    snaplen: int
    promisc: bool
    direction: Direction
    immediate: bool
    buffer_size: int | None
    timeout_ms: int
    reconnect: bool
    monitor: bool
    sender: Link | None


class Inlet(ABC):
    """A source that was opened."""

    name: str
    origin: Origin
    """Of the packets without anything special; gives the link type."""
    link: Link | None = None
    owned = True
    """Whether it was opened here, and is to be closed here."""
    exhausted = False
    """Whether nothing will come any more."""
    rejected = interruptions = 0
    _error: Exception | None = None

    def _gather(self, packets: Iterator[Packet]) -> list[Packet]:
        """What comes before an error (of a file, or of the user's filter), which is kept."""
        found: list[Packet] = []
        try:
            for packet in packets:
                found.append(packet)
        except Exception as error:
            self._error = error
        return found

    def _raise_error(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    @abstractmethod
    def take(self, count: int) -> list[Packet]:
        """Packets that are there and pass the filter, made of `count` frames at most."""

    @property
    @abstractmethod
    def stats(self) -> LinkStats:
        """Since it was opened here."""

    @abstractmethod
    def close(self) -> None:
        """Give it back, if it was opened here."""


class LinkInlet(Inlet):
    """A link, opened here or given."""

    def __init__(self, link: Link, filter: Filter | None, owned: bool, goes_on: bool) -> None:
        self.link = self._link = link
        self.name = link.name
        self.owned = owned
        self.origin = Origin(link.linktype, link.name)
        self._goes_on = goes_on
        self._filter = filter
        self._accept: Callable[[Frame], object] | None = None
        self._test: Callable[[Packet], object] | None = None
        self._untested: Iterator[Packet] = iter(())  # packets behind one that the filter raised for
        self._choose_tests()
        self._read = 0
        self._before = LinkStats() if owned else link.stats

    def _choose_tests(self) -> None:
        chosen = self._filter
        if isinstance(chosen, Match):
            self._test = glance(chosen, Packet.shapes)
        elif isinstance(chosen, str):
            self._accept = _of_frames(chosen, self.origin.linktype)
        else:
            self._test = chosen

    def take(self, count: int) -> list[Packet]:
        """See `Inlet.take`."""
        link = self._link
        if self._error is not None:
            self._raise_error()
        if self._test is not None and (packets := self._gather(self._untested)):
            self.rejected -= len(packets)
            return packets
        try:
            frames = link.read(count)
        except LinkDown as error:
            if not self._goes_on:
                raise
            self.interruptions += 1
            warnings.warn(
                f"{error}; the capture goes on when it is back", CaptureWarning, stacklevel=4
            )
            return []
        origin = self.origin
        if not frames:
            self.exhausted = getattr(link, "exhausted", False)
            return []
        if link.linktype != origin.linktype:  # a device that was made again, of another kind
            origin = self.origin = Origin(link.linktype, link.name)
            self._choose_tests()
        number = len(frames)
        self._read += number
        if self._accept is not None:
            frames = list(filter(self._accept, frames))
        packets = []
        append = packets.append
        for time_ns, data, wire_length in frames:
            packet = Asleep()
            packet._content = data
            packet.time_ns = time_ns
            packet._origin = origin if wire_length is None else _origin(origin, data, wire_length)
            append(packet)
        if self._test is not None:
            self._untested = filter(self._test, packets)
            packets = self._gather(self._untested)
        self.rejected += number - len(packets)
        return packets

    @property
    def stats(self) -> LinkStats:
        """See `Inlet.stats`."""
        now, before = self._link.stats, self._before
        dropped = now.dropped - before.dropped
        # of a link that was given, what had arrived before is read here, and counts here
        received = now.received if self.owned else self._read + dropped
        by_interface = now.dropped_by_interface - before.dropped_by_interface
        return LinkStats(received, dropped, by_interface)

    def close(self) -> None:
        """See `Inlet.close`."""
        if self.owned:
            self._link.close()


class FileInlet(Inlet):
    """A capture file, with all it knows: comments, interfaces, several link types."""

    def __init__(self, path: str | os.PathLike[str], filter: Filter | None) -> None:
        self.name = os.fspath(path)
        self._packets: Iterator[Packet] = read(self.name, filter)
        self._taken = 0
        self._ahead = self._some(1)
        kept: Any = self._ahead[0]._origin if self._ahead else Origin()
        self.origin = kept.replace(None)

    def _some(self, count: int) -> list[Packet]:
        packets = self._gather(islice(self._packets, count))
        self.exhausted = len(packets) < count and self._error is None
        return packets

    def take(self, count: int) -> list[Packet]:
        """See `Inlet.take`."""
        packets, self._ahead = self._ahead, []
        if len(packets) < count and not self.exhausted and self._error is None:
            packets += self._some(count - len(packets))
        if not packets:
            self._raise_error()
        self._taken += len(packets)
        return packets

    @property
    def stats(self) -> LinkStats:
        """See `Inlet.stats`."""
        return LinkStats(received=self._taken)

    def close(self) -> None:
        """See `Inlet.close`."""
        self._packets, self._ahead, self.exhausted = iter(()), [], True


def _origin(origin: Origin, data: bytes, wire_length: int) -> Origin:
    return origin if wire_length == len(data) else origin.replace(wire_length)


def _of_frames(text: str, linktype: int) -> Callable[[Frame], object]:
    """The test of frames that a filter of libpcap's stands for."""
    whole, cut = compile_with_length(text, linktype)
    if not uses_length(text):
        return lambda frame: whole(frame[1])
    return lambda frame: cut(frame[1], len(frame[1]) if frame[2] is None else frame[2])


def is_file(source: str | os.PathLike[str]) -> bool:
    """Whether a source is a capture file: a path object, a text with a "/", a suffix, or "-"."""
    if not isinstance(source, str):
        return True
    return source == "-" or os.sep in source or source.lower().endswith(_SUFFIXES)


def open_inlet(source: Source, filter: Filter | None, options: DeviceOptions) -> Inlet:
    """Open a source, armed with its filter.

    :raises LinkError: a device cannot be opened.
    :raises FileError: a file cannot be opened, or is no capture.
    :raises FilterError: libpcap refuses the filter.
    """
    if isinstance(source, Link):
        return LinkInlet(source, filter, owned=False, goes_on=False)
    if is_file(source):
        return FileInlet(source, filter)
    name = str(source)
    try:
        link = LiveLink(name, filter=filter if isinstance(filter, str) else "", **options)
    except NoSuchDevice as error:
        if os.path.exists(name):
            raise NoSuchDevice(f"{error}; for the file of that name, give './{name}'") from None
        raise
    try:
        if isinstance(filter, Match):
            with suppress(FilterError):  # without a sieve, all the work is done here
                link.set_filter(sieve(filter, link.linktype))
        rest = None if isinstance(filter, str) else filter
        return LinkInlet(link, rest, owned=True, goes_on=options.get("reconnect", False))
    except BaseException:
        link.close()
        raise
