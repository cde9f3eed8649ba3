"""The scheduler that blocks, for scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from umpa.errors import DeadlockError, ScheduleError
from umpa.link.base import Link
from umpa.link.clock import Clock
from umpa.schedule.course import Missed, Timer
from umpa.schedule.interrupt import Interrupt
from umpa.schedule.pace import At, Rate
from umpa.schedule.planner import Options, Planner
from umpa.schedule.progress import Progress, follow
from umpa.schedule.report import Report
from umpa.schedule.supply import Packets
from umpa.schedule.times import SECOND, Number, nanoseconds
from umpa.schedule.train import OnError, Train
from umpa.schedule.wait import Slack, waiter_for

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

__all__ = ["Scheduler"]

_CO_COROUTINE = 0x80  # inspect.CO_COROUTINE; importing inspect takes longer than all of this
_TURN = 5_000_000  # ns that one `poll` takes at most, but for a callback that takes longer


class Scheduler(Planner):
    """Sends packets at their times, and calls functions at theirs. One thread, no event loop.

    `link` is a link, or the name of a device, which is then opened here and closed by `close`, or
    at the end of a `with`. `clock` is the link's own unless told otherwise.

        report = Scheduler(link).send(packets, interval=0.01)

    :raises ScheduleError: the link is on another clock.
    """

    def __init__(self, link: Link | str, clock: Clock | None = None) -> None:
        super().__init__(link, clock)
        self._wait = waiter_for(self._clock)
        self._stopped = False

    def send(
        self,
        packets: Packets,
        *,
        delay: Number = 0,
        interval: Number | None = None,
        rate: Rate | None = None,
        count: int | None = None,
        repeat: float | None = None,
        jitter: Number = 0,
        seed: int | None = None,
        burst: int = 1,
        at: At | None = None,
        speed: Number | None = None,
        missed: Missed = "burst",
        precise: bool = False,
        on_error: OnError = "raise",
        patience: Number = 1,
        progress: Progress = False,
    ) -> Report:
        """Send packets, and return when the last one is sent, or after Ctrl-C.

        `packets` is a packet, a list, a generator, the path of a capture file, or a function that
        gives such; they are taken one by one. What else was planned runs meanwhile.

        When: the first after `delay` seconds. Then one each `interval` seconds, or `rate` packets
        per second, where a function of the seconds since the start gives a rate that changes
        (`ramp`). `burst` packets leave together, with `interval` between bursts. Or
        `at="capture"`, at the times at which they were captured, `speed` times as fast.
        Without any of these, as fast as the link takes them. `jitter` seconds at most are added
        to each deadline, at random, by `seed`.

        How many: all of them once; or `count` packets, beginning again where they end;
        or `repeat` rounds (`math.inf`: for ever).

        `missed` says what is done about deadlines that passed; by default they are caught up with.
        `precise=True` watches the clock for the last 30 to 100 µs before each deadline, which
        costs up to a core. `on_error` says what is done about a packet that the link does not
        take, and `patience` for how many seconds the same packet is tried again.

        :raises ScheduleError: an argument is out of its range, two contradict each other, there
            are no packets, or the link cannot take them.
        :raises LinkError: with `on_error="raise"`, what the link said.
        """
        train = self.plan(
            packets, delay=delay, interval=interval, rate=rate, count=count, repeat=repeat,
            jitter=jitter, seed=seed, burst=burst, at=at, speed=speed, missed=missed,
            precise=precise, on_error=on_error, patience=patience,
        )  # fmt: skip
        teller = follow(train, progress, self._clock.monotonic_ns())
        if teller is not None:
            self._agenda.add(teller)
        try:
            self._drive(train, None)
        finally:
            train.cancel()  # nothing, where it is through
            if teller is not None:
                teller.cancel()
        return train.report

    def _add_timer(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        offsets: Iterator[int],
        start_ns: int,
        missed: Missed,
        endless: bool,
    ) -> Timer:
        code = getattr(getattr(callback, "__func__", callback), "__code__", None)
        if code is not None and code.co_flags & _CO_COROUTINE:
            raise ScheduleError(
                f"{code.co_name} is a coroutine function, which needs an event loop: use an "
                "AsyncScheduler, or a plain function"
            )
        return super()._add_timer(callback, args, offsets, start_ns, missed, endless)

    def plan(self, packets: Packets, **options: Unpack[Options]) -> Train:
        """Plan what `send` would send, but only `run`, `poll` or another `send` sends it.

        So several jobs run side by side. The train has `cancel`, `pause`, `resume` and `report`.

        :raises ScheduleError: as `send`.
        """
        return self._add_train(packets, **options)

    def run(self, timeout: Number | None = None) -> None:
        """Do what is planned, until nothing is left, `timeout` seconds passed, or Ctrl-C.

        An exception of a callback is raised here; what else was planned stays so.
        """
        end = None
        if timeout is not None:
            end = self._clock.monotonic_ns() + round(nanoseconds("timeout", timeout))
        self._drive(None, end)

    def poll(self) -> float | None:
        """Do what is due, and tell how many seconds are left until something is due again.

        None: nothing is planned any more. For the loop of a GUI, or another that is not ours.
        """
        now = self._clock.monotonic_ns()
        end = now + _TURN
        while now <= end and (entry := self._agenda.step(now)) is not None:
            if entry.error is not None:
                raise entry.error
            now = self._clock.monotonic_ns()
        due = self._agenda.next_ns()
        return None if due is None else max(due - self._clock.monotonic_ns(), 0) / SECOND

    def stop(self) -> None:
        """From a callback: let `send` or `run` return before the next packet."""
        self._stopped = True

    def _drive(self, train: Train | None, end_ns: int | None) -> None:
        agenda, now_ns, wait = self._agenda, self._clock.monotonic_ns, self._wait
        self._stopped = False
        self._precise = any(isinstance(left, Train) and left.precise for left in agenda.entries)
        with Slack(self._precise), Interrupt() as interrupt:
            while not (interrupt.came or self._stopped or (train is not None and train.done)):
                entry = agenda.step(now_ns())
                if entry is not None:
                    if entry.error is not None:
                        raise entry.error
                    continue
                due = agenda.next_ns()
                if end_ns is not None and (due is None or due > end_ns):
                    interrupt.wait(wait, end_ns, self._precise)
                    if now_ns() >= end_ns:
                        return
                elif due is not None:
                    interrupt.wait(wait, due, self._precise)
                elif train is None:
                    return
                else:
                    raise DeadlockError("the job is paused, and nothing is left that may resume it")
        if interrupt.came:
            for left in agenda.entries:
                left.end("interrupted")

    def close(self) -> None:
        """Cancel what is planned, and close the link if it was opened here."""
        for entry in self._agenda.entries:
            entry.cancel()
        self._close_own_link()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
