"""Timers, and where a run's time and chance come from."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.template.stage import Stage, write
from umpa.errors import ScheduleError
from umpa.link import MemoryLink
from umpa.schedule import VirtualClock, run
from umpa.template import load


def times(stage: Stage, text: str) -> list[float]:
    """When a line was logged."""
    return [float(line.split(" ", 1)[0]) for line in stage.log if line.split(" ", 1)[1] == text]


def test_timers_do_not_drift(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "@every(0.1)\nasync def f(context):\n    await context.sleep(0.05)")
    status = stage.play(_long, seconds=1000.05)
    assert (status.timers[0].calls, status.timers[0].missed) == (10_000, 0)


async def _long(stage: Stage) -> None:
    await asyncio.sleep(5000)


@pytest.mark.parametrize(
    ("missed", "at"),
    [("skip", [1, 4, 7, 10]), ("coalesce", [1, 3.5, 6, 8.5]), ("burst", [1, 3.5, 6, 8.5])],
)
def test_a_timer_whose_handler_takes_longer_than_its_interval(
    tmp_path: Path, missed: str, at: list[float]
) -> None:
    stage = Stage(
        tmp_path,
        f"""
        @every(1, missed="{missed}")
        async def slow(context):
            context.log("tick")
            await context.sleep(2.5)
        """,
    )
    stage.play(_long, seconds=10.5)
    assert times(stage, "tick")[:4] == at


def test_jitter_is_drawn_from_the_seed(tmp_path: Path) -> None:
    def once() -> list[str]:
        stage = Stage(tmp_path, "@every(1, jitter=0.5)\ndef f(context): context.log('tick')")
        stage.play(_long, seconds=20)
        return stage.log

    assert once() == once()
    assert any(float(line.split()[0]) % 1 for line in once())


def test_at_seconds_and_times_of_day(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @at(5, "00:01", "23:59:59")
        def f(context):
            context.log("now")
        """,
    )  # the clock begins at midnight
    stage.play(_forever, seconds=2 * 86_400 + 30)
    assert times(stage, "now") == [5, 60, 86_399, 86_460, 172_799]


async def _forever(stage: Stage) -> None:
    await asyncio.sleep(10**9)


def test_a_timer_that_fails_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "@every(1)\ndef f(context): 1 / 0")
    status = stage.play(_long, seconds=100.5)
    assert (status.timers[0].calls, status.timers[0].failed) == (100, 100)
    assert len(stage.log) == 11  # the first ten, and the hundredth


def test_call_later(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on_start
        def start(context):
            context.call_later(2, lambda: context.log("called"))
            context.call_later(1, lambda: context.log("never")).cancel()
            context.send(b"later" * 12, delay=3)
        """,
    )
    stage.play(_long, seconds=10)
    assert stage.log == ["2.000000 called"]
    (packet,) = stage.answers()
    assert packet.time_ns == VirtualClock().time_ns() + 3 * 10**9


def test_time_and_chance_come_from_the_run(tmp_path: Path) -> None:
    def once(seed: int) -> list[str]:
        path = write(
            tmp_path,
            """
            @every(1)
            def f(context):
                context.log(f"{context.rng.random()} {rng.random()} {context.time_ns}")
            """,
        )
        clock = VirtualClock()
        near, _ = MemoryLink.pair(clock=clock)
        lines: list[str] = []
        load(path, seed=seed).run(
            near, clock=clock, seconds=5, log=lambda level, line: lines.append(line)
        )
        return lines

    assert once(1) == once(1) != once(2)


def test_two_clocks_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    near, _ = MemoryLink.pair(clock=VirtualClock())
    with pytest.raises(ScheduleError, match="different clocks"):
        load(path).run(near, seconds=1)


def test_in_a_loop_that_runs_already_cancelling_ends_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "@on_stop\ndef stop(context): context.log('stopped')")

    async def main() -> None:
        task = asyncio.ensure_future(
            stage.template.serve(stage.near, log=lambda level, line: stage.log.append(line))
        )
        await asyncio.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main(), clock=stage.clock)
    assert stage.log == ["5.000000 stopped"]
