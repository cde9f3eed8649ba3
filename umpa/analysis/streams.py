"""TCP streams: which segments belong to which, and when a stream ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from umpa.analysis.datagrams import Datagrams, Whole
from umpa.analysis.direction import Direction
from umpa.analysis.flow import ACK, RST, SYN, End
from umpa.analysis.stream import Stream
from umpa.analysis.transport import Carried, Transport
from umpa.core.packet import Packet

__all__ = ["Streams"]

_TCP = 6
_MAY_CARRY = (_TCP, 51, 60)
"""What a datagram may carry that TCP is in: TCP, or AH and destination options before it."""
_MOST_ENDED = 4096
"""Connections that ended lately, of which packets may still come."""

_MOST_RESET = 64
"""Connections that were reset lately, of which content may still be on its way."""

_Key: TypeAlias = "tuple[str, int | None, str, int | None]"
"""Source and its port, destination and its port."""


class _Way(NamedTuple):
    """One direction of a stream that is open, and the other."""

    stream: Stream
    there: Direction
    back: Direction


class Streams(Iterator[Stream]):
    """The TCP streams of a capture, one by one as they end; counters say what is in none.

    At any time it holds at most `limit` open streams, with `buffer` bytes in each direction.
    """

    def __init__(self, packets: Iterable[Packet], limit: int, buffer: int) -> None:
        self._limit = limit
        self._buffer = buffer
        self._transport = Transport()
        self._ways: dict[_Key, _Way] = {}
        self._open: dict[Stream, _Key] = {}  # the one that was idle longest comes first
        self._reset: dict[Stream, None] = {}  # of those that are open
        self._ended: dict[_Key, None] = {}
        self.packets = 0
        """Packets that were looked at."""
        self.others = 0
        """Packets that are not TCP, or not as far as its header goes."""
        self.fragments = 0
        """Fragments of IP, which are put together first."""
        self.late = 0
        """Segments of streams that had ended: acknowledgements, and repetitions."""
        self.empty = 0
        """Segments without content of streams that nothing else is known of."""
        self.evicted = 0
        """Streams that had to end because `limit` were open."""
        self.dropped = 0
        """Bytes, of all streams that ended, that were not kept for want of room."""
        self._datagrams = Datagrams()
        self._made = self._make(packets)

    @property
    def incomplete(self) -> int:
        """Datagrams in fragments of which some did not come, within a minute, or for which there
        was no room (4 MiB wait at most): what is behind the first hole is a gap."""
        return self._datagrams.incomplete

    def __next__(self) -> Stream:
        return next(self._made)

    def _make(self, packets: Iterable[Packet]) -> Iterator[Stream]:
        for packet in packets:
            self.packets += 1
            carried = self._transport(packet)
            if carried is not None and (carried.fragment or carried.more):
                yield from self._fragment(packet, carried)
            elif carried is None or carried.number != _TCP or carried.flags is None:
                self.others += 1
            else:
                yield from self._segment(packet, carried, carried.flags)
        yield from self._datagram(self._datagrams.rest())
        for stream in list(self._open):
            yield self._close(stream, "capture")

    def _fragment(self, packet: Packet, carried: Carried) -> Iterator[Stream]:
        """Put a fragment to the others; the streams that end by what is whole then."""
        piece = self._transport.piece(packet, carried)
        if piece.number in _MAY_CARRY and piece.fits:
            self.fragments += 1
            yield from self._datagram(self._datagrams.add(piece))
        else:
            self.others += 1

    def _datagram(self, made: Iterable[Whole]) -> Iterator[Stream]:
        """Give segments that came in fragments to their streams; the streams that end by that."""
        for packet, vlan in made:
            carried = self._transport(packet)
            if carried is None or carried.flags is None:
                self.others += 1
            else:
                yield from self._segment(packet, carried._replace(vlan=vlan), carried.flags)

    def _segment(self, packet: Packet, carried: Carried, flags: int) -> Iterator[Stream]:
        """Give a segment to its stream; the streams that end by that."""
        key = carried.src, carried.srcport, carried.dst, carried.dstport
        data, missing = self._transport.payload(packet, carried)
        way = self._ways.get(key)
        if way is not None and flags & SYN and _is_new(way, carried, flags):
            yield self._close(way.stream, "reused")
            way = None
        if way is None:
            if not self._opens(key, flags, bool(data)):
                return
            if len(self._open) >= self._limit:
                self.evicted += 1
                yield self._close(next(iter(self._open)), "evicted")
            way = self._begin(key, carried.vlan, flags)
        stream = way.stream
        self._open[stream] = self._open.pop(stream)
        stream._seen(packet.time_ns)
        if flags & RST:
            if way.there._reaches(carried.seq or 0):
                self._reset[stream] = None
            if len(self._reset) > _MOST_RESET:
                yield self._close(next(iter(self._reset)), "reset")
        elif _take(way, carried, flags, data, missing):
            yield self._close(stream, "closed")

    def _opens(self, key: _Key, flags: int, content: bool) -> bool:
        """Whether a segment of no open stream begins one; it is counted if not."""
        if flags & SYN and not flags & RST:
            return True
        if key in self._ended:
            self.late += 1
            return False
        if not content or flags & RST:
            self.empty += 1
            return False
        return True

    def _begin(self, key: _Key, vlan: int | None, flags: int) -> _Way:
        """Open a stream with a segment of that key; the way it goes."""
        src, srcport, dst, dstport = key
        ends = End(src, srcport), End(dst, dstport)
        answer = flags & (SYN | ACK) == SYN | ACK
        client, server = reversed(ends) if answer else ends
        stream = Stream(client, server, vlan, self._buffer)
        there = _Way(stream, stream.to_server, stream.to_client)
        back = _Way(stream, stream.to_client, stream.to_server)
        if answer:
            there, back = back, there
        self._open[stream] = key
        self._ways[_turned(key)] = back
        self._ways[key] = there
        return there

    def _close(self, stream: Stream, why: str) -> Stream:
        """Forget an open stream, but for its key."""
        stream.end = "reset" if stream in self._reset else why
        self._reset.pop(stream, None)
        self.dropped += stream.to_server.dropped + stream.to_client.dropped
        key = self._open.pop(stream)
        for own in (key, _turned(key)):
            self._ways.pop(own, None)
            self._ended.pop(own, None)
            self._ended[own] = None
        while len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]
        return stream


def _turned(key: _Key) -> _Key:
    """The key of the other direction."""
    src, srcport, dst, dstport = key
    return dst, dstport, src, srcport


def _is_new(way: _Way, carried: Carried, flags: int) -> bool:
    """Whether a SYN begins another connection than the one that is known."""
    if flags & ACK and way.back._opened_by(carried.ack or 0):
        return False  # whatever its number, it answers the SYN of this one
    if way.there._restarts((carried.seq or 0) + 1):
        return True
    if way.there.started or flags & ACK:
        return False
    return way.back.segments > 0 or not way.back.started  # else both ends opened it at once


def _take(way: _Way, carried: Carried, flags: int, data: bytes, missing: int) -> bool:
    """Let both directions know of a segment; whether the stream ended by it."""
    seq, ack = carried.seq or 0, carried.ack or 0
    way.there._take(seq, flags, data, missing)
    if flags & ACK:
        if flags & SYN:
            way.back._begin(ack)
        way.back._acknowledge(ack)
    return way.there._done and way.back._done
