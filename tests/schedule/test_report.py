"""What a report says, and how waiting is done."""

from __future__ import annotations

import ctypes
import json
import sys

import pytest

from tests.schedule.drivers import Recorder, numbered
from umpa.link.clock import REAL
from umpa.schedule import Lateness, Report, Scheduler, VirtualClock, wait
from umpa.schedule.wait import Slack, suspended_ns

REPORT = Report(
    sent=1001,
    bytes=60060,
    asked_rate=100,
    duration=10.0,
    lateness=Lateness(3e-6, 80e-6, 0.0012),
    missed=2,
    errors={"LinkDown": 1},
    retries=7,
    suspended=3.0,
)


def test_a_report_is_one_line() -> None:
    assert str(REPORT) == (
        "1001 packets, 60060 bytes in 10 s, 100/s of 100/s asked; "
        "late by 3 µs median, 80 µs 99 %, 1.2 ms max; "
        "2 missed; 1 LinkDown; 7 retries; suspended 3 s"
    )


def test_a_report_is_a_table() -> None:
    lines = REPORT.table().splitlines()
    assert "rate reached  100/s" in lines
    assert "errors        1 LinkDown" in lines


def test_a_report_is_plain_values() -> None:
    plain = json.loads(json.dumps(REPORT.to_dict()))
    assert plain["rate"] == 100
    assert plain["lateness"] == {"median": 3e-6, "p99": 80e-6, "max": 0.0012}


def test_one_packet_has_no_rate() -> None:
    assert Scheduler(Recorder(VirtualClock())).send(numbered(1)).rate is None


def test_a_suspended_machine_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = iter([5 * 10**9, 65 * 10**9])
    monkeypatch.setattr("umpa.schedule.planner.suspended_ns", lambda clock: next(slept))
    report = Scheduler(Recorder()).send(numbered(2))
    assert report.suspended == 60


def test_a_machine_that_was_awake_slept_for_no_time() -> None:
    assert Scheduler(Recorder()).send(numbered(2), interval=0.001).suspended == 0
    assert suspended_ns(VirtualClock()) == 0
    assert suspended_ns(REAL) >= 0 or sys.platform != "linux"


@pytest.mark.skipif(sys.platform != "linux", reason="platform: timer slack is Linux's")
def test_the_timer_slack_is_lowered_and_put_back() -> None:
    def slack() -> int:
        found: int = ctypes.CDLL(None).prctl(30, 0, 0, 0, 0)
        return found

    before = slack()
    with Slack(True):
        assert slack() == 1
    assert slack() == before


def test_the_precise_way_watches_the_clock_only_at_the_end() -> None:
    assert wait.spin_for(100_000) == 30_000
    assert wait.spin_for(10**9) == 100_000


def test_blocking_does_not_load_asyncio() -> None:
    from tests.live.room import run_python

    code = """
        import sys
        from umpa.schedule import Scheduler
        print("asyncio" in sys.modules)
    """
    assert run_python(code).stdout.strip() == "False"
