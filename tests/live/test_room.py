"""The room itself: what the other live tests stand on."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.live.room import Room, run_python

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool", "ping")]


def names() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def test_the_test_stands_in_the_client(room: Room) -> None:
    assert names() == {"lo", "eth0"}
    assert "1 received" in room.server.run("ping", "-c1", "10.0.0.1")
    assert "1 received" in room.client.run("ping", "-c1", "fd00::2")


def test_threads_and_children_are_in_it(room: Room) -> None:
    seen: list[set[str]] = []
    thread = threading.Thread(target=lambda: seen.append(names()))
    thread.start()
    thread.join()
    assert seen == [{"lo", "eth0"}]
    assert "'eth0'" in run_python("import socket; print(socket.if_nameindex())").stdout


def test_a_room_of_its_own_beside_the_module_s(room: Room, fresh_room: Room) -> None:
    fresh_room.client.ip("link del eth0")
    assert names() == {"lo"}
    assert "eth0" in room.client.ip("-o link")
