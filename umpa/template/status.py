"""What a run counts, and how that is told: as text, and to whoever reads `Status`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Counts", "RuleStatus", "Status", "TimerStatus"]

_MOST_NAMES = 1000


class Counts:
    """The figures of a run that grow."""

    def __init__(self) -> None:
        self.received = 0
        self.sent = 0
        self.dropped: dict[str, int] = {}
        """Packets that were not handled or not sent, by cause."""
        self.events: dict[str, int] = {}
        """What the template counts (`context.count`)."""

    def drop(self, cause: str, number: int = 1) -> None:
        """Count packets that were lost for a reason."""
        if number:
            self.dropped[cause] = self.dropped.get(cause, 0) + number

    def count(self, name: str, number: int = 1) -> None:
        """Count something of the template's; names beyond the 1000th are counted as "other"."""
        if name not in self.events and len(self.events) >= _MOST_NAMES:
            name = "other"
        self.events[name] = self.events.get(name, 0) + number


@dataclass(frozen=True)
class RuleStatus:
    """What became of one rule."""

    name: str
    place: str
    kind: str
    matched: int
    answered: int
    """Packets it sent by returning them."""
    failed: int
    left_out: int
    """Packets beyond its limit, or while another was handled."""
    running: int
    off: bool
    """Whether it is switched off at the moment, because it kept failing."""
    patched: int = 0
    """Replies made by pattern."""
    patterns_refused: int = 0
    """Patterns given up, because the function answered otherwise."""


@dataclass(frozen=True)
class TimerStatus:
    """What became of one timer."""

    name: str
    place: str
    calls: int
    missed: int
    failed: int


@dataclass(frozen=True)
class Status:
    """How a run goes, or went."""

    file: str
    seed: int
    seconds: float
    """Since the start, on the run's clock."""
    link: str
    state: str
    """Of the link: "up" or "down"."""
    received: int
    sent: int
    lost: int
    """Packets that the link lost before anybody saw them."""
    asked: int
    """Requests that wait for an answer."""
    waiting: int
    """Frames that wait to be sent."""
    reloads: int
    memory: int
    """Bytes that the process keeps in memory; 0 where that is not known."""
    rules: tuple[RuleStatus, ...] = ()
    timers: tuple[TimerStatus, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    resources: tuple[tuple[str, Mapping[str, object]], ...] = ()

    def line(self) -> str:
        """The most important of it, short."""
        running = sum(rule.running for rule in self.rules)
        dropped = sum(self.dropped.values()) + self.lost
        return (
            f"{self.seconds:.0f} s  {self.link} {self.state}  received {self.received}  "
            f"sent {self.sent}  dropped {dropped}  running {running}"
        )

    def __str__(self) -> str:
        lines = [
            f"{self.file}: {self.seconds:.3f} s on {self.link} ({self.state}), seed {self.seed}",
            f"  received {self.received}, sent {self.sent}, lost {self.lost}, "
            f"asked {self.asked}, waiting {self.waiting}, reloads {self.reloads}",
        ]
        if self.memory:
            lines.append(f"  memory {self.memory / 1e6:.1f} MB")
        for rule in self.rules:
            text = f"  {rule.kind} {rule.name} (line {rule.place.rpartition(':')[2]}): "
            text += f"matched {rule.matched}, answered {rule.answered}"
            for name in ("failed", "left_out", "running", "patched", "patterns_refused"):
                if getattr(rule, name):
                    text += f", {name.replace('_', ' ')} {getattr(rule, name)}"
            lines.append(text + (", switched off" if rule.off else ""))
        for timer in self.timers:
            text = f"  timer {timer.name}: called {timer.calls}, missed {timer.missed}"
            lines.append(text + (f", failed {timer.failed}" if timer.failed else ""))
        for title, figures in (("dropped", self.dropped), ("counted", self.counts)):
            if figures:
                told = ", ".join(f"{name} {figures[name]}" for name in sorted(figures))
                lines.append(f"  {title}: {told}")
        for name, values in self.resources:
            lines.append(f"  {name}: {', '.join(f'{k} {v}' for k, v in values.items())}")
        return "\n".join(lines)


def memory() -> int:
    """Bytes that this process keeps in memory; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0
    import resource

    return pages * resource.getpagesize()
