"""Frames on their way out: gathered while packets are handled, and handed over in one call.

What the link does not take at once waits here, in order, within a bound; what comes beyond is
dropped, and counted. A frame is bytes from the moment it is put in: nobody changes it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from umpa.core.layer import Layer, no_packet
from umpa.core.packet import Packet
from umpa.errors import EncodeError, FileError, LinkError, TemplateError
from umpa.link.base import Link
from umpa.link.frame import frame_of, longest_frame
from umpa.template.guard import SOURCE, Guard
from umpa.template.log import Log
from umpa.template.status import Counts

__all__ = ["Outbox"]

_MOST_WAITING = 65_536
_MOST_DELAYED = 100_000
_MOST_AT_ONCE = 65_536
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0002, 0.01


class Outbox:
    """Sends for a run."""

    def __init__(self, link: Link, guard: Guard, counts: Counts, log: Log) -> None:
        self._link = link
        self._guard = guard
        self._own = guard.own
        self._counts = counts
        self._log = log
        self._loop = asyncio.get_running_loop()
        self.frames: list[bytes] = []
        """Those that were not handed over."""
        self._delayed = 0
        self._posted = False
        self._pause = _FIRST_PAUSE
        self._closed = False
        self.holding = False
        """Whether something is handled, at the end of which somebody calls `Runner.end`."""
        self.measure()

    def measure(self) -> None:
        """Look again how long a frame may be: the device may be another one."""
        self._longest = longest_frame(self._link.linktype, self._link.mtu)

    def send(self, what: Packet | bytes | Iterable[Packet | bytes], delay: float = 0.0) -> None:
        """Send a packet, a frame, or several.

        :raises EncodeError: one cannot be written, or is longer than the link takes.
        :raises TemplateError: an iterable gives more than 65,536; or the delay is no number.
        """
        if delay:
            if not 0 < delay < 1e9:
                raise TemplateError(f"send: delay={delay!r}; expected seconds")
            self._later([self.frame(one) for one in several(what)], delay)
        elif isinstance(what, (Packet, bytes)):
            self.put(what)
        else:
            for one in several(what):
                self.put(one)

    def put(self, packet: Packet | bytes) -> None:
        """Send one now."""
        frames = self.frames
        if len(frames) >= _MOST_WAITING:
            self._counts.drop("send queue full")
            return
        data: Any = packet
        if data.__class__ is Packet and data._origin.linktype == self._link.linktype:
            data = data.__bytes__()  # of a reply, as it was made
        if data.__class__ is bytes and data[SOURCE] in self._own and len(data) <= self._longest:
            frames.append(data)
        else:
            frames.append(self.frame(packet))
        if not (self.holding or self._posted):
            self._posted = True
            self._loop.call_soon(self.flush)

    def frame(self, packet: Packet | bytes) -> bytes:
        """The bytes of a packet, as they will be sent.

        :raises EncodeError: it cannot be written, or is longer than the link takes.
        """
        if packet.__class__ is bytes and 0 < len(packet) <= self._longest:
            frame: bytes = packet  # pyright: ignore[reportAssignmentType]  # quicker than isinstance
        else:
            frame = frame_of(packet, self._link.linktype, self._longest, self._link.name)
        if frame[SOURCE] not in self._guard.own:
            self._guard.learn_own(frame, self._link.linktype)
        return frame

    def _later(self, frames: list[bytes], delay: float) -> None:
        if self._delayed + len(frames) > _MOST_DELAYED:
            self._counts.drop("too many delayed", len(frames))
            return
        self._delayed += len(frames)

        def due() -> None:
            self._delayed -= len(frames)
            if not self._closed:
                for frame in frames:
                    self.put(frame)

        self._loop.call_later(delay, due)

    def flush(self) -> None:
        """Hand over what there is; the rest as soon as the link takes it."""
        self._posted = False
        frames = self.frames
        if self._closed or not frames:
            return
        try:
            done = self._link.send_many(frames)
        except EncodeError as error:
            done = 1
            self._counts.drop("not sendable")
            self._tell("a frame could not be sent", error)
        except FileError as error:  # of a capture beside the link, which gets no more of them
            self._log.warn(f"{error}; the run goes on without it")
            done = len(frames)
        except LinkError as error:
            self._counts.drop("link down", len(frames))
            self._tell("nothing can be sent", error)
            frames.clear()
            return
        self._counts.sent += done
        if done == len(frames):
            frames.clear()
            self._pause = _FIRST_PAUSE
            return
        del frames[:done]
        self._pause = _FIRST_PAUSE if done else min(2 * self._pause, _LONGEST_PAUSE)
        self._posted = True
        self._loop.call_later(self._pause, self.flush)

    def _tell(self, what: str, error: Exception) -> None:
        self._log.warn_again(what, lambda: f"{what}: {error}")

    @property
    def waiting(self) -> int:
        """Frames that the link did not take yet, and frames to be sent later."""
        return len(self.frames) + self._delayed

    def close(self) -> None:
        """Send no more."""
        self.flush()
        self._closed = True
        self._counts.drop("not sent at the end", len(self.frames))
        self.frames.clear()


def several(what: object) -> Iterable[Packet | bytes]:
    """The packets and frames that something sendable holds, within a bound.

    :raises TemplateError: it is nothing sendable.
    """
    if isinstance(what, (Packet, bytes)):
        yield what
        return
    if isinstance(what, Layer):
        raise TemplateError(no_packet(what))
    if isinstance(what, (str, bytearray, memoryview)) or not isinstance(what, Iterable):
        raise TemplateError(f"expected a packet, bytes or several of them, got {what!r}")
    for number, one in enumerate(what):
        if one.__class__ is not bytes and not isinstance(one, (Packet, bytes)):
            raise TemplateError(f"among several packets: {no_packet(one)}")
        if number >= _MOST_AT_ONCE:
            raise TemplateError(
                f"more than {_MOST_AT_ONCE} packets at once: take them one by one, in a timer"
            )
        yield one
