"""One direction of a TCP stream: sequence numbers become offsets, segments become bytes."""

from __future__ import annotations

from typing import NamedTuple

from umpa.analysis.assembly import Assembly
from umpa.analysis.flow import FIN, SYN

__all__ = ["Direction", "Gap", "Piece"]

_NUMBERS = 1 << 32
_FAR = 1 << 30
"""The largest window (RFC 7323): what is farther away belongs to something else."""


class Piece(NamedTuple):
    """Bytes without a gap."""

    offset: int
    """Bytes from the start of the direction."""
    data: bytes


class Gap(NamedTuple):
    """Bytes that were sent, and are not in the capture."""

    offset: int
    """Bytes from the start of the direction."""
    size: int


class Direction:
    """What one end of a TCP connection sent.

    Offsets count from the first byte behind the SYN, or, where the capture has no SYN, from the
    first byte that it has.
    """

    def __init__(self, most: int) -> None:
        self._assembly = Assembly(most)
        self._base: int | None = None  # the sequence number at offset 0
        self._top = 0  # the highest end of what was sent
        self._fin: int | None = None
        self._acked = 0  # all before this offset was sent, by what either end says
        self._agreed = False  # the other end has acknowledged something
        self.started = False
        """Whether the SYN was seen, so that nothing before can be missing unnoticed."""
        self.segments = 0
        """Segments that carried something."""
        self.out_of_order = 0
        """Segments with bytes from before what had come already: late ones, and retransmissions
        of what the capture had not seen."""
        self.keepalives = 0
        """Segments that only ask whether the other end is there (RFC 9293, section 3.8.4)."""
        self.strays = 0
        """Segments that were not used: beyond any window, before the SYN, or behind the FIN."""

    @property
    def finished(self) -> bool:
        """Whether the FIN was seen."""
        return self._fin is not None

    @property
    def size(self) -> int:
        """Bytes that were sent, as far as the capture shows, its gaps included."""
        end = self._top
        if self._fin is None and self._acked > end + 1:  # one more may be a FIN that was lost
            end = self._acked
        return end - self._first

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What is there, from gap to gap."""
        return tuple(Piece(at - self._first, data) for at, data in self._assembly.pieces())

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What is missing: lost by the capture, cut off by it, or beyond the bounds."""
        found, end = [], 0
        for offset, data in (*self.pieces, Piece(self.size, b"")):
            if offset > end:
                found.append(Gap(end, offset - end))
            end = offset + len(data)
        return tuple(found)

    @property
    def data(self) -> bytes:
        """The bytes from the start to the first gap; all of them where there is none."""
        pieces = self.pieces
        return pieces[0].data if pieces and not pieces[0].offset else b""

    def filled(self, byte: bytes = b"\0") -> bytes:
        """All bytes, with those that are missing replaced by `byte`.

        Takes as much memory as the gaps are large: up to some gigabytes, if a packet lies.
        """
        filled = bytearray()
        for offset, data in (*self.pieces, Piece(self.size, b"")):
            filled += byte * (offset - len(filled)) + data
        return bytes(filled)

    @property
    def complete(self) -> bool:
        """Whether it is there from SYN to FIN, without a gap."""
        return self.started and self.finished and self._whole

    @property
    def retransmitted(self) -> int:
        """Bytes that came more than once."""
        return self._assembly.repeated

    @property
    def conflicts(self) -> int:
        """Bytes that came again and were others; the first are kept."""
        return self._assembly.conflicts

    @property
    def dropped(self) -> int:
        """Bytes that were not kept for want of room; they are gaps."""
        return self._assembly.dropped

    @property
    def _first(self) -> int:
        """The internal offset of the first byte: below 0 where one before the first came later."""
        return 0 if self.started else min(0, self._assembly.start)

    @property
    def _whole(self) -> bool:
        return self._assembly.kept == self.size

    @property
    def _done(self) -> bool:
        """Whether nothing more is to come that could be used."""
        return self.finished and (self._whole or self.dropped > 0)

    def _begin(self, number: int) -> None:
        """The connection begins with this sequence number."""
        if self._base is None:
            self.started, self._base = True, number % _NUMBERS

    def _restarts(self, number: int) -> bool:
        """Whether a SYN before this sequence number begins another connection."""
        return self._base is not None and (not self.started or number % _NUMBERS != self._base)

    def _opened_by(self, number: int) -> bool:
        """Whether the SYN was the one before this sequence number."""
        return self.started and number % _NUMBERS == self._base

    def _offset(self, number: int) -> int:
        """The offset of a sequence number: of all that it may be, the nearest to the end."""
        ahead = number - (self._base or 0) - self._top
        return self._top + (ahead + _NUMBERS // 2) % _NUMBERS - _NUMBERS // 2

    def _reaches(self, number: int) -> bool:
        """Whether a sequence number may belong to this connection."""
        return self._base is None or abs(self._offset(number) - self._top) <= _FAR

    def _take(self, number: int, flags: int, data: bytes, missing: int) -> None:
        """Take a segment; `missing` bytes of it were cut off by the capture."""
        if flags & SYN:
            number += 1
            if not self._agreed and not self.segments:
                self._base = None  # a server may answer once more, and differently
            self._begin(number)
            if not self._opened_by(number):
                self.strays += 1
                return
        size = len(data) + missing
        if self._base is None:
            if not size and not flags & FIN:
                return  # a keep-alive looks like an acknowledgement, and is one number off
            self._base = number
        at = self._offset(number)
        end = at + size
        if size <= 1 and not flags & (SYN | FIN) and self._is_probe(at, size):
            self.keepalives += 1
        elif not self._fits(at, end):
            self.strays += 1
        elif size or flags & FIN:
            self._put(at, end, data)
            if flags & FIN and self._fin is None and end >= self._top:
                self._fin = end
        else:  # it has nothing, but tells that all before it was sent
            self._acked = max(self._acked, at)

    def _put(self, at: int, end: int, data: bytes) -> None:
        if end > at:
            self.segments += 1
            kept = self._assembly.kept
            self._assembly.add(at, data)
            self.out_of_order += at < self._top and self._assembly.kept > kept
        self._top = max(self._top, end)

    def _is_probe(self, at: int, size: int) -> bool:
        """Whether a segment has nothing but the byte before the next one, which is there."""
        if at != self._top - 1:
            return False
        return not size or self._assembly.holds(at) or (self.started and at < 0)

    def _fits(self, at: int, end: int) -> bool:
        """Whether a segment is within reach, not before the SYN, and not behind the FIN."""
        if abs(at - self._top) > _FAR:
            return False
        if at == end:
            return True
        return (not self.started or at >= 0) and (self._fin is None or end <= self._fin)

    def _acknowledge(self, number: int) -> None:
        """The other end says that it has all before this number."""
        if self._base is not None and self._reaches(number):
            self._agreed = True
            self._acked = max(self._acked, self._offset(number))
