"""Spanning tree."""

from __future__ import annotations

from umpa.core.case import CaseBytes, CaseMAC, CaseU8, CaseU16, CaseU32
from umpa.core.field import U16, Enum8
from umpa.core.following import Following
from umpa.core.overlay import only
from umpa.core.protocol import Protocol

__all__ = ["STP"]

VERSIONS = {0: "spanning tree", 2: "rapid spanning tree", 3: "multiple spanning tree"}
TYPES = {0: "configuration", 2: "rapid or multiple", 0x80: "topology change notification"}
_CONFIGURATIONS = (0, 2)


class STP(Protocol, name="stp", follows={"llc.dsap": 0x42, "snap.bridged_pid": 14}):
    """Spanning Tree Protocol (IEEE 802.1D, clause 9). Times are in units of 1/256 second."""

    protocol: U16 = U16(doc="0.")
    version: Enum8 = Enum8(names=VERSIONS, doc="Which spanning tree.")
    type: Enum8 = Enum8(names=TYPES, hexadecimal=True, doc="Kind of message.")
    flags: CaseU8 = CaseU8(only(type, *_CONFIGURATIONS), hexadecimal=True, doc="Flags.")
    root_prio: CaseU16 = CaseU16(
        only(type, *_CONFIGURATIONS), default=32768, key="root.prio", doc="Root's priority."
    )
    root_hw: CaseMAC = CaseMAC(only(type, *_CONFIGURATIONS), key="root.hw", doc="Root.")
    root_cost: CaseU32 = CaseU32(only(type, *_CONFIGURATIONS), key="root.cost", doc="To the root.")
    bridge_prio: CaseU16 = CaseU16(
        only(type, *_CONFIGURATIONS), default=32768, key="bridge.prio", doc="Bridge's priority."
    )
    bridge_hw: CaseMAC = CaseMAC(only(type, *_CONFIGURATIONS), key="bridge.hw", doc="Bridge.")
    port: CaseU16 = CaseU16(only(type, *_CONFIGURATIONS), hexadecimal=True, doc="Port.")
    msg_age: CaseU16 = CaseU16(only(type, *_CONFIGURATIONS), doc="Since the root sent it.")
    max_age: CaseU16 = CaseU16(only(type, *_CONFIGURATIONS), default=20 * 256, doc="Until then.")
    hello: CaseU16 = CaseU16(only(type, *_CONFIGURATIONS), default=2 * 256, doc="Interval.")
    forward: CaseU16 = CaseU16(only(type, *_CONFIGURATIONS), default=15 * 256, doc="Delay.")
    version_1_length: CaseBytes = CaseBytes(only(type, 2), 1, doc="0: nothing of version 1.")

    telling = (root_hw, bridge_hw)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
