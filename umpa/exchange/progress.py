"""How far a long exchange is: a line on a terminal, or whatever the user's function makes of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeAlias

from umpa.exchange.answers import ExchangeStats
from umpa.exchange.core import Exchange
from umpa.link.impairment import SECOND

__all__ = ["Line", "Progress", "teller"]

Progress: TypeAlias = "bool | Callable[[ExchangeStats], object]"
"""True or None: a line on standard error, if that is a terminal and it takes more than a second.
False: nothing. A function: called with the figures, five times a second."""

_PATIENCE = SECOND
_PACE = SECOND // 5


class Line:
    """Such as `1200 of 10000 sent, 900 answered, 300 under way`."""

    def __init__(self, progress: Progress | None) -> None:
        self._call = progress if callable(progress) else None
        self._wanted = self._call is not None or (progress is not False and sys.stderr.isatty())
        self._drawn = False
        self._next: int | None = None

    def look(self, exchange: Exchange, now: int) -> int | None:
        """Tell, if it is time to; returns when it will be, None for never."""
        if not self._wanted:
            return None
        if self._next is None:
            self._next = now + (_PACE if self._call else _PATIENCE)
        if now < self._next:
            return self._next
        self._next = now + _PACE
        stats = exchange.stats
        if self._call is not None:
            self._call(stats)
        else:
            self._drawn = True
            self._write(
                f"{stats.sent - stats.retries} of {stats.requests} sent, {stats.answered} "
                f"answered, {exchange.in_flight} under way"
            )
        return self._next

    def erase(self) -> None:
        """Make room for other output."""
        if self._drawn:
            self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()


def teller(progress: Progress | None, exchange: Exchange) -> Line:
    """What tells of an exchange; call its `erase` at the end."""
    line = Line(progress)
    exchange.on_progress = line.look
    return line
