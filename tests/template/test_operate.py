"""A run as its operator sees it: signals, reloading, systemd, metrics."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.template.stage import HEAD, Stage, udp, write
from umpa.template.metrics import open_metrics
from umpa.template.operate import Console, operate
from umpa.template.systemd import Notifier

TICKS = """
count = persistent("count", 0)

@every(0.05)
def tick(context):
    count.value += 1

@on_start
def start(context):
    context.log("started {version}")

@on_stop
def stop(context):
    context.log("stopped {version}", count=count.value > 0)
"""

# A process of its own, on the real clock and a link in memory.
RUN = """
import sys
from umpa.errors import UmpaError
from umpa.link import MemoryLink
from umpa.schedule import run
from umpa.template import load
from umpa.template.engine import Options
from umpa.template.operate import Console, operate

near, far = MemoryLink.pair()
options = Options(state=sys.argv[2], grace=0.5)
console = Console(sys.stdout, sys.stderr)
metrics = int(sys.argv[3]) if len(sys.argv) > 3 else None
work = operate(load(sys.argv[1]), near, options, console=console, watch=True, metrics=metrics)
status, number = run(work)
print("ended by", number, status.reloads, flush=True)
"""


class Process:
    """A run in a process of its own."""

    def __init__(self, path: Path, *more: str, **environment: str) -> None:
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", RUN, str(path), str(path.parent / "state"), *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **environment}, cwd=Path(__file__).parent.parent.parent,
        )  # fmt: skip

    def until(self, text: str) -> str:
        """Read lines until one has the text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return str(line)
        raise AssertionError(f"no {text!r}; {self.process.stderr and self.process.stderr.read()}")

    def end(self) -> tuple[str, str]:
        """What is left to read, when it has ended."""
        return self.process.communicate(timeout=20)


@contextmanager
def running(path: Path, *more: str, **environment: str) -> Iterator[Process]:
    made = Process(path, *more, **environment)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


def test_sigterm_ends_it_in_order(tmp_path: Path) -> None:
    with running(write(tmp_path, TICKS.format(version=1))) as run:
        run.until("started 1")
        time.sleep(0.3)
        run.process.send_signal(signal.SIGTERM)
        out, err = run.end()
    assert "stopped 1 count=True" in out
    assert out.endswith("ended by 15 0\n")
    assert (run.process.returncode, err) == (0, "")


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    code = """
        import time

        @on_start
        def start(context): context.log("started")

        @on_stop
        def stop(context):
            context.log("stopping")
            time.sleep(60)
        """
    with running(write(tmp_path, code)) as run:
        run.until("started")
        run.process.send_signal(signal.SIGTERM)
        run.until("stopping")
        began = time.monotonic()
        run.process.send_signal(signal.SIGTERM)
        run.end()
    assert time.monotonic() - began < 10
    assert run.process.returncode != 0


def test_sigusr1_prints_the_status(tmp_path: Path) -> None:
    with running(write(tmp_path, TICKS.format(version=1))) as run:
        run.until("started 1")
        run.process.send_signal(signal.SIGUSR1)
        time.sleep(0.3)
        run.process.send_signal(signal.SIGTERM)
        _, err = run.end()
    assert "timer tick: called" in err


def test_sighup_and_a_changed_file_load_it_anew(tmp_path: Path) -> None:
    path = write(tmp_path, TICKS.format(version=1))
    with running(path) as run:
        run.until("started 1")
        path.write_text(HEAD + TICKS.format(version=2))
        run.process.send_signal(signal.SIGHUP)
        run.until("started 2")
        time.sleep(1.5)  # the change itself was seen too, or is now
        broken = "1 / 0\n"
        path.write_text(broken)
        assert f"{path}:1: ZeroDivisionError" in run.until("not reloaded")
        path.write_text(HEAD + TICKS.format(version=3))
        run.until("started 3")
        run.process.send_signal(signal.SIGTERM)
        out, _ = run.end()
    assert "stopped 3" in out


def test_a_killed_run_loses_an_interval_at_most(tmp_path: Path) -> None:
    path = write(tmp_path, TICKS.format(version=1))
    for _ in range(2):
        with running(path) as run:
            run.until("started 1")
            run.process.kill()
            run.end()
    with running(path) as run:
        run.until("started 1")
        run.process.send_signal(signal.SIGTERM)
        assert "stopped 1" in run.end()[0]


# systemd


def test_systemd_is_told(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(address)
        sock.settimeout(20)
        path = write(tmp_path, TICKS.format(version=1))
        with running(path, NOTIFY_SOCKET=address, WATCHDOG_USEC="400000") as run:
            heard = sock.recv(4096).decode()
            assert heard == "READY=1"
            alive = [sock.recv(4096).decode() for _ in range(3)]
            assert all(text.startswith("WATCHDOG=1\nSTATUS=") for text in alive)
            run.process.send_signal(signal.SIGTERM)
            while not heard.startswith("STOPPING=1"):
                heard = sock.recv(4096).decode()
            run.end()


def test_without_systemd_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notifier = Notifier()
    notifier.ready()
    assert notifier.interval is None


def test_a_watchdog_of_another_process_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "@nobody")
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    notifier = Notifier()
    notifier.ready()  # nobody listens, which is no error
    assert notifier.interval is None


# Metrics


def test_metrics_as_text(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    stage = Stage(tmp_path, "@on(has(UDP))\ndef rule(packet, context):\n    context.count('a b')\n"
                            "    return packet.reply()")  # fmt: skip

    async def play(stage: Stage) -> None:
        await stage.give(udp(7), b"\0" * 60)

    text = open_metrics(stage.play(play)).decode()
    assert "umpa_received_packets_total 2.0" in text
    assert 'umpa_events_total{name="a b"} 1.0' in text
    assert f'umpa_rule_answered_total{{place="{stage.path}:5",rule="rule"}} 1.0' in text
    assert text.endswith("# EOF\n")


def test_metrics_on_a_local_port(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    with running(write(tmp_path, TICKS.format(version=1)), "0") as run:
        url = run.until("metrics on").rpartition(" ")[2].strip()
        with urlopen(url, timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
            assert b"umpa_link_up 1.0" in answer.read()
        run.process.send_signal(signal.SIGTERM)
        run.end()


# The terminal


class Terminal:
    """A text file that says it is a terminal."""

    def __init__(self, tty: bool) -> None:
        self.text = ""
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


def test_a_line_is_drawn_on_a_terminal_and_nowhere_else() -> None:
    for tty in (True, False):
        out, terminal = Terminal(False), Terminal(tty)
        console = Console(out, terminal)  # type: ignore[arg-type]  # what is used of a text file
        console.draw("1 s")
        console.log(20, "a line")
        assert out.text == "a line\n"
        assert terminal.text == ("\r1 s\x1b[K\r\x1b[K" if tty else "")


def test_operating_in_virtual_time(tmp_path: Path) -> None:
    from umpa.schedule import run
    from umpa.template.engine import Options

    stage = Stage(tmp_path, "@every(1)\ndef f(context): context.count('tick')")
    out = Terminal(False)

    async def main() -> None:
        work = operate(
            stage.template, stage.near, Options(seconds=10.5),
            console=Console(out, out),  # type: ignore[arg-type]
        )  # fmt: skip
        status, number = await asyncio.ensure_future(work)
        assert (status.counts, number) == ({"tick": 10}, 0)

    run(main(), clock=stage.clock)
