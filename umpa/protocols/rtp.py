"""RTP."""

from __future__ import annotations

from umpa.core.auto import Computed
from umpa.core.field import U16, U32, Bits, EnumBits, Flag
from umpa.core.following import Following, ProtocolClass
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob

__all__ = ["RTP"]

TYPES = {
    0: "PCMU", 3: "GSM", 4: "G723", 8: "PCMA", 9: "G722", 10: "L16 stereo", 11: "L16 mono",
    14: "MPA", 18: "G729", 26: "JPEG", 31: "H261", 32: "MPV", 33: "MP2T", 34: "H263",
}  # fmt: skip


class RTP(Protocol, name="rtp", follows={"udp.port": 5004}):
    """Real-time Transport Protocol (RFC 3550)."""

    version: Bits = Bits(2, default=2, doc="2.")
    padding: Flag = Flag(doc="Padding at the end; its last byte counts it.")
    ext: Flag = Flag(doc="A header extension follows, in the payload.")
    cc: Bits = Bits(
        4,
        auto=Computed(lambda self, *_: len(self.w_csrc) // 4),
        doc="Contributing sources that follow.",
    )
    marker: Flag = Flag(doc="What the profile says: a frame's last packet.")
    p_type: EnumBits = EnumBits(7, names=TYPES, doc="What the payload is.")
    seq: U16 = U16(doc="Sequence number.")
    timestamp: U32 = U32(doc="Sampling time, in units of the payload type.")
    ssrc: U32 = U32(hexadecimal=True, doc="Synchronization source.")
    csrc: Blob = Blob(lambda layer: (layer.w_version_padding & 15) * 4, doc="Contributing sources.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start] >> 6 == 2

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return False

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
