"""Deadlines, and nothing else: no clock, no sleep, no socket. Whoever drives it passes `now`.

1. A deadline is absolute. It is never computed from when something happened, so nothing drifts.
2. What is due first runs first; what is due at the same time runs in the order of its creation.
3. An entry is in the heap at most once. What was cancelled is left there until its turn, or until
   half of the heap is such. So a deadline costs the logarithm of the number of entries.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from umpa.schedule.report import Ending

__all__ = ["Agenda", "Entry"]

_FEW = 64  # a heap of so few is not tidied up


class Entry:
    """Something with deadlines."""

    due_ns: int
    """The next deadline, on the clock of whoever drives."""
    endless = False
    """Whether it goes on until somebody ends it."""

    def __init__(self) -> None:
        self.ending: Ending = "running"
        self.error: Exception | None = None
        self.on_end: Callable[[], object] | None = None
        self._agenda: Agenda | None = None
        self._ticket: tuple[int, int, Entry] | None = None
        self.order = 0
        """The place among those that are due at the same time."""
        self._paused_ns: int | None = None
        self._on_hold = False

    def run(self, now: int) -> bool:
        """Do what is due, and set `due_ns`; False when that was the last."""
        raise NotImplementedError

    def shift(self, by: int) -> None:
        """Move all deadlines to come."""
        self.due_ns += by

    @property
    def done(self) -> bool:
        """Whether nothing more will happen."""
        return self.ending != "running"

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self._paused_ns is not None

    def cancel(self) -> None:
        """End it: nothing more happens. What is done already is left as it is."""
        self.end("cancelled")

    def pause(self) -> None:
        """Stand still, until `resume`."""
        if self._paused_ns is None and not self.done and self._agenda is not None:
            self._paused_ns = self._agenda.now()
            self._agenda.withdraw(self)

    def resume(self) -> None:
        """Go on; all deadlines to come are later by the length of the pause."""
        if self._paused_ns is not None and self._agenda is not None:
            self.shift(self._agenda.now() - self._paused_ns)
            self._paused_ns = None
            if not self.done and not self._on_hold:
                self._agenda.put(self)

    def hold(self) -> None:
        """From within `run`: no further run before `release`. Deadlines pass meanwhile."""
        self._on_hold = True

    def release(self) -> None:
        """End `hold`."""
        self._on_hold = False
        if self._agenda is not None and not self.done and self._paused_ns is None:
            self._agenda.put(self)

    def end(self, how: Ending, error: Exception | None = None) -> None:
        """Leave the agenda for ever."""
        if self.done:
            return
        self.ending, self.error = how, error
        if self._agenda is not None:
            self._agenda.remove(self)
        if self.on_end is not None:
            self.on_end()


class Agenda:
    """Entries by their deadlines. `now` tells the time in nanoseconds, `changed` is called when
    there may be an earlier deadline than before."""

    def __init__(self, now: Callable[[], int], changed: Callable[[], object] | None = None) -> None:
        self.now = now
        self._changed = changed
        self._heap: list[tuple[int, int, Entry]] = []
        self._entries: dict[Entry, None] = {}
        self._stale = 0
        self._number = 0
        self._running: Entry | None = None

    def add(self, entry: Entry, order: int | None = None) -> None:
        """Take in an entry; `order` is its place among those due at the same time."""
        self._number += 1
        entry._agenda, entry.order = self, self._number if order is None else order
        self._entries[entry] = None
        self.put(entry)

    def put(self, entry: Entry) -> None:
        """Enter it with its next deadline."""
        if entry is self._running or entry._ticket is not None:
            return  # it is put when it is through, or it is there
        ticket = entry._ticket = (entry.due_ns, entry.order, entry)
        heappush(self._heap, ticket)
        if self._changed is not None and self._heap[0] is ticket:
            self._changed()

    def withdraw(self, entry: Entry) -> None:
        """Take it out of the heap."""
        if entry._ticket is None:
            return
        entry._ticket = None
        self._stale += 1
        if self._stale > _FEW and self._stale * 2 > len(self._heap):
            self._heap = [item for item in self._heap if item[2]._ticket is item]
            heapify(self._heap)
            self._stale = 0

    def remove(self, entry: Entry) -> None:
        """Forget it."""
        self.withdraw(entry)
        self._entries.pop(entry, None)

    @property
    def entries(self) -> list[Entry]:
        """Those that are not done, in the order of their creation."""
        return list(self._entries)

    def head(self) -> Entry | None:
        """The entry that is due next."""
        heap = self._heap
        while heap:
            item = heap[0]
            if item[2]._ticket is item:
                return item[2]
            heappop(heap)
            self._stale -= 1
        return None

    def next_ns(self) -> int | None:
        """The next deadline."""
        head = self.head()
        return None if head is None else head.due_ns

    def step(self, now: int) -> Entry | None:
        """Run the entry at the head, if it is due; the entry that ran.

        An `Exception` it raises ends it, and is left in its `error`.
        """
        entry = self.head()
        if entry is None or entry.due_ns > now:
            return None
        self.run_head(entry, now)
        return entry

    def run_head(self, entry: Entry, now: int) -> Exception | None:
        """The same for the entry at the head, which is due; the error that ended it."""
        heappop(self._heap)
        entry._ticket = None
        self._running = entry
        more = True
        try:
            more = entry.run(now)
        except Exception as error:
            entry.end("failed", error)
            return error
        finally:
            self._running = None
            stays = more and entry.ending == "running"
            if stays and not entry._on_hold and entry._paused_ns is None:
                ticket = entry._ticket = (entry.due_ns, entry.order, entry)
                heappush(self._heap, ticket)
        if not more:
            entry.end("complete")
        return None
