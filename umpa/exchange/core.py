"""The core of asking: requests go out, answers come in, and `now` is passed in.

1. Each request is filed under the key of its answers before it is sent.
2. At most `window` requests wait for answers at a time. All wait equally long, so who was sent
   first is given up first, and a queue suffices.
3. Every request ends as answered, unanswered, or an error; every packet read as an answer or as
   unmatched. All of it is counted, and what came unasked is kept up to a bound.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from umpa.core.origin import Origin
from umpa.core.packet import Asleep, Packet
from umpa.errors import EncodeError, LinkError, WouldBlock
from umpa.exchange.answers import Answer, Answers, ExchangeStats
from umpa.exchange.fragments import completed, piece_of
from umpa.exchange.keys import Filing
from umpa.exchange.parts import Parts
from umpa.exchange.request import Flight, Pieces, Request
from umpa.exchange.stack import wire as bytes_of
from umpa.link.base import Frame, Link
from umpa.link.impairment import SECOND

__all__ = ["Exchange", "gathered"]

_BATCH = 64
"""Packets sent in one call: their times of sending are one."""
_KEPT = 1000
_PAUSE = 200_000  # ns, after a queue was full
_ENDLESS = 1 << 62
_new = tuple.__new__


class Exchange:
    """A core for `umpa.exchange.talk`: sends by `out`; what is read is given to `receive`."""

    def __init__(
        self,
        requests: Sequence[Request],
        out: Link,
        linktype: int,
        *,
        timeout: int,
        retry: int,
        multi: bool,
        window: int,
        offsets: Iterator[int] | None,
        interface: str | None = None,
        since: int = 0,
    ) -> None:
        self.requests = requests
        self._out = out
        self.clock = out.clock
        self._origin = Origin(linktype, interface)
        self._since = since
        self._timeout = timeout
        self._most = 1 + retry
        self._multi = multi
        self._window = window
        self._offsets = offsets
        self._offset = next(offsets) if offsets is not None else 0
        self._pending: Filing[Request] = Filing()
        self._queue = deque(requests)
        self._flights: deque[Flight] = deque()
        self._in_flight = 0
        self._start: int | None = None
        self._end = 0
        self._not_before = 0
        self._stuck_since: int | None = None
        self._unmatched: list[Packet] = []
        self._counts = ExchangeStats(requests=len(requests))
        self._sent = self._retries = self._answered = self._answers = 0
        self._received = self._strange = self._full = self._stale = 0
        self._pieces: Pieces | None = None
        self._parts = Parts(requests, linktype)
        self._errors: dict[str, int] = {}
        self.on_progress: Callable[[Exchange, int], int | None] | None = None
        """Called at each step, with the time; returns when it wants to be called again."""

    # The core

    def step(self, now: int) -> int | None:
        """See `Talk.step`."""
        if self._start is None:
            self._start = now
        self._end = now
        self._give_up(now)
        due = _ENDLESS
        if self._queue and self._in_flight < self._window:
            due = self._send(now)
        if self._flights:
            due = min(due, self._flights[0].deadline)
        elif not self._queue:
            return None
        look = None if self.on_progress is None else self.on_progress(self, now)
        return due if look is None else min(due, look)

    def _give_up(self, now: int) -> None:
        """Those whose time is over are asked again, or not."""
        flights = self._flights
        while flights:
            flight = flights[0]
            if flight.waiting and flight.deadline > now:
                return
            flights.popleft()
            self._in_flight -= flight.waiting
            if flight.waiting:
                flight.waiting = 0
                for request in flight.requests:
                    if request.unanswered and request.tries < self._most:
                        self._queue.append(request)
            flight.requests.clear()  # they know it: no cycle for the collector

    def _land(self, request: Request) -> None:
        """It waits no longer, nor do its later fragments."""
        flight = request.flight
        if flight is not None and flight.waiting:
            flight.waiting -= 1
            self._in_flight -= 1
        if self._pieces is not None:
            for piece in self._pieces.of(request):
                if piece.answer is None:
                    self._land(piece)

    def _note_pieces(self, bare: list[Request]) -> None:
        """Requests without ports or identifiers, which may be fragments."""
        if self._pieces is None:
            self._pieces = Pieces(self.requests)
        self._pieces.learn(bare)

    def _send(self, now: int) -> int:
        """Send what is due; when to come again."""
        if now < self._not_before:
            return self._not_before
        count = self._due(now)
        if not count:
            assert self._start is not None
            return self._start + self._offset
        queue = self._queue
        chosen = [queue.popleft() for _ in range(count)]
        if self._retries or self._most > 1:  # an answer may come while a retry waits for its turn
            chosen = [one for one in chosen if one.answer is None]
            count = len(chosen)
        fresh = [request for request in chosen if not request.filed]
        bare = self._pending.file_all(fresh)
        if bare:
            self._note_pieces(bare)
        for request in fresh:
            request.filed = True
        batch = [request.data for request in chosen]
        sent_ns = self._out.clock.time_ns()
        taken = self._hand_over(batch, chosen) if batch else 0
        if taken < len(chosen):
            queue.extendleft(reversed(chosen[taken:]))
            del chosen[taken:]
        if taken:
            flight = Flight(chosen, sent_ns, now + self._timeout)
            self._flights.append(flight)
            for request in chosen:
                request.flight = flight
                request.tries += 1
            if self._most > 1:
                self._retries += sum(request.tries > 1 for request in chosen)
            self._in_flight += taken
            self._sent += taken
        if self._offsets is not None:
            for _ in range(taken):
                self._offset = next(self._offsets)
        if taken < count and self._not_before > now:
            return self._not_before
        return now if queue and self._in_flight < self._window else _ENDLESS

    def _due(self, now: int) -> int:
        """How many may be sent now."""
        most = min(_BATCH, len(self._queue), self._window - self._in_flight)
        if self._offsets is None:
            return most
        assert self._start is not None
        return 1 if self._start + self._offset <= now else 0

    def _hand_over(self, batch: list[bytes], chosen: list[Request]) -> int:
        """Give them to the link, in order: how many it took. What it never takes is counted."""
        try:
            taken = self._out.send_many(batch)
        except WouldBlock:
            taken = 0
        except (LinkError, EncodeError) as error:
            del chosen[0]
            self._fail(str(error))
            return 0
        if taken:
            self._stuck_since = None
        elif self._stuck(self._end):
            del chosen[0]
            self._fail(f"{self._out.name} took nothing for as long as an answer is waited for")
            return 0
        if taken < len(batch):
            self._full += 1
            self._not_before = self._end + _PAUSE
        return taken

    def _stuck(self, now: int) -> bool:
        """Whether the queue was full for too long; some devices call it full for what they drop."""
        if self._stuck_since is None:
            self._stuck_since = now
        return now - self._stuck_since > self._timeout

    def _fail(self, why: str) -> None:
        self._errors[why] = self._errors.get(why, 0) + 1

    def receive(self, frames: list[Frame], now: int) -> None:
        """See `Talk.receive`."""
        if self._since:
            frames = self._fresh(frames, now)
        origin, look_up = self._origin, self._pending.asked
        self._received += len(frames)
        for time_ns, data, wire in frames:
            packet: Any = Asleep()
            packet._content = data
            packet.time_ns = time_ns
            packet._origin = origin if wire is None or wire == len(data) else origin.replace(wire)
            found = look_up(packet)
            if found is not None and self._pieces is not None and _is_later(packet):
                found = None  # addresses alone are no answer to a later fragment of the requests
            if found is not None and self._answer(found, packet, time_ns):
                continue
            if self._is_part_of_an_answer(packet, time_ns):
                continue
            self._strange += 1
            if len(self._unmatched) < _KEPT:
                self._unmatched.append(packet)

    def _is_part_of_an_answer(self, packet: Packet, time_ns: int) -> bool:
        """Whether it is a fragment of an answer, which says too little by itself."""
        piece = piece_of(packet)
        if piece is None:
            return False
        if piece.first:
            whole = completed(packet)
            found = None if whole is None else self._pending.asked(whole)
            return found is not None and self._answer(found, packet, time_ns)
        owner = self._parts.later(piece, packet)
        if owner is None:
            return False
        if not self._multi and self._parts.whole(piece):
            self._land(owner)
        return True

    def _has_more(self, request: Request, packet: Packet) -> bool:
        """Whether an answer is a first fragment, and later ones of it did not come yet."""
        if not self._parts.expected(bytes_of(packet)):
            return False
        piece = piece_of(packet)
        if piece is None or not piece.first:
            return False
        early = {id(one) for one in self._parts.first(piece, request)}
        if early:
            self._strange -= len(early)
            self._unmatched = [one for one in self._unmatched if id(one) not in early]
        return not self._parts.whole(piece)

    def _fresh(self, frames: list[Frame], now: int) -> list[Frame]:
        """Those that came since; a capture that was kept may tell of others first, but soon."""
        assert self._start is not None
        if now > self._start + SECOND:  # the clock was set back, rather
            self._since = 0
            return frames
        for number, frame in enumerate(frames):
            if frame[0] >= self._since:
                self._since = 0
                self._stale += number
                return frames[number:]
        self._stale += len(frames)
        return []

    def _answer(self, found: Sequence[Request], packet: Packet, time_ns: int) -> bool:
        """Note an answer; False where it came after the one that was waited for."""
        request = found[0]
        if request.answer is not None and len(found) > 1:
            # requests that are all alike are answered one after the other
            request = min(found, key=_answers_of)
        flight = request.flight
        rtt = None
        if flight is not None and request.tries == 1:
            rtt = (time_ns - flight.sent_ns) / SECOND
        if request.answer is None:
            request.answer, request.rtt = packet, rtt
            self._answered += 1
            waits = self._has_more(request, packet)
            alone = request.first is None or request.first.answer is None
            if not self._multi and not waits and alone:
                self._land(request)
        elif self._multi:
            self._has_more(request, packet)
            if request.more is None:
                request.more = []
            request.more.append(Answer(request.packet, packet, rtt))
        else:
            return False
        self._answers += 1
        return True

    # The result

    def forget(self) -> None:
        """Let go of the requests; what came of them stays."""
        self.requests = ()
        self._pending.clear()
        self._queue.clear()
        for flight in self._flights:
            flight.requests.clear()
        self._flights.clear()
        self._parts.forget()
        self._pieces = None

    @property
    def in_flight(self) -> int:
        """Requests that wait for an answer."""
        return self._in_flight

    @property
    def stats(self) -> ExchangeStats:
        """The figures so far."""
        return replace(
            self._counts,
            sent=self._sent,
            retries=self._retries,
            answered=self._answered,
            answers=self._answers,
            received=self._received,
            fragments=self._parts.count,
            unmatched=self._strange,
            stale=self._stale,
            would_block=self._full,
            errors=dict(self._errors),
            duration=(self._end - self._start) / SECOND if self._start is not None else 0.0,
        )

    @property
    def fragments(self) -> list[Answer]:
        """Later fragments of answers, the first thousand."""
        return self._parts.kept

    @property
    def unmatched(self) -> list[Packet]:
        """Packets that answered nothing, the first thousand."""
        return self._unmatched


def _is_later(packet: Packet) -> bool:
    """Whether it is a fragment without the headers that tell answers apart."""
    piece = piece_of(packet)
    return piece is not None and not piece.first


def _answers_of(request: Request) -> tuple[bool, int]:
    """How little it is its turn, among requests that are all alike: sent and unanswered first."""
    return request.flight is None, (request.answer is not None) + len(request.more or ())


def gathered(
    exchanges: Sequence[Exchange], requests: list[Request], stats: ExchangeStats
) -> Answers:
    """The result of one or several exchanges, in the order of `requests`, which end here.

    Each request is given up for its answer, so that there are never more objects than needed.
    """
    unmatched = [packet for exchange in exchanges for packet in exchange.unmatched]
    filed: tuple[list[Request], list[Request]] = ([], [])
    if unmatched:  # they say why
        filed = (
            [one for one in requests if one.answer is None and one.filed],
            [one for one in requests if one.answer is not None],
        )
    for exchange in exchanges:
        exchange.forget()
    answered: list[Answer] = []
    unanswered: list[Packet] = []
    requests.reverse()
    while requests:
        request = requests.pop()
        if request.answer is not None:
            # half the time of Answer(...)
            answered.append(_new(Answer, (request.packet, request.answer, request.rtt)))
            answered += request.more or ()
        elif request.unanswered:
            unanswered.append(request.packet)
    fragments = [one for exchange in exchanges for one in exchange.fragments]
    return Answers(answered, unanswered, unmatched[:_KEPT], fragments[:_KEPT], stats, filed)
