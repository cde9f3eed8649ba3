"""A capture file as a link: its frames come in, at once or at their own times."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Condition, Lock

from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.errors import FileError, LinkClosed, LinkError, UmpaError
from umpa.link.base import BATCH, Frame, Link, LinkStats
from umpa.link.clock import REAL, Clock
from umpa.link.frame import ETHERNET, frame_of
from umpa.link.impairment import SECOND, positive
from umpa.savefile.reader import Reader
from umpa.savefile.source import PathOrFile
from umpa.savefile.writer import Writer

__all__ = ["FileLink"]


class FileLink(Link):
    """Reads the frames of a capture file, in constant memory, and sends into another.

    With `pace`, frames come with the gaps they were recorded with, `pace` times as fast (1: as they
    were, 10: ten times as fast), counted from the opening of the link; a frame whose time
    lies before that of its predecessor comes at once. Without, all are there already. Frames keep
    the times they were recorded with; one without a time has that of the moment.

    At the end `exhausted` is true, `read` gives nothing any more and `wait` returns at once.
    A file with frames of several link types raises LinkError where the type changes.

    What is sent is written to `out`, stamped by the clock; without it `send` is a LinkError.

    :raises FileError: the file cannot be opened or is no capture, or `out` cannot be written.
    :raises ValueError: `pace` is not above 0.
    """

    def __init__(
        self,
        path: PathOrFile,
        *,
        pace: float | None = None,
        out: PathOrFile | None = None,
        clock: Clock = REAL,
    ) -> None:
        self._pace = None if pace is None else positive("pace", pace)
        self._kind: int | None = None
        self._reader = Reader(path, accept_for=self._learn)
        self.name = self._reader.name
        self.clock = clock
        self.exhausted = False
        self._closed = False
        self._woken = False
        self._changed = Condition(Lock())
        self._callback: Callable[[], object] | None = None
        self._due_ns = self._began_ns = clock.monotonic_ns()
        self._first_ns: int | None = None
        self._received = self._sent = self._refused = 0
        self._error: FileError | LinkError | None = None  # told behind the frames before it
        self._next = self._fetch()
        if self._next is not None:
            self._kind = self._next.linktype
        self.linktype = ETHERNET if self._kind is None else self._kind
        self._writer: Writer | None = None
        if out is not None:
            try:
                self._writer = Writer(out, linktype=self.linktype)
            except BaseException:
                self._reader.close()
                raise

    def _learn(self, origin: Origin) -> None:
        if self._kind is None:
            self._kind = origin.linktype

    def _fetch(self) -> Packet | None:
        """The next frame of the file; `_due_ns` says when it is due, `_error` why there is none."""
        try:
            packet = next(self._reader, None)
        except FileError as error:
            self._error = error
            return None
        if packet is None:
            self.exhausted = True
            return None
        if self._received and packet.linktype != self.linktype:
            self._error = LinkError(
                f"{self.name}: a frame of link type {packet.linktype} among those of "
                f"{self.linktype}; read such a file with umpa.read"
            )
            return None
        if self._pace is not None and packet.time_ns is not None:
            if self._first_ns is None:
                self._first_ns = packet.time_ns
            due = self._began_ns + round((packet.time_ns - self._first_ns) / self._pace)
            self._due_ns = max(due, self._due_ns)
        return packet

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """See `Link.read`.

        :raises FileError: the file is cut or damaged here; the frames before were delivered.
        """
        frames: list[Frame] = []
        with self._changed:
            if self._closed:
                raise self._closed_error()
            now = self.clock.monotonic_ns()
            while (
                (packet := self._next) is not None
                and self._due_ns <= now
                and len(frames) < max_packets
            ):
                data, length = bytes(packet), packet.wire_length
                time_ns = self.clock.time_ns() if packet.time_ns is None else packet.time_ns
                frames.append((time_ns, data, None if length == len(data) else length))
                self._received += 1
                self._next = self._fetch()
            if not frames and self._error is not None:
                error, self._error, self.exhausted = self._error, None, True
                raise error
        return frames

    def send(self, packet: Packet | bytes) -> None:
        """Write a frame to `out`.

        :raises LinkError: there is no `out`.
        :raises FileError: it cannot be written.
        """
        with self._changed:
            try:
                if self._closed:
                    raise self._closed_error()
                if self._writer is None:
                    raise LinkError(
                        f"{self.name} is only read from; give FileLink(..., out='sent.pcapng') "
                        "to keep what is sent"
                    )
                data = frame_of(packet, self.linktype, sys.maxsize, self.name)
                self._writer.write(data, time_ns=self.clock.time_ns(), linktype=self.linktype)
            except UmpaError:
                self._refused += 1
                raise
            self._sent += 1

    def wait(self, timeout: float | None = None) -> bool:
        """See `Link.wait`."""
        clock = self.clock
        with self._changed:
            deadline = None if timeout is None else clock.monotonic_ns() + round(timeout * SECOND)
            while not self._woken:
                now = clock.monotonic_ns()
                if self._due() <= now:
                    return True
                if deadline is not None and deadline <= now:
                    return False
                end = self._due() if deadline is None else min(self._due(), deadline)
                clock.wait(self._changed, (end - now) / SECOND)
            self._woken = False
            return True

    def _due(self) -> int:
        """When `read` has something to give or to tell; at once when it never will again."""
        return self._began_ns if self._next is None or self._closed else self._due_ns

    def due_ns(self) -> int:
        """See `Link.due_ns`. At the end of the file, the past: there is nothing to wait for."""
        return self._due()

    def on_ready(self, callback: Callable[[], object] | None) -> None:
        """See `Link.on_ready`. A file is ready when `due_ns` says; only `close` calls this.

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
        return LinkStats(received=self._received, sent=self._sent, refused=self._refused)

    @property
    def closed(self) -> bool:
        """See `Link.closed`."""
        return self._closed

    def close(self) -> None:
        """Close the file, and finish `out`.

        :raises FileError: `out` cannot be written.
        """
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._next = None
            self._reader.close()
            self._changed.notify_all()
            if self._writer is not None:
                self._writer.close()
        if self._callback is not None:
            self._callback()

    def _closed_error(self) -> LinkClosed:
        return LinkClosed(f"{self.name}: was closed")
