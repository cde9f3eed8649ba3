"""Whatever goes wrong, every packet that was taken is counted once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from tests.schedule.drivers import Recorder
from umpa.errors import EncodeError, LinkDown, WouldBlock
from umpa.schedule import Scheduler, VirtualClock
from umpa.schedule.course import Missed

TROUBLES: dict[str, Callable[[], Exception]] = {
    "full": lambda: WouldBlock("full"),
    "down": lambda: LinkDown("down"),
    "long": lambda: EncodeError("long"),
}

missed_ways = st.sampled_from(["burst", "skip", "coalesce"])


@given(
    st.lists(st.sampled_from(["full", "down", "long", "fine", "fine", "slow"]), max_size=300),
    st.sampled_from([{}, {"interval": 0.01}, {"interval": 0.02, "burst": 7}, {"rate": 33}]),
    missed_ways,
    st.booleans(),
)
def test_sent_missed_and_refused_are_all(
    fates: list[str], pace: dict[str, float], missed: Missed, precise: bool
) -> None:
    clock = VirtualClock()
    link, taken = Recorder(clock), 0
    fate = iter(fates)

    def trouble(data: bytes) -> Exception | None:
        now = next(fate, "fine")
        if now == "slow":
            clock.advance(0.035)
        return TROUBLES[now]() if now in TROUBLES else None

    def packets() -> Iterator[bytes]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield bytes([number])

    link.trouble = trouble
    report = Scheduler(link).send(
        packets(),
        missed=missed,
        precise=precise,
        on_error="skip",
        **pace,  # type: ignore[arg-type]
    )
    assert report.sent + report.missed + sum(report.errors.values()) == taken == 100
    assert report.sent == len(link.frames)
    assert [data[0] for _, data in link.frames] == sorted(data[0] for _, data in link.frames)


@given(st.lists(st.sampled_from(["full", "down", "fine"]), max_size=100), missed_ways)
def test_with_retry_and_patience_everything_is_sent_once_and_in_order(
    fates: list[str], missed: Missed
) -> None:
    link, failed = Recorder(VirtualClock()), 0
    fate = iter(fates)

    def trouble(data: bytes) -> Exception | None:
        nonlocal failed
        make = TROUBLES.get(next(fate, "fine"))
        failed += make is not None
        return None if make is None else make()

    link.trouble = trouble
    report = Scheduler(link).send(
        (bytes([number]) for number in range(50)),
        interval=60,
        missed=missed,
        on_error="retry",
        patience=math.inf,
    )
    assert [data[0] for _, data in link.frames] == list(range(50))
    assert report.retries == failed
