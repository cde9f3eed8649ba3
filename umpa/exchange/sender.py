"""Open links to send through and to listen with, kept from one call to the next.

1. A `Sender` belongs to one network namespace and one process: links of another would send there.
2. What is kept is bounded, and closed when the interpreter ends.
3. A device that was removed and made again has another number: its old link is not used.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING

from umpa.exchange.captures import Captures
from umpa.exchange.way import Ready, Ways
from umpa.link.base import Link
from umpa.link.device import number_of

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Sender", "shared_sender"]

_LINUX = sys.platform == "linux"
_MOST_LINKS = 16
_MOST_SENDERS = 4


class Sender:
    """Ways, the links that lead there, and the captures that see what comes back."""

    def __init__(self) -> None:
        self.ways = Ways()
        self.captures = Captures()
        self._lock = Lock()
        self._links: dict[tuple[str, bool], tuple[int, Link]] = {}

    def out(self, ready: Ready) -> Link:
        """The link for a packet."""
        return self.link(ready.way.device, ready.way.kernel)

    def link(self, device: str, kernel: bool = False) -> Link:
        """An open link: raw frames through a device, or packets of IP that the kernel delivers.

        :raises NoSuchDevice: there is no such device; the message lists those there are.
        :raises PermissionDenied: the process may not; the message says what would allow it.
        """
        with self._lock:
            number = 0 if kernel else number_of(device)
            known = self._links.get((device, kernel))
            if known is not None:
                if known[0] == number and not known[1].closed:
                    return known[1]
                del self._links[device, kernel]
                known[1].close()
            made = _opened(self.ways.device(device).name, kernel)
            while len(self._links) >= _MOST_LINKS:
                _, old = self._links.pop(next(iter(self._links)))
                old.close()
            self._links[device, kernel] = number, made
            return made

    def out_by_device(self) -> Callable[[Ready], Link]:
        """`out` for one call: each device is looked after once."""
        links: dict[tuple[str, bool], Link] = {}

        def out(ready: Ready) -> Link:
            key = ready.way.device, ready.way.kernel
            link = links.get(key)
            if link is None:
                link = links[key] = self.link(*key)
            return link

        return out

    def close(self) -> None:
        """Close everything."""
        self.captures.close()
        with self._lock:
            self.ways.close()
            for _, link in self._links.values():
                link.close()
            self._links.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _opened(device: str, kernel: bool) -> Link:
    import umpa.link
    from umpa.link.raw import RawIPLink, RawLink

    if kernel:
        return RawIPLink()
    return RawLink(device) if _LINUX else umpa.link.open(device)


_senders: dict[tuple[int, int], Sender] = {}
_lock = Lock()


def shared_sender() -> Sender:
    """The sender of this process, in the network namespace that the thread is in."""
    namespace = 0
    with suppress(OSError):
        namespace = os.stat("/proc/thread-self/ns/net").st_ino
    key = os.getpid(), namespace
    with _lock:
        sender = _senders.pop(key, None)
        if sender is None:
            sender = Sender()
            if not _senders:
                atexit.register(_close_all)
            while len(_senders) >= _MOST_SENDERS:
                _senders.pop(next(iter(_senders))).close()
        _senders[key] = sender
        return sender


def _close_all() -> None:
    with _lock:
        for sender in _senders.values():
            sender.close()
        _senders.clear()
