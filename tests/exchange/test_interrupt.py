"""Ctrl-C during an exchange, and its progress line on a terminal."""

from __future__ import annotations

import io
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import umpa
from tests.exchange.test_exchange import echo, pings, responder
from tests.live.room import Room
from umpa import ICMP, IP, Packet
from umpa.exchange.answers import ExchangeStats
from umpa.link import MemoryLink


@contextmanager
def ctrl_c(after: float) -> Iterator[None]:
    """Press it, so many seconds from now."""
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(after, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.join()


def even(packet: Packet) -> list[Packet]:
    return echo(packet) if packet.icmp.seq % 2 == 0 else []


def test_ctrl_c_gives_what_came_until_then() -> None:
    here, there = MemoryLink.pair()
    with here, there, responder(there, even), ctrl_c(0.4):
        start = time.monotonic()
        answers = umpa.sr(pings(10), link=here, timeout=30)
        took = time.monotonic() - start
    assert took < 5
    assert answers.stats.ending == "interrupted"
    assert [one.request.icmp.seq for one in answers.answered] == [0, 2, 4, 6, 8]
    assert [packet.icmp.seq for packet in answers.unanswered] == [1, 3, 5, 7, 9]
    assert str(answers).endswith("; interrupted")


@pytest.mark.live
@pytest.mark.needs("ip", "ethtool")
@pytest.mark.usefixtures("libpcap")
def test_ctrl_c_on_a_quiet_device_works_at_once(room: Room) -> None:
    room.client.ip("neigh replace 10.0.0.77 lladdr 02:00:00:00:00:02 dev eth0")
    pressed = 0.3
    with ctrl_c(pressed):
        start = time.monotonic()
        answers = umpa.sr(IP(dst="10.0.0.77") / ICMP(), timeout=30)
        took = time.monotonic() - start
    assert took < pressed + 0.2
    assert answers.stats.ending == "interrupted"
    assert len(answers.unanswered) == 1


@pytest.mark.live
@pytest.mark.needs("ip", "ethtool")
def test_ctrl_c_while_hosts_are_asked_for_their_hardware_addresses(room: Room) -> None:
    """Nothing was sent yet; that is what is returned."""
    requests = [IP(dst=f"10.0.0.{n}") / ICMP() for n in range(100, 110)]
    with ctrl_c(0.6):
        answers = umpa.sr(requests, timeout=30)
    assert answers.stats.ending == "interrupted"
    assert [packet.ip.dst for packet in answers.unanswered] == [one.ip.dst for one in requests]
    with ctrl_c(0.6):
        assert umpa.send(requests).ending == "interrupted"


def test_ctrl_c_ends_a_loop_of_short_calls() -> None:
    """None of them has a result that is worth more than being out of the loop."""
    here, there = MemoryLink.pair()

    def calls() -> None:
        for _ in range(100_000):
            umpa.send(pings(1), link=here)
            umpa.sr(pings(1), link=here)

    with here, there, responder(there, echo), ctrl_c(0.5), pytest.raises(KeyboardInterrupt):
        calls()


def test_who_asks_for_one_answer_is_interrupted_without() -> None:
    """None would be that there was no answer, and a loop would go on."""
    here, there = MemoryLink.pair()
    with here, there, ctrl_c(0.4), pytest.raises(KeyboardInterrupt):
        umpa.sr1(pings(1)[0], link=here, timeout=5)


@pytest.mark.parametrize(
    ("interval", "timeout"), [(0, 3), (30, 0.1)], ids=["in a round", "in between"]
)
def test_ctrl_c_ends_rounds_of_asking(interval: float, timeout: float) -> None:
    here, there = MemoryLink.pair()
    with here, there, ctrl_c(0.5):
        rounds = list(umpa.srloop(pings(1), link=here, interval=interval, timeout=timeout))
    assert len(rounds) == 1
    assert len(rounds[0].unanswered) == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, timeout: float) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    here, there = MemoryLink.pair()
    with here, there, responder(there, even):
        umpa.sr(pings(4), link=here, timeout=timeout)
    return stream.getvalue()


def test_a_long_exchange_tells_on_a_terminal_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every 0.2 s from the first second on, in one line, which is erased at the end."""
    lines = told(monkeypatch, Terminal(), 1.5).split("\r")
    assert set(lines[1:-1]) == {"4 of 4 sent, 2 answered, 2 under way\x1b[K"}
    assert 2 <= len(lines[1:-1]) <= 4
    assert lines[-1] == "\x1b[K"


@pytest.mark.parametrize(("stream", "timeout"), [(Terminal(), 0.3), (io.StringIO(), 1.3)])
def test_a_short_one_and_a_file_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, timeout: float
) -> None:
    assert told(monkeypatch, stream, timeout) == ""


def test_a_function_is_told_while_nothing_happens() -> None:
    told_: list[ExchangeStats] = []
    here, there = MemoryLink.pair()
    with here, there:
        umpa.sr(pings(2), link=here, timeout=0.9, progress=told_.append)
    assert len(told_) >= 3
    assert told_[-1].sent == 2
