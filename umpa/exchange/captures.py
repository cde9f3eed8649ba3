"""Captures that see the answers, kept from one call to the next: opening one takes the kernel long.

1. A capture is kept only where that harms nobody: not promiscuous, and deaf while it is not used,
   so that its ring stays empty. One a device; closed when it was not used for long and somebody
   asks again, when its device changed, or when the interpreter ends.
2. It belongs to one exchange at a time: who comes second opens another.
3. It is armed when it is taken: its filter is set before the first packet leaves. What it may still
   hold of before is older than `since`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from umpa.errors import LinkError
from umpa.link.base import LinkStats
from umpa.link.device import number_of
from umpa.link.impairment import SECOND
from umpa.link.live import LiveLink

__all__ = ["Armed", "Captures"]

_DEAF = "len == 0"
_MOST = 4
_IDLE = 60 * SECOND
_SNAPLEN = 65535
_RING = 8 << 20  # bytes, for a usual window of whole frames; it stays with what is kept
_TIMEOUT_MS = 1  # what came is told of after so long; its time is the capture's
_MICROSECOND = 1000


class Armed:
    """A capture for one exchange."""

    def __init__(self, link: LiveLink, number: int) -> None:
        self.link = link
        self.number = number
        """The kernel's index of the device, when it was opened."""
        self.since = 0
        """What was captured before this moment is not for this exchange."""
        self.idle_ns = 0
        self._before = LinkStats()

    def arm(self, text: str) -> None:
        """Hear what a filter lets in, from now on; throw away what was heard before.

        :raises LinkError: the device changed meanwhile.
        """
        self._before = self.link.stats
        while self.link.read():
            pass
        self.link.set_filter(text)
        # some bindings tell microseconds
        self.since = time.time_ns() // _MICROSECOND * _MICROSECOND

    @property
    def dropped(self) -> int:
        """Frames lost since it was armed."""
        now, before = self.link.stats, self._before
        dropped = now.dropped - before.dropped
        return dropped + now.dropped_by_interface - before.dropped_by_interface


class Captures:
    """The captures of one network namespace and one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, Armed] = {}

    @contextmanager
    def armed(self, device: str, text: str, promisc: bool) -> Iterator[Armed]:
        """A capture that hears what `text` lets in; afterwards it is kept or closed.

        :raises FilterError: libpcap refuses the text.
        :raises LinkError: as `LiveLink`.
        """
        number = number_of(device)
        capture = None if promisc else self._take(device, number, text)
        if capture is None:
            capture = Armed(
                LiveLink(
                    device,
                    filter=text,
                    direction="in",
                    snaplen=_SNAPLEN,
                    buffer_size=_RING,
                    timeout_ms=_TIMEOUT_MS,
                    promisc=promisc,
                ),
                number,
            )
        try:
            yield capture
        except BaseException:
            capture.link.close()
            raise
        if promisc or not self._keep(device, capture):
            capture.link.close()

    def _take(self, device: str, number: int, text: str) -> Armed | None:
        """The one that was kept for the device, if it is still that device's."""
        self._close_idle()
        with self._lock:
            capture = self._kept.pop(device, None)
        if capture is None:
            return None
        try:
            if capture.number == number:
                capture.arm(text)
                return capture
        except LinkError:  # the device changed: opening it anew tells what became of it
            pass
        except BaseException:
            capture.link.close()
            raise
        capture.link.close()
        return None

    def _keep(self, device: str, capture: Armed) -> bool:
        """Deafen and keep it; False where that cannot be, or another is kept already."""
        try:
            capture.link.set_filter(_DEAF)
        except LinkError:
            return False
        capture.idle_ns = time.monotonic_ns()
        with self._lock:
            if device in self._kept:
                return False
            dropped = self._kept.pop(next(iter(self._kept))) if len(self._kept) >= _MOST else None
            self._kept[device] = capture
        if dropped is not None:
            dropped.link.close()
        return True

    def _close_idle(self) -> None:
        """Close those that nobody used for long."""
        limit = time.monotonic_ns() - _IDLE
        with self._lock:
            idle = [name for name, one in self._kept.items() if one.idle_ns < limit]
            old = [self._kept.pop(name) for name in idle]
        for one in old:
            one.link.close()

    def close(self) -> None:
        """Close all that are kept."""
        with self._lock:
            kept = list(self._kept.values())
            self._kept.clear()
        for one in kept:
            one.link.close()
