"""Address resolution."""

from __future__ import annotations

from typing import ClassVar

from umpa.core.auto import SizeOf
from umpa.core.field import U8, Enum16
from umpa.core.protocol import Protocol
from umpa.core.tail import HardwareAddress, ProtocolAddress
from umpa.protocols.names import ETHER_TYPES, HARDWARE_TYPES

__all__ = ["ARP"]

OPCODES = {
    1: "request", 2: "reply", 3: "reverse request", 4: "reverse reply", 5: "drarp request",
    6: "drarp reply", 7: "drarp error", 8: "inarp request", 9: "inarp reply", 10: "nak",
}  # fmt: skip


class ARP(
    Protocol, name="arp", follows={"eth.type": (0x0806, 0x8035), "arcnet.protID": (0xD5, 0xF1)}
):
    """Address Resolution Protocol (RFC 826; RARP: RFC 903; InARP: RFC 2390)."""

    hw_type: Enum16 = Enum16(
        default=1, names=HARDWARE_TYPES, key="hw.type", doc="Kind of hardware address."
    )
    proto_type: Enum16 = Enum16(
        default=0x0800,
        names=ETHER_TYPES,
        hexadecimal=True,
        key="proto.type",
        doc="Kind of protocol address.",
    )
    hw_size: U8 = U8(
        default=6, auto=SizeOf("src_hw_mac"), key="hw.size", doc="Bytes of a hardware address."
    )
    proto_size: U8 = U8(
        default=4, auto=SizeOf("src_proto_ipv4"), key="proto.size", doc="Of a protocol address."
    )
    opcode: Enum16 = Enum16(
        default=1,
        names=OPCODES,
        aliases={"who-has": 1, "is-at": 2, "rarp-request": 3, "rarp-reply": 4},
        doc="What is asked or answered.",
    )
    src_hw_mac: HardwareAddress = HardwareAddress(
        hw_size, key="src.hw_mac", doc="Sender's hardware address."
    )
    src_proto_ipv4: ProtocolAddress = ProtocolAddress(
        proto_size, key="src.proto_ipv4", doc="Sender's protocol address."
    )
    dst_hw_mac: HardwareAddress = HardwareAddress(
        hw_size, key="dst.hw_mac", doc="Target's hardware address; zero in a request."
    )
    dst_proto_ipv4: ProtocolAddress = ProtocolAddress(
        proto_size, key="dst.proto_ipv4", doc="Target's protocol address."
    )

    terminal = True
    mirror = (src_hw_mac, dst_hw_mac, src_proto_ipv4, dst_proto_ipv4)
    sender = "src_hw_mac"
    replies: ClassVar[dict[str, dict[int, int]]] = {"opcode": {1: 2, 3: 4, 8: 9}}

    def answers_layer(self, asked: Protocol) -> bool:
        # A request does not know the hardware address that it asks for.
        return (
            self.opcode == self.replies["opcode"].get(asked["opcode"])
            and self.src_proto_ipv4 == asked["dst_proto_ipv4"]
            and self.dst_proto_ipv4 == asked["src_proto_ipv4"]
        )
