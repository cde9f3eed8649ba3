"""Links over a link: each goes wherever a link is taken, and closing it closes what is inside."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from threading import Condition, Lock

from umpa.core.packet import Packet
from umpa.errors import FileError, WouldBlock
from umpa.link.base import BATCH, Frame, Link, LinkStats
from umpa.link.frame import frame_of, longest_frame
from umpa.link.impairment import SECOND, positive
from umpa.savefile.source import PathOrFile
from umpa.savefile.writer import Writer

__all__ = ["Limit", "Tee", "Trace", "Wrapper"]


class Wrapper(Link):
    """Does what `link` does; the start of one that does a little more."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.name = link.name
        self.linktype = link.linktype
        self.mtu = link.mtu
        self.mac = link.mac
        self.clock = link.clock

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        self.link.send(packet)

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        """See `Link.send_many`."""
        return self.link.send_many(packets)

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """See `Link.read`."""
        return self.link.read(max_packets)

    def wait(self, timeout: float | None = None) -> bool:
        """See `Link.wait`."""
        return self.link.wait(timeout)

    def wait_writable(self, timeout: float | None = None) -> bool:
        """See `Link.wait_writable`."""
        return self.link.wait_writable(timeout)

    def fileno(self) -> int:
        """See `Link.fileno`."""
        return self.link.fileno()

    def on_ready(self, callback: Callable[[], object] | None) -> None:
        """See `Link.on_ready`."""
        self.link.on_ready(callback)

    def due_ns(self) -> int | None:
        """See `Link.due_ns`."""
        return self.link.due_ns()

    def wakeup(self) -> None:
        """See `Link.wakeup`."""
        self.link.wakeup()

    @property
    def stats(self) -> LinkStats:
        """See `Link.stats`."""
        return self.link.stats

    @property
    def closed(self) -> bool:
        """See `Link.closed`."""
        return self.link.closed

    def close(self) -> None:
        """See `Link.close`."""
        self.link.close()


class _Observer(Wrapper):
    """Sees each frame that passes, both ways: when it was read, and when it was taken to send."""

    @abstractmethod
    def _see(self, direction: str, frames: Sequence[Frame]) -> None:
        """`direction` is "<" for frames that came in, ">" for those that went out."""

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        data = self._bytes(packet)
        self.link.send(data)
        self._see(">", [(self.clock.time_ns(), data, None)])

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        """See `Link.send_many`."""
        if not packets:
            return 0
        # one that cannot be written ends the batch inside, where it is told and counted
        taken = self.link.send_many(packets)
        now = self.clock.time_ns()
        self._see(">", [(now, bytes(packet), None) for packet in packets[:taken]])
        return taken

    def _bytes(self, packet: Packet | bytes) -> bytes:
        # made once, so that what is seen is what was sent
        return frame_of(packet, self.linktype, longest_frame(self.linktype, self.mtu), self.name)

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """See `Link.read`."""
        frames = self.link.read(max_packets)
        if frames:
            self._see("<", frames)
        return frames


class Trace(_Observer):
    """Says each frame that passes, on a line: time (UTC), link, direction, summary.

        link = Trace(umpa.link.open("eth0"))

    "<" came in, ">" went out. `write` is called with each line.
    """

    def __init__(self, link: Link, write: Callable[[str], object] = print) -> None:
        super().__init__(link)
        self._write = write

    def _see(self, direction: str, frames: Sequence[Frame]) -> None:
        for time_ns, data, length in frames:
            packet = Packet.dissect(data, self.linktype, time_ns=time_ns, wire_length=length)
            clock = time.strftime("%H:%M:%S", time.gmtime(time_ns // SECOND))
            microseconds = time_ns % SECOND // 1000
            self._write(f"{clock}.{microseconds:06} {self.name} {direction} {packet.summary()}")


class Tee(_Observer):
    """Writes each frame that passes, both ways, to a capture file.

    A file that is given as a path is finished by `close`; a `Writer` belongs to who made it. Where
    the file cannot be written any more (the disk is full), the call that meets it raises the
    FileError, once; frames that were read are then given by the next `read`, a frame that was to be
    sent was sent, and `failed` is true: nothing is written from there on.

    :raises FileError: the file cannot be written.
    """

    def __init__(self, link: Link, path_or_writer: PathOrFile | Writer) -> None:
        super().__init__(link)
        self._lock = Lock()
        self._owned = not isinstance(path_or_writer, Writer)
        if isinstance(path_or_writer, Writer):
            self._writer = path_or_writer
        else:
            self._writer = Writer(path_or_writer, linktype=link.linktype)
        self._kept: list[Frame] = []
        self.failed = False

    def _see(self, direction: str, frames: Sequence[Frame]) -> None:
        with self._lock:
            if self.failed:
                return
            try:
                for time_ns, data, length in frames:
                    packet = Packet.dissect(
                        data, self.linktype, time_ns=time_ns, wire_length=length
                    )
                    self._writer.write(packet)
            except FileError:
                self.failed = True
                if direction == "<":
                    self._kept += frames
                raise

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """See `Link.read`."""
        with self._lock:
            frames, self._kept = self._kept[:max_packets], self._kept[max_packets:]
        return frames or super().read(max_packets)

    def wait(self, timeout: float | None = None) -> bool:
        """See `Link.wait`."""
        return bool(self._kept) or self.link.wait(timeout)

    def due_ns(self) -> int | None:
        """See `Link.due_ns`."""
        return self.clock.monotonic_ns() if self._kept else self.link.due_ns()

    def flush(self) -> None:
        """Hand what was written to the operating system.

        :raises FileError: it cannot be written.
        """
        with self._lock:
            self._writer.flush()

    def close(self) -> None:
        """Close the link, and finish the file.

        :raises FileError: it cannot be written; the link is closed all the same.
        """
        self.link.close()
        with self._lock:
            if self._owned and self.failed:
                self._writer.abort()
            elif self._owned:
                self._writer.close()


class Limit(Wrapper):
    """Lets frames out at `rate` a second, or at `bandwidth` bits a second: a bucket of tokens.

    `send` raises WouldBlock while the bucket is empty, and `wait_writable` waits until it is not.
    `burst` is what may go at once after a rest: frames where `rate` is given (at least 1),
    bits where `bandwidth` is. Without it frames go one by one.

    :raises ValueError: not exactly one of `rate` and `bandwidth`, or a number not above 0.
    """

    def __init__(
        self,
        link: Link,
        *,
        rate: float | None = None,
        bandwidth: float | None = None,
        burst: float | None = None,
    ) -> None:
        super().__init__(link)
        self._bits = rate is None
        if rate is not None and bandwidth is None:
            self._cost = SECOND / positive("rate", rate)
            spare = positive("burst", 1 if burst is None else burst) - 1
        elif bandwidth is not None and rate is None:
            self._cost = SECOND / positive("bandwidth", bandwidth)
            spare = 0 if burst is None else positive("burst", burst)
        else:
            raise ValueError("expected rate= (frames a second) or bandwidth= (bits a second)")
        if spare < 0:
            raise ValueError(f"burst is {burst!r}, expected 1 frame or more")
        # Virtual scheduling (GCRA): what was sent would be through at `_through`, at the rate.
        self._ahead = spare * self._cost
        self._through = 0.0
        self._refused = 0
        self._changed = Condition(Lock())

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        with self._changed:
            now = self.clock.monotonic_ns()
            left = self._left(now)
            if left > 0:
                self._refused += 1
                raise WouldBlock(f"{self.name}: the limit is reached for {left / SECOND:.6f} s")
            self.link.send(packet)
            self._charge(packet, now)

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        """See `Link.send_many`."""
        with self._changed:
            now = self.clock.monotonic_ns()
            through, allowed = self._through, 0
            for packet in packets:
                if self._left(now) > 0:
                    break
                self._charge(packet, now)
                allowed += 1
            self._through = through
            taken = self.link.send_many(packets[:allowed]) if allowed else 0
            for packet in packets[:taken]:
                self._charge(packet, now)
            if allowed < len(packets):
                self._refused += 1
            return taken

    def _charge(self, packet: Packet | bytes, now: int) -> None:
        cost = self._cost * len(packet) * 8 if self._bits else self._cost
        self._through = max(self._through, now) + cost

    def _left(self, now: int) -> int:
        """Nanoseconds until the next frame may go: whole ones, or a clock would never get there."""
        return math.ceil(self._through - self._ahead) - now

    def wait_writable(self, timeout: float | None = None) -> bool:
        """See `Link.wait_writable`."""
        clock = self.clock
        deadline = None if timeout is None else clock.monotonic_ns() + round(timeout * SECOND)
        with self._changed:
            while True:
                now = clock.monotonic_ns()
                rest = None if deadline is None else max(deadline - now, 0)
                left = self._left(now)
                if left <= 0 or self.closed:
                    break
                if rest == 0:
                    return False
                clock.wait(self._changed, (left if rest is None else min(left, rest)) / SECOND)
        return self.link.wait_writable(None if rest is None else rest / SECOND)

    @property
    def stats(self) -> LinkStats:
        """See `Link.stats`."""
        inner = self.link.stats
        return LinkStats(
            inner.received, inner.dropped, inner.dropped_by_interface, inner.sent,
            inner.refused + self._refused,
        )  # fmt: skip

    def close(self) -> None:
        """See `Link.close`."""
        self.link.close()
        with self._changed:
            self._changed.notify_all()
