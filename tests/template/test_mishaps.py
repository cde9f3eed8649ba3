"""Whole runs, in processes of their own, to which something happens: a full disk, a clock that is
set, a SIGKILL."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.template.stage import write
from umpa.template.store import Persistent, Store

ROOT = Path(__file__).parent.parent.parent

# A run on a link in memory. A line on standard input sets the wall clock, by so many seconds.
RUN = """
import sys, threading, time
from umpa.link.clock import RealClock

step = 0
RealClock.time_ns = staticmethod(lambda: time.time_ns() + step)

def listen():
    global step
    for line in sys.stdin:
        step += int(line) * 10**9

threading.Thread(target=listen, daemon=True).start()

from umpa.link import MemoryLink
from umpa.schedule import run
from umpa.template import load
from umpa.template.engine import Options
from umpa.template.operate import Console, operate

near, far = MemoryLink.pair()
options = Options(state=sys.argv[2], flush_interval=0.05)
run(operate(load(sys.argv[1]), near, options, console=Console(sys.stdout, sys.stderr)))
"""


@contextmanager
def running(path: Path, state: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-u", "-c", RUN, str(path), str(state)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], text: str) -> str:
    """Read lines of its log until one has the text."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"it ended, and never said {text!r}")


def set_clock(process: subprocess.Popen[str], seconds: int) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{seconds}\n")
    process.stdin.flush()


@pytest.mark.slow
def test_a_clock_that_is_set_moves_no_timer(tmp_path: Path) -> None:
    code = """
        @every(0.1)
        async def tick(context):
            await context.sleep(0.01)
            context.log(f"tick at {context.now:.3f}, wall clock {context.time_ns // 10**9}")
        """
    line = re.compile(r"tick at ([\d.]+), wall clock (\d+)")
    ticks: list[tuple[float, int]] = []
    with running(write(tmp_path, code), tmp_path / "state") as process:
        for step in (0, 86_400, -7 * 86_400):
            set_clock(process, step)
            time.sleep(0.05)
            for _ in range(5):
                found = line.search(until(process, "tick"))
                assert found is not None
                ticks.append((float(found[1]), int(found[2])))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    gaps = [b[0] - a[0] for a, b in pairwise(ticks)]
    assert all(0 < gap < 1 for gap in gaps), gaps
    steps = [b[1] - a[1] for a, b in pairwise(ticks)]
    assert max(steps) > 86_000
    assert min(steps) < -6 * 86_400


@pytest.mark.slow
def test_killed_a_hundred_times_at_random_moments(tmp_path: Path) -> None:
    """Every restart reads a whole state, of an interval before the end at most."""
    code = """
        number, twin = persistent("number", 0), persistent("twin", 0)

        @every(0.001)
        def tick(context):
            number.value += 1
            twin.value = number.value

        @on_start
        def start(context):
            context.log(f"started with {number.value}, {twin.value}.")
        """
    path = write(tmp_path, code)

    def kill(state: int) -> None:
        chance, last = random.Random(state), 0
        for _ in range(25):
            with running(path, tmp_path / f"state{state}") as process:
                found = re.search(r"with (\d+), (\d+)\.", until(process, "started"))
                assert found is not None
                assert found[1] == found[2]
                assert int(found[1]) >= last
                last = int(found[1])
                time.sleep(chance.random() * 0.2)
                process.kill()
        assert last > 0

    with ThreadPoolExecutor() as side_by_side:
        assert list(side_by_side.map(kill, range(4))) == [None] * 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "umpa", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.live
@pytest.mark.slow
def test_a_full_disk_is_logged_and_written_to_later(tmp_path: Path, small_disk: Path) -> None:
    code = f"""
        import os

        ballast = "{small_disk / "ballast"}"
        words = persistent("words", "")
        calls = persistent("calls", 0)

        @every(0.1)
        def tick(context):
            calls.value += 1
            if calls.value == 3:
                with open(ballast, "wb", buffering=0) as file:
                    try:
                        while True:
                            file.write(bytes(1024))
                    except OSError:
                        context.log("the disk is full")
                words.value = "long" * 20_000
            if calls.value == 10:
                os.remove(ballast)
            if calls.value == 20:
                context.stop()
        """
    with running(write(tmp_path, code), small_disk / "state") as process:
        until(process, "the disk is full")
        assert "could not be written" in until(process, "the state file")
        assert process.wait(20) == 0
    store = Store(small_disk / "state")
    words, calls = Persistent("words", ""), Persistent("calls", 0)
    store.add(words)
    store.add(calls)
    assert (words.value, calls.value) == ("long" * 20_000, 20)
    store.close()


@pytest.mark.live
@pytest.mark.slow
def test_a_capture_on_a_full_disk_ends_there(tmp_path: Path, small_disk: Path) -> None:
    path = write(tmp_path, "@every(0.001)\ndef tick(context): context.send(bytes(1000))")
    command = [sys.executable, "-m", "umpa", "simulate", str(path), "--for", "2s"]
    done = subprocess.run(
        [*command, "-w", str(small_disk / "out.pcapng")],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert "No space left on device; the run goes on without it" in done.stdout
    assert "could not be written to its end" in done.stderr
    assert done.returncode == 2
