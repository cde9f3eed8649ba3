"""News of interfaces."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from tests.live.room import Room
from umpa.net import Event, Watcher

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]


@pytest.fixture
def watcher(fresh_room: Room) -> Iterator[Watcher]:
    with Watcher() as made:
        yield made


def news(watcher: Watcher, *wanted: tuple[str, str]) -> list[tuple[str, str]]:
    """What is told until the last of `wanted` was."""
    got: list[tuple[str, str]] = []
    deadline = time.monotonic() + 10
    while wanted[-1] not in got and time.monotonic() < deadline:
        watcher.wait(1)
        got += [(event.kind, event.interface.name) for event in watcher.read()]
    return got


def test_a_life(fresh_room: Room, watcher: Watcher) -> None:
    ip = fresh_room.client.ip
    assert watcher.read() == []
    assert not watcher.wait(0)
    assert {one.name for one in watcher.interfaces} >= {"lo", "eth0"}
    ip("link add wire5 type ifb")
    assert news(watcher, ("added", "wire5")) == [("added", "wire5")]
    ip("link set wire5 up")
    assert news(watcher, ("up", "wire5")) == [("up", "wire5")]
    ip("link set wire5 mtu 1400")  # no news of these kinds
    ip("link set wire5 down")
    assert news(watcher, ("down", "wire5")) == [("down", "wire5")]
    ip("link set wire5 name wire6")
    assert news(watcher, ("renamed", "wire6")) == [("renamed", "wire6")]
    ip("link del wire6")
    assert news(watcher, ("removed", "wire6")) == [("removed", "wire6")]


def test_a_carrier_that_goes(fresh_room: Room, watcher: Watcher) -> None:
    fresh_room.server.ip("link set eth0 down")
    assert news(watcher, ("down", "eth0")) == [("down", "eth0")]
    fresh_room.server.ip("link set eth0 up")
    assert news(watcher, ("up", "eth0")) == [("up", "eth0")]
    fresh_room.server.ip("link del eth0")
    assert news(watcher, ("removed", "eth0"))[-1] == ("removed", "eth0")


def test_ports_of_bridges_are_no_interfaces(fresh_room: Room, watcher: Watcher) -> None:
    ip = fresh_room.client.ip
    ip("link add wire5 type ifb")
    ip("link add bridge5 type bridge")
    ip("link set wire5 master bridge5")
    ip("link set wire5 nomaster")
    ip("link del bridge5")
    got = news(watcher, ("removed", "bridge5"))
    assert ("removed", "wire5") not in got


def test_nothing_is_missed_where_there_was_too_much(fresh_room: Room, watcher: Watcher) -> None:
    ip = fresh_room.client.ip
    watcher._news.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    for number in range(30):
        ip(f"link add wire{number} type ifb")
    events: list[Event] = watcher.read()
    assert [e.interface.name for e in events if e.kind == "added"] == [
        f"wire{number}" for number in range(30)
    ]


def test_in_a_loop(fresh_room: Room, watcher: Watcher) -> None:
    async def main() -> list[Event]:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[list[Event]] = loop.create_future()

        def ready() -> None:
            if not told.done():
                told.set_result(watcher.read())

        loop.add_reader(watcher.fileno(), ready)
        fresh_room.client.ip("link add wire5 type ifb")
        events = await asyncio.wait_for(told, 10)
        loop.remove_reader(watcher.fileno())
        return events

    assert [event.kind for event in asyncio.run(main())] == ["added"]
