"""Long measurements: the last values only, and alarms with two thresholds."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umpa.errors import TemplateError
from umpa.template.measure import alarm, window


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(1, 50))
def test_a_window_of_so_many_values(values: list[float], count: int) -> None:
    last = window(count=count)
    for value in values:
        last.add(value)
    kept = values[-count:]
    assert list(last) == kept
    assert (last.minimum, last.maximum) == (min(kept), max(kept))
    assert last.mean == pytest.approx(statistics.fmean(kept), abs=1e-3)
    assert last.median == statistics.median_low(kept)


def test_a_window_of_so_many_seconds() -> None:
    last = window(seconds=10)
    for now in range(20):
        last.add(now, now)
    assert list(last) == list(range(10, 20))
    last.forget(100)
    assert (len(last), last.mean, last.median, last.maximum) == (0, 0, 0, 0)


def test_what_does_not_fit_in_the_time_is_counted() -> None:
    last = window(seconds=10, count=3)
    for value in range(5):
        last.add(value, 0)
    assert (list(last), last.dropped) == ([2, 3, 4], 2)


def test_what_is_too_old_anyway_does_not_count_as_too_much() -> None:
    last = window(seconds=2, count=2)
    for now in range(5):
        last.add(now, now)
    assert (list(last), last.dropped) == ([3, 4], 0)


def test_percentiles() -> None:
    last = window(count=100)
    for value in range(1, 101):
        last.add(value)
    assert [last.percentile(p) for p in (0, 1, 50, 99, 100)] == [1, 1, 50, 99, 100]
    with pytest.raises(TemplateError, match="not from 0 to 100"):
        last.percentile(101)


def test_an_alarm_above() -> None:
    loss = alarm("loss", raise_at=0.5, clear_at=0.1)
    said = [loss.update(value, now) for now, value in enumerate([0, 0.4, 0.5, 0.2, 0.6, 0.1, 0.4])]
    assert said == [None, None, "raised", None, None, "cleared", None]
    assert (loss.raised, loss.raises, loss.since) == (False, 1, 5)


def test_an_alarm_below() -> None:
    level = alarm("level", raise_at=1, clear_at=3)
    assert [level.update(value) for value in (2, 1, 2, 3)] == [None, "raised", None, "cleared"]


def test_nan_changes_nothing() -> None:
    loss = alarm("loss", raise_at=0.5, clear_at=0.1)
    loss.update(1)
    assert loss.update(math.nan) is None
    assert loss.raised
    with pytest.raises(TemplateError, match="NaN is no measurement"):
        window(count=1).add(math.nan)


def test_what_cannot_be_meant() -> None:
    impossible: list[dict[str, Any]] = [{}, {"seconds": 0}, {"count": 0}, {"seconds": math.nan}]
    for wrong in impossible:
        with pytest.raises(TemplateError, match="window"):
            window(**wrong)
    with pytest.raises(TemplateError, match="alarm 'x'"):
        alarm("x", raise_at=1, clear_at=1)
