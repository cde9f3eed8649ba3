"""Bytes that come in pieces, in any order, some of them twice: put where they belong."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import ne

__all__ = ["Assembly"]

_MOST_RUNS = 1 << 16
"""Pieces with holes between them: who sends every other byte gets no more memory than this."""


class Assembly:
    """Bytes by their offset. Of those that come twice, the first win; no hole is ever closed up."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._starts: list[int] = []
        self._runs: list[bytearray] = []
        self.kept = 0
        """Bytes that are there."""
        self.dropped = 0
        """Bytes for which there was no room."""
        self.repeated = 0
        """Bytes that came again."""
        self.conflicts = 0
        """Those of them that were different."""

    def add(self, at: int, data: bytes) -> None:
        """Put `data` at the offset `at`, where nothing is yet."""
        end, position = at + len(data), at
        first = index = max(0, bisect_right(self._starts, at) - 1)
        while position < end:
            start = self._starts[index] if index < len(self._starts) else end
            if position < start:
                stop = min(start, end)
                index = self._put(index, position, data[position - at : stop - at])
            else:
                stop = min(self._end(index), end)
                if position < stop:
                    self._repeat(index, position, data[position - at : stop - at])
                index += 1
            position = max(position, stop)
        self._join(first, index)

    def holds(self, at: int) -> bool:
        """Whether the byte at an offset is there."""
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at < self._end(index)

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """What is there: offset and bytes, from hole to hole."""
        start, parts, end = 0, list[bytearray](), 0
        for at, run in zip(self._starts, self._runs, strict=True):
            if parts and at != end:
                yield start, b"".join(parts)
                parts = []
            if not parts:
                start = at
            parts.append(run)
            end = at + len(run)
        if parts:
            yield start, b"".join(parts)

    @property
    def start(self) -> int:
        """The offset of the first byte; 0 where there is none."""
        return self._starts[0] if self._starts else 0

    def _end(self, index: int) -> int:
        return self._starts[index] + len(self._runs[index])

    def _put(self, index: int, at: int, data: bytes) -> int:
        """Put bytes in front of the run at `index`; returns where that run is then."""
        touches = index > 0 and self._end(index - 1) == at
        full = not touches and len(self._runs) >= _MOST_RUNS
        room = 0 if full else min(len(data), self._most - self.kept)
        self.dropped += len(data) - room
        self.kept += room
        if not room:
            return index
        if touches:
            self._runs[index - 1] += data[:room]
            return index
        self._starts.insert(index, at)
        self._runs.insert(index, bytearray(data[:room]))
        return index + 1

    def _repeat(self, index: int, at: int, data: bytes) -> None:
        """Count bytes that are there already."""
        begin = at - self._starts[index]
        known = self._runs[index][begin : begin + len(data)]
        self.repeated += len(data)
        if known != data:
            self.conflicts += sum(map(ne, known, data))

    def _join(self, first: int, last: int) -> None:
        """Join runs that touch. Only a shorter one moves, or each byte could move again and again.

        Runs that touch and stay two are joined when they are read.
        """
        for index in range(min(last, len(self._runs) - 1), max(first, 1) - 1, -1):
            before, run = self._runs[index - 1], self._runs[index]
            if self._end(index - 1) == self._starts[index] and len(run) <= len(before):
                before += run
                del self._starts[index], self._runs[index]
