"""What every link offers: the one interface between packets and the world.

1. Nothing blocks but `wait` and `wait_writable`: `read` takes what is there, `send` takes a frame
   or raises `WouldBlock`. So one core serves blocking callers and event loops alike.
2. A link that becomes readable tells it in one of two ways: by a descriptor (`fileno`), or, where
   it has none (-1), by calling what `on_ready` was given; such a link knows by `due_ns` when what
   it holds back will be there.
3. Nothing is lost silently: what a link drops is in its `stats`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from umpa.core.packet import Packet
from umpa.errors import EncodeError, LinkError, WouldBlock
from umpa.link.clock import REAL, Clock

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["BATCH", "Frame", "Link", "LinkStats"]

Frame: TypeAlias = tuple[int, bytes, "int | None"]
"""Nanoseconds since 1970 UTC, the bytes that were kept, the length on the wire (None: the same)."""

BATCH = 256
"""Frames of one `read`, unless the caller asks for another number."""


@dataclass(frozen=True)
class LinkStats:
    """What went through a link since it was opened, and what it could not take."""

    received: int = 0
    """Frames that came in and passed the filter, those that were dropped included."""
    dropped: int = 0
    """Of these, frames lost because they were not read in time."""
    dropped_by_interface: int = 0
    """Frames that the interface or its driver lost before."""
    sent: int = 0
    refused: int = 0
    """Frames that were given to `send` and not taken (`WouldBlock`, too long, link down)."""


class Link(ABC):
    """A way for frames to come and go. Safe to use from several threads; a `with` closes it."""

    name: str
    """The device's name, or what stands for it."""
    linktype: int
    """The kind of frames, as capture files number it: 1 Ethernet, 101 raw IP."""
    mtu: int | None = None
    """The longest packet behind the link-layer header, in bytes; None where nothing limits it."""
    mac: str | None = None
    """Its own hardware address, where it has one."""
    clock: Clock = REAL

    @abstractmethod
    def send(self, packet: Packet | bytes) -> None:
        """Hand over one frame, now.

        :raises WouldBlock: the queue is full; wait with `wait_writable` and try again.
        :raises EncodeError: the packet cannot be written, or is longer than the link takes.
        :raises LinkDown: the device is down or gone.
        :raises LinkClosed: the link was closed.
        """

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        """Hand over frames, in order, as many as are taken at once; returns how many were.

        Fewer than there are means that the queue is full. An error is raised only where it
        concerns the first frame: so what is returned was sent.
        """
        for number, packet in enumerate(packets):
            try:
                self.send(packet)
            except WouldBlock:
                return number
            except (LinkError, EncodeError):
                if number == 0:
                    raise
                return number
        return len(packets)

    @abstractmethod
    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """The frames that are there, oldest first, `max_packets` at most. Never blocks.

        :raises LinkDown: the device disappeared.
        :raises LinkClosed: the link was closed.
        """

    @abstractmethod
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there may be something to read (True) or `timeout` seconds passed (False).

        None waits for ever. A `wakeup` or `close` from another thread ends it too, with True.
        Signals are obeyed.
        """

    def wait_writable(self, timeout: float | None = None) -> bool:
        """Wait until a frame may be taken (True) or `timeout` seconds passed (False)."""
        return True

    def fileno(self) -> int:
        """The descriptor that becomes readable when frames arrive; -1 for a link without one."""
        return -1

    def on_ready(self, callback: Callable[[], object] | None) -> None:
        """For a link without descriptor: call this, from any thread, when there may be frames."""
        raise TypeError(f"{self.name} has a descriptor: watch that")

    def due_ns(self) -> int | None:
        """When, on `clock.monotonic_ns`, `read` will give a frame that is held back, or raise.

        0, or a time that has passed: now. None: it is not known, or never.
        """
        return self.clock.monotonic_ns() if self.closed else None

    @abstractmethod
    def wakeup(self) -> None:
        """End a `wait` in another thread."""

    @property
    @abstractmethod
    def stats(self) -> LinkStats:
        """What went through, and what was lost. The last figures remain after `close`."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether `close` was called."""

    @abstractmethod
    def close(self) -> None:
        """Give everything back. A second call does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
