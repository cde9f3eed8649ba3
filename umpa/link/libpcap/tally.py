"""libpcap's counters, without end and over several handles."""

from __future__ import annotations

from umpa.errors import LinkError
from umpa.link.libpcap.backend import Handle

__all__ = ["Tally"]

_OFTEN = 1 << 24  # frames between two looks: libpcap's counters start again at 2**32


class Tally:
    """What handles, one after the other, received and lost."""

    received = dropped = dropped_by_interface = unsure = 0

    def __init__(self) -> None:
        self._handle: Handle | None = None
        self._before = (0, 0, 0)
        self._unsure_before = self._since = 0

    def start(self, handle: Handle) -> None:
        """From now on, count this one too, which was just opened."""
        self._handle, self._before, self._unsure_before = handle, (0, 0, 0), 0

    def read(self, number: int) -> None:
        """So many frames were read."""
        self._since += number
        if self._since >= _OFTEN:
            self.count()

    def count(self) -> None:
        """Ask libpcap."""
        self._since = 0
        if self._handle is None:
            return
        self.unsure += self._handle.unsure - self._unsure_before
        self._unsure_before = self._handle.unsure
        try:
            now = self._handle.stats()
        except LinkError:  # of a device that is going
            return
        received, dropped, by_interface = (
            (new - old) & 0xFFFFFFFF for new, old in zip(now, self._before, strict=True)
        )
        self._before = now
        self.received += received
        self.dropped += dropped
        self.dropped_by_interface += by_interface

    def stop(self) -> None:
        """Count a last time, before the handle is closed."""
        self.count()
        self._handle = None
