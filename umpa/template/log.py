"""What a run says, a line at a time: with the run's time, and bounded where it repeats itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Log", "LogSink"]

LogSink: TypeAlias = Callable[[int, str], object]
"""Takes a level of `logging` and a line."""

_ALWAYS = 10
_MOST_KEYS = 1024


class Log:
    """Writes lines to `sink`; the standard logger "umpa.template" unless told otherwise."""

    def __init__(self, now: Callable[[], float], sink: LogSink | None) -> None:
        self._now = now
        self._sink = sink or logging.getLogger("umpa.template").log
        self._times: dict[object, int] = {}

    def say(self, text: str, **fields: object) -> None:
        """What the template has to say."""
        self._write(logging.INFO, text, fields)

    def warn(self, text: str) -> None:
        """What the run has to say, and somebody should look after."""
        self._write(logging.WARNING, text, {})

    def warn_again(self, key: object, text: Callable[[], str]) -> None:
        """The same for what may come a million times: the first ten, then each power of ten."""
        if len(self._times) >= _MOST_KEYS:
            self._times.clear()
        times = self._times[key] = self._times.get(key, 0) + 1
        if times <= _ALWAYS:
            self.warn(text())
        elif str(times).strip("0") == "1":
            self.warn(f"{text()} ({times} times so far)")

    def _write(self, level: int, text: str, fields: dict[str, object]) -> None:
        told = "".join(f" {name}={value}" for name, value in fields.items())
        self._sink(level, f"{self._now():.6f} {text}{told}")
