"""NTP."""

from __future__ import annotations

from umpa.core.field import U8, U32, U64, FixedBytes
from umpa.core.following import Following, ProtocolClass
from umpa.core.overlay import OverBits, OverEnumBits
from umpa.core.protocol import Protocol

__all__ = ["NTP"]

LEAPS = {0: "none", 1: "61 seconds", 2: "59 seconds", 3: "not synchronized"}
MODES = {
    1: "symmetric active", 2: "symmetric passive", 3: "client", 4: "server", 5: "broadcast",
    6: "control", 7: "private",
}  # fmt: skip


class NTP(Protocol, name="ntp", follows={"udp.port": 123}):
    """Network Time Protocol (RFC 5905). Times are seconds since 1900 with 32 bits of fraction."""

    flags: U8 = U8(default=0x23, hexadecimal=True, doc="Leap indicator, version and mode.")
    stratum: U8 = U8(doc="Hops from a reference clock; 16: not synchronized.")
    ppoll: U8 = U8(doc="Poll interval, power of two in seconds.")
    precision: U8 = U8(doc="Of the clock, power of two in seconds (signed).")
    rootdelay: U32 = U32(doc="To the reference clock and back, seconds times 65536.")
    rootdispersion: U32 = U32(doc="From the reference clock, seconds times 65536.")
    refid: FixedBytes = FixedBytes(4, doc="The reference: a name, or an address.")
    reftime: U64 = U64(hexadecimal=True, doc="When the clock was last set.")
    org: U64 = U64(hexadecimal=True, doc="When the client asked.")
    rec: U64 = U64(hexadecimal=True, doc="When the server received it.")
    xmt: U64 = U64(hexadecimal=True, doc="When the server answered.")
    flags_li: OverEnumBits = OverEnumBits(
        flags, 0, 2, names=LEAPS, key="flags.li", doc="Leap second."
    )
    flags_vn: OverBits = OverBits(flags, 2, 3, key="flags.vn", doc="Version.")
    flags_mode: OverEnumBits = OverEnumBits(flags, 5, 3, names=MODES, key="flags.mode", doc="Mode.")

    telling = (flags_mode,)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return 1 <= data[start] & 7 <= 5 and 1 <= data[start] >> 3 & 7 <= 4

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return False

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None  # a key and a message digest may follow
