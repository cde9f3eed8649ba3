"""Linux cooked capture, version 1."""

from __future__ import annotations

from umpa.core.field import MAC, U16, Enum16, FixedBytes
from umpa.core.follow import NextBy
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol
from umpa.protocols.addresses import BY_DEVICE, AddressLength
from umpa.protocols.ethertype import LINUX_LLC, CookedType
from umpa.protocols.names import COOKED_TYPES, ETHER_TYPES, HARDWARE_TYPES, LINUX_TYPES

__all__ = ["SLL"]


class SLL(Protocol, name="sll", follows={"linktype": 113}):
    """Linux cooked-mode capture (LINKTYPE_LINUX_SLL)."""

    pkttype: Enum16 = Enum16(names=COOKED_TYPES, doc="Whose packet it is.")
    hatype: Enum16 = Enum16(default=1, names=HARDWARE_TYPES, doc="Kind of device.")
    halen: U16 = U16(
        default=6,
        auto=AddressLength(BY_DEVICE, "w_hatype", lambda layer: layer.w_src_eth + layer.w_unused),
        doc="Bytes of the address; 0: there is none.",
    )
    src_eth: MAC = MAC(key="src.eth", doc="Link-layer address of the sender (its first 6 bytes).")
    unused: FixedBytes = FixedBytes(2, doc="Filling, or the rest of a longer address.")
    etype: Enum16 = Enum16(
        auto=CookedType(),
        names=ETHER_TYPES | LINUX_TYPES,
        hexadecimal=True,
        doc="EtherType of what follows, or one of Linux's own numbers.",
    )

    telling = (pkttype,)

    next_by = NextBy("eth.type", etype)
    steering = ()

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "llc"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("llc") if self.etype == LINUX_LLC else super()._next(data, start, end)
