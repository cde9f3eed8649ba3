from tests.link.conftest import libpcap
from tests.live.room import fresh_room, room

__all__ = ["fresh_room", "libpcap", "room"]
