"""`Capture`: packets as they come, by iteration or by callbacks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from inspect import isawaitable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from umpa.core.packet import Packet
from umpa.errors import LinkError, WouldBlock
from umpa.exchange.script import run, sending
from umpa.link.base import Link
from umpa.link.file import check_filter
from umpa.link.impairment import seconds
from umpa.savefile.reader import check_count
from umpa.sniffing.devices import default_device
from umpa.sniffing.dump import PathOrDump
from umpa.sniffing.face import DRAIN, Call, Face, blame
from umpa.sniffing.inlet import DeviceOptions, Filter, Source
from umpa.sniffing.intake import Intake, Stop, check_options, routed
from umpa.sniffing.reactions import Reactions
from umpa.sniffing.wait import Waiter

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from umpa.sniffing.asynchronous import AsyncCapture

__all__ = ["Capture"]

_PATIENCE = 1.0  # s between two looks whether the capture was closed while a queue is full


class Capture(Face):
    """Packets of devices, capture files or links, from the moment it is entered.

        with Capture("eth0", filter="tcp or icmp") as capture:
            for packet in capture: ...

        async with Capture("eth0") as capture:
            async for packet in capture: ...

    `device` is a device by name or by one of its addresses; `any`, which is all of them (Linux); a
    capture file (a path object, or a text with a slash or with a suffix such as .pcapng); a
    `umpa.link.Link`, which stays open at the end; or a list of such sources, whose packets
    then come nearly in the order of their times. None is the device of the default route.

    `filter` is libpcap's text, a match expression, or another function of a packet. What the
    kernel can decide of a match is decided there, on Ethernet devices and `any`.

    It ends after `count` packets, after `timeout` seconds, with the first packet for which `stop`
    is true, at the end of a file, or when `stop()` is called.

    `dump` is the path of a capture file, or a `Dump`, to which packets are written before they are
    given to you. The other options are those of devices, `umpa.link.LiveLink` has them:
    `snaplen`, `promisc`, `direction`, `monitor`, `immediate`, `buffer_size`, `timeout_ms`,
    `sender`, and `reconnect`, with which the capture goes on by itself when a device comes
    back, and gives a `CaptureWarning` when it goes away.

    Where packets were lost, a `CaptureWarning` says how many and what to change: during the
    capture once, or else at its end.

    :raises FilterError: at once, where the filter is no filter; when entered, libpcap's words.
    :raises LinkError: at once, for options that do not fit; when entered, where a device cannot be
        opened: `NoSuchDevice`, `PermissionDenied`, `LinkDown`.
    :raises FileError: when entered, where a file cannot be read, or the dump cannot be written.
    :raises ScheduleError: when entered, where its sources, and the loop with `async with`, do not
        share one clock.
    :raises ValueError: a count or a timeout that is none.
    """

    def __init__(
        self,
        device: Source | Sequence[Source] | None = None,
        *,
        filter: Filter | None = None,
        count: int | None = None,
        timeout: float | None = None,
        stop: Stop | None = None,
        dump: PathOrDump | None = None,
        **options: Unpack[DeviceOptions],
    ) -> None:
        if filter is not None:
            check_filter(filter)
        check_count(count)
        if timeout is not None:
            seconds("timeout", timeout)
        if device is None:
            device = default_device()
        alone = isinstance(device, (str, os.PathLike, Link))
        given: Any = device
        sources: list[Any] = list(given) if isinstance(given, Iterable) and not alone else [given]
        if not sources:
            raise ValueError("a capture needs a device, a file or a link")
        for source in sources:
            if not isinstance(source, (str, os.PathLike, Link)):
                raise TypeError(f"{source!r} is no device, capture file or link")
        check_options(sources, options)
        self._intake = Intake(
            sources, None if filter == "" else filter, count, timeout, stop, dump, options
        )
        self._reactions = Reactions()
        self._calls: deque[Call] = deque()
        self._waiter: Waiter | None = None
        self._asynchronous: AsyncCapture | None = None

    # Open and closed

    def open(self) -> Self:
        """What entering does: from the return of this, nothing is missed.

        :raises LinkError: a device cannot be opened; or it is open already.
        """
        self._intake.open()
        self._waiter = Waiter(self.name, self._intake.inlets)
        return self

    def close(self) -> None:
        """Give everything back; a second call does nothing. What waits in a thread ends."""
        if self._asynchronous is not None:
            self._asynchronous.close()
        if self._waiter is not None:
            self._waiter.close()
        self._intake.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> AsyncCapture:
        from umpa.sniffing.asynchronous import AsyncCapture  # asyncio takes 40 ms to import

        self._intake.open()
        try:
            self._asynchronous = AsyncCapture(self._intake, self._reactions)
        except BaseException:
            self.close()
            raise
        return self._asynchronous

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Packets

    def __iter__(self) -> Iterator[Packet]:
        """The packets, until the capture ends. A loop that is left can be taken up again.

        :raises LinkError: a device failed, after what came before; `LinkDown` says why.
        :raises FileError: a file is damaged here.
        """
        self._intake.require_open()
        return self._packets()

    def _packets(self) -> Iterator[Packet]:
        take = self._intake.queue.popleft
        busy = False
        while True:
            try:
                while True:
                    yield take()
            except IndexError:  # of an empty queue
                if not self._more(None, None, busy):
                    return
                busy = True

    def next(self, timeout: float | None = None) -> Packet | None:
        """The next packet; None where none comes within `timeout` seconds, or the capture ended.

        :raises LinkError: a device failed.
        """
        until = self._until(timeout)
        while True:
            try:
                return self._intake.queue.popleft()
            except IndexError:
                if not self._more(until, None, False):
                    return None

    def _more(self, until: int | None, late: int | None, busy: bool) -> bool:
        """Wait until there are packets in the queue: True; or there will be none, or time is up.

        Nothing is waited for behind `until`. With `busy`, there were some before, and none are
        read behind `late` any more.
        """
        intake, waiter = self._intake, self._waiter
        if waiter is None:
            intake.require_open()
            raise LinkError(
                f"the capture of {self.name} was opened by `async with ... as capture`: use what "
                "that names, and await it"
            )
        while True:
            if self._stopped():
                return False
            if busy and intake.remaining(late) == 0:
                return False
            left = intake.remaining(until)
            if intake.fill():
                return True
            if intake.ended or left == 0:
                if waiter.anybody:  # other threads, which are to learn it too
                    waiter.wake()
                return False
            waiter.wait(left)

    def _wake(self) -> None:
        if self._waiter is not None:
            self._waiter.wake()

    # Reaction

    def dispatch(
        self, timeout: float | None = None, count: int | None = None, *, first: bool = False
    ) -> int:
        """Call the callbacks of `on` with the packets that come; returns how many were handled.

        A packet is handled when a callback was called with it; others are passed over. It goes on
        for `timeout` seconds (0: what is there), until `count` packets were handled, until
        `stop()`, or to the end of the capture. With `first`, a packet goes to the first
        callback that it concerns, else to all of them.

        An exception of a callback comes out of here, with the packet as its attribute `packet`;
        the next `dispatch` goes on with what is behind it.

        :raises LinkError: a device failed, after what came before was handled.
        :raises TypeError: a callback is a coroutine function, which `async with` is for; or `on`
            was written without parentheses.
        """
        self._intake.require_open()
        self._reactions.require_complete()
        until, late = self._until(timeout), self._until(DRAIN if timeout == 0 else timeout)
        handled, busy = 0, False
        while count is None or handled < count:
            call = self._next_call(first)
            if call is None:
                if not self._more(until, late, busy):
                    break
                busy = True
                continue
            try:
                result = call.callback(call.packet)
                if result is not None and isawaitable(result):
                    raise _wants_a_loop(call, result)
            except Exception as error:
                blame(error, call.packet)
                raise
            handled += call.last
            if self._stopping and self._stopped():
                break
        return handled

    def send(self, packet: Packet | bytes) -> None:
        """Send a packet into the device that is captured from (of several, that it came from).

        A full queue is waited for. A packet that begins with IP goes through that device as by
        `umpa.send`: the next hop and its hardware address are found.

        :raises EncodeError: it cannot be written, or is no frame of that device.
        :raises LinkDown: the device is down.
        :raises LinkError: a file cannot be sent into; or it is not clear which device is meant.
        """
        link = self._intake.link_for(packet)
        if routed(packet, link):
            run(sending(packet, link.name, 1, None, None))
            return None
        while True:
            try:
                return link.send(packet)
            except WouldBlock:
                link.wait_writable(_PATIENCE)


def _wants_a_loop(call: Call, result: Awaitable[object]) -> TypeError:
    close = getattr(result, "close", None)
    if close is not None:
        close()
    return TypeError(f"{call.callback!r} is a coroutine function: use it in `async with Capture`")
