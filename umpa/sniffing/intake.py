"""The one core of a capture: sources in, a queue of packets out. It never blocks.

1. `fill` alone reads, under a lock, so several threads may take from one queue. What was read and
   passed is in the queue, or was written to the dump and then is in the queue: nothing is lost on
   the way, whatever is raised.
2. Errors of a source come behind the packets that came before them.
3. No more frames are read than are asked for, so a count leaves the others where they are.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from umpa.core.packet import Packet
from umpa.errors import LinkClosed, LinkDown, LinkError, ScheduleError, UmpaError, suggest
from umpa.exchange.sender import shared_sender
from umpa.link.base import BATCH, Link
from umpa.link.clock import REAL, Clock
from umpa.link.libpcap.backend import Options
from umpa.link.live import LiveLink
from umpa.sniffing.dump import Dump, PathOrDump
from umpa.sniffing.inlet import DeviceOptions, Filter, Inlet, Source, is_file, open_inlet
from umpa.sniffing.stats import CaptureStats, warn_of_losses

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = ["Intake", "Stop", "check_options", "framed", "routed"]

Stop: TypeAlias = Callable[[Packet], object]
"""Asked of each packet: whether it is the last one."""

_SECOND = 1_000_000_000
_LOOK = 5 * _SECOND  # how often a capture looks whether it loses packets


class Intake:
    """What `Capture` describes, without a way to wait."""

    def __init__(
        self,
        sources: Sequence[Source],
        filter: Filter | None,
        count: int | None,
        timeout: float | None,
        stop: Stop | None,
        dump: PathOrDump | None,
        options: DeviceOptions,
    ) -> None:
        self._sources = sources
        self._filter = filter
        self._left = count
        self._timeout = timeout
        self._stop = stop
        self._dump = Dump(dump) if dump is not None and not isinstance(dump, Dump) else dump
        self._options = options
        self.queue: deque[Packet] = deque()
        self.inlets: list[Inlet] = []
        self.state = "new"  # then "open", "closed"
        self.ended = False
        """Whether no packet will be put into the queue any more."""
        self._lock = Lock()
        self._trouble: Exception | None = None
        self._gone: set[Inlet] = set()
        """Those of which was told that they went away."""
        self._deadline: int | None = None
        self._captured = 0
        self._warned = False
        self._look_at = 0

    @property
    def name(self) -> str:
        """The names of its sources."""
        names = [one.name if isinstance(one, Link) else str(one) for one in self._sources]
        return ", ".join(names)

    def open(self) -> None:
        """Open all sources, and the dump: from the return of this, nothing is missed."""
        if self.state != "new":
            raise self._not_open()
        try:
            for source in self._sources:
                self.inlets.append(open_inlet(source, self._filter, self._options))
            _require_one_clock(self.links)
            if self._dump is not None:
                self._dump.open(self.inlets[0].origin)
        except BaseException:
            self._release()
            raise
        self.state = "open"
        self.ended = self._left == 0
        if self._timeout is not None:
            self._deadline = self.clock.monotonic_ns() + round(self._timeout * _SECOND)
        self._look_at = time.monotonic_ns() + _LOOK

    @property
    def clock(self) -> Clock:
        """That of its sources."""
        return next((one.link.clock for one in self.inlets if one.link is not None), REAL)

    @property
    def links(self) -> list[Link]:
        """Those of its sources that are no files."""
        return [one.link for one in self.inlets if one.link is not None]

    def remaining(self, until: int | None = None) -> float | None:
        """Seconds until the capture ends, or `until` is reached; None for no end, 0 at the end."""
        ends = [end for end in (self._deadline, until) if end is not None]
        if not ends:
            return None
        return max(0.0, (min(ends) - self.clock.monotonic_ns()) / _SECOND)

    def fill(self) -> bool:
        """Read what is there, once; whether there is something in the queue.

        :raises LinkError: a source failed, and nothing came before that.
        """
        with self._lock:
            if self.queue:
                return True
            self.require_open()
            if self._trouble is not None:
                trouble, self._trouble = self._trouble, None
                raise trouble
            if not self.ended:
                self._read()
            found = bool(self.queue)
        if not self._warned and time.monotonic_ns() > self._look_at:
            self._look_at = time.monotonic_ns() + _LOOK
            self._warn()
        return found

    def _read(self) -> None:
        packets: list[Packet] = []
        for inlet in self._readable():
            room = BATCH if self._left is None else min(BATCH, self._left - len(packets))
            if room == 0:
                break
            try:
                packets += inlet.take(room)
            except Exception as error:
                self._trouble = self._trouble or error
                if isinstance(error, (LinkDown, LinkClosed)):
                    self._gone.add(inlet)
        if not packets:
            self.ended = all(inlet.exhausted for inlet in self.inlets) and not self._trouble
            if self._trouble is not None:
                trouble, self._trouble = self._trouble, None
                raise trouble
            return
        if len(self.inlets) > 1:
            packets.sort(key=_time_of)
        if self._stop is not None:
            self._cut(packets, self._stop)
        if self._left is not None:
            self._left -= len(packets)
            self.ended = self.ended or self._left == 0
        self._captured += len(packets)
        try:
            if self._dump is not None:
                self._dump.write(packets)
        finally:
            self.queue.extend(packets)

    def _readable(self) -> list[Inlet]:
        """Those to read from; what went away is told once, and again when no other is left."""
        inlets = [inlet for inlet in self.inlets if not inlet.exhausted]
        return [inlet for inlet in inlets if inlet not in self._gone] or inlets

    def _cut(self, packets: list[Packet], stop: Stop) -> None:
        """Leave out what comes behind the packet that ends the capture."""
        for number, packet in enumerate(packets, 1):
            try:
                last = stop(packet)
            except Exception as error:
                error.packet = packet  # type: ignore[attr-defined]
                self._trouble = error
                return
            if last:
                del packets[number:]
                self.ended = True
                return

    @property
    def stats(self) -> CaptureStats:
        """See `CaptureStats`."""
        sums = [inlet.stats for inlet in self.inlets]
        return CaptureStats(
            received=sum(one.received for one in sums),
            dropped=sum(one.dropped for one in sums),
            dropped_by_interface=sum(one.dropped_by_interface for one in sums),
            rejected=sum(inlet.rejected for inlet in self.inlets),
            captured=self._captured,
            interruptions=sum(inlet.interruptions for inlet in self.inlets),
        )

    def _warn(self) -> None:
        stats = self.stats
        if not stats.lost:
            return
        self._warned = True
        live = any(isinstance(inlet.link, LiveLink) for inlet in self.inlets)
        wanted = {k: v for k, v in self._options.items() if k in ("buffer_size", "immediate")}
        options = Options(**wanted)  # type: ignore[arg-type]  # of those two keys
        warn_of_losses(self.name, stats, options.ring if live else 0, options.immediate)

    def require_open(self) -> None:
        """:raises LinkError: it is not open: not yet, or not any more."""
        if self.state != "open":
            raise self._not_open()

    def _not_open(self) -> LinkError:
        if self.state == "open":
            return LinkError(f"the capture of {self.name} is open already")
        if self.state == "closed":
            return LinkClosed(f"the capture of {self.name} was closed: make a new one")
        return LinkError(
            f"the capture of {self.name} is not open: use it by `with` or `async with`"
        )

    def close(self) -> None:
        """Give everything back, and warn where packets were lost; a second call does nothing."""
        if self.state != "open":
            return
        self.state = "closed"
        losses = not self._warned and self.stats.lost
        self._release()
        if losses:
            self._warn()

    def _release(self) -> None:
        for inlet in self.inlets:
            with suppress(UmpaError):  # the others are to be closed too
                inlet.close()
        if self._dump is not None:
            self._dump.close()

    def link_for(self, packet: object) -> Link:
        """The link that sends `packet`: the one it came from, else the only one.

        :raises LinkError: there is none, or several.
        """
        self.require_open()
        links = self.links
        if len(links) > 1 and isinstance(packet, Packet):
            links = [link for link in links if link.name == packet.interface] or links
        if len(links) == 1:
            return links[0]
        if not links:
            raise LinkError(f"{self.name}: a capture file cannot be sent into")
        raise LinkError(f"{self.name}: several devices; send by one of them, umpa.link.open(...)")


def routed(packet: Packet | bytes, link: Link) -> TypeGuard[Packet]:
    """Whether a packet is to be sent by a route: it begins with IP, and the device's do not."""
    return (
        isinstance(link, LiveLink)
        and isinstance(packet, Packet)
        and packet.linktype != link.linktype
        and packet.layers[:1] != ()
        and packet.layers[0].name in ("ip", "ipv6")
    )


def framed(packet: Packet, link: Link) -> bytes | None:
    """The frame of a packet that is routed; None where somebody has to be asked for an address.

    It goes through the link of the capture, which may be the only one that is open: opening
    another one may not be allowed any more.
    """
    ready = shared_sender().ways.ready(packet, link.name)
    if ready.way.kernel or ready.way.header is None:
        return None
    return ready.frame()


def check_options(sources: Sequence[Source], options: DeviceOptions) -> None:
    """Refuse options that there are not, and those of devices where there is no device.

    :raises TypeError: there is no such option.
    :raises LinkError: with the options and the sources.
    """
    for name in options:
        if name not in DeviceOptions.__annotations__:
            raise TypeError(f"no option {name}={suggest(name, DeviceOptions.__annotations__)}")
    devices = [one for one in sources if not isinstance(one, Link) and not is_file(one)]
    if options and not devices:
        names = ", ".join(f"{name}=" for name in options)
        raise LinkError(f"{names} is for devices, and there is none among the sources")


def _time_of(packet: Packet) -> int:
    return packet.time_ns or 0


def _require_one_clock(links: Sequence[Link]) -> None:
    for one in links[1:]:
        if one.clock is not links[0].clock:
            raise ScheduleError(
                f"{links[0].name} and {one.name} are on different clocks, so nobody can wait for "
                "both: capture from each by itself, or give them one clock"
            )
