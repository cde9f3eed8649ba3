"""The shortest way out, over files of every kind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.live.room import Room, room
from umpa import Ethernet, Packet
from umpa.link.quick import Quick
from umpa.link.raw import RawLink

__all__ = ["room"]


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns as often as the interpreter lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_bytes_are_written_and_all_else_goes_the_other_way(tmp_path: Path) -> None:
    other: list[Packet | bytes] = []
    packet = Ethernet() / b"a packet"
    with open(tmp_path / "file", "wb") as file:
        quick = Quick.to(file.fileno(), other.append)
        quick.send(b"one")
        quick.send(packet)
        quick.send(b"two")
    quick.send(b"closed: refused")
    assert (tmp_path / "file").read_bytes() == b"onetwo"
    assert other == [packet, b"closed: refused"]
    assert quick.sent() == 2


def test_once_stopped_nothing_is_written_even_where_the_number_is_another_file_s(
    tmp_path: Path,
) -> None:
    other: list[Packet | bytes] = []
    with open(tmp_path / "file", "wb") as file:
        quick = Quick.to(file.fileno(), other.append)
        quick.stop()
        quick.send(b"late")
    assert (tmp_path / "file").read_bytes() == b""
    assert other == [b"late"]


@pytest.mark.usefixtures("often")
def test_none_is_forgotten_when_several_threads_send() -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    quick = Quick.to(null, lambda _: None)
    threads = [Thread(target=lambda: [quick.send(b"x") for _ in range(20_000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.close(null)
    assert quick.sent() == 80_000


@pytest.mark.live
@pytest.mark.needs("ip", "ethtool")
def test_a_link_of_the_user_s_own_is_asked_for_every_frame(room: Room) -> None:
    class Watched(RawLink):
        seen = 0

        def send(self, packet: Packet | bytes) -> None:
            self.seen += 1
            super().send(packet)

    with Watched("eth0") as link:
        for _ in range(3):
            link.send(bytes(60))
        assert (link.seen, link.stats.sent) == (3, 3)
