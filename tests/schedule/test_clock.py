"""Virtual time: it jumps when everything is idle, keeps the order, and says who waits for ever."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from umpa.errors import DeadlockError, ScheduleError
from umpa.link import MemoryLink
from umpa.link.aio import Watch, readable
from umpa.schedule import AsyncScheduler, VirtualClock, run


def in_virtual_time(main: Callable[[], Awaitable[Any]]) -> Any:
    """Run it on a new clock."""

    async def whole() -> Any:
        return await main()

    return run(whole(), clock=VirtualClock())


def test_sleeping_takes_no_time() -> None:
    clock = VirtualClock()
    before = time.monotonic()
    run(asyncio.sleep(7 * 24 * 3600), clock=clock)
    assert clock.monotonic_ns() == 7 * 24 * 3600 * 10**9
    assert clock.time_ns() == (946_684_800 + 7 * 24 * 3600) * 10**9
    assert time.monotonic() - before < 5


def test_it_returns_the_result_and_raises_the_error() -> None:
    async def main(fail: bool) -> int:
        await asyncio.sleep(1)
        return 1 // (not fail)

    assert run(main(False), clock=VirtualClock()) == 1
    with pytest.raises(ZeroDivisionError):
        run(main(True), clock=VirtualClock())


def test_without_a_clock_it_is_the_machines_time() -> None:
    async def main() -> float:
        started = time.monotonic()
        await asyncio.sleep(0.02)
        return time.monotonic() - started

    assert run(main()) >= 0.019


def test_ties_run_in_the_order_of_their_creation() -> None:
    async def main() -> list[int]:
        loop, done = asyncio.get_running_loop(), list[int]()
        for number in range(200):
            loop.call_later(1, done.append, number)
        await asyncio.sleep(1)
        return done

    assert in_virtual_time(main) == list(range(200))


def test_a_repeating_callback_has_the_place_of_its_creation_among_ties() -> None:
    clock = VirtualClock()

    async def main() -> str:
        loop, order = asyncio.get_running_loop(), list[str]()
        async with AsyncScheduler(MemoryLink.pair(clock=clock)[0]) as scheduler:
            loop.call_later(10, order.append, "before")
            scheduler.every(1, lambda: order.append("job") if loop.time() == 10 else None)
            loop.call_later(10, order.append, "after")
            await asyncio.sleep(10)
        return " ".join(order)

    assert run(main(), clock=clock) == "before job after"


def test_timeouts_queues_and_locks_work() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[int] = asyncio.Queue()
        loop.call_later(5, queue.put_nowait, 1)
        assert await queue.get() == 1
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(queue.get(), 60)
        return loop.time()

    assert in_virtual_time(main) == 65


def test_nothing_scheduled_and_nobody_waiting_says_who_waits() -> None:
    async def main() -> None:
        async def worker(event: asyncio.Event) -> None:
            await event.wait()

        task = asyncio.create_task(worker(asyncio.Event()), name="worker of the test")
        await asyncio.sleep(1)
        await task

    with pytest.raises(DeadlockError) as caught:
        in_virtual_time(main)
    message = str(caught.value)
    assert "worker of the test" in message
    assert "test_clock.py" in message or "locks.py" in message
    assert "Task-" in message


def test_cleaning_up_runs_after_a_deadlock() -> None:
    cleaned = []

    async def main() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(1)
            cleaned.append(True)

    with pytest.raises(DeadlockError):
        in_virtual_time(main)
    assert cleaned == [True]


def test_blocking_for_ever_is_a_deadlock_too() -> None:
    left, _ = MemoryLink.pair(clock=VirtualClock())
    with pytest.raises(DeadlockError, match="without a timeout"):
        left.wait()


def test_a_link_with_latency_delivers_in_virtual_time() -> None:
    clock = VirtualClock()

    async def main() -> float:
        left, right = MemoryLink.pair(latency=30, clock=clock)
        left.send(bytes(60))
        assert await readable(right, 100)
        return len(right.read())

    assert run(main(), clock=clock) == 1
    assert clock.monotonic_ns() == 30 * 10**9


def test_time_stands_still_while_a_thread_works() -> None:
    async def main() -> tuple[list[str], float]:
        loop, order = asyncio.get_running_loop(), list[str]()
        loop.call_later(0.001, order.append, "timer")

        def work() -> None:
            time.sleep(0.05)
            order.append("thread")

        await asyncio.to_thread(work)
        await asyncio.sleep(1)
        return order, loop.time()

    assert in_virtual_time(main) == (["thread", "timer"], 1)


def test_other_threads_can_call_in() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def call() -> None:
            loop.call_soon_threadsafe(future.set_result, 5)

        def start() -> None:
            thread = threading.Thread(target=call)
            thread.start()
            thread.join()

        await loop.run_in_executor(None, start)
        assert await future == 5

    in_virtual_time(main)


def test_asynchronous_generators_are_closed() -> None:
    closed = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    async def main() -> None:
        async for _ in numbers():
            break

    in_virtual_time(main)
    assert closed == [True]


def test_real_descriptors_are_refused_with_a_reason() -> None:
    async def watch() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            asyncio.get_running_loop().add_reader(ours, print)

    async def connect() -> None:
        await asyncio.open_connection("127.0.0.1", 9)

    async def process() -> None:
        await asyncio.create_subprocess_exec("true")

    for refused, name in ((watch, "add_reader"), (connect, "create_connection"), (process, "subp")):
        with pytest.raises(ScheduleError, match=f"{name}.* refused in virtual time"):
            in_virtual_time(refused)


def test_what_cannot_be_run_is_refused() -> None:
    with pytest.raises(ScheduleError, match="expected a coroutine"):
        run(asyncio.sleep, clock=VirtualClock())  # type: ignore[arg-type]
    with pytest.raises(ScheduleError, match="expected a VirtualClock"):
        run(asyncio.sleep(0), clock=5)  # type: ignore[arg-type]

    async def nested() -> None:
        run(asyncio.sleep(0), clock=VirtualClock())

    with pytest.raises(ScheduleError, match="a loop is running"):
        in_virtual_time(nested)


def test_cancelled_timers_do_not_pile_up() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        for _ in range(10_000):
            loop.call_later(3600, print).cancel()
        return len(loop._timers)  # type: ignore[attr-defined]

    assert in_virtual_time(main) < 200


def test_a_clock_is_moved_by_hand() -> None:
    clock = VirtualClock(start_ns=5)
    clock.advance(1.5)
    assert (clock.time_ns(), clock.monotonic_ns()) == (1_500_000_005, 1_500_000_000)
    clock.advance_to(7)
    assert clock.monotonic_ns() == 1_500_000_000
    with pytest.raises(ScheduleError):
        clock.advance(-1)
    with pytest.raises(ScheduleError):
        VirtualClock(start_ns=-1)


def test_an_error_of_a_call_that_recurs_is_told_and_it_recurs_all_the_same() -> None:
    clock = VirtualClock()

    async def main() -> list[str]:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: told.append(repr(context["exception"]))
        )
        left, right = MemoryLink.pair(clock=clock)

        def fail() -> None:
            raise ValueError(right.read()[0][1])

        watch = Watch(right, fail)
        for frame in (b"one", b"two"):
            await asyncio.sleep(1)
            left.send(frame)
        await asyncio.sleep(1)
        watch.close()
        return told

    assert run(main(), clock=clock) == ["ValueError(b'one')", "ValueError(b'two')"]


@pytest.mark.slow
def test_24_hours_at_100_hz_are_exactly_8640000_calls() -> None:
    clock = VirtualClock()
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    async def main() -> None:
        left, _ = MemoryLink.pair(clock=clock)
        async with AsyncScheduler(left) as scheduler:
            timer = scheduler.every(0.01, count)
            await asyncio.sleep(24 * 3600)
            assert timer.missed == 0

    run(main(), clock=clock)
    assert calls == 8_640_000
    assert clock.monotonic_ns() == 24 * 3600 * 10**9
