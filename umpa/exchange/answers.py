"""What became of an exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from statistics import median
from typing import Any, Literal, NamedTuple

from umpa.core.packet import Packet
from umpa.errors import LinkError
from umpa.exchange.filed import Filed
from umpa.exchange.reasons import Reasons
from umpa.schedule.lateness import duration

__all__ = ["Answer", "Answers", "ExchangeStats", "Unmatched"]


class Answer(NamedTuple):
    """A request and what answered it."""

    request: Packet
    answer: Packet
    rtt: float | None
    """Seconds from sending to capture; None where the request was sent more than once."""


class Unmatched:
    """A packet that came in and answered nothing."""

    def __init__(self, packet: Packet, reasons: _Reasons) -> None:
        self.packet = packet
        self._reasons = reasons

    @property
    def reason(self) -> str:
        """Why not, in a few words; found out when it is read."""
        return self._reasons.made.why(self.packet)

    def __repr__(self) -> str:
        return f"<{self.packet.summary()}: {self.reason}>"


class _Reasons:
    """The reasons of one exchange, made when the first is asked for."""

    def __init__(self, open_ones: Sequence[Filed], answered: Sequence[Filed]) -> None:
        self._open = open_ones
        self._answered = answered

    @cached_property
    def made(self) -> Reasons:
        return Reasons(self._open, self._answered)


@dataclass(frozen=True)
class ExchangeStats:
    """The figures of an exchange."""

    requests: int = 0
    """Packets that were to be sent."""
    sent: int = 0
    """Packets that were sent, retries included."""
    retries: int = 0
    answered: int = 0
    """Requests with one answer at least."""
    answers: int = 0
    received: int = 0
    """Packets that came in through the filter."""
    fragments: int = 0
    """Later fragments of answers; only the first thousand are kept."""
    unmatched: int = 0
    """Packets that answered nothing; only the first thousand are kept."""
    dropped: int = 0
    """Packets lost on the way in, because they were not read in time or by the interface."""
    stale: int = 0
    """Packets thrown away, because they came before the exchange began."""
    would_block: int = 0
    """How often a queue was full and the same packet was sent a little later."""
    errors: dict[str, int] = field(default_factory=dict[str, int])
    """Requests that could not be sent, by the reason."""
    duration: float = 0.0
    """Seconds."""
    ending: Literal["complete", "interrupted"] = "complete"

    def plus(self, other: ExchangeStats) -> ExchangeStats:
        """These with those of one exchange of the same call, whose `requests` are among these."""
        errors = dict(self.errors)
        for why, count in other.errors.items():
            errors[why] = errors.get(why, 0) + count
        summed = {
            name: getattr(self, name) + getattr(other, name)
            for name in (
                "sent", "retries", "answered", "answers", "received", "fragments", "unmatched",
                "dropped", "stale", "would_block", "duration",
            )
        }  # fmt: skip
        return replace(self, errors=errors, **summed)


class Answers:
    """Requests and answers. Print it for a summary; `table()` has a line for each request.

    It is true where something was answered.
    """

    def __init__(
        self,
        answered: list[Answer],
        unanswered: list[Packet],
        unmatched: Sequence[Packet],
        fragments: list[Answer],
        stats: ExchangeStats,
        filed: tuple[Sequence[Filed], Sequence[Filed]],
    ) -> None:
        self.answered = answered
        """Pairs, with the round-trip time; in the order of the requests."""
        self.unanswered = unanswered
        """Requests without an answer."""
        reasons = _Reasons(*filed)
        self.unmatched = [Unmatched(packet, reasons) for packet in unmatched]
        """What came in and answered nothing, with the reason."""
        self.fragments = fragments
        """Later fragments of answers, each with the request; `answered` has the first ones."""
        self.stats = stats

    def __bool__(self) -> bool:
        return bool(self.answered)

    def only(self) -> Packet | None:
        """The first answer; None where there is none.

        :raises LinkError: nothing could be sent.
        :raises KeyboardInterrupt: it was interrupted before there was one.
        """
        if self.answered:
            return self.answered[0].answer
        if self.stats.ending == "interrupted":
            raise KeyboardInterrupt
        if self.stats.errors and not self.stats.sent:
            raise LinkError(next(iter(self.stats.errors)))
        return None

    def __str__(self) -> str:
        stats = self.stats
        text = f"{stats.requests} asked, {stats.answered} answered, {len(self.unanswered)} not"
        times = [one.rtt for one in self.answered if one.rtt is not None]
        if times:
            low, middle, high = min(times), median(times), max(times)
            text += f"; {duration(low)} min, {duration(middle)} median, {duration(high)} max"
        notes = [f"{stats.answers} answers"] if stats.answers > stats.answered else []
        notes += [f"{stats.retries} retries"] if stats.retries else []
        notes += [f"{stats.fragments} later fragments"] if stats.fragments else []
        notes += [f"{stats.unmatched} unmatched"] if stats.unmatched else []
        notes += [f"{stats.dropped} dropped: ask slower, or with a narrower filter"] * bool(
            stats.dropped
        )
        notes += [_not_sent(stats.errors)] if stats.errors else []
        notes += [stats.ending] if stats.ending != "complete" else []
        return text + "".join(f"; {note}" for note in notes)

    def __repr__(self) -> str:
        return f"<{self}>"

    def table(self) -> str:
        """A line for each request: what was asked, what came, and how long it took."""
        rows = [
            (
                one.request.summary(),
                one.answer.summary(),
                "-" if one.rtt is None else duration(one.rtt),
            )
            for one in self.answered
        ]
        rows += [(request.summary(), "no answer", "-") for request in self.unanswered]
        widths = [max((len(row[n]) for row in rows), default=0) for n in (0, 1)]
        return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {
            "answered": [
                {
                    "request": one.request.to_dict(),
                    "answer": one.answer.to_dict(),
                    "rtt": one.rtt,
                }
                for one in self.answered
            ],
            "unanswered": [packet.to_dict() for packet in self.unanswered],
            "fragments": [
                {"request": one.request.to_dict(), "fragment": one.answer.to_dict()}
                for one in self.fragments
            ],
            "unmatched": [
                {"packet": one.packet.to_dict(), "reason": one.reason} for one in self.unmatched
            ],
            "stats": asdict(self.stats),
        }


def _not_sent(errors: dict[str, int]) -> str:
    """How many requests could not be sent, and the first reason; hosts of a network have many."""
    others = f", and {len(errors) - 1} other reasons" if len(errors) > 1 else ""
    return f"{sum(errors.values())} not sent: {next(iter(errors))}{others}"
