"""Who waits, and where: for the error of a program that stands still."""

from __future__ import annotations

from asyncio import Task
from collections.abc import Iterable
from types import CodeType
from typing import Any

__all__ = ["who_waits"]

_SHOWN = 20


def who_waits(tasks: Iterable[Task[Any]]) -> str:
    """A line for each task, in order of names: what it is, and the line at which it waits."""
    lines = sorted(_line(task) for task in tasks)
    left = len(lines) - _SHOWN
    return "\n".join(lines[:_SHOWN]) + (f"\n  and {left} more" if left > 0 else "")


def _line(task: Task[Any]) -> str:
    coroutine: Any = task.get_coro()
    name = getattr(coroutine, "__qualname__", repr(coroutine))
    where = ""
    while coroutine is not None:  # down to the innermost that has a line
        for prefix in ("cr", "gi", "ag"):
            frame = getattr(coroutine, f"{prefix}_frame", None)
            if frame is not None:
                code: CodeType = frame.f_code
                where = f" at {code.co_filename}:{frame.f_lineno} in {code.co_name}"
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return f"  {task.get_name()} ({name}) waits{where}"
