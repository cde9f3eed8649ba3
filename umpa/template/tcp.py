"""The server's side of TCP (RFC 9293), as far as simulated services need it.

A `Conversation` is one connection and knows no packets: it takes segments and gives segments, and
says when it wants to be woken up to repeat what was not acknowledged. Segments out of order are
not kept: they are answered with what is expected, and the client repeats them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["Conversation", "Segment", "Service"]

Service: TypeAlias = "bytes | str | Callable[[bytes], bytes | str | None]"
"""What a port says: a banner, sent when somebody connects; or a function of all that the client
sent so far, which gives what to answer before the server closes, or None to hear more first."""

_SPACE = 1 << 32
_LAST_WAIT = 60.0
"""Seconds that a client has to send its FIN, after it acknowledged ours."""
_FIRST_WAIT, _TRIES = 0.5, 6
"""Seconds until a segment is repeated, doubled each time, and how often at the most."""
_MOST_HEARD = 1 << 20
"""Bytes of a request that are kept; a client that sends more is reset."""


class Segment(NamedTuple):
    """What travels: the parts of a TCP header that a conversation decides, and the data."""

    flags: str
    seq: int
    ack: int
    data: bytes = b""


State = Literal["syn received", "established", "closing", "finished", "closed"]
"""Closing: our FIN is sent. Finished: it is acknowledged too, and the client's FIN is awaited."""


@dataclass
class Conversation:
    """One connection with one client, from its SYN on."""

    service: Service
    initial: int
    """Our first sequence number."""
    expected: int
    """The client's next sequence number."""
    mss: int = 536
    """The most data in one segment, as the client said (RFC 9293, 3.7.1: 536 if it did not)."""
    window: int = 65535
    """What the client takes in, unacknowledged."""
    state: State = "syn received"
    due: float | None = None
    """When to call `wake`."""

    def __post_init__(self) -> None:
        self._acknowledged = self.initial  # all before it was
        self._queue = b""  # from there on: not acknowledged yet, or not sent
        self._sent = 0  # of that
        self._heard = b""
        self._finished = False  # a FIN follows the queue
        self._ended = False  # the client's FIN came
        self._tries = 0
        self._wait = _FIRST_WAIT

    def begin(self, now: float) -> list[Segment]:
        """The answer to the client's SYN."""
        self._again(now)
        return [Segment("SYN,ACK", self.initial, self.expected)]

    def receive(
        self, flags: int, seq: int, ack: int, window: int, data: bytes, now: float
    ) -> list[Segment]:
        """The answer to a segment of the client."""
        syn, rst, has_ack, fin = flags & 2, flags & 4, flags & 16, flags & 1
        self.window = window
        if rst:
            if seq == self.expected:  # RFC 9293, 3.10.7.4: only that one is believed
                self.state, self.due = "closed", None
            return []
        if syn:
            return self.begin(now) if self.state == "syn received" else [self._ack()]
        if not has_ack:
            return []
        self._take_ack(ack, now)
        if self.state == "closed":
            return []
        if seq != self.expected:  # repeated, or out of order: say what is expected
            return [self._ack()] if data or fin else self._flow(now)
        said = bool(data or fin)
        self.expected = (seq + len(data) + bool(fin)) % _SPACE
        if data and not self._hear(data):
            return [self.abort()]
        if fin:
            self._finished = self._ended = True
            if self.state == "finished":
                self.state, self.due = "closed", None
        segments = self._flow(now)
        return segments or ([self._ack()] if said else [])

    def wake(self, now: float) -> list[Segment]:
        """What to repeat, when `due` has come."""
        if self.state == "finished":
            self.state, self.due = "closed", None
            return []
        self._tries += 1
        if self._tries > _TRIES:
            self.state, self.due = "closed", None
            return [Segment("RST", self._position(), 0)]
        self._wait *= 2
        if self.state == "syn received":
            return self.begin(now)
        self._sent = 0
        return self._flow(now)

    def abort(self) -> Segment:
        """End it at once; what to tell the client."""
        self.state, self.due = "closed", None
        return Segment("RST,ACK", self._position(), self.expected)

    def _hear(self, data: bytes) -> bool:
        """Tell the service what the client said; False where it says too much."""
        if isinstance(self.service, (bytes, str)) or self._finished:
            return True
        self._heard += data
        if len(self._heard) > _MOST_HEARD:
            return False
        answer = self.service(self._heard)
        if answer is not None:
            self._say(answer)
            self._finished = True
        return True

    def _say(self, answer: bytes | str) -> None:
        self._queue += answer.encode() if isinstance(answer, str) else answer

    def _take_ack(self, ack: int, now: float) -> None:
        if self.state == "syn received":
            if ack != (self.initial + 1) % _SPACE:
                return
            self.state = "established"
            self._acknowledged = ack
            self._fresh(now)
            if isinstance(self.service, (bytes, str)):
                self._say(self.service)
            return
        fresh = (ack - self._acknowledged) % _SPACE
        whole = len(self._queue) + (self.state == "closing")
        if 0 < fresh <= whole:
            self._queue = self._queue[fresh:]
            self._sent = max(0, self._sent - fresh)
            self._acknowledged = ack
            self._fresh(now)
            if fresh == whole and self.state == "closing":
                self.state = "closed" if self._ended else "finished"
                self.due = None if self._ended else now + _LAST_WAIT

    def _flow(self, now: float) -> list[Segment]:
        """As much of the queue as the client's window takes, and the FIN behind it."""
        if self.state not in ("established", "closing"):
            return []
        segments = []
        while self._sent < len(self._queue) and self._sent < self.window:
            end = min(self._sent + self.mss, len(self._queue), self.window)
            last = end == len(self._queue)
            flags = "PSH,ACK" if last else "ACK"
            data = self._queue[self._sent : end]
            segments.append(Segment(flags, self._position(), self.expected, data))
            self._sent = end
        if self._finished and self._sent == len(self._queue) and self._may_finish(segments):
            segments.append(Segment("FIN,ACK", self._position(), self.expected))
            self.state = "closing"
        if segments or self._queue:
            self._again(now)
        return segments

    def _may_finish(self, segments: list[Segment]) -> bool:
        """Whether the FIN is due: once, and again only with all before it repeated."""
        return self.state == "established" or bool(segments) or self._tries > 0

    def _position(self) -> int:
        return (self._acknowledged + self._sent) % _SPACE

    def _ack(self) -> Segment:
        after_fin = self.state == "closing" and self._sent == len(self._queue)
        return Segment("ACK", (self._position() + after_fin) % _SPACE, self.expected)

    def _again(self, now: float) -> None:
        self.due = now + self._wait

    def _fresh(self, now: float) -> None:
        """Something was acknowledged: the count of tries begins anew."""
        self._tries, self._wait = 0, _FIRST_WAIT
        self.due = now + self._wait if self._queue or self.state == "closing" else None
