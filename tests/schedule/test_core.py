"""The pure core: deadlines, and `now` passed in."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import islice, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umpa.schedule.core import Agenda
from umpa.schedule.course import Missed, Timer
from umpa.schedule.lateness import LatenessMeter
from umpa.schedule.pace import Pace


class Bench:
    """An agenda whose time is a number."""

    def __init__(self) -> None:
        self.now = 0
        self.agenda = Agenda(lambda: self.now)
        self.done: list[tuple[int, object]] = []

    def timer(self, *times: int, name: object = None, missed: Missed = "burst") -> Timer:
        timer = Timer(
            partial(self._note, name), zip(times, repeat(None), strict=False), 0, missed=missed
        )
        self.agenda.add(timer)
        return timer

    def _note(self, name: object) -> None:
        self.done.append((self.now, name))

    def advance(self, now: int) -> None:
        """Look at the agenda once, at that time."""
        self.now = now
        while self.agenda.step(now) is not None:
            ...

    def run(self) -> None:
        """Always on time."""
        while (due := self.agenda.next_ns()) is not None:
            self.now = max(self.now, due)
            self.agenda.step(self.now)


times = st.lists(st.integers(0, 1000), min_size=1, max_size=20).map(sorted)


@given(st.lists(times, max_size=8))
def test_everything_runs_once_in_order_of_time_then_of_creation(courses: list[list[int]]) -> None:
    bench = Bench()
    for name, course in enumerate(courses):
        bench.timer(*course, name=name)
    bench.run()
    assert bench.done == sorted(
        (time, name) for name, course in enumerate(courses) for time in course
    )


@given(times, st.lists(st.integers(0, 400), max_size=10), st.sampled_from(["skip", "coalesce"]))
def test_each_deadline_is_met_or_missed(
    course: list[int], steps: list[int], missed: Missed
) -> None:
    bench = Bench()
    timer = bench.timer(*course, missed=missed)
    for step in steps:
        bench.advance(bench.now + step)
    bench.advance(10_000)
    assert timer.done
    assert timer.calls + timer.missed == len(course)
    assert timer.calls >= 1  # the last one has no other after it


@given(times, st.integers(0, 1000), st.integers(0, 1000))
def test_a_pause_moves_what_is_left_by_its_length(course: list[int], at: int, length: int) -> None:
    bench = Bench()
    timer = bench.timer(*course)
    bench.advance(at)
    timer.pause()
    bench.advance(at + length)
    timer.resume()
    bench.run()
    moved = [time + length for time in course if time > at]
    assert [time for time, _ in bench.done][len(course) - len(moved) :] == moved
    assert len(bench.done) == len(course)


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        ("burst", [0, 37, 37, 37, 40, 50]),
        ("coalesce", [0, 37, 40, 50]),
        ("skip", [0, 40, 50]),
    ],
)
def test_what_passed(missed: Missed, expected: list[int]) -> None:
    bench = Bench()
    bench.timer(0, 10, 20, 30, 40, 50, missed=missed)
    for now in (0, 37, 40, 50):
        bench.advance(now)
    assert [time for time, _ in bench.done] == expected


def test_skip_still_does_what_is_a_little_late() -> None:
    bench = Bench()
    bench.timer(0, 10, 20, 30, missed="skip")
    for now in (0, 14, 20, 30):
        bench.advance(now)
    assert [time for time, _ in bench.done] == [0, 14, 20, 30]


def test_a_cancelled_entry_never_runs() -> None:
    bench = Bench()
    first, second = bench.timer(1, 2, 3, name="a"), bench.timer(2, name="b")
    bench.advance(1)
    first.cancel()
    bench.run()
    assert [name for _, name in bench.done] == ["a", "b"]
    assert (first.ending, second.ending) == ("cancelled", "complete")


def test_cancelled_entries_do_not_pile_up() -> None:
    bench = Bench()
    for _ in range(10_000):
        bench.timer(10**9).cancel()
    assert len(bench.agenda._heap) < 200


def test_a_callback_may_cancel_its_own_timer_and_add_another() -> None:
    bench = Bench()

    def once() -> None:
        timer.cancel()
        bench.timer(bench.now + 5, name="next")

    timer = Timer(once, ((time, None) for time in range(100)), 0)
    bench.agenda.add(timer)
    bench.run()
    assert (timer.calls, bench.done) == (1, [(5, "next")])


def test_an_error_ends_its_entry_and_no_other() -> None:
    bench = Bench()

    def fail() -> None:
        raise ValueError("no")

    timer = Timer(fail, iter([(1, None), (2, None)]), 0)
    bench.agenda.add(timer)
    bench.timer(3, name="other")
    bench.run()
    assert isinstance(timer.error, ValueError)
    assert timer.ending == "failed"
    assert [name for _, name in bench.done] == ["other"]


@pytest.mark.parametrize(("rate", "number"), [(100, 8_640_000), (3, 10**9), (0.1, 10**9)])
def test_deadlines_do_not_drift(rate: float, number: int) -> None:
    """Deadline n is n / rate, to the nanosecond, however large n is."""
    pace = Pace.of(rate=rate)
    assert number * pace.gap.numerator // pace.gap.denominator == number * 10**9 // Fraction(
        str(rate)
    )
    first = list(islice(pace.offsets(), 4))
    assert first == [n * 10**9 // Fraction(str(rate)) for n in range(4)]


def test_decimal_intervals_mean_what_they_say() -> None:
    assert list(islice(Pace.of(interval=0.3).offsets(), 4)) == [
        0,
        300_000_000,
        600_000_000,
        900_000_000,
    ]


@given(
    st.one_of(st.integers(0, 10**6), st.floats(0, 1e6, allow_nan=False)),
    st.integers(1, 5),
    st.integers(0, 10**6),
)
def test_offsets_never_go_back(interval: float, burst: int, jitter_us: int) -> None:
    jitter = jitter_us / 1e6 if interval else 0
    pace = Pace.of(interval=interval, burst=burst, jitter=jitter, seed=1)
    offsets = list(islice(pace.offsets(), 50))
    assert offsets == sorted(offsets)
    assert offsets[0] <= jitter_us * 1000


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=300))
def test_quantiles_are_right_to_two_percent(values: list[int]) -> None:
    meter = LatenessMeter()
    for value in values:
        meter.add(value)
    got = meter.read()
    ordered = sorted(values)
    assert got.max == ordered[-1] / 1e9
    for share, found in ((0.5, got.median), (0.99, got.p99)):
        exact = ordered[max(-(-len(ordered) * round(share * 100) // 100) - 1, 0)]
        assert abs(found * 1e9 - exact) <= 0.02 * exact + 1


def test_millions_of_deadlines_in_constant_memory() -> None:
    import tracemalloc

    bench = Bench()
    endless: Iterator[tuple[int, None]] = zip(Pace.of(rate=1e6).offsets(), repeat(None))
    bench.agenda.add(Timer(lambda: None, islice(endless, 100_000), 0))
    tracemalloc.start()
    try:
        bench.run()
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
