"""How far a long job is: a line on a terminal, or whatever the user's function makes of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

from umpa.schedule.course import Timer
from umpa.schedule.report import Report
from umpa.schedule.times import SECOND
from umpa.schedule.train import Train

__all__ = ["Progress", "follow"]

Progress: TypeAlias = "bool | Callable[[Report], object]"
"""True: a line on standard error, if that is a terminal. A function: called with the report."""

_PATIENCE = SECOND
_PACE = SECOND // 5


def follow(train: Train, progress: Progress, now: int) -> Timer | None:
    """What tells of a train, five times a second; None where nobody is told.

    Call its `cancel` when the train is through: that erases the line.
    """
    if callable(progress):
        return Timer(lambda: progress(train.report), _times(_PACE), now, missed="coalesce")
    if not progress or not sys.stderr.isatty():
        return None
    line = _Line(train)
    timer = Timer(line.draw, _times(_PATIENCE), now, missed="coalesce")
    timer.on_end = line.erase
    return timer


def _times(first: int) -> Iterator[tuple[int, None]]:
    while True:
        yield first, None
        first += _PACE


class _Line:
    """Such as `1200 packets, 72000 bytes, 100/s; 60 µs median, 80 µs 99 %, 1.2 ms max`."""

    def __init__(self, train: Train) -> None:
        self._train = train
        self._drawn = False

    def draw(self) -> None:
        """Write the line anew."""
        report = self._train.report
        rate = "" if report.rate is None else f", {report.rate:.6g}/s"
        self._write(f"{report.sent} packets, {report.bytes} bytes{rate}; {report.lateness}")
        self._drawn = True

    def erase(self) -> None:
        """Make room for other output."""
        if self._drawn:
            self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()
