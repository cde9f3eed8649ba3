"""Requests of an exchange, and those that were sent together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from umpa.core.packet import Packet
from umpa.exchange.answers import Answer
from umpa.exchange.filed import Filed
from umpa.exchange.fragments import Datagram, piece_of

__all__ = ["Flight", "Pieces", "Request"]


class Request(Filed):
    """A packet to send, and what came of it."""

    __slots__ = ("answer", "filed", "first", "flight", "more", "packet", "rtt", "tries")

    def __init__(self, packet: Packet, group: bool | None = None) -> None:
        Filed.__init__(self, b"", 0, group)  # until it is known how it is sent
        self.packet = packet
        """As the user gave it, with its source address."""
        self.answer: Packet | None = None
        """The first."""
        self.rtt: float | None = None
        self.more: list[Answer] | None = None
        """All answers but the first."""
        self.filed = False
        self.tries = 0
        self.flight: Flight | None = None
        """What it was sent with the last time."""
        self.first: Request | None = None
        """The first fragment of the datagram, where this is a later one of it."""

    @property
    def unanswered(self) -> bool:
        """Whether nothing answered it, nor the datagram that it is a piece of."""
        return self.answer is None and (self.first is None or self.first.answer is None)


class Flight:
    """Requests that were sent together, and so wait equally long."""

    __slots__ = ("deadline", "requests", "sent_ns", "waiting")

    def __init__(self, requests: list[Request], sent_ns: int, deadline: int) -> None:
        self.requests = requests
        self.sent_ns = sent_ns
        self.deadline = deadline
        self.waiting = len(requests)
        """How many of them still wait."""


class Pieces:
    """Later fragments among the requests: what answers the first of a datagram answers them too."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._firsts: dict[Datagram, Request] = {}
        self._later: dict[Request, list[Request]] = {}
        for request in requests:
            piece = piece_of(request.frame)
            if piece is not None and piece.first:
                self._firsts[piece.datagram] = request

    def learn(self, requests: Iterable[Request]) -> None:
        """Find the firsts of those that are later fragments."""
        for request in requests:
            piece = piece_of(request.frame)
            if piece is not None and not piece.first:
                request.first = self._firsts.get(piece.datagram)
                if request.first is not None:
                    self._later.setdefault(request.first, []).append(request)

    def of(self, request: Request) -> Sequence[Request]:
        """Those that belong to it."""
        return self._later.get(request, ())
