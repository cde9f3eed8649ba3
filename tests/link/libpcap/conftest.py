"""The other end of the wire."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.live.room import Room


@pytest.fixture
def peer(room: Room) -> Iterator[socket.socket]:
    """Sends frames to the test from the other end of the wire."""
    with room.raw_socket(room.server) as made:
        yield made
