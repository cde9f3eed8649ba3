"""A link over a socket that sends, and never receives.

The socket is non-blocking; `_lock` guards it and the counters.
"""

from __future__ import annotations

import errno
import select
import socket
import sys
import time
from collections.abc import Callable
from threading import Condition, Lock

from umpa.core.packet import Packet
from umpa.errors import (
    EncodeError,
    LinkClosed,
    LinkDown,
    LinkError,
    PermissionDenied,
    UmpaError,
    WouldBlock,
)
from umpa.link.base import BATCH, Frame, Link, LinkStats
from umpa.link.frame import frame_of

__all__ = ["SendingLink"]

_FULL_FOR = 0.0001  # s; a device whose queue was full tells nobody when it is not any more
_SLICE = 0.1  # s; a `close` in another thread is noticed after that


class SendingLink(Link):
    """A socket that sends, and never receives."""

    def __init__(self, name: str, sock: socket.socket) -> None:
        self.name = name
        self._socket = sock
        self._socket.setblocking(False)
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._woken = False
        self._full = False
        self._callback: Callable[[], object] | None = None
        self._sent = self._refused = 0
        self._longest = sys.maxsize

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        with self._lock:
            try:
                if self.closed:
                    raise self._closed_error()
                data = self._frame(packet)
                try:
                    self._hand_over(data)
                except OSError as error:
                    self._again(data, error)
            except UmpaError:
                self._refused += 1
                raise
            self._sent += 1

    def _frame(self, packet: Packet | bytes) -> bytes:
        if packet.__class__ is bytes and 0 < len(packet) <= self._longest:
            return packet  # pyright: ignore[reportReturnType]
        try:
            return frame_of(packet, self.linktype, self._longest, self.name)
        except EncodeError:
            if self._measure() <= self._longest:
                raise
        self._longest = self._measure()  # the MTU was raised meanwhile
        return frame_of(packet, self.linktype, self._longest, self.name)

    def _measure(self) -> int:
        """The longest frame, as the device is now."""
        return self._longest

    def _hand_over(self, data: bytes) -> None:
        """Give one frame to the kernel.

        :raises OSError: it was not taken.
        """
        raise NotImplementedError

    def _again(self, data: bytes, error: OSError) -> None:
        """Once more where the error is an old one: a device that went down is told of late."""
        if error.errno == errno.ENETDOWN:
            try:
                self._hand_over(data)
            except OSError as second:
                error = second
            else:
                return
        raise self._refusal(error, len(data)) from error

    def _refusal(self, error: OSError, length: int) -> UmpaError:
        number, name = error.errno, self.name
        if self.closed:
            return self._closed_error()
        if number in (errno.EAGAIN, errno.ENOBUFS):
            self._full = number == errno.ENOBUFS
            return WouldBlock(f"{name}: the queue is full")
        if number == errno.ENETDOWN:
            return LinkDown(f"{name} is down; to bring it up: ip link set {name} up")
        if number in (errno.ENXIO, errno.ENODEV):
            return LinkDown(f"{name} disappeared; when it is back, open a new link")
        if number == errno.EMSGSIZE:
            self._longest = self._measure()
            return EncodeError(
                f"{name} takes {self._longest} bytes (MTU {self.mtu}), this frame has {length}"
            )
        if number == errno.EINVAL:
            return EncodeError(f"{name}: the kernel takes no frame like this, of {length} bytes")
        if number in (errno.EPERM, errno.EACCES):
            return PermissionDenied(f"{name}: {error.strerror}: a firewall refuses this packet")
        return LinkError(f"{name}: {error.strerror}")

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """Nothing: this link only sends."""
        if self.closed:
            raise self._closed_error()
        return []

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a `wakeup` or `close`: frames never come."""
        with self._changed:
            if not self._woken and not self.closed:
                self._changed.wait(timeout)
            woken, self._woken = self._woken or self.closed, False
        return woken

    def wait_writable(self, timeout: float | None = None) -> bool:
        """See `Link.wait_writable`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._full:  # the socket is writable; the device's queue is what was full
            self._full = False
            time.sleep(_FULL_FOR if timeout is None else min(timeout, _FULL_FOR))
            if timeout is not None and timeout < _FULL_FOR:
                return False
        while not self.closed:
            left = _SLICE if deadline is None else max(deadline - time.monotonic(), 0)
            poll = select.poll()
            poll.register(self._socket, select.POLLOUT)
            if poll.poll(min(left, _SLICE) * 1000):
                return True
            if left == 0:
                return False
        return True

    def on_ready(self, callback: Callable[[], object] | None) -> None:
        """See `Link.on_ready`. Only `close` calls it: frames never come.

        :raises LinkError: somebody else asked before.
        """
        if callback is not None and self._callback is not None:
            raise LinkError(f"{self.name}: is watched already; one reader at a time")
        self._callback = callback

    def wakeup(self) -> None:
        """See `Link.wakeup`."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    @property
    def stats(self) -> LinkStats:
        """See `Link.stats`."""
        return LinkStats(sent=self._sent, refused=self._refused)

    @property
    def closed(self) -> bool:
        """See `Link.closed`."""
        return self._socket.fileno() < 0

    def close(self) -> None:
        """See `Link.close`."""
        with self._changed:
            self._socket.close()
            self._changed.notify_all()
        if self._callback is not None:
            self._callback()

    def _closed_error(self) -> LinkClosed:
        return LinkClosed(f"{self.name}: was closed")
