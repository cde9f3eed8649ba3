"""Asking as a script: requests grouped by the way they take, each group one exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from umpa.core.packet import Packet
from umpa.errors import EncodeError, LinkError, ScheduleError
from umpa.exchange.answers import Answers, ExchangeStats
from umpa.exchange.core import Exchange, Request, gathered
from umpa.exchange.filters import filter_for
from umpa.exchange.progress import Progress, teller
from umpa.exchange.script import Script, Talks, ask_neighbours, silent
from umpa.exchange.sender import Sender, shared_sender
from umpa.exchange.sending import Packets, listed
from umpa.exchange.way import Ready
from umpa.link.base import Link
from umpa.link.frame import ETHERNET
from umpa.link.live import LiveLink
from umpa.schedule.pace import Pace
from umpa.schedule.times import Number, nanoseconds, whole

__all__ = ["Options", "asking"]

_SNAPLEN = 65535
_TIMEOUT_MS = 1  # what came is told of after so long; its time is the capture's


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
        yield from asking.over(requests, ready, link, link)
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
        text = self._options.filter
        if text is None:
            text = filter_for(one.packet for one in ready)
        with LiveLink(
            device, filter=text, direction="in", snaplen=_SNAPLEN, timeout_ms=_TIMEOUT_MS
        ) as seen:
            yield from self.over(requests, ready, sender.link(device, kernel), seen)
            stats = seen.stats
            self._dropped += stats.dropped + stats.dropped_by_interface

    def over(self, requests: list[Request], ready: list[Ready], out: Link, seen: Link) -> Talks:
        """One exchange: sent by `out`, seen by `seen`."""
        sendable = [
            request
            for request, one in zip(requests, ready, strict=True)
            if self._framed(request, one)
        ]
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
        )
        self._exchanges.append(exchange)
        line = teller(options.progress, exchange)
        try:
            yield exchange, seen
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            line.erase()

    def _framed(self, request: Request, ready: Ready) -> bool:
        """Whether the request has a frame now; else it is counted as an error."""
        if ready.way.header is None:
            why = silent(ready)
        else:
            try:
                data = ready.frame()
            except (EncodeError, LinkError) as error:
                why = str(error)
            else:
                linktype = ETHERNET if ready.way.header else ready.packet.linktype
                request.frame = Packet.dissect(data, linktype)
                return True
        self._errors[why] = self._errors.get(why, 0) + 1
        return False

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
