"""Sending and asking, for scripts: each call returns when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, repeat

from umpa.core.packet import Packet
from umpa.exchange.answers import Answers
from umpa.exchange.ask import Options, asking
from umpa.exchange.progress import Progress
from umpa.exchange.script import run, sending
from umpa.exchange.sending import Packets
from umpa.link.base import Link
from umpa.link.clock import REAL
from umpa.schedule.pace import Pace
from umpa.schedule.report import Report
from umpa.schedule.times import Number, whole
from umpa.schedule.wait import waiter_for

__all__ = ["rounds", "send", "sr", "sr1", "srloop"]


def send(
    packets: Packets,
    device: str | None = None,
    count: int = 1,
    rate: Number | None = None,
    *,
    link: Link | None = None,
) -> Report:
    """Send a packet, a list or a generator, `count` times, as fast as possible or at `rate`/s.

    A packet that begins with a link header goes as it is through `device` (or where its IP
    header would be routed). One that begins with IP takes the kernel's route: a source address
    that is unset is filled in, in a copy, and the next hop's hardware address is found, by asking
    if need be; a source that is set, and this machine's own, takes part in choosing the route.
    Packets for this machine itself are delivered by the kernel. Nothing is fragmented.
    With `link` they go there, as they are. The socket stays open for the next call. Ctrl-C ends it,
    and the report says so; in the first quarter of a second it is a KeyboardInterrupt.

    :raises NoSuchDevice: there is no such device; the message lists those there are.
    :raises PermissionDenied: the process may not send; the message says what would allow it.
    :raises EncodeError: a packet cannot be written, is longer than the MTU of its device, or is no
        frame of it.
    :raises LinkError: there is no route, no device is told, or the next hop does not answer.
    :raises ScheduleError: a number is out of its range, or it is no packet.
    """
    return run(sending(packets, device, count, rate, link))


def sr(
    packets: Packets,
    timeout: Number = 2,
    retry: int = 0,
    device: str | None = None,
    multi: bool = False,
    inter: Number | None = None,
    rate: Number | None = None,
    filter: str | None = None,
    progress: Progress | None = None,
    *,
    window: int = 4096,
    link: Link | None = None,
) -> Answers:
    """Send packets and gather what answers them, ICMP errors that quote them included.

    Each packet waits `timeout` seconds, and is sent `retry` times more while nothing answers. With
    `multi` all answers count until then, else the first. `window` packets at most wait at a
    time; `inter` seconds between two, or `rate` per second, slow it down. Packets find their way as
    with `send`. The kernel's filter for the answers is made from the packets, and is there
    before the first one leaves; `filter` replaces it. With `link`, that one sends and reads.
    Ctrl-C ends it, and returns what came until then; in the first quarter of a second it is a
    KeyboardInterrupt, so that a loop of calls ends by pressing it twice.

    :raises FilterError: libpcap refuses the filter.
    :raises LinkError: as `send`, but for next hops that do not answer: these are in `stats.errors`.
    :raises ScheduleError: a number is out of its range, or it is no packet.
    """
    options = Options(timeout, retry, device, multi, inter, rate, filter, progress, window, link)
    return run(asking(packets, options))


def sr1(
    packet: Packet,
    timeout: Number = 2,
    retry: int = 0,
    device: str | None = None,
    filter: str | None = None,
    *,
    link: Link | None = None,
) -> Packet | None:
    """The first answer to one packet; None where none came, but for Ctrl-C, which raises. See `sr`.

    :raises LinkError: as `sr`; also where the packet could not be sent.
    :raises ScheduleError: a number is out of its range, or it is no packet.
    """
    options = Options(timeout, retry, device, filter=filter, link=link)
    return run(asking(packet, options)).only()


def srloop(
    packets: Packets,
    interval: Number = 1,
    count: int | None = None,
    timeout: Number = 2,
    device: str | None = None,
    *,
    link: Link | None = None,
) -> Iterator[Answers]:
    """Ask again and again, `interval` seconds from start to start; gives each round's answers.

    `count` rounds, or without end. A round that takes longer than the interval delays the next.
    Ctrl-C ends it, behind what came in the last round.

    :raises ScheduleError: a number is out of its range, or it is no packet.
    """
    rounds(interval, count, REAL.monotonic_ns)  # what is wrong is told now
    return _rounds(packets, Options(timeout, device=device, link=link), interval, count)


def _rounds(
    packets: Packets, options: Options, interval: Number, count: int | None
) -> Iterator[Answers]:
    clock = REAL if options.link is None else options.link.clock
    wait = waiter_for(clock)
    for deadline in rounds(interval, count, clock.monotonic_ns):
        try:
            while clock.monotonic_ns() < deadline:
                wait(deadline, False)
        except KeyboardInterrupt:
            return
        answers = run(asking(packets, options))
        yield answers
        if answers.stats.ending == "interrupted":
            return


def rounds(interval: Number, count: int | None, now_ns: Callable[[], int]) -> Iterator[int]:
    """When each round begins, on a monotonic clock.

    :raises ScheduleError: a number is out of its range.
    """
    pace = Pace.of(interval=interval)
    if count is not None:
        whole("count", count, 1)
    start = now_ns()
    offsets = islice(repeat(0) if pace.at_once else pace.offsets(), count)
    return (start + offset for offset in offsets)
