"""Packets and callbacks at their times: a blocking face, an asyncio face, and virtual time.

report = Scheduler(link).send(packets, interval=0.01)

async with AsyncScheduler(link) as scheduler:
    job = scheduler.send(packets, interval=0.01)

run(main(), clock=VirtualClock())
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umpa.schedule.aio import AsyncScheduler, Job
    from umpa.schedule.blocking import Scheduler
    from umpa.schedule.clock import VirtualClock
    from umpa.schedule.course import Timer
    from umpa.schedule.loop import run
    from umpa.schedule.pace import ramp
    from umpa.schedule.report import Lateness, Report
    from umpa.schedule.train import Train

__all__ = [
    "AsyncScheduler",
    "Job",
    "Lateness",
    "Report",
    "Scheduler",
    "Timer",
    "Train",
    "VirtualClock",
    "ramp",
    "run",
]

# Loaded on first use: whoever blocks does not pay for asyncio.
_HOMES = {
    "AsyncScheduler": "aio",
    "Job": "aio",
    "Lateness": "report",
    "Report": "report",
    "Scheduler": "blocking",
    "Timer": "course",
    "Train": "train",
    "VirtualClock": "clock",
    "ramp": "pace",
    "run": "loop",
}

if not TYPE_CHECKING:  # for type checkers a misspelt name is an error

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'umpa.schedule' has no attribute '{name}'")
        value = globals()[name] = getattr(import_module(f"umpa.schedule.{home}"), name)
        return value
