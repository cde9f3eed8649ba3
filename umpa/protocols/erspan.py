"""ERSPAN."""

from __future__ import annotations

from umpa.core.case import CaseBytes
from umpa.core.field import U32, Bits, EnumBits, Flag
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol

__all__ = ["ERSPAN", "ERSPAN3"]


class ERSPAN(Protocol, name="erspan", follows={"eth.type": 0x88BE}):
    """Encapsulated Remote Switched Port Analyzer, type II (draft-foschiano-erspan)."""

    version: Bits = Bits(4, default=1, doc="1: type II.")
    vlan: Bits = Bits(12, doc="VLAN of the mirrored frame.")
    cos: Bits = Bits(3, doc="Its class of service.")
    encap: Bits = Bits(2, doc="How it was tagged on the trunk.")
    truncated: Flag = Flag(doc="The mirrored frame was cut.")
    spanid: Bits = Bits(10, doc="The mirroring session.")
    reserved: Bits = Bits(12, doc="Zero.")
    index: Bits = Bits(20, doc="Port.")

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "eth"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("eth") if self.version == 1 else None


class ERSPAN3(Protocol, name="erspan3", follows={"eth.type": 0x22EB}):
    """Encapsulated Remote Switched Port Analyzer, type III (draft-foschiano-erspan)."""

    version: Bits = Bits(4, default=2, doc="2: type III.")
    vlan: Bits = Bits(12, doc="VLAN of the mirrored frame.")
    cos: Bits = Bits(3, doc="Its class of service.")
    bso: EnumBits = EnumBits(
        2, names={0: "good or unknown", 1: "bad", 2: "short", 3: "oversized"}, doc="Integrity."
    )
    truncated: Flag = Flag(doc="The mirrored frame was cut.")
    spanid: Bits = Bits(10, doc="The mirroring session.")
    timestamp: U32 = U32(doc="When it was mirrored, in units of `gra`.")
    sgt: Bits = Bits(16, doc="Security group.")
    p: Flag = Flag(doc="An Ethernet frame is carried.")
    ft: Bits = Bits(5, doc="Frame type; 0: Ethernet, 2: IP.")
    hw: Bits = Bits(6, doc="Hardware.")
    direction: Flag = Flag(doc="Egress.")
    gra: Bits = Bits(2, doc="Granularity: 0 100 us, 1 100 ns, 2 IEEE 1588, 3 user.")
    o: Flag = Flag(doc="The platform's part is there.")
    platform: CaseBytes = CaseBytes(
        lambda layer: bool(layer.w_p_ft & 1), 8, doc="What the platform adds."
    )

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "eth"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("eth") if self.ft == 0 else None
