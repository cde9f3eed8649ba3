"""The rooms, for the tests of this folder."""

from tests.live.room import fresh_room, room

__all__ = ["fresh_room", "room"]
