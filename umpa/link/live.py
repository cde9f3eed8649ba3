"""A network device: captured through libpcap, sent to by a raw socket.

1. What was read is returned once and only once, whatever interrupts the reading.
2. A device that goes away is not noticed by libpcap alone: a `DeviceWatch` looks after it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from threading import get_ident
from typing import Literal, TypedDict

from umpa.core.packet import Packet
from umpa.errors import LinkDown, LinkError, NoSuchDevice
from umpa.link.base import BATCH, Frame, Link, LinkStats
from umpa.link.device import DeviceWatch, device_of
from umpa.link.libpcap.backend import MAX_SNAPLEN, Direction, Handle, Options, open_live
from umpa.link.libpcap.filter import compile_filter
from umpa.link.libpcap.tally import Tally
from umpa.link.outlet import Outlet
from umpa.link.ready import Ready
from umpa.link.turns import Turns

__all__ = ["LiveLink", "LiveOptions"]

_MOST = 4096  # frames of one read: some milliseconds in which no other thread runs
_SOON, _LATE = 0.05, 1.0  # seconds between two tries to open a device again
_GRACE = 0.005  # seconds, for the kernel to hand over what a device took in before it went
_LINUX = sys.platform == "linux"


class LiveOptions(TypedDict, total=False):
    """What `LiveLink` takes beside the device, for those who pass it on."""

    filter: str
    snaplen: int
    promisc: bool
    direction: Direction
    immediate: bool
    buffer_size: int | None
    timeout_ms: int
    reconnect: bool
    monitor: bool
    sender: Link | None


class LiveLink(Link):
    """A network device, by name or by one of its addresses. `any` is all devices, to read only.

    `snaplen` is the number of bytes kept of a frame, `buffer_size` that of the kernel's ring.
    Frames are told of at most `timeout_ms` after they came; with `immediate` at once, but the
    ring then has few slots, each as large as the largest frame: where frames come fast, give a
    `snaplen` of 2048 beside it. A `filter` is libpcap's. From its return, nothing is missed.

    What becomes of the device is in `state`. When it goes down or away, one `read` raises
    `LinkDown` with the reason; frames from before come first. With `reconnect` the link then goes
    on by itself as soon as the device is there and up again, and counts it in `reconnects`;
    without, every read raises until the device is up again, or for good when it was removed.

    `sender` is a link that sends for this one and is closed with it, such as one made from a
    descriptor that a privileged process opened; without it a `RawLink` is opened at the first
    `send` (Linux; elsewhere libpcap sends).

    :raises NoSuchDevice: there is no such device; the message lists those there are.
    :raises PermissionDenied: with what would allow it.
    :raises LinkDown: the device is down.
    :raises FilterError: libpcap refuses the filter; with its words.
    :raises LinkError: an option cannot be, or no binding to libpcap is installed.
    """

    state: Literal["up", "down", "gone"] = "up"
    """What the last `read` found."""
    reconnects = 0
    """How often the device was opened again."""

    def __init__(
        self,
        device: str,
        *,
        filter: str = "",
        snaplen: int = MAX_SNAPLEN,
        promisc: bool = True,
        direction: Direction = "inout",
        immediate: bool = False,
        buffer_size: int | None = None,
        timeout_ms: int = 10,
        reconnect: bool = False,
        monitor: bool = False,
        sender: Link | None = None,
    ) -> None:
        self._options = Options(
            snaplen, promisc, timeout_ms, immediate, buffer_size, filter, direction, monitor
        )
        self.name = device_of(device)
        self._reconnect = reconnect
        self._turns = Turns(self.name, self._free)
        self._tally = Tally()
        self._outlet = Outlet(self.name, sender, self._turns, lambda: self._handle)
        self._kept: list[Frame] = []
        self._error: LinkError | None = None
        self._why = ""
        self._until: int | None = None
        self._try_again_after(_SOON)
        self._ready = Ready()
        self._watch: DeviceWatch | None = None
        self._handle: Handle | None = None
        try:
            self._open()
        except BaseException:
            self._free()
            raise

    def _open(self) -> None:
        """Open the device, the watch first: what happens from now on is seen."""
        if _LINUX and self._watch is None and self.name != "any":
            self._watch = DeviceWatch(self.name)
            self._ready.add(self._watch.fileno())
        status = self._watch.look() if self._watch else None
        self._handle = open_live(self.name, self._options)
        self._ready.add(self._handle.fileno())
        self.linktype = self._handle.linktype
        self._tally.start(self._handle)
        if self._watch and status:
            self._watch.changed()  # by opening it: promiscuous mode is a change
            if self._watch.look() != status:
                self._drop_handle()
                raise LinkDown(f"'{self.name}' changed while it was opened: try again")
            self._index = status.number
            self.mtu, self.mac = self._watch.mtu(), self._watch.mac()
        elif self._watch:  # one of libpcap's own, such as nflog: nothing to look after
            self._ready.remove(self._watch.fileno())
            self._watch.close()
            self._watch = None

    # Reading

    def read(self, max_packets: int = BATCH) -> list[Frame]:
        """See `Link.read`. At most 4096 frames come at once.

        :raises LinkDown: the device went down or away, and why.
        :raises LinkClosed: the link was closed.
        :raises LinkError: in a forked process; or an error of the device.
        """
        if max_packets < 1:
            raise LinkError(f"max_packets is 1 or more, got {max_packets!r}")
        with self._turns.use() as nested:
            if nested:  # a signal's handler, in the middle of another call
                return []
            try:
                return self._read(min(max_packets, _MOST))
            except LinkError:
                raise
            except BaseException:
                self._ready.ring()  # what was kept can be read
                raise

    def _read(self, count: int) -> list[Frame]:
        frames = self._kept  # they stay there until they are all returned
        if self._error is not None and not frames:
            error, self._error = self._error, None
            raise error
        if self._handle is None and not frames and not self._opened_again():
            return []
        trouble = ""
        if self._handle is not None and len(frames) < count:
            before = len(frames)
            try:
                self._handle.read(frames, count - before)
            except LinkDown as error:
                trouble = str(error)
            except LinkError as error:
                if not frames:
                    raise
                self._error = error
                self._ready.ring()
            self._tally.read(len(frames) - before)
        if not frames:
            self._quiet(trouble)
        self._kept = frames[count:]
        return frames[:count] if self._kept else frames

    def _quiet(self, trouble: str) -> None:
        """Nothing to read: because of the device?"""
        self._ready.hush()
        if self._watch is None:
            if trouble:
                self._went("gone", trouble)
            return
        changed = self._watch.changed()
        if self.state == "up" and not (changed or trouble or self._until):
            return
        status = self._watch.look()
        if status is not None and status.number == self._index and not trouble:
            if not status.up:
                self._went("down", f"'{self.name}' was brought down")
            self.state = "up" if status.up else "down"
            return
        now = time.monotonic_ns()
        if self._until is None:
            self._until = now + self._options.timeout_ms * 1_000_000 + int(_GRACE * 1e9)
        if now < self._until:  # what the kernel still gathers will be there by then
            self._ready.ring()
            return
        name = self._watch.name_of(self._index)
        if status is not None and status.number == self._index:
            self._went("gone", trouble)
        elif status is not None:
            self._went("gone", f"'{self.name}' was removed and made again")
        elif name:
            self._went("gone", f"'{self.name}' is called '{name}' now")
        else:
            self._went("gone", f"'{self.name}' was removed")

    def _went(self, state: Literal["down", "gone"], why: str) -> None:
        """Say so: once, or at every read where no reconnecting will help."""
        news, self.state, self._why = state != self.state, state, why
        if state == "gone":
            self._until = None
            self._try_again_after(_SOON)
            self._drop_handle()
            self._outlet.close()
        if news or not self._reconnect:
            raise LinkDown(why)

    def _opened_again(self) -> bool:
        """Whether a device that was gone is back."""
        if not self._reconnect:
            raise LinkDown(self._why)
        self._ready.hush()
        if self._watch is not None:
            self._watch.changed()
            status = self._watch.look()
            if status is None or not status.up:
                self._try_again_after(_LATE)
                return False
        elif time.monotonic_ns() < self._again:
            return False
        try:
            self._open()
        except (LinkDown, NoSuchDevice):  # not quite there
            self._try_again_after(min(self._pause * 2, _LATE))
            return False
        self.state = "up"
        self.reconnects += 1
        return True

    def _try_again_after(self, seconds: float) -> None:
        self._pause = seconds
        self._again = time.monotonic_ns() + int(seconds * 1e9)

    # Waiting

    def wait(self, timeout: float | None = None) -> bool:
        """See `Link.wait`.

        :raises LinkClosed: the link was closed before.
        :raises LinkError: in a forked process.
        """
        self._turns.refuse_fork()
        me = object()
        try:
            with self._turns.lock:
                self._turns.waiting[me] = get_ident()
                self._turns.refuse_closed()
                if self._kept or self._error or (self.state != "up" and not self._reconnect):
                    return True
                due = self._until or (self._again if self.state == "gone" else None)
            timeout = None if timeout is None else max(0.0, timeout)
            limit = None if due is None else max(0.0, (due - time.monotonic_ns()) / 1e9)
            if limit is not None and (timeout is None or limit <= timeout):
                self._ready.wait(limit)
                return True
            if not self._ready.wait(timeout):
                return False
            if not self._turns.closed:
                self._ready.hush()
            return True
        finally:
            with self._turns.lock:
                self._turns.waiting.pop(me, None)
                self._turns.settle()

    def fileno(self) -> int:
        """See `Link.fileno`. It stays the same when the device is opened again (Linux)."""
        with self._turns.use():
            return self._ready.fileno()

    def wakeup(self) -> None:
        """See `Link.wakeup`."""
        with self._turns.use():
            self._ready.ring()

    # Sending

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        self._outlet.send(packet)

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        """See `Link.send_many`."""
        sent = self._outlet.send_many(packets)
        return super().send_many(packets) if sent is None else sent

    def wait_writable(self, timeout: float | None = None) -> bool:
        """See `Link.wait_writable`."""
        return self._outlet.wait_writable(timeout)

    # The rest

    def set_filter(self, text: str) -> None:
        """Let in only what a filter of libpcap's accepts, from now on; "" is everything.

        :raises FilterError: libpcap refuses it, with its words; the filter of before stays.
        :raises LinkClosed: the link was closed.
        """
        with self._turns.use():
            if self._handle is None:
                compile_filter(text, self.linktype, optimize=False)
            else:
                self._handle.set_filter(text)
            self._options = replace(self._options, filter=text)

    @property
    def unsure_lengths(self) -> int:
        """Frames that were cut, and may have been longer on the wire than is said: no one told.

        Only pypcap with `immediate` and a `snaplen`: see `umpa.link.libpcap.pypcap`.
        """
        self.stats  # noqa: B018  # counts
        return self._tally.unsure

    @property
    def stats(self) -> LinkStats:
        """See `Link.stats`. They go on adding up when the device is opened again."""
        with suppress(LinkError), self._turns.use() as nested:  # closed or forked: the last ones
            if not nested:
                self._tally.count()
        tally = self._tally
        return LinkStats(
            tally.received, tally.dropped, tally.dropped_by_interface, *self._outlet.counts
        )

    @property
    def closed(self) -> bool:
        """See `Link.closed`."""
        return self._turns.closed

    def close(self) -> None:
        """See `Link.close`. Threads that read or wait leave first."""
        self._turns.close(self._ready.ring)

    def _free(self) -> None:
        self._drop_handle()
        self._outlet.close()
        if self._watch is not None:
            self._watch.close()
        self._ready.close()

    def _drop_handle(self) -> None:
        if self._handle is None:
            return
        self._tally.stop()
        if not self._turns.closed:
            self._ready.remove(self._handle.fileno())
        self._handle.close()
        self._handle = None
