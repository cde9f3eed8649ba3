"""A train of packets: taken one by one, sent at their deadlines, accounted for.

Every packet that was taken from its source is counted once: as sent, as missed, or as an error.
At most `_BATCH` packets are held.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TypeAlias

from umpa.core.packet import Packet
from umpa.errors import EncodeError, LinkClosed, LinkError, ScheduleError, WouldBlock
from umpa.link.base import Link
from umpa.schedule.course import Course, Missed, check_missed
from umpa.schedule.pace import Pace
from umpa.schedule.report import Ending, Report
from umpa.schedule.supply import Packets, plan
from umpa.schedule.times import SECOND, Number, nanoseconds

__all__ = ["OnError", "Train"]

OnError: TypeAlias = Literal["raise", "retry", "skip"]
"""What is done about a packet that the link does not take:

- "raise": the job ends with the error; only a full queue is waited for;
- "retry": the packet is tried again, after pauses that grow;
- "skip": the packet is left out and counted.

A frame that is too long is not tried again. A closed link ends the job in any case.
"""

_BATCH = 64
_FIRST_PAUSE = 50_000  # ns
_LONGEST_PAUSE = {True: 5_000_000, False: 100_000_000}  # ns; for a full queue, for anything else
_NOTICED = 1_000_000  # ns; two clocks that are read one after the other differ by less


class Train(Course["Packet | bytes"]):
    """Packets on their way. `Scheduler.plan` makes one."""

    def __init__(
        self,
        link: Link,
        packets: Packets,
        pace: Pace,
        now: int,
        *,
        delay: Number,
        count: int | None,
        repeat: float | None,
        missed: Missed,
        precise: bool,
        on_error: OnError,
        patience: Number,
        suspended_ns: Callable[[], int] = int,
    ) -> None:
        check_missed(missed)
        start = now + round(nanoseconds("delay", delay))
        if on_error not in ("raise", "retry", "skip"):
            raise ScheduleError(f'on_error is {on_error!r}, expected "raise", "retry" or "skip"')
        self._patience: float = math.inf
        if patience != math.inf:
            self._patience = float(nanoseconds("patience", patience))
        self.precise = precise
        self.on_sent: Callable[[Packet | bytes], object] | None = None
        self._link = link
        self._on_error = on_error
        self._asked = pace.asked
        self._at_once = pace.at_once
        # one by one where each gap counts, or where late packets are left out
        self._single = precise or (missed != "burst" and not pace.at_once)
        self._held: list[tuple[int, Packet | bytes, bytes]] = []
        self._after_ns = 0  # when the first is due that is not held
        self._built: bytes | None = None
        self._broken: Exception | None = None
        self._more = True
        self._sent = self._bytes = self._retries = 0
        self._errors: dict[str, int] = {}
        self._first_ns = self._last_ns = 0
        self._suspended_ns = suspended_ns
        self._suspended_before = suspended_ns()
        self._suspended: int | None = None
        self._trouble_ns: int | None = None
        self._pause_ns = _FIRST_PAUSE
        super().__init__(
            plan(packets, pace, count, repeat, link), start, "burst" if pace.at_once else missed
        )

    @property
    def report(self) -> Report:
        """What became of it so far."""
        return Report(
            sent=self._sent,
            bytes=self._bytes,
            asked_rate=self._asked,
            duration=(self._last_ns - self._first_ns) / SECOND,
            lateness=self.lateness,
            missed=self.missed,
            errors=dict(self._errors),
            retries=self._retries,
            suspended=self._asleep() / SECOND,
            precise=self.precise,
            ending=self.ending,
        )

    def end(self, how: Ending, error: Exception | None = None) -> None:
        """See `Entry.end`."""
        if not self.done:
            self._suspended = self._asleep()
        super().end(how, error)

    def _asleep(self) -> int:
        if self._suspended is not None:
            return self._suspended
        slept = self._suspended_ns() - self._suspended_before
        return slept if slept > _NOTICED else 0

    def shift(self, by: int) -> None:
        """See `Entry.shift`."""
        super().shift(by)
        self._after_ns += by
        self._held[:] = [(due + by, packet, data) for due, packet, data in self._held]
        if self._trouble_ns is not None:
            self._trouble_ns += by

    def run(self, now: int) -> bool:
        """See `Entry.run`."""
        held = self._held
        if not held and not self._take(now):
            return self._more
        try:
            if len(held) == 1:
                self._link.send(held[0][2])
                taken = 1
            else:
                taken = self._link.send_many([data for _, _, data in held])
                if not taken:
                    raise WouldBlock(f"{self._link.name}: the queue is full")
        except (LinkError, EncodeError) as error:
            self._not_sent(error, now)
        else:
            self._account(taken, now)
        if held:
            return True
        if self._single:
            self._step_on()
        else:
            self.due_ns = self._after_ns
        if self._broken is not None:
            raise self._broken
        return self._more

    def _take(self, now: int) -> bool:
        """Hold the packets that are due, as bytes; False where none of them can be sent."""
        held = self._held
        if self._single and not self._catches_up and not self._punctual(now):
            return False
        while True:
            due, packet = self.due_ns, self._thing
            try:
                data = self._built
                if data is None:
                    data = packet if isinstance(packet, bytes) else bytes(packet)
            except EncodeError as error:
                if held:
                    break  # its turn comes when those before it are gone
                self._refuse(error)
                self._step_on()
                if self._broken is not None:
                    raise self._broken from error
                return False
            held.append((due, packet, data))
            if self._single:
                return True
            self._step_on()
            if not self._more or self.due_ns > now or len(held) >= _BATCH:
                break
        self._after_ns = self.due_ns
        return True

    def _step_on(self) -> None:
        """Go to the next packet; an error of its source waits until those before are sent."""
        try:
            self._more = self._advance()
        except Exception as error:
            self._broken, self._more = error, False
            return
        if self.precise:  # building takes longer than what the deadline allows
            self._built = None
            with suppress(EncodeError):  # raised again when it is its turn
                self._built = bytes(self._thing)

    def _account(self, taken: int, now: int) -> None:
        held = self._held
        size = 0
        for due, packet, data in held[:taken]:
            size += len(data)
            if not self._at_once:
                self._late.add(now - due)
            if self.on_sent is not None:
                self.on_sent(packet)
        if not self._sent:
            self._first_ns = now
        self._last_ns = now
        self._sent += taken
        self._bytes += size
        del held[:taken]
        self.due_ns = now  # of what was not taken, if anything
        self._trouble_ns = None

    def _refuse(self, error: Exception) -> None:
        """Count a packet that cannot be sent, and go on or not."""
        cause = type(error).__name__
        self._errors[cause] = self._errors.get(cause, 0) + 1
        if self._on_error != "skip" or isinstance(error, LinkClosed):
            raise error

    def _not_sent(self, error: Exception, now: int) -> None:
        """The link did not take the first of those that are held: try it later, or leave it out."""
        full = isinstance(error, WouldBlock)
        lasting = isinstance(error, (EncodeError, LinkClosed))
        if self._trouble_ns is None:
            self._trouble_ns, self._pause_ns = now, _FIRST_PAUSE
        again = full or (self._on_error == "retry" and not lasting)
        if self._on_error == "skip" or not again or now - self._trouble_ns >= self._patience:
            self._refuse(error)
            del self._held[0]
            self._trouble_ns = None
            self.due_ns = now
            return
        self._retries += 1
        self.due_ns = now + self._pause_ns
        self._pause_ns = min(2 * self._pause_ns, _LONGEST_PAUSE[full])
