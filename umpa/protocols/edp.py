"""EDP."""

from __future__ import annotations

from umpa.core.auto import InternetChecksum, Length
from umpa.core.field import MAC, U8, U16
from umpa.core.following import Following
from umpa.core.protocol import Protocol

__all__ = ["EDP"]


class EDP(Protocol, name="edp", follows={"llc.extreme_pid": 0x00BB}):
    """Extreme Discovery Protocol. What it tells (type, length, value) is its payload."""

    version: U8 = U8(default=1, doc="1.")
    reserved: U8 = U8(doc="Zero.")
    length: U16 = U16(auto=Length(), doc="Of the message, this header included, bytes.")
    checksum: U16 = U16(auto=InternetChecksum(), hexadecimal=True, doc="Of the message.")
    seqno: U16 = U16(doc="Number of the message.")
    midtype: U16 = U16(doc="Kind of the device's identifier; 0: a MAC address.")
    midmac: MAC = MAC(doc="The device.")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
