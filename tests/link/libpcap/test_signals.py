"""A signal's handler that raises in the middle of reading; by both bindings."""

from __future__ import annotations

import gc
import signal
import socket
import time
from collections.abc import Iterator

import pytest

from tests.link.frames import frame, ports
from tests.live.room import Room
from umpa.link.base import Frame
from umpa.link.live import LiveLink

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs("ip", "ethtool"),
    pytest.mark.usefixtures("libpcap"),
]


@pytest.fixture
def peer(room: Room) -> Iterator[socket.socket]:
    """Sends frames to the test from the other end of the wire."""
    with room.raw_socket(room.server) as made:
        yield made


def test_a_signal_s_handler_that_raises_loses_no_frame(room: Room, peer: socket.socket) -> None:
    """pypcap goes on with the batch, and the frame of the interrupted callback would be gone."""

    class Alarm(Exception):
        pass

    def ring(*_: object) -> None:
        raise Alarm

    got: list[int] = []
    alarms = 0
    gc.disable()  # other tests' hooks on it would be interrupted too, and cannot pass that on
    old = signal.signal(signal.SIGALRM, ring)
    try:
        with LiveLink(room.device, filter="udp") as link:
            for port in range(20_000):
                peer.send(frame(port))
            time.sleep(0.1)
            end = time.monotonic() + 10
            while len(got) < 20_000 and time.monotonic() < end:
                frames: list[Frame] = []
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.0003)
                    frames = link.read(4096)
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except Alarm:
                    alarms += 1
                got += ports(frames)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
        gc.enable()
    assert alarms
    assert got == list(range(20_000))
