"""AOL Instant Messenger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from umpa.core.field import U8, U16, Enum8
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.parts import UpTo, View
from umpa.core.protocol import Protocol
from umpa.protocols.segments import MessageLength

__all__ = ["AIM"]

CHANNELS = {1: "new connection", 2: "SNAC data", 3: "FLAP-level error", 4: "close connection",
            5: "keep alive"}  # fmt: skip
_START = 0x2A
_HEADER = 6
_SNAC, _SNAC_HEADER = 2, 10


def _snac(start: int, end: int) -> Callable[[Any], int | None]:
    def read(layer: Any) -> int | None:
        if layer.channel != _SNAC or len(layer.data) < _SNAC_HEADER:
            return None
        return int.from_bytes(layer.data[start:end], "big")

    return read


class AIM(Protocol, name="aim", follows={"tcp.port": 5190}):
    """AOL Instant Messenger: OSCAR's frames (FLAP), and the head of the data (SNAC) in them."""

    cmd_start: U8 = U8(default=_START, hexadecimal=True, doc="0x2a.")
    channel: Enum8 = Enum8(default=2, names=CHANNELS, doc="What the frame has.")
    seqno: U16 = U16(doc="Number of the frame.")
    datalen: U16 = U16(auto=MessageLength(), doc="Of what follows, bytes.")
    data: UpTo = UpTo(datalen, doc="What the channel has, as far as it is in this segment.")
    fnac_family: View[int | None, int] = View(_snac(0, 2), key="fnac.family", doc="Service.")
    fnac_subtype: View[int | None, int] = View(_snac(2, 4), key="fnac.subtype", doc="Message.")
    fnac_flags: View[int | None, int] = View(_snac(4, 6), key="fnac.flags", doc="Flags.")
    fnac_id: View[int | None, int] = View(
        _snac(6, _SNAC_HEADER), key="fnac.id", doc="Matches answers to requests."
    )

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return end - start >= _HEADER and data[start] == _START and data[start + 1] in CHANNELS

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper is cls

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("aim") if self.plausible(data, start, end) else None
