"""VLAN tags."""

from __future__ import annotations

from umpa.core.field import Bits, Enum16, EnumBits, Flag
from umpa.core.follow import NextBy
from umpa.core.following import Following, ProtocolClass
from umpa.core.protocol import Protocol
from umpa.protocols.ethertype import MOST_LENGTH, EtherType, follower
from umpa.protocols.names import ETHER_TYPES

__all__ = ["VLAN"]

PRIORITIES = {
    0: "best effort", 1: "background", 2: "excellent effort", 3: "critical applications",
    4: "video", 5: "voice", 6: "internetwork control", 7: "network control",
}  # fmt: skip


class VLAN(Protocol, name="vlan", follows={"eth.type": (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300)}):
    """VLAN tag (IEEE 802.1Q).

    Tags stack to any depth. Which kind of tag it is stands in the type field before it:
    0x8100 customer (802.1Q), 0x88a8 service (802.1ad), 0x9100 and so on before there was 802.1ad.
    """

    priority: EnumBits = EnumBits(3, names=PRIORITIES, doc="Priority code point.")
    dei: Flag = Flag(doc="Drop eligible.")
    id: Bits = Bits(12, doc="VLAN; 0: priority only, 4095: reserved.")
    etype: Enum16 = Enum16(
        auto=EtherType(),
        names=ETHER_TYPES,
        hexadecimal=True,
        doc="Type of what follows; up to 1500, its length in bytes.",
    )

    next_by = NextBy("eth.type", etype)
    steering = ()
    same = (id,)
    decisive = False

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in ("llc", "ipx")

    def _limit(self, start: int, header: int) -> int | None:
        return start + header + self.etype if self.etype <= MOST_LENGTH else None

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return follower(self.etype, data, start)
