"""Picking: several fields of each packet at once, read from its bytes, with no layer made for it.

1. Where the shape of a packet is known (`umpa.core.shape`), so are the places of its headers. For
   each shape one function is generated that unpacks all words that are wanted in one call, and
   turns them into what a person reads.
2. A packet that has been changed, that has no shape, or whose ports may lead to a protocol that is
   wanted, is asked layer by layer. Both ways give the same values.
3. Of a file's packets the bytes are enough, where nothing but fields is wanted: no packet is made
   of those that have a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from umpa.core import registry
from umpa.core.absent import unknown_key
from umpa.core.convert import restore
from umpa.core.field import Field
from umpa.core.frame import FRAME, OfFrame
from umpa.core.glance import Unknown
from umpa.core.match import FieldRef
from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.core.picking import Reader, Row, RowWriter, first_of
from umpa.core.unread import Unread
from umpa.errors import FieldError, suggest

if TYPE_CHECKING:
    from umpa.core.shape import Shapes

__all__ = ["Pick", "pick"]

_MOST_SHAPES = 512

Wanted: TypeAlias = "str | FieldRef[Any, Any]"


def pick(*fields: Wanted | tuple[Wanted, ...]) -> Pick:
    """What reads these fields of a packet, as a row: `pick("ip.src", TCP.dstport)(packet)`.

    A field is named as Wireshark does, or by its class. A tuple of fields stands for the first of
    them that the packet has: `("tcp.dstport", "udp.dstport")`. `frame.time_epoch`, `frame.len`
    and `frame.cap_len` are fields too.

    Values are what `packet["ip.src"]` reads, None where a packet has no such field; options are
    the bytes they stand in. Reading is several times as fast as going through the layers.

    :raises FieldError: there is no such field.
    """
    columns = tuple(
        tuple(map(_resolve, wanted)) if isinstance(wanted, tuple) else (_resolve(wanted),)
        for wanted in fields
    )
    return Pick(columns)


class Pick:
    """Reads the same fields of packet after packet; made by `pick`."""

    __slots__ = ("_columns", "_of_frame", "_readers", "_shapes")

    def __init__(self, columns: tuple[tuple[Field[Any, Any], ...], ...]) -> None:
        self._columns = columns
        self._of_frame = any(isinstance(field, OfFrame) for column in columns for field in column)
        self._readers: dict[Any, Reader] = {}
        self._shapes: Shapes = Packet.shapes

    def __call__(self, packet: Packet) -> Row:
        """The values of one packet, a row."""
        data = packet._content
        if data.__class__ is bytes:
            leaf = self._shapes.find(data, packet._origin)
            if leaf is None:
                return self._slowly(packet, data)
            shape = leaf.shape
        else:
            shape = packet.__class__
            data = data[0]
            if shape._index is None or data.__class__ is not bytes:
                return self._slowly(packet, data)
        read = self._readers.get(shape)
        return self._learn(shape)(packet, data) if read is None else read(packet, data)

    def rows(self, packets: Iterable[Packet]) -> Iterator[Row]:
        """The row of each packet, one after the other; quicker than a call for each.

        `pick("ip.src", "ip.dst").rows(umpa.read("capture.pcap"))`
        """
        if isinstance(packets, Unread) and not self._of_frame:
            rows = packets.each(self._of_bytes())
            if rows is not None:
                return chain(rows, self._rows(packets))
        return self._rows(packets)

    def _rows(self, packets: Iterable[Packet]) -> Iterator[Row]:
        find, reader = self._shapes.find, self._readers.get
        for packet in packets:
            data = packet._content
            if data.__class__ is bytes:
                leaf = find(data, packet._origin)
                if leaf is not None:
                    read = reader(leaf.shape)
                    if read is not None:
                        yield read(packet, data)
                        continue
            yield self(packet)

    def _of_bytes(self) -> Callable[[bytes, Origin], Row]:
        """What reads a row of bytes of which no packet has been made."""
        find, readers = self._shapes.find, self._readers

        def row(data: bytes, origin: Origin) -> Row:
            leaf = find(data, origin)
            if leaf is None:
                return self(restore(data, origin, None))
            try:
                read = readers[leaf.shape]
            except KeyError:
                read = self._learn(leaf.shape)
            return read(origin, data)

        return row

    @property
    def names(self) -> tuple[str, ...]:
        """Wireshark's name of each column."""
        return tuple(" or ".join(field.full_key for field in column) for column in self._columns)

    def __repr__(self) -> str:
        return f"pick({', '.join(map(repr, self.names))})"

    def _learn(self, shape: Any) -> Reader:
        if len(self._readers) >= _MOST_SHAPES:
            self._readers.clear()
        try:
            reader = RowWriter(shape, self._slowly).reader(self._columns)
        except Unknown:
            reader = self._slowly
        self._readers[shape] = reader
        return reader

    def _slowly(self, packet: Packet | Origin, data: Any) -> Row:
        if isinstance(packet, Origin):
            packet = restore(data, packet, None)
        return tuple([first_of(packet, column) for column in self._columns])


def _resolve(wanted: Wanted) -> Field[Any, Any]:
    """The field that is meant."""
    if isinstance(wanted, Field):
        return wanted
    if not isinstance(wanted, str):
        raise FieldError(f"{wanted!r} is no field; expected a name such as 'ip.src', or IP.src")
    if wanted in FRAME:
        return FRAME[wanted]
    parts = wanted.split(".")
    nearest: Any = None
    for end in range(len(parts) - 1, 0, -1):
        protocol: Any = registry.by_name(".".join(parts[:end]))
        if protocol is not None:
            key = ".".join(parts[end:])
            field: Any = protocol.fields.get(protocol._keys.get(key, key))
            if field is not None:
                return field  # type: ignore[no-any-return]
            nearest = nearest or protocol  # `icmpv6.mld.x` may be a field of `icmpv6`
    if nearest is not None:
        raise unknown_key(nearest, wanted[len(nearest.name) + 1 :])
    hint = suggest(parts[0], registry.protocols)
    raise FieldError(f"there is no protocol of the name '{parts[0]}', for '{wanted}'{hint}")
