"""The rooms, and libpcap by each of its bindings, for the tests of this folder."""

from tests.link.conftest import libpcap
from tests.live.room import fresh_room, room

__all__ = ["fresh_room", "libpcap", "room"]
