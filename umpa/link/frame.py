"""What a link asks of a frame before it takes it: that it is one, of its kind, and short enough."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from umpa.core.layer import no_packet
from umpa.core.packet import Packet
from umpa.errors import EncodeError

__all__ = [
    "ETHERNET",
    "RAW_IP",
    "Frames",
    "frame_of",
    "linktype_of_hardware",
    "longest_frame",
    "require_linktype",
]

ETHERNET = 1
RAW_IP = 101

_RAW = frozenset((RAW_IP, 228, 229))  # raw IP; IPv4 only; IPv6 only
_HARDWARE = {  # ARPHRD_… of linux/if_arp.h; what is not here has headers of Ethernet's kind
    512: RAW_IP,  # PPP: the kernel adds and takes the header
    768: RAW_IP,  # IPIP
    769: RAW_IP,  # IPv6 in IPv6
    776: RAW_IP,  # SIT
    778: RAW_IP,  # GRE
    801: 105,  # 802.11
    803: 127,  # 802.11 behind radiotap
    823: RAW_IP,  # GRE over IPv6
    65534: RAW_IP,  # none: TUN, WireGuard
}
_ETHERNET_HEADER = 14
_VLAN_TAG = 4
_TAGGED = (b"\x81\x00", b"\x88\xa8")


class Frames(tuple[bytes, ...]):
    """Frames of which it is known that all are bytes, so that nobody has to look at each again."""

    lengths: frozenset[int]
    """All lengths that occur among them, in bytes."""

    @classmethod
    def of(cls, packets: Iterable[Packet | bytes]) -> Frames | None:
        """These; None where some are packets, or nothing at all."""
        frames = cls(packets)  # type: ignore[arg-type]  # as is seen now
        if set(map(type, frames)) != {bytes}:
            return None
        frames.lengths = frozenset(map(len, frames))
        return frames

    @property
    def size(self) -> int:
        """The length of all together, in bytes."""
        if len(self.lengths) == 1:
            (length,) = self.lengths
            return length * len(self)
        return sum(map(len, self))


def linktype_of_hardware(hardware: int) -> int:
    """The link type of frames on a device of Linux, for its kind of hardware (ARPHRD)."""
    return _HARDWARE.get(hardware, ETHERNET)


def longest_frame(linktype: int, mtu: int | None) -> int:
    """The longest frame that carries a packet of `mtu` bytes, in bytes, without VLAN tags."""
    if mtu is None:
        return sys.maxsize
    return mtu + (_ETHERNET_HEADER if linktype == ETHERNET else 0)


def frame_of(packet: Packet | bytes, linktype: int, longest: int, name: str) -> bytes:
    """The bytes of `packet`, for the link `name`, which takes `longest` bytes.

    One VLAN tag may come on top, as in the kernel (`packet_snd` in net/packet/af_packet.c).

    :raises EncodeError: it is no packet, one of another link type, empty or too long.
    """
    data: bytes
    if packet.__class__ is bytes:
        data = packet  # pyright: ignore[reportAssignmentType]  # quicker than isinstance
    elif isinstance(packet, Packet):
        if packet.linktype != linktype:
            require_linktype(packet, linktype, name)
        data = bytes(packet)
    elif isinstance(packet, (bytes, bytearray, memoryview)):
        data = bytes(packet)
    else:
        raise EncodeError(f"{name}: {no_packet(packet)}")
    length = len(data)
    if 0 < length <= longest:
        return data
    if length == 0:
        raise EncodeError(f"{name} cannot send an empty frame")
    if linktype == ETHERNET and length <= longest + _VLAN_TAG and data[12:14] in _TAGGED:
        return data
    header = longest_frame(linktype, 0)
    raise EncodeError(
        f"{name} takes {longest} bytes (MTU {longest - header}"
        f"{f' and {header} of header' if header else ''}), this frame has {length}: "
        "send smaller packets or fragments, or raise the MTU"
    )


def require_linktype(packet: Packet, linktype: int, name: str) -> None:
    """:raises EncodeError: the packet is no frame of the link `name`."""
    kind = packet.linktype
    if kind == linktype or (kind in _RAW and linktype in _RAW):
        return
    raise EncodeError(
        f"{name} takes frames of link type {linktype}{_meaning(linktype)}, "
        f"this packet is of link type {kind}{_meaning(kind)}: {packet.summary()}"
    )


def _meaning(linktype: int) -> str:
    if linktype == ETHERNET:
        return " (Ethernet)"
    return " (raw IP)" if linktype in _RAW else ""
