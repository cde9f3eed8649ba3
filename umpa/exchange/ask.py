"""Asking as a script: requests grouped by the way they take, each group one exchange."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from umpa.core.packet import Packet
from umpa.errors import EncodeError, LinkError, ScheduleError
from umpa.exchange.answers import Answers, ExchangeStats
from umpa.exchange.core import Exchange, gathered
from umpa.exchange.filters import come_by_themselves, filter_for
from umpa.exchange.progress import Progress, teller
from umpa.exchange.request import Request
from umpa.exchange.script import Script, Talks, ask_neighbours, silent
from umpa.exchange.sender import Sender, shared_sender
from umpa.exchange.sending import Packets, listed
from umpa.exchange.way import Ready, Way
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
        run = _Run()
        requests = asking.requests(listing, partial(Ready.on, link), lambda _: run)
        yield from asking.over(run, link, link)
        return asking.result(requests)
    sender = shared_sender()
    device = None if options.device is None else sender.ways.device(options.device).name
    runs: defaultdict[tuple[str, bool], _Run] = defaultdict(_Run)
    requests = asking.requests(
        listing,
        lambda packet: sender.ways.ready(packet, device),
        lambda way: runs[way.device, way.kernel],
    )
    for (name, kernel), run in runs.items():
        yield from asking.through(run, sender, name, kernel)
        if asking.interrupted:
            break
    return asking.result(requests)


class _Run:
    """The requests that go through one device."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        """Those that can be sent, or may be, in order."""
        self.unknown: list[tuple[Request, Ready]] = []
        """Those whose next hop has to be asked first for its hardware address."""


class _Asking:
    """One call: its exchanges one after the other, and what they add up to."""

    def __init__(self, options: Options, count: int) -> None:
        self._options = options
        self._count = count
        self._exchanges: list[Exchange] = []
        self._errors: dict[str, int] = {}
        self._dropped = 0
        self.interrupted = False

    def requests(
        self,
        packets: Iterable[Packet | bytes],
        prepare: Callable[[Packet | bytes], Ready],
        run_of: Callable[[Way], _Run],
    ) -> list[Request]:
        """The requests that these are; each takes part in a run, or is counted as an error."""
        requests: list[Request] = []
        last: Way | None = None
        run: _Run | None = None
        for packet in packets:
            ready = prepare(packet)
            way = ready.way
            if run is None or way is not last:
                last, run = way, run_of(way)
            request = Request(ready.packet, way.group or None)
            requests.append(request)
            if way.header is None:
                run.unknown.append((request, ready))
            elif not self._frame(request, ready):
                continue
            run.requests.append(request)
        return requests

    def _frame(self, request: Request, ready: Ready) -> bool:
        """Whether the request can be sent; else it is counted as an error."""
        header = ready.way.header
        try:
            if header == b"":
                request.data = bytes(ready.packet)
            elif header is None:
                raise LinkError(silent(ready))
            else:
                request.data = ready.frame()
        except (EncodeError, LinkError) as error:
            why = str(error)
            self._errors[why] = self._errors.get(why, 0) + 1
            return False
        request.linktype = ETHERNET if header else ready.packet.linktype
        return True

    def through(self, run: _Run, sender: Sender, device: str, kernel: bool) -> Talks:
        """Ask those that go through one device."""
        try:
            yield from ask_neighbours(sender, [ready for _, ready in run.unknown])
        except KeyboardInterrupt:
            self.interrupted = True
            return
        lost = {request for request, ready in run.unknown if not self._frame(request, ready)}
        if lost:
            run.requests = [request for request in run.requests if request not in lost]
        text = self._options.filter
        if text is None:
            text = filter_for(run.requests)
        promisc = not come_by_themselves(run.requests, sender.ways.device(device).mac)
        with sender.captures.armed(device, text, promisc) as capture:
            out = sender.link(device, kernel)
            yield from self.over(run, out, capture.link, capture.since)
            self._dropped += capture.dropped

    def over(self, run: _Run, out: Link, seen: Link, since: int = 0) -> Talks:
        """One exchange: sent by `out`, seen by `seen`."""
        options = self._options
        pace = Pace.of(interval=options.inter, rate=options.rate)
        exchange = Exchange(
            run.requests,
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
        run.requests = []  # they are the exchange's
        self._exchanges.append(exchange)
        line = teller(options.progress, exchange)
        try:
            yield exchange, seen
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            line.erase()

    def result(self, requests: list[Request]) -> Answers:
        """What came of all; see `gathered`."""
        totals = ExchangeStats(
            requests=self._count,
            dropped=self._dropped,
            errors=self._errors,
            ending="interrupted" if self.interrupted else "complete",
        )
        for exchange in self._exchanges:
            totals = totals.plus(exchange.stats)
        return gathered(self._exchanges, requests, totals)
