"""Linux cooked capture, version 2."""

from __future__ import annotations

from umpa.core.field import MAC, U8, U16, U32, Enum8, Enum16, FixedBytes
from umpa.core.follow import NextBy
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.protocol import Protocol
from umpa.protocols.addresses import BY_DEVICE, AddressLength
from umpa.protocols.ethertype import LINUX_LLC, CookedType
from umpa.protocols.names import COOKED_TYPES, ETHER_TYPES, HARDWARE_TYPES, LINUX_TYPES

__all__ = ["SLL2"]


class SLL2(Protocol, name="sll2", follows={"linktype": 276}):
    """Linux cooked-mode capture, version 2 (LINKTYPE_LINUX_SLL2)."""

    etype: Enum16 = Enum16(
        auto=CookedType(),
        names=ETHER_TYPES | LINUX_TYPES,
        hexadecimal=True,
        doc="EtherType of what follows, or one of Linux's own numbers.",
    )
    reserved: U16 = U16(doc="Zero.")
    ifindex: U32 = U32(doc="Index of the device.")
    hatype: Enum16 = Enum16(default=1, names=HARDWARE_TYPES, doc="Kind of device.")
    pkttype: Enum8 = Enum8(names=COOKED_TYPES, doc="Whose packet it is.")
    halen: U8 = U8(
        default=6,
        auto=AddressLength(BY_DEVICE, "w_hatype", lambda layer: layer.w_src_eth + layer.w_unused),
        doc="Bytes of the address; 0: there is none.",
    )
    src_eth: MAC = MAC(key="src.eth", doc="Link-layer address of the sender (its first 6 bytes).")
    unused: FixedBytes = FixedBytes(2, doc="Filling, or the rest of a longer address.")

    next_by = NextBy("eth.type", etype)
    steering = ()

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "llc"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("llc") if self.etype == LINUX_LLC else super()._next(data, start, end)
