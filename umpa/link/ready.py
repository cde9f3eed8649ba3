"""Waiting for any of several descriptors, or for another thread that says so."""

from __future__ import annotations

import select
import socket
import sys
from contextlib import suppress

__all__ = ["Ready"]

_SLICE = 0.01  # Windows: libpcap's handles there cannot be polled, so they are looked at


class Ready:
    """Descriptors to wait for, and a way to end the waiting. Usable from several threads.

    On Linux the whole has a descriptor of its own, which stays the same while those inside change.
    """

    def __init__(self) -> None:
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self._inside: list[int] = []
        self._epoll = select.epoll() if sys.platform == "linux" else None
        self.add(self._bell.fileno())

    def add(self, descriptor: int) -> None:
        """Wait for this one too."""
        self._inside.append(descriptor)
        if self._epoll is not None:
            self._epoll.register(descriptor, select.EPOLLIN)

    def remove(self, descriptor: int) -> None:
        """Wait for it no longer. To be called before it is closed."""
        self._inside.remove(descriptor)
        if self._epoll is not None:
            self._epoll.unregister(descriptor)

    def fileno(self) -> int:
        """Readable when any is. Elsewhere than on Linux, that which was added first; or -1."""
        if self._epoll is not None:
            return self._epoll.fileno()
        return self._inside[1] if len(self._inside) > 1 else -1

    def wait(self, timeout: float | None) -> bool:
        """Wait until one is readable or rung for (True), or `timeout` seconds passed (False)."""
        if self._epoll is not None:
            return bool(self._epoll.poll(timeout, 1))
        if sys.platform == "win32":
            limit = _SLICE if timeout is None else min(timeout, _SLICE)
            select.select([self._bell], [], [], limit)
            return True
        poll = select.poll()
        for descriptor in self._inside:
            poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))

    def ring(self) -> None:
        """End a wait in another thread, or the next one."""
        with suppress(BlockingIOError):  # rung thousands of times and not heard: it will be
            self._button.send(b"!")

    def hush(self) -> None:
        """Hear what was rung."""
        with suppress(BlockingIOError):
            self._bell.recv(4096)

    def close(self) -> None:
        """Give the descriptors back; not those that were added."""
        if self._epoll is not None:
            self._epoll.close()
        self._bell.close()
        self._button.close()
