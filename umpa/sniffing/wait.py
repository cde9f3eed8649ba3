"""Waiting, in threads, for any of the sources of a capture.

Whoever waits for several links at once leaves before their descriptors are given back (`Turns`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import get_ident

from umpa.errors import LinkError
from umpa.link.base import Link
from umpa.link.ready import Ready
from umpa.link.turns import Turns
from umpa.sniffing.inlet import Inlet

__all__ = ["Waiter"]

_SLICE = 0.1  # s; elsewhere than on Linux a link may have to look at its device from time to time


class Waiter:
    """Waits for one link by the link itself, and for several at all their descriptors."""

    def __init__(self, name: str, inlets: Sequence[Inlet]) -> None:
        self._inlets = inlets
        links = [inlet.link for inlet in inlets if inlet.link is not None]
        self._link = links[0] if len(inlets) == len(links) == 1 else None
        self._ready: Ready | None = None
        self._silent: list[Link] = []
        self._turns = Turns(name, self._free)
        if self._link is None and links:
            self._ready = Ready()
            for link in links:
                if link.fileno() >= 0:
                    self._ready.add(link.fileno())
                else:
                    link.on_ready(self._ready.ring)
                    self._silent.append(link)

    def wait(self, timeout: float | None) -> None:
        """Wait until something may be there, for `timeout` seconds at most, or for a `wake`.

        :raises LinkClosed: this was closed.
        :raises LinkError: in a forked process.
        """
        if any(inlet.link is None and not inlet.exhausted for inlet in self._inlets):
            return  # a file: there is something, always
        self._turns.refuse_fork()
        me = object()
        try:
            with self._turns.lock:
                self._turns.waiting[me] = get_ident()
                self._turns.refuse_closed()
            if self._link is not None:
                self._link.wait(timeout)
            elif self._ready is not None:
                self._ready.wait(self._limit(timeout))
                if not self._turns.closed:
                    self._ready.hush()
        finally:
            with self._turns.lock:
                self._turns.waiting.pop(me, None)
                if self._turns.closed and self._turns.waiting and not self._turns.freed:
                    self._ring()  # a link may wake but one
                self._turns.settle()

    def _limit(self, timeout: float | None) -> float | None:
        """The time to wait: less than `timeout` where a link holds something back until then."""
        limits = [] if timeout is None else [timeout]
        if sys.platform != "linux":
            limits.append(_SLICE)
        for link in self._silent:
            due = link.due_ns()
            if due is not None:
                limits.append(max(0.0, (due - link.clock.monotonic_ns()) / 1e9))
        return min(limits, default=None)

    @property
    def anybody(self) -> bool:
        """Whether a thread waits."""
        return bool(self._turns.waiting)

    def wake(self) -> None:
        """End a wait in another thread, or the next one."""
        with self._turns.lock:
            if not self._turns.closed:
                self._ring()

    def _ring(self) -> None:
        with suppress(LinkError):  # closed meanwhile, which wakes as well
            if self._link is not None:
                self._link.wakeup()
            elif self._ready is not None:
                self._ready.ring()

    def close(self) -> None:
        """Let those leave who wait, and give the descriptors back: before the links are closed."""
        if not self._turns.closed:
            self._turns.close(self._ring if self.anybody else lambda: None)

    def _free(self) -> None:
        for link in self._silent:
            link.on_ready(None)
        if self._ready is not None:
            self._ready.close()
