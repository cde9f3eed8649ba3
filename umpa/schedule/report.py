"""What became of a job."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from umpa.schedule.lateness import Lateness, duration

__all__ = ["Ending", "Lateness", "Report"]

Ending: TypeAlias = Literal["running", "complete", "cancelled", "interrupted", "failed"]


@dataclass(frozen=True)
class Report:
    """What was sent, how well the times were kept, and what was lost.

    Every packet that was taken is in one of `sent`, `missed` and `errors`.
    """

    sent: int = 0
    """Packets that the link took."""
    bytes: int = 0
    """Of these packets."""
    asked_rate: float | None = None
    """Packets per second that were asked for, where that was one number."""
    duration: float = 0.0
    """Seconds from the first packet to the last."""
    lateness: Lateness = field(default_factory=Lateness)
    """How long after its deadline a packet was given to the link, in seconds."""
    missed: int = 0
    """Packets whose deadline passed, and that were left out (`missed="skip"` or "coalesce")."""
    errors: dict[str, int] = field(default_factory=dict[str, int])
    """Packets that could not be sent, by the kind of error."""
    retries: int = 0
    """How often a packet was tried once more."""
    suspended: float = 0.0
    """Seconds that the machine slept meanwhile, which no deadline counts (Linux)."""
    precise: bool = False
    ending: Ending = "complete"

    @property
    def rate(self) -> float | None:
        """Packets per second that were reached; None for less than two packets."""
        return (self.sent - 1) / self.duration if self.sent > 1 and self.duration else None

    def __str__(self) -> str:
        text = f"{self.sent} packets, {self.bytes} bytes in {duration(self.duration)}"
        if self.rate is not None:
            text += f", {_rate(self.rate)}"
            if self.asked_rate is not None:
                text += f" of {_rate(self.asked_rate)} asked"
        text += f"; late by {self.lateness}"
        notes = [f"{self.missed} missed"] if self.missed else []
        notes += [f"{count} {cause}" for cause, count in sorted(self.errors.items())]
        notes += [f"{self.retries} retries"] if self.retries else []
        notes += [f"suspended {duration(self.suspended)}"] if self.suspended else []
        notes += [self.ending] if self.ending != "complete" else []
        return text + "".join(f"; {note}" for note in notes)

    def table(self) -> str:
        """The same, a line for each figure."""
        errors = ", ".join(f"{count} {cause}" for cause, count in sorted(self.errors.items()))
        rows = [
            ("sent", f"{self.sent} packets, {self.bytes} bytes"),
            ("duration", duration(self.duration)),
            ("rate asked", "-" if self.asked_rate is None else _rate(self.asked_rate)),
            ("rate reached", "-" if self.rate is None else _rate(self.rate)),
            ("late, median", duration(self.lateness.median)),
            ("late, 99 %", duration(self.lateness.p99)),
            ("late, max", duration(self.lateness.max)),
            ("missed", str(self.missed)),
            ("errors", errors or "none"),
            ("retries", str(self.retries)),
            ("suspended", duration(self.suspended) if self.suspended else "no"),
            ("precise", "yes" if self.precise else "no"),
            ("ending", self.ending),
        ]
        return "\n".join(f"{name:<14}{value}" for name, value in rows)

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain values, for JSON."""
        return {**asdict(self), "rate": self.rate}


def _rate(rate: float) -> str:
    return f"{rate:.6g}/s"
