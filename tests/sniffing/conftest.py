"""The rooms of live tests, and links in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.room import fresh_room, room
from umpa.link.memory import MemoryLink

__all__ = ["fresh_room", "room"]


@pytest.fixture
def wire() -> Iterator[tuple[MemoryLink, MemoryLink]]:
    """Two links: what is sent into one comes out of the other."""
    near, far = MemoryLink.pair()
    with near, far:
        yield near, far
