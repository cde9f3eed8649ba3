"""What a capture got and lost."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

from umpa.core.packet import Packet
from umpa.errors import CaptureWarning

__all__ = ["CaptureStats", "Received", "warn_of_losses"]


@dataclass(frozen=True)
class CaptureStats:
    """What went through a capture since it was opened, over all its sources."""

    received: int = 0
    """Frames that came in and passed the kernel's part of the filter, those lost included."""
    dropped: int = 0
    """Of these, frames lost because they were not read in time."""
    dropped_by_interface: int = 0
    """Frames that the interface or its driver lost before."""
    rejected: int = 0
    """Frames that were read, and did not pass the rest of the filter."""
    captured: int = 0
    """Packets that passed everything."""
    interruptions: int = 0
    """How often a device went down or away, and the capture went on afterwards."""

    @property
    def lost(self) -> int:
        """Dropped, here or before."""
        return self.dropped + self.dropped_by_interface


class Received(list[Packet]):
    """Packets, and what the capture that they come from got and lost: `.stats`.

    `.ending` says whether Ctrl-C ended it.
    """

    stats: CaptureStats = CaptureStats()
    ending: Literal["complete", "interrupted"] = "complete"


def warn_of_losses(name: str, stats: CaptureStats, ring: int, immediate: bool) -> None:
    """Say how many packets were lost, and what to change. `ring` is its size in bytes, or 0."""
    advice = []
    if stats.dropped and ring:
        advice.append(f"give a larger ring, buffer_size={max(4 * ring, 1 << 24) >> 20} << 20")
        if immediate:
            advice.append("leave immediate=True out, or give snaplen=2048 beside it")
        advice.append("give a filter that lets less in, or do less for each packet")
    elif stats.dropped:
        advice.append("read more often, or do less for each packet")
    if stats.dropped_by_interface:
        advice.append("give the interface a larger ring (on Linux: ethtool -G)")
    parts = [f"{stats.dropped} because they were not read in time"] if stats.dropped else []
    if stats.dropped_by_interface:
        parts.append(f"{stats.dropped_by_interface} by the interface")
    total = stats.received + stats.dropped_by_interface
    warnings.warn(
        f"{name}: of {total} packets {stats.lost} were lost, {' and '.join(parts)}: "
        f"{'; '.join(advice)}",
        CaptureWarning,
        stacklevel=4,
    )
