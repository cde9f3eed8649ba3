"""Waiting for several descriptors at once, by epoll and without."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from umpa.link.ready import Ready


@pytest.fixture(params=["linux", "darwin"])
def ready(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ready]:
    """As it is here, and as where there is no epoll."""
    monkeypatch.setattr("umpa.link.ready.sys.platform", request.param)
    made = Ready()
    yield made
    made.close()


def test_any_of_them(ready: Ready) -> None:
    pairs = [socket.socketpair() for _ in range(3)]
    for _, far in pairs:
        ready.add(far.fileno())
    assert not ready.wait(0.01)
    for near, far in pairs:
        near.send(b"x")
        assert ready.wait(5)
        far.recv(1)
        assert not ready.wait(0)
    ready.remove(pairs[0][1].fileno())
    pairs[0][0].send(b"x")
    assert not ready.wait(0.01)
    for pair in pairs:
        for end in pair:
            end.close()


def test_it_is_rung(ready: Ready) -> None:
    timer = threading.Timer(0.05, ready.ring)
    timer.start()
    start = time.monotonic()
    assert ready.wait(10)
    assert time.monotonic() - start < 5
    timer.join()
    for _ in range(100_000):  # nobody hears it, and nothing is the worse for it
        ready.ring()
    while ready.wait(0):
        ready.hush()


def test_a_descriptor_for_event_loops(ready: Ready) -> None:
    near, far = socket.socketpair()
    with near, far:
        ready.add(far.fileno())
        with selectors.DefaultSelector() as loop:
            loop.register(ready.fileno(), selectors.EVENT_READ)
            assert not loop.select(0.01)
            near.send(b"x")
            assert loop.select(5)
        ready.remove(far.fileno())
