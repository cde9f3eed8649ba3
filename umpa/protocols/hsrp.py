"""HSRP."""

from __future__ import annotations

from umpa.core.field import U8, Enum8, FixedBytes, IPv4Address
from umpa.core.following import Following, ProtocolClass
from umpa.core.protocol import Protocol

__all__ = ["HSRP"]

STATES = {0: "initial", 1: "learn", 2: "listen", 4: "speak", 8: "standby", 16: "active"}


class HSRP(Protocol, name="hsrp", follows={"udp.port": 1985}):
    """Hot Standby Router Protocol, version 0 (RFC 2281)."""

    version: U8 = U8(doc="0.")
    opcode: Enum8 = Enum8(names={0: "hello", 1: "coup", 2: "resign"}, doc="Kind of message.")
    state: Enum8 = Enum8(default=16, names=STATES, doc="The sender's state.")
    hellotime: U8 = U8(default=3, doc="Seconds between hellos.")
    holdtime: U8 = U8(default=10, doc="Seconds a hello is good for.")
    priority: U8 = U8(default=100, doc="The highest becomes active.")
    group: U8 = U8(doc="Standby group.")
    reserved: U8 = U8(doc="Zero.")
    auth_data: FixedBytes = FixedBytes(8, default=b"cisco\0\0\0", doc="Password, in clear.")
    virt_ip: IPv4Address = IPv4Address(doc="The address that the group shares.")

    telling = (group, virt_ip)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start] == 0 and data[start + 1] <= 3

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return False

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
