"""Asking as a script: requests grouped by the way they take, each group one exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from umpa.core.packet import Packet
from umpa.errors import EncodeError, LinkError, ScheduleError
from umpa.exchange.answers import Answers, ExchangeStats
from umpa.exchange.core import Exchange, Request, gathered
from umpa.exchange.filters import come_by_themselves, filter_for
from umpa.exchange.progress import Progress, teller
from umpa.exchange.script import Script, Talks, ask_neighbours, silent
from umpa.exchange.sender import Sender, shared_sender
from umpa.exchange.sending import Packets, listed
from umpa.exchange.way import Ready
from umpa.link.base import Link
from umpa.link.frame import ETHERNET
from umpa.schedule.pace import Pace
from umpa.schedule.times import Number, nanoseconds, whole

__all__ = ["Options", "asking"]


@dataclass(frozen=True)
class Options:
    """How to ask; see `umpa.sr`."""

    timeout: Number = 2
    retry: int = 0
    device: str | None = None
    multi: bool = False
    inter: Number | None = None
    rate: Number | None = None
    filter: str | None = None
    progress: Progress | None = None
    window: int = 4096
    link: Link | None = None

    def check(self) -> None:
        """:raises ScheduleError: a number is out of its range, or two things exclude each other."""
        nanoseconds("timeout", self.timeout)
        whole("retry", self.retry, 0)
        whole("window", self.window, 1)
        Pace.of(interval=self.inter, rate=self.rate)
        if self.link is not None and (self.device is not None or self.filter is not None):
            raise ScheduleError("a link is given: expected neither a device nor a filter beside it")


def asking(packets: Packets, options: Options) -> Script[Answers]:
    """Send packets and gather their answers; see `umpa.sr`."""
    options.check()
    listing = list(listed(packets))
    asking = _Asking(options, len(listing))
    if options.link is not None:
        link = options.link
        ready = [Ready.on(link, packet) for packet in listing]
        requests = asking.requests(ready)
        yield from asking.over(requests, ready, link)
        return asking.result(requests)
    sender = shared_sender()
    device = None if options.device is None else sender.ways.device(options.device).name
    ready = [sender.ways.ready(packet, device) for packet in listing]
    requests = asking.requests(ready)
    ways: dict[tuple[str, bool], list[int]] = {}
    for number, one in enumerate(ready):
        ways.setdefault((one.way.device, one.way.kernel), []).append(number)
    for (name, kernel), numbers in ways.items():
        chosen = [requests[n] for n in numbers], [ready[n] for n in numbers]
        yield from asking.through(*chosen, sender, name, kernel)
        if asking.interrupted:
            break
    return asking.result(requests)


class _Asking:
    """One call: its exchanges one after the other, and what they add up to."""

    def __init__(self, options: Options, count: int) -> None:
        self._options = options
        self._count = count
        self._exchanges: list[Exchange] = []
        self._errors: dict[str, int] = {}
        self._dropped = 0
        self.interrupted = False

    def requests(self, ready: Sequence[Ready]) -> list[Request]:
        """The requests that these are."""
        return [Request(one.packet, one.way.group or None) for one in ready]

    def through(
        self,
        requests: list[Request],
        ready: list[Ready],
        sender: Sender,
        device: str,
        kernel: bool,
    ) -> Talks:
        """Those that go through one device."""
        yield from ask_neighbours(sender, ready)
        sendable = self._framed(requests, ready)
        text = self._options.filter
        if text is None:
            text = filter_for(one.frame for one in sendable)
        mac = sender.ways.device(device).mac
        promisc = not come_by_themselves((one.frame for one in sendable), mac)
        with sender.captures.armed(device, text, promisc) as capture:
            out = sender.link(device, kernel)
            yield from self._exchanged(sendable, out, capture.link, capture.since)
            self._dropped += capture.dropped

    def over(self, requests: list[Request], ready: list[Ready], link: Link) -> Talks:
        """Those of a call that names a link."""
        yield from self._exchanged(self._framed(requests, ready), link, link)

    def _exchanged(self, sendable: list[Request], out: Link, seen: Link, since: int = 0) -> Talks:
        """One exchange: sent by `out`, seen by `seen`."""
        options = self._options
        pace = Pace.of(interval=options.inter, rate=options.rate)
        exchange = Exchange(
            sendable,
            out,
            seen.linktype,
            timeout=round(nanoseconds("timeout", options.timeout)),
            retry=options.retry,
            multi=options.multi,
            window=options.window,
            offsets=None if pace.at_once else pace.offsets(),
            interface=seen.name,
            since=since,
        )
        self._exchanges.append(exchange)
        line = teller(options.progress, exchange)
        try:
            yield exchange, seen
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            line.erase()

    def _framed(self, requests: list[Request], ready: list[Ready]) -> list[Request]:
        """Those that have a frame now; the others are counted as errors."""
        sendable: list[Request] = []
        for request, one in zip(requests, ready, strict=True):
            way = one.way
            if way.header is None:
                self._fail(silent(one))
                continue
            try:
                data = one.frame()
            except (EncodeError, LinkError) as error:
                self._fail(str(error))
                continue
            request.frame = Packet.dissect(data, ETHERNET if way.header else one.packet.linktype)
            sendable.append(request)
        return sendable

    def _fail(self, why: str) -> None:
        self._errors[why] = self._errors.get(why, 0) + 1

    def result(self, requests: Sequence[Request]) -> Answers:
        """What came of all."""
        totals = ExchangeStats(
            requests=self._count,
            dropped=self._dropped,
            errors=self._errors,
            ending="interrupted" if self.interrupted else "complete",
        )
        for exchange in self._exchanges:
            totals = totals.plus(exchange.stats)
        return gathered(self._exchanges, requests, totals)
