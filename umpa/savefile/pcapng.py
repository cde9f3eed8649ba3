"""Reading pcapng: sections of blocks (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Generic, TypeAlias, TypeVar

from umpa.core.origin import Origin, comment_of
from umpa.core.packet import Asleep, Packet
from umpa.errors import FileError
from umpa.savefile import ngoptions as ng
from umpa.savefile.ngoptions import Damage
from umpa.savefile.pcap import Accept
from umpa.savefile.source import MAX_PACKET, Source

__all__ = ["ENHANCED", "MAGIC", "Blocks", "Choose", "Interface", "Run", "Starts"]

T = TypeVar("T")
ENHANCED = ng.ENHANCED

MAGIC = struct.pack("<I", ng.SECTION)
Choose: TypeAlias = "Callable[[Origin], Accept | None]"
"""Gives the test for the packets of one interface, or None to accept them all."""

_MOST_INTERFACES = 1 << 16  # of one section: nothing else of a file is kept
_LONG = 1 << 62
_ALWAYS = _LONG >> 32
_SHORT, _SINGLY = 1 << 12, 256  # bytes of a run after which so many blocks are read one by one
_HEAD = 12  # the shortest block: type, length, and the length again
_PACKETS = (ng.ENHANCED, ng.SIMPLE, ng.OBSOLETE)
_LEAST = {ng.SECTION: 16, ng.INTERFACE: 8, ng.ENHANCED: 20, ng.SIMPLE: 4, ng.OBSOLETE: 20}
_ORDERS = {struct.pack(order + "I", 0x1A2B3C4D): order for order in "<>"}


class Interface:
    """What an interface description block says of its packets."""

    __slots__ = ("_choose", "accept", "divisor", "factor", "offset", "origin", "snaplen")

    def __init__(self, choose: Choose, linktype: int, snaplen: int) -> None:
        self.origin = Origin(linktype)
        self.snaplen = snaplen
        self.factor, self.divisor = ng.resolution(6)
        self.offset = 0
        self._choose: Choose | None = choose
        self.accept: Accept | None = None

    def latest(self) -> int:
        """The highest upper half of a time that is sure to be one in 63 bits of nanoseconds;
        less than 0 where the time is no whole number of them."""
        if self.divisor != 1 or abs(self.offset) >= _LONG:
            return -1
        return (_LONG // self.factor >> 32) - 1

    def chosen(self) -> Accept | None:
        """The test of this interface's packets, asked for when it is first needed."""
        if self._choose is not None:
            self.accept = self._choose(self.origin)
            self._choose = None
        return self.accept


class Run(Generic[T]):
    """Enhanced packet blocks that follow one another."""

    __slots__ = ("buffer", "interfaces", "order", "starts")

    def __init__(self, buffer: bytes, starts: T, order: str, interfaces: list[Interface]) -> None:
        self.buffer = buffer
        self.starts = starts
        self.order = order
        self.interfaces = interfaces


Starts: TypeAlias = "Callable[[bytes, int, str, Callable[[int, int], bool]], tuple[T, int]]"
"""Finds a run in a buffer from a place on, for a byte order, as long as a test takes the interface
and the upper half of the time; gives where its blocks start, of which it may have none, and where
it ends."""


class Blocks:
    """The blocks of a pcapng file, from its first section header on."""

    def __init__(self, source: Source, buffer: bytes, choose: Choose) -> None:
        self._source = source
        self._choose = choose
        self._buffer = buffer
        self._pos = 0
        self._order = "<"
        self._interfaces: list[Interface] = []
        self._latest = _ALWAYS  # upper half of a time that fits into 63 bits of nanoseconds
        while not self._interfaces:
            kind = self._peek()
            if kind is None or kind in _PACKETS:
                break
            self._block(kind)
        if self._interfaces:
            self._interfaces[0].chosen()  # a filter that is wrong for it fails here, early

    def packets(self) -> Iterator[Packet]:
        """The packets of all sections and interfaces, as they come."""
        while (kind := self._peek()) is not None:
            # the common block, enhanced and without options, is read here; others by _block
            unpack = struct.Struct(self._order + "IIIIIII").unpack_from
            size_at = struct.Struct(self._order + "I").unpack_from
            buffer, pos = self._buffer, self._pos
            end = len(buffer)
            last = end - 32
            current = last_high = base = factor = -1
            accept, origin = None, Origin()
            while pos <= last:
                kind, size, index, high, low, length, wire = unpack(buffer, pos)
                stop = pos + size
                if (
                    kind != ng.ENHANCED
                    or stop > end
                    or size != (length + 35) & ~3
                    or size_at(buffer, stop - 4)[0] != size
                ):
                    break
                if index != current or high != last_high:
                    if index >= len(self._interfaces) or self._interfaces[index].divisor != 1:
                        break
                    interface = self._interfaces[index]
                    accept, origin, factor = interface.chosen(), interface.origin, interface.factor
                    base = (high << 32) * factor + interface.offset
                    current, last_high = index, high
                data = buffer[pos + 28 : pos + 28 + length]
                pos = stop
                if accept is not None and not accept(data):
                    continue
                packet = Asleep()
                packet._content = data
                packet.time_ns = base + low * factor
                packet._origin = origin if wire == length else origin.replace(wire)
                yield packet
            self._pos = pos
            kind = self._peek()
            if kind is not None and (other := self._block(kind)) is not None:
                yield other

    def holds(self, least: int) -> bool:
        """Whether the file goes on for `least` bytes or more."""
        self._buffer = self._source.gather(self._buffer[self._pos :], least)
        self._pos = 0
        return len(self._buffer) >= least

    def runs(self, size: int, find: Starts[T]) -> Iterator[Run[T] | Packet]:
        """The packets in runs, within `size` bytes; those in other blocks by themselves."""
        more, singly = True, 0
        while (kind := self._peek()) is not None:
            if singly:
                singly -= 1
            elif kind == ng.ENHANCED:
                if more and len(self._buffer) - self._pos < size // 4:
                    more = self.holds(size)  # not so at the end of the file
                starts, stop = find(self._buffer, self._pos, self._order, self._takes)
                if stop > self._pos:
                    singly = _SINGLY if stop - self._pos < _SHORT else 0
                    self._pos = stop
                    yield Run(self._buffer, starts, self._order, self._interfaces)
                    continue
            if (other := self._block(kind)) is not None:
                yield other

    def _takes(self, index: int, high: int) -> bool:
        return index < len(self._interfaces) and high <= self._latest

    def _fail(self, message: str) -> FileError:
        return self._source.fail(len(self._buffer) - self._pos, message)

    def _need(self, size: int, what: str) -> None:
        """Have `size` bytes from the current position in the buffer."""
        if len(self._buffer) - self._pos < size:
            self._buffer = self._source.gather(self._buffer[self._pos :], size)
            self._pos = 0
            if len(self._buffer) < size:
                raise self._fail(f"cut: {what} needs {size} bytes, got {len(self._buffer)}")

    def _peek(self) -> int | None:
        """The type of the next block, None at the end."""
        if self._pos == len(self._buffer):
            self._buffer, self._pos = self._source.gather(b"", 1), 0
            if not self._buffer:
                return None
        self._need(_HEAD, "a pcapng block")
        kind = struct.unpack_from(self._order + "I", self._buffer, self._pos)[0]
        return int(kind)

    def _block(self, kind: int) -> Packet | None:
        """Read one block of any type; the packet, if it holds one that is accepted."""
        if kind == ng.SECTION:
            order = _ORDERS.get(self._buffer[self._pos + 8 : self._pos + 12])
            if order is None:
                raise self._fail("damaged: a section header without its byte-order magic")
            self._order = order
        size = struct.unpack_from(self._order + "I", self._buffer, self._pos + 4)[0]
        if size < _HEAD or size & 3:
            raise self._fail(
                f"damaged: a block of {size} bytes, expected at least {_HEAD} and a multiple of 4"
            )
        if kind not in _LEAST:
            self._skip(size)
            return None
        if size > MAX_PACKET:
            raise self._fail(f"damaged: a block of {size} bytes, expected at most {MAX_PACKET}")
        self._need(size, f"the block of type {kind}")
        self._check_trailer(self._pos + size - 4, size)
        body = self._buffer[self._pos + 8 : self._pos + size - 4]
        try:
            packet = self._read(kind, body)
        except Damage as damage:
            raise self._fail(f"damaged: {damage}") from None
        self._pos += size
        return packet

    def _check_trailer(self, at: int, size: int) -> None:
        again = struct.unpack_from(self._order + "I", self._buffer, at)[0]
        if again != size:
            raise self._fail(f"damaged: a block of {size} bytes whose end says {again}")

    def _skip(self, size: int) -> None:
        """Pass over a block, however long, without keeping it."""
        have = len(self._buffer) - self._pos
        begin = self._source.delivered - have
        while have < size:
            tail = self._buffer[-4:]
            piece = self._source.gather(b"", 1)
            if not piece:
                raise self._source.fail(
                    self._source.delivered - begin,
                    f"cut: the block there needs {size} bytes, got {have}",
                )
            have += len(piece)
            self._buffer, self._pos = tail + piece, 0
        end = len(self._buffer) - (have - size)
        self._check_trailer(end - 4, size)
        self._pos = end

    def _read(self, kind: int, body: bytes) -> Packet | None:
        if len(body) < _LEAST[kind]:
            raise Damage(f"a block of type {kind} with {len(body)} bytes, needs {_LEAST[kind]}")
        if kind in _PACKETS:
            return self._packet(kind, body)
        if kind == ng.SECTION:
            major, minor = struct.unpack_from(self._order + "HH", body, 4)
            if major != 1:
                raise Damage(f"pcapng version {major}.{minor}, expected 1.x")
            self._interfaces = []
            self._latest = _ALWAYS
        elif len(self._interfaces) >= _MOST_INTERFACES:
            raise Damage(f"more than {_MOST_INTERFACES} interfaces")
        else:
            interface = self._interface(body)
            self._interfaces.append(interface)
            self._latest = min(self._latest, interface.latest())
        return None

    def _interface(self, body: bytes) -> Interface:
        linktype, snaplen = struct.unpack_from(self._order + "HxxI", body)
        interface = Interface(self._choose, linktype, snaplen)
        for code, value in ng.options(body, 8, self._order):
            if code == ng.NAME:
                interface.origin.interface = value.decode(errors="replace")
            elif code == ng.RESOLUTION and value:
                interface.factor, interface.divisor = ng.resolution(value[0])
            elif code == ng.FCS_LENGTH and value:
                interface.origin.fcs_length = value[0]
            elif code == ng.TIME_OFFSET and len(value) == 8:
                interface.offset = struct.unpack(self._order + "q", value)[0] * 1_000_000_000
        return interface

    def _packet(self, kind: int, body: bytes) -> Packet | None:
        index, stamp, start = 0, None, _LEAST[kind]
        if kind == ng.SIMPLE:
            length = wire = struct.unpack_from(self._order + "I", body)[0]
        else:
            layout = "IIIII" if kind == ng.ENHANCED else "HxxIIII"
            index, high, low, length, wire = struct.unpack_from(self._order + layout, body)
            stamp = high << 32 | low
        if index >= len(self._interfaces):
            raise Damage(f"a packet of interface {index}, {len(self._interfaces)} are described")
        interface = self._interfaces[index]
        if kind == ng.SIMPLE and interface.snaplen:
            length = min(length, interface.snaplen)
        if start + length > len(body):
            raise Damage(f"a packet of {length} bytes, its block has room for {len(body) - start}")
        data = body[start : start + length]
        comment = None
        if kind != ng.SIMPLE:
            comment = self._comment(body, start + (length + 3 & ~3))
        accept = interface.chosen()
        if accept is not None and not accept(data):
            return None
        packet: Packet = Asleep()
        packet._content = data
        packet.time_ns = None
        if stamp is not None:
            packet.time_ns = stamp * interface.factor // interface.divisor + interface.offset
        packet._origin = interface.origin
        if wire != length or comment is not None:
            packet._origin = interface.origin.replace(None if wire == length else wire, comment)
        return packet

    def _comment(self, body: bytes, start: int) -> str | None:
        options = ng.options(body, start, self._order)
        return comment_of([v.decode(errors="replace") for code, v in options if code == ng.COMMENT])
