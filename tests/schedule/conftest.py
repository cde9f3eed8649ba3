"""The rooms, for the live tests of this folder."""

from tests.live.room import room

__all__ = ["room"]
