"""A room for live tests: the test's own thread stands in a network namespace with one wire.

A folder gets the fixtures by its `conftest.py`:

    from tests.live.room import fresh_room, room

    __all__ = ["fresh_room", "room"]

and a test asks for one of them:

    @pytest.mark.live
    @pytest.mark.needs("ip", "ethtool")
    def test_something(room: Room) -> None:
        link = RawLink(room.device)                      # eth0: 10.0.0.1/24, fd00::1/64
        room.server.run("ping", "-c1", "10.0.0.1")       # 10.0.0.2, fd00::2, on its own eth0

`room` is one for the whole module: leave it as you found it. `fresh_room` is the test's own, for
tests that take a device down or delete it. Threads and child processes started by the test are in
the room too; threads from before are not. Offloads are off; `lo` is up; no other network can be
reached. `/sys` is still that of the machine, `/proc/net` is the room's.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.captures.lab import Host, Lab

__all__ = ["Room", "fresh_room", "room", "run_python", "standing_in"]

ROOT = Path(__file__).parent.parent.parent
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count(1)


class Room(Lab):
    """A client, in whose namespace the test runs, and a server at the other end of its wire."""

    device = "eth0"
    """The client's end of the wire, 02:00:00:00:00:01."""
    peer_device = "eth0"
    """The server's end, 02:00:00:00:00:02."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._number = next(_numbers)
        self.client: Host
        self.server: Host

    def host(self, name: str) -> Host:
        """A new host without any wire. Rooms of one process may use the same names."""
        return super().host(f"{self._number}{name}")

    def raw_socket(self, host: Host) -> socket.socket:
        """A socket that sends frames, and receives none, on a host's eth0."""
        with standing_in(host):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            made.bind(("eth0", 0))
            return made


@contextmanager
def standing_in(host: Host) -> Iterator[None]:
    """Move this thread into a host's namespace, and back at the end."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{host.namespace}") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")


@contextmanager
def _made(folder: Path) -> Iterator[Room]:
    made = Room(folder)
    with made:
        made.client, made.server = made.pair()
        with standing_in(made.client):
            yield made


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """One room for all tests of a module."""
    with _made(tmp_path_factory.mktemp("room")) as made:
        yield made


@pytest.fixture
def fresh_room(tmp_path: Path) -> Iterator[Room]:
    """A room of the test's own."""
    with _made(tmp_path) as made:
        yield made


def run_python(
    code: str, *arguments: str, timeout: float = 20, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run code in a child process, where it may crash or hang without harm to the tests.

    :raises AssertionError: it failed (unless `check` is false); with what it wrote.
    :raises subprocess.TimeoutExpired: it did not end in time.
    """
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout)
    if check:
        assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    return done
