"""Who is inside a link, so that it can be closed at any moment.

Whoever is inside, in another thread or below in the stack where a signal's handler closes, leaves
first; the last one out frees what the link holds. A forked process is not let in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, RLock, get_ident

from umpa.errors import LinkClosed, LinkError

__all__ = ["Turns"]

_PATIENCE = 5.0  # seconds that `close` waits for others; who is woken leaves in microseconds


class Turns:
    """The lock of a link, and those who wait without holding it.

    To do something: `with turns.use()`. To wait: be in `waiting` first, then look whether it is
    closed; and `settle()` at the end, the lock held.
    """

    def __init__(self, name: str, free: Callable[[], object]) -> None:
        self._name = name
        self._free = free
        self._pid = os.getpid()
        self.lock = RLock()
        self._left = Condition(self.lock)
        self.busy = False
        """Whether a thread, holding the lock, is in the middle of what cannot be entered again."""
        self.waiting: dict[object, int] = {}
        """Those who wait without the lock, with the numbers of their threads."""
        self.closed = False
        self.freed = False
        """Whether what it held was given back."""

    @contextmanager
    def use(self) -> Iterator[bool]:
        """Be inside, alone; gives whether this very thread is inside already, further down.

        :raises LinkClosed: the link was closed.
        :raises LinkError: this is a forked process.
        """
        self.refuse_fork()
        with self.lock:
            nested, self.busy = self.busy, True  # from here on, nothing is freed
            try:
                self.refuse_closed()
                yield nested
            finally:
                self.busy = nested
                self.settle()

    @property
    def forked(self) -> bool:
        """Whether this process is not the one that opened the link."""
        return os.getpid() != self._pid

    def refuse_fork(self) -> None:
        """Before the lock is taken: in a fork it may be held by a thread that is not there.

        :raises LinkError: this is a forked process.
        """
        if self.forked:
            raise LinkError(
                f"the link '{self._name}' was opened by process {self._pid}, and this is a fork of "
                "it: two processes would take frames from one ring; open a link of its own here"
            )

    def refuse_closed(self) -> None:
        """:raises LinkClosed: the link was closed."""
        if self.closed:
            raise LinkClosed(f"the link '{self._name}' was closed: open a new one")

    def settle(self) -> None:
        """Free everything, once, when the link is closed and nobody is inside any more."""
        if self.closed and not self.freed and not self.busy and not self.waiting:
            self.freed = True
            self._free()
            self._left.notify_all()

    def close(self, wake: Callable[[], object]) -> None:
        """Close the link; `wake` makes those leave who wait."""
        if self.forked:  # nobody else is here, and the lock may be held for ever
            self.closed, self.busy = True, False
            self.waiting.clear()
            if not self.freed:
                self.freed = True
                self._free()
            return
        with self.lock:
            self.closed = True
            if not self.freed:
                wake()
            self.settle()
            if not self.busy and get_ident() not in self.waiting.values():
                self._left.wait_for(lambda: self.freed, _PATIENCE)
