"""OICQ."""

from __future__ import annotations

from umpa.core.field import U8, U16, U32, Enum16
from umpa.core.following import Following
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["OICQ"]

COMMANDS = {
    1: "log out", 2: "heart message", 4: "update user information", 5: "search user",
    6: "get user information", 9: "add friend", 13: "set status", 18: "confirmation of message",
    22: "send message", 23: "receive message", 38: "get list of friends", 98: "request login",
}  # fmt: skip
_FIRST, _LAST = 2, 3


class OICQ(Protocol, name="oicq", follows={"udp.port": 8000}):
    """OICQ, the messages of QQ."""

    flag: U8 = U8(default=_FIRST, hexadecimal=True, doc="2.")
    version: U16 = U16(hexadecimal=True, doc="Of the sender's program.")
    command: Enum16 = Enum16(default=2, names=COMMANDS, doc="What is asked for.")
    seq: U16 = U16(doc="Matches answers to requests.")
    qqid: U32 = U32(doc="The user's number.")
    data: Blob = Blob(default=bytes([_LAST]), doc="The message; its last byte is 3.")

    same = (seq,)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start] == _FIRST and data[end - 1] == _LAST

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
