"""IPX."""

from __future__ import annotations

from umpa.core.auto import Length
from umpa.core.field import MAC, U8, U16, U32, Enum8, Enum16
from umpa.core.following import Following
from umpa.core.protocol import Protocol

__all__ = ["IPX"]

TYPES = {
    0: "unknown",
    1: "RIP",
    2: "echo",
    3: "error",
    4: "PEP",
    5: "SPX",
    17: "NCP",
    20: "NetBIOS",
}
SOCKETS = {0x0451: "NCP", 0x0452: "SAP", 0x0453: "RIP", 0x0455: "NetBIOS", 0x0456: "diagnostics"}


class IPX(Protocol, name="ipx", follows={
    "eth.type": 0x8137, "llc.dsap": 0xE0, "ppp.protocol": 0x002B, "null.family": 23,
}):  # fmt: skip
    """Internetwork Packet Exchange (Novell)."""

    checksum: U16 = U16(default=0xFFFF, hexadecimal=True, doc="0xffff: none.")
    len: U16 = U16(auto=Length(), doc="Header and payload, bytes.")
    hops: U8 = U8(doc="Routers passed.")
    packet_type: Enum8 = Enum8(names=TYPES, doc="What it carries.")
    dst_net: U32 = U32(hexadecimal=True, key="dst.net", doc="Destination network.")
    dst_node: MAC = MAC(key="dst.node", doc="Destination node.")
    dst_socket: Enum16 = Enum16(
        names=SOCKETS, hexadecimal=True, key="dst.socket", doc="Destination socket."
    )
    src_net: U32 = U32(hexadecimal=True, key="src.net", doc="Source network.")
    src_node: MAC = MAC(key="src.node", doc="Source node.")
    src_socket: Enum16 = Enum16(
        names=SOCKETS, hexadecimal=True, key="src.socket", doc="Source socket."
    )

    mirror = (dst_net, src_net, dst_node, src_node, dst_socket, src_socket)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
