"""What only the asyncio face has: jobs side by side, and nothing that outlives the block."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.schedule.drivers import MS, Recorder, numbered
from umpa.errors import LinkDown, ScheduleError
from umpa.schedule import AsyncScheduler, Report, VirtualClock, run

Main = Callable[[Recorder], Coroutine[Any, Any, Any]]


def virtually(main: Main) -> tuple[Any, Recorder]:
    """Run it in virtual time, with a link in that time."""
    clock = VirtualClock()
    link = Recorder(clock)
    return run(main(link), clock=clock), link


def now_ms(link: Recorder) -> int:
    return link.clock.monotonic_ns() // MS


def test_jobs_side_by_side() -> None:
    async def main(link: Recorder) -> list[Report]:
        async with AsyncScheduler(link) as scheduler:
            jobs = [
                scheduler.send(numbered(4)[number:], interval=0.01, count=2, delay=number / 1000)
                for number in range(3)
            ]
            return [await job for job in jobs]

    reports, link = virtually(main)
    assert [report.sent for report in reports] == [2, 2, 2]
    assert [when // MS for when, _ in link.frames] == [0, 1, 2, 10, 11, 12]


def test_the_block_waits_for_what_ends_and_cancels_what_does_not() -> None:
    async def main(link: Recorder) -> tuple[int, int]:
        async with AsyncScheduler(link) as scheduler:
            endless = scheduler.every(0.01, lambda: None)
            scheduler.send(numbered(5), interval=0.01)
            scheduler.call_later(0.1, lambda: None)
        assert endless.ending == "cancelled"
        return endless.calls, now_ms(link)

    assert virtually(main)[0] == (10, 100)


def test_coroutine_functions_as_callbacks() -> None:
    async def main(link: Recorder) -> list[int]:
        times: list[int] = []

        async def slow() -> None:
            times.append(now_ms(link))
            await asyncio.sleep(0.025)

        async with AsyncScheduler(link) as scheduler:
            timer = scheduler.every(0.01, slow, count=6, missed="coalesce")
        assert timer.calls + timer.missed == 6
        assert now_ms(link) >= times[-1] + 25
        return times

    # never a second one beside the first
    assert virtually(main)[0] == [10, 35, 60]


def test_async_for_gives_what_was_sent() -> None:
    async def main(link: Recorder) -> list[int]:
        packets = numbered(4)
        seen: list[int] = []
        async with AsyncScheduler(link) as scheduler:
            async for packet in scheduler.send(packets, interval=0.01):
                assert packet is packets[len(seen)]
                seen.append(now_ms(link))
        return seen

    assert virtually(main)[0] == [0, 10, 20, 30]


def test_a_watcher_that_is_too_slow_loses_the_oldest_and_is_told() -> None:
    async def main(link: Recorder) -> tuple[int, int]:
        seen = 0
        async with AsyncScheduler(link) as scheduler:
            job = scheduler.send(numbered(1), rate=1e6, count=3000)
            async for _ in job:
                if not seen:
                    await asyncio.sleep(10)
                seen += 1
        return seen, job.unseen

    seen, unseen = virtually(main)[0]
    assert seen + unseen == 3000
    assert seen <= 1025


def test_pause_resume_cancel() -> None:
    async def main(link: Recorder) -> Report:
        async with AsyncScheduler(link) as scheduler:
            job = scheduler.send(numbered(100), interval=0.01)
            await asyncio.sleep(0.025)
            job.pause()
            assert job.paused
            await asyncio.sleep(1)
            job.resume()
            await asyncio.sleep(0.02)
            job.cancel()
            return await job

    report, link = virtually(main)
    assert [when // MS for when, _ in link.frames] == [0, 10, 20, 1030, 1040]
    assert (report.ending, report.sent) == ("cancelled", 5)


def test_cancelling_who_awaits_a_job_does_not_end_it() -> None:
    async def main(link: Recorder) -> Report:
        async with AsyncScheduler(link) as scheduler:
            job = scheduler.send(numbered(5), interval=0.01)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(job, 0.015)
            return await job

    assert virtually(main)[0].ending == "complete"


def test_an_error_cancels_the_siblings_and_is_raised_at_the_end() -> None:
    reached: list[str] = []

    async def main(link: Recorder) -> None:
        link.trouble = lambda data: LinkDown("gone") if data[-1] == 3 else None
        async with AsyncScheduler(link) as scheduler:
            sibling = scheduler.send(numbered(1), interval=0.001, count=10**6)
            scheduler.send(numbered(5), interval=0.01)
            try:
                await asyncio.sleep(3600)
                reached.append("the end of the block")
            finally:
                reached.append(sibling.report.ending)

    clock = VirtualClock()
    with pytest.raises(LinkDown, match="gone"):
        run(main(Recorder(clock)), clock=clock)
    assert reached == ["cancelled"]
    assert clock.monotonic_ns() == 30 * MS


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_error_of_a_callback_is_raised_at_the_end(asynchronous: bool) -> None:
    async def fail_later() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("no")

    def fail() -> None:
        raise ValueError("no")

    async def main(link: Recorder) -> None:
        async with AsyncScheduler(link) as scheduler:
            scheduler.call_later(1, fail_later if asynchronous else fail)
            job = scheduler.send(numbered(1), interval=1, count=100)
        assert job.report.ending == "cancelled"

    with pytest.raises(ValueError, match="no"):
        virtually(main)


def test_after_an_error_the_task_is_as_it_was() -> None:
    async def main(link: Recorder) -> str:
        try:
            async with AsyncScheduler(link) as scheduler:
                scheduler.call_later(0, lambda: 1 / 0)
                await asyncio.sleep(1)
        except ZeroDivisionError:
            await asyncio.sleep(1)  # not cancelled any more
            return "fine"
        return "no error"

    assert virtually(main)[0] == "fine"


def test_an_error_of_the_block_itself_cancels_everything() -> None:
    async def main(link: Recorder) -> None:
        async with AsyncScheduler(link) as scheduler:
            scheduler.send(numbered(1), interval=1, count=100)
            await asyncio.sleep(2.5)
            raise KeyError("mine")

    clock = VirtualClock()
    link = Recorder(clock)
    with pytest.raises(KeyError):
        run(main(link), clock=clock)
    assert len(link.frames) == 3


def test_cancelling_from_outside_cancels_everything() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("callback")

    async def inner(link: Recorder) -> None:
        async with AsyncScheduler(link) as scheduler:
            scheduler.call_later(1, work)

    async def main(link: Recorder) -> None:
        task = asyncio.create_task(inner(link))
        await asyncio.sleep(2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    _, link = virtually(main)
    assert ended == ["callback"]
    assert now_ms(link) == 2000


def test_it_is_used_inside_its_block_only() -> None:
    async def main(link: Recorder) -> None:
        scheduler = AsyncScheduler(link)
        with pytest.raises(ScheduleError, match="enter it first"):
            scheduler.send(numbered(1))
        async with scheduler:
            await scheduler.send(numbered(1))
        with pytest.raises(ScheduleError, match="has ended"):
            scheduler.every(1, print)
        with pytest.raises(ScheduleError, match="make a new one"):
            await scheduler.__aenter__()

    virtually(main)


def test_a_real_link_in_virtual_time_is_refused() -> None:
    async def main() -> None:
        async with AsyncScheduler(Recorder()):
            ...

    with pytest.raises(ScheduleError, match="real descriptors"):
        run(main(), clock=VirtualClock())


def test_a_virtual_link_in_real_time_is_refused() -> None:
    async def main() -> None:
        async with AsyncScheduler(Recorder(VirtualClock())):
            ...

    with pytest.raises(ScheduleError, match="another clock"):
        asyncio.run(main())


def test_sending_at_once_leaves_turns_to_others() -> None:
    async def main() -> int:
        turns = 0
        link = Recorder()

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        async with AsyncScheduler(link) as scheduler:
            await scheduler.send(numbered(1), count=50_000)
        task.cancel()
        return turns

    assert asyncio.run(main()) > 10


def test_ten_thousand_jobs() -> None:
    async def main(link: Recorder) -> int:
        async with AsyncScheduler(link) as scheduler:
            jobs = [
                scheduler.send(b"x" * 60, interval=1, delay=number / 10_000, count=3)
                for number in range(10_000)
            ]
        return sum(job.report.sent for job in jobs)

    assert virtually(main)[0] == 30_000


@pytest.mark.parametrize("precise", [False, True])
def test_in_real_time_beside_others(precise: bool) -> None:
    async def main() -> Report:
        async with AsyncScheduler(Recorder()) as scheduler:
            return await scheduler.send(numbered(1), rate=1000, count=100, precise=precise)

    report = asyncio.run(main())
    assert report.sent == 100
    assert report.precise is precise
