"""Packets as records of pcap and blocks of pcapng."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

from umpa.core.layer import no_packet
from umpa.core.origin import Comments, Origin, check_linktype
from umpa.core.packet import Packet
from umpa.errors import EncodeError
from umpa.savefile import ngoptions as ng
from umpa.savefile.pcap import FCS_KNOWN, LINKTYPE, MICRO, NANO, SECOND

if TYPE_CHECKING:
    from umpa.core.stack import Stack

Whence: TypeAlias = "Origin | Stack"
"""What packets of one interface share, or crafted packets of one stack of layers."""

__all__ = ["FULL", "Encoder", "PcapEncoder", "PcapngEncoder"]

FULL = 1 << 16
"""Bytes after which to write to the file."""

_SNAPLEN = 262144
_EMPTY = struct.pack("<HH", 0, 0)
_PADDING = (b"", bytes(3), bytes(2), bytes(1))
_LOW = 0xFFFFFFFF


class Encoder:
    """A capture file's format, as its writer sees it."""

    def __init__(self, linktype: int | None) -> None:
        self.linktype = None if linktype is None else check_linktype(linktype)
        """The link type asked for, if any."""
        self.begun = False
        """Whether the file has its header."""
        self.size = 0
        """About how many bytes wait for `take`."""
        self._parts: list[bytes] = []
        self._last: Whence | None = None

    def begin(self, origin: Whence) -> None:
        """Add the header of a file whose first packets are like `origin`."""
        raise NotImplementedError

    def add(self, packet: Packet) -> None:
        """Add a record for `packet`, and before it the header where that is missing.

        :raises EncodeError: the packet does not fit the format.
        """
        raise NotImplementedError

    def take(self) -> bytes:
        """What was added and not yet taken."""
        data = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return data


class PcapEncoder(Encoder):
    """Records of a pcap file, in nanoseconds, or in microseconds if `ns` is false."""

    def __init__(self, linktype: int | None, ns: bool) -> None:
        super().__init__(linktype)
        self.ns = ns
        self._magic = NANO if ns else MICRO
        self._pack = struct.Struct("<IIII").pack
        self._second = self._base = 0

    def begin(self, origin: Whence) -> None:
        if self.linktype is None:
            self.linktype = origin.linktype
        if not 0 <= self.linktype <= LINKTYPE:
            raise EncodeError(f"link type {self.linktype} does not fit a pcap file")
        word = self.linktype
        if origin.fcs_length:
            word |= FCS_KNOWN | (origin.fcs_length // 2 & 0xF) << 28
        self._parts.append(struct.pack("<IHHiIII", self._magic, 2, 4, 0, 0, _SNAPLEN, word))
        self.begun = True

    def add(self, packet: Packet) -> None:
        try:
            origin = packet._origin
        except AttributeError:
            raise _no_packet(packet) from None
        if origin is not self._last:
            self._check(origin)
            self._last = origin
        data = packet._content
        if type(data) is not bytes:  # not asleep
            data = bytes(packet)
        length = len(data)
        wire = origin.wire_length
        try:
            fraction = (packet.time_ns or 0) - self._base
            if not 0 <= fraction < SECOND:  # consecutive packets mostly share the second
                self._second, fraction = divmod(fraction + self._base, SECOND)
                self._base = self._second * SECOND
            if not self.ns:
                fraction //= 1000
            head = self._pack(self._second, fraction, length, length if wire is None else wire)
        except (struct.error, TypeError):
            self._second = self._base = 0
            raise EncodeError(
                f"time {packet.time_ns!r} ns or wire length {wire} does not fit a pcap record: "
                "expected 0 to 4294967295 seconds (until 2106) and bytes"
            ) from None
        parts = self._parts
        parts.append(head)
        parts.append(data)
        self.size += length + 16

    def _check(self, origin: Whence) -> None:
        if not self.begun:
            self.begin(origin)
        if origin.linktype != self.linktype:
            raise EncodeError(
                f"a pcap file has one link type, this one {self.linktype}, the packet "
                f"{origin.linktype}: write a .pcapng file, which takes several"
            )


class PcapngEncoder(Encoder):
    """Blocks of a pcapng file, in nanoseconds, or in microseconds if `ns` is false."""

    def __init__(self, linktype: int | None, ns: bool) -> None:
        super().__init__(linktype)
        self._unit, self._resolution = (1, 9) if ns else (1000, 6)
        self._pack = struct.Struct("<IIIIIII").pack
        self._pack_size = struct.Struct("<I").pack
        self._interface = 0  # of the last packet
        self._interfaces: dict[tuple[int, str | None, int], int] = {}

    def begin(self, origin: Whence) -> None:
        asked_for = self.linktype is not None and self.linktype != origin.linktype
        self._section(Origin(self.linktype or 0) if asked_for else origin)
        self.begun = True

    def add(self, packet: Packet) -> None:
        try:
            origin = packet._origin
        except AttributeError:
            raise _no_packet(packet) from None
        if origin is not self._last:
            self._interface = self._index(origin)
            self._last = origin
        data = packet._content
        if type(data) is not bytes:  # not asleep
            data = bytes(packet)
        length, wire, time = len(data), origin.wire_length, packet.time_ns
        options = b"" if origin.comment is None else _comment(origin.comment)
        if time is None and wire is None and not options:
            if self._interface:  # a simple block belongs to the first interface of its section
                self._section(origin)
                self._interface = 0
            size = (length + 19) & ~3
            head = struct.pack("<III", ng.SIMPLE, size, length)
        else:
            size = ((length + 35) & ~3) + len(options)
            if wire is None:
                wire = length
            try:
                stamp = (time or 0) // self._unit
                head = self._pack(
                    ng.ENHANCED, size, self._interface, stamp >> 32, stamp & _LOW, length, wire
                )
            except (struct.error, TypeError):
                raise EncodeError(
                    f"time {time!r} ns or wire length {wire} does not fit a pcapng block: "
                    "expected 0 to 2**64-1 and 0 to 2**32-1"
                ) from None
        parts = self._parts
        parts.append(head)
        parts.append(data)
        parts.append(_PADDING[length & 3] + options + self._pack_size(size))
        self.size += size

    def _index(self, origin: Whence) -> int:
        """The number of the packet's interface, which is described where it is new."""
        if not self.begun:
            self.begin(origin)
        key = origin.linktype, origin.interface, origin.fcs_length
        index = self._interfaces.get(key)
        if index is None:
            self._parts.append(self._description(origin))
            index = self._interfaces[key] = len(self._interfaces)
        return index

    def _section(self, origin: Whence) -> None:
        """A new section whose first interface is the origin's."""
        head = _block(ng.SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        self._parts.append(head + self._description(origin))
        self._interfaces = {(origin.linktype, origin.interface, origin.fcs_length): 0}

    def _description(self, origin: Whence) -> bytes:
        if not 0 <= origin.linktype <= 0xFFFF:
            raise EncodeError(f"link type {origin.linktype} does not fit a pcapng file")
        body = struct.pack("<HHI", origin.linktype, 0, 0)
        if origin.interface is not None:
            body += _option(ng.NAME, origin.interface.encode(errors="replace"))
        body += _option(ng.RESOLUTION, bytes([self._resolution]))
        if origin.fcs_length:
            body += _option(ng.FCS_LENGTH, bytes([origin.fcs_length & 0xFF]))
        return _block(ng.INTERFACE, body + _EMPTY)


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _option(code: int, value: bytes) -> bytes:
    if len(value) > 0xFFFF:
        raise EncodeError(f"a text of {len(value)} bytes does not fit a pcapng option (65535)")
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) & 3)


def _comment(text: str) -> bytes:
    each = text.each if isinstance(text, Comments) else (text,)
    return b"".join(_option(ng.COMMENT, one.encode(errors="replace")) for one in each) + _EMPTY


def _no_packet(thing: object) -> EncodeError:
    return EncodeError(f"cannot be written: {no_packet(thing, frames=False)}")
