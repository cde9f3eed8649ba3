from tests.live.room import fresh_room, room

__all__ = ["fresh_room", "room"]
