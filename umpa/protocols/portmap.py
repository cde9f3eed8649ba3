"""Portmap."""

from __future__ import annotations

from umpa.core.field import U32, Enum32
from umpa.core.following import Following
from umpa.core.protocol import Protocol

__all__ = ["Portmap"]

PROGRAMS = {100000: "portmap", 100003: "NFS", 100005: "mount", 100021: "NLM", 100024: "status"}
TRANSPORTS = {6: "TCP", 17: "UDP"}


class Portmap(Protocol, name="portmap", follows={"rpc.program": 100000}):
    """Portmap (RFC 1833, section 3): the arguments of a call to set, unset or ask for a port."""

    prog: Enum32 = Enum32(default=100003, names=PROGRAMS, doc="Program.")
    version: U32 = U32(default=3, doc="Version of the program.")
    proto: Enum32 = Enum32(default=17, names=TRANSPORTS, doc="Transport.")
    port: U32 = U32(doc="Port; 0 where it is asked for.")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
