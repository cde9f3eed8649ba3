"""What only the blocking face has."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from tests.conftest import ROOT
from tests.schedule.drivers import MS, Recorder, numbered
from umpa.errors import DeadlockError, ScheduleError
from umpa.schedule import Report, Scheduler, VirtualClock


def test_jobs_and_callbacks_side_by_side() -> None:
    link = Recorder(VirtualClock())
    scheduler = Scheduler(link)
    calls: list[int] = []
    scheduler.every(0.01, lambda: calls.append(link.clock.monotonic_ns() // MS), count=3)
    scheduler.call_later(0.015, calls.append, 15)
    first = scheduler.plan(numbered(2), interval=0.01)
    second = scheduler.plan(numbered(4)[2:], interval=0.01, delay=0.005)
    scheduler.run()
    assert calls == [10, 15, 20, 30]
    assert [(when // MS, data[-1]) for when, data in link.frames] == [
        (0, 0),
        (5, 2),
        (10, 1),
        (15, 3),
    ]
    assert (first.report.sent, second.report.sent) == (2, 2)


def test_callbacks_run_while_send_blocks_and_remain_planned() -> None:
    link = Recorder(VirtualClock())
    scheduler = Scheduler(link)
    timer = scheduler.every(0.01, lambda: None)
    scheduler.send(numbered(6), interval=0.01)
    assert timer.calls == 5
    scheduler.run(timeout=0.1)
    assert timer.calls == 15
    assert link.clock.monotonic_ns() == 150 * MS


def test_pause_resume_cancel_from_callbacks() -> None:
    link = Recorder(VirtualClock())
    scheduler = Scheduler(link)
    train = scheduler.plan(numbered(100), interval=0.01)
    scheduler.call_later(0.025, train.pause)
    scheduler.call_later(0.125, train.resume)
    scheduler.call_later(0.145, train.cancel)
    scheduler.run()
    assert [when // MS for when, _ in link.frames] == [0, 10, 20, 130, 140]
    assert train.report.ending == "cancelled"
    assert train.report.lateness.max == 0


def test_stop_returns_and_leaves_the_rest() -> None:
    link = Recorder(VirtualClock())
    scheduler = Scheduler(link)
    scheduler.call_later(0.025, scheduler.stop)
    report = scheduler.send(numbered(100), interval=0.01)
    assert (report.sent, report.ending) == (3, "cancelled")


def test_a_paused_job_that_nobody_resumes_is_an_error() -> None:
    scheduler = Scheduler(Recorder(VirtualClock()))

    def pause() -> None:
        for entry in scheduler._agenda.entries:
            entry.pause()

    scheduler.call_later(0.005, pause)
    with pytest.raises(DeadlockError, match="paused"):
        scheduler.send(numbered(2), interval=0.01)


def test_an_error_of_a_callback_reaches_the_caller() -> None:
    link = Recorder(VirtualClock())
    scheduler = Scheduler(link)
    scheduler.call_later(0.015, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        scheduler.send(numbered(5), interval=0.01)
    assert len(link.frames) == 2
    scheduler.run()
    assert len(link.frames) == 2  # what failed to be sent is not sent later by surprise


def test_poll_is_for_other_peoples_loops() -> None:
    clock = VirtualClock()
    scheduler = Scheduler(Recorder(clock))
    train = scheduler.plan(numbered(3), interval=0.01)
    waits = []
    while (wait := scheduler.poll()) is not None:
        waits.append(wait)
        clock.advance(wait)
    assert waits == [0.01, 0.01]
    assert train.done


def test_progress_is_told_to_a_function() -> None:
    reports: list[Report] = []
    scheduler = Scheduler(Recorder(VirtualClock()))
    scheduler.send(numbered(11), interval=0.1, progress=reports.append)
    assert [report.sent for report in reports] == [3, 5, 7, 9]


def test_progress_is_a_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    Scheduler(Recorder(VirtualClock())).send(numbered(15), interval=0.1, progress=True)
    assert "\r11 packets, 473 bytes, 10/s" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_progress_is_silent_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    Scheduler(Recorder(VirtualClock())).send(numbered(15), interval=0.1, progress=True)
    assert capsys.readouterr().err == ""


def test_a_link_on_another_clock_is_refused() -> None:
    with pytest.raises(ScheduleError, match="is not on the virtual clock"):
        Scheduler(Recorder(), clock=VirtualClock())


def test_coroutine_functions_are_refused() -> None:
    async def callback() -> None: ...

    with pytest.raises(ScheduleError, match="callback is a coroutine function"):
        Scheduler(Recorder(VirtualClock())).every(1, callback)


def test_it_sends_from_any_thread() -> None:
    link = Recorder()
    thread = threading.Thread(target=lambda: Scheduler(link).send(numbered(3), interval=0.001))
    thread.start()
    thread.join(10)
    assert len(link.frames) == 3


INTERRUPTED = """
    import sys
    from tests.schedule.drivers import Recorder, numbered
    from umpa.schedule import Scheduler
    link = Recorder()
    print("ready", flush=True)
    report = Scheduler(link).send(numbered(1), {options}, count=10**9)
    assert report.sent == len(link.frames) == sum(1 for _ in link.frames)
    print(report.ending, report.sent > 0)
"""


@pytest.mark.parametrize(
    "options", ["interval=3600", "interval=0.001", "rate=100000, precise=True"]
)
def test_ctrl_c_returns_the_report(options: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED.format(options=options))],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout is not None
    with child:
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        output, _ = child.communicate(timeout=20)
    assert output == "interrupted True\n"
    assert child.returncode == 0


def test_the_signal_handler_is_put_back() -> None:
    Scheduler(Recorder()).send(numbered(1))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
