"""Where the records of a block start: many lanes at once (NumPy).

Each record says where the next one starts, so records are stepped through one after the other.
Here lanes are set down all over a block, each where a record seems to start, and step together.
A lane counts only if the one before it ends exactly where it starts, and the first one starts
where a record is known to; what lies between lanes that do not meet is stepped through one by one.
So a wrong guess costs time, and nothing else.
"""

from __future__ import annotations

from struct import Struct
from typing import Any

__all__ = ["Lanes"]

_RECORD = 16
_LANES = 256
_WORTH = 1 << 20
"""Bytes; with fewer, lanes are too short."""
_STEPS = 16
"""Steps between two looks whether all lanes are through."""
_TRIES = 4
_PLAUSIBLE = 1 << 18
"""The longest packet of a record that a lane is set down at (tcpdump's limit)."""


class Lanes:
    """Finds records of a pcap file whose numbers have the byte order `order`."""

    def __init__(self, np: Any, order: str) -> None:
        self.np = np
        self.order = order
        self._lengths = Struct(order + "II").unpack_from
        self._length = Struct(order + "I").unpack_from
        self._epoch = 2 if order == "<" else 0  # of a time, the two bytes that seldom change

    def starts(self, room: bytearray, end: int) -> tuple[Any, int]:
        """Where the whole records within `room[:end]` start, and where the last of them ends."""
        np = self.np
        pieces: list[Any] = []
        pos = 0
        if end >= _WORTH:
            pos = self._together(room, end, pieces)
        pos = self._one_by_one(room, pos, end, end, pieces)
        return np.concatenate([np.asarray(piece, "i8") for piece in pieces]), pos

    def _together(self, room: bytearray, end: int, pieces: list[Any]) -> int:
        """Use the lanes that start where those before them end; where that is no more so."""
        np = self.np
        begin, rows = self._stepped(room, end)
        counts = (rows < np.append(begin[1:], end - _RECORD)[:, None]).sum(1)
        lanes = np.arange(len(begin))
        meet = rows[lanes, counts] == np.append(begin[1:], -1)
        counts -= ~meet  # the last record of the others may not be whole
        if meet[:-1].all():
            pieces.append(rows[np.arange(rows.shape[1]) < counts[:, None]])
            return int(rows[-1, counts[-1]])
        pos = 0
        for first, count, row in zip(begin.tolist(), counts.tolist(), rows, strict=True):
            if pos < first:
                pos = self._one_by_one(room, pos, first, end, pieces)
            if pos == first:
                pieces.append(row[:count])
                pos = int(row[count])
        return pos

    def _one_by_one(
        self, room: bytearray, pos: int, until: int, end: int, pieces: list[Any]
    ) -> int:
        """Step from `pos` to `until` or beyond, or to what is no whole record."""
        starts: list[int] = []
        last, length = min(until - 1, end - _RECORD), self._length
        while pos <= last:
            stop = pos + _RECORD + length(room, pos + 8)[0]
            if stop > end:
                break
            starts.append(pos)
            pos = stop
        pieces.append(starts)
        return pos

    def _stepped(self, room: bytearray, end: int) -> tuple[Any, Any]:
        """Where lanes begin; and for each, where its records start, one after the other.

        These go on beyond where the next lane begins, and none is behind the last place for a
        record: there, what is said to come later is.
        """
        np = self.np
        last = end - _RECORD
        lengths = np.ndarray((last + 1,), self.order + "u4", room, 8, (1,))
        begin = np.array(self._guesses(room, end), "i8")
        limit = np.append(begin[1:], last)
        steps, pos = [], begin
        while (pos < limit).any():
            for _ in range(_STEPS):
                steps.append(pos)
                pos = lengths[pos] + (pos + _RECORD)
                np.minimum(pos, last, out=pos)
        return begin, np.array([*steps, pos]).T

    def _guesses(self, room: bytearray, end: int) -> list[int]:
        """Places where records seem to start, the first of which is known to be one."""
        epoch, behind = bytes(room[self._epoch : self._epoch + 2]), self._epoch
        find, lengths = room.find, self._lengths
        guesses = [0]
        for lane in range(1, _LANES):
            at = lane * end // _LANES
            for _ in range(_TRIES):
                at = find(epoch, at, end) - behind
                if not 0 <= at <= end - _RECORD:
                    break
                kept, wire = lengths(room, at + 8)
                following = at + _RECORD + kept + behind
                if kept <= wire <= _PLAUSIBLE and room[following : following + 2] == epoch:
                    if guesses[-1] < at and following + 2 <= end - _RECORD:
                        guesses.append(at)
                    break
                at += behind + 1
        return guesses
