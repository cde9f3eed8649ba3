"""TCP."""

from __future__ import annotations

from umpa.core.auto import HeaderLength, TransportChecksum
from umpa.core.field import U16, U32, Bits, Enum16
from umpa.core.flags import FlagBits, FlagSet
from umpa.core.follow import PortTable
from umpa.core.following import Following
from umpa.core.options import (
    NOTHING,
    U8,
    U32_LIST,
    Layout,
    OptionFormat,
    OptionList,
    OptionType,
    packed,
)
from umpa.core.options import U16 as SHORT
from umpa.core.protocol import Protocol
from umpa.protocols.names import PORT_ALIASES, PORTS
from umpa.protocols.suggest import suggested

__all__ = ["TCP", "TCP_OPTIONS", "TCPFlags"]

TCP_OPTIONS = OptionFormat(
    Layout(singles=(0, 1), end=0),
    OptionType(0, "eol"),
    OptionType(1, "nop"),
    OptionType(2, "mss", SHORT),
    OptionType(3, "wscale", U8),
    OptionType(4, "sack_perm", NOTHING),
    OptionType(5, "sack", U32_LIST),
    OptionType(8, "timestamp", packed("II")),
    OptionType(19, "md5"),
    OptionType(28, "user_to", SHORT),
    OptionType(29, "tcp_ao"),
    OptionType(30, "mptcp"),
    OptionType(34, "tfo"),
)


class TCPFlags(FlagSet):
    """The bits of `TCP.flags` (RFC 9293, section 3.1; AE: RFC 9768)."""

    FIN = 0x001
    SYN = 0x002
    RST = 0x004
    PSH = 0x008
    ACK = 0x010
    URG = 0x020
    ECE = 0x040
    CWR = 0x080
    AE = 0x100


class TCP(Protocol, name="tcp", follows={"ip.proto": 6, "ipv6.nxt": 6}):
    """Transmission Control Protocol (RFC 9293)."""

    srcport: Enum16 = Enum16(names=PORTS, aliases=PORT_ALIASES, doc="Source port.")
    dstport: Enum16 = Enum16(names=PORTS, aliases=PORT_ALIASES, doc="Destination port.")
    seq: U32 = U32(doc="Sequence number of the first byte carried (of the SYN itself).")
    ack: U32 = U32(doc="The next sequence number expected.")
    hdr_len: Bits = Bits(4, default=20, scale=4, auto=HeaderLength(4), doc="Header length, bytes.")
    flags: FlagBits[TCPFlags] = FlagBits(
        12, TCPFlags, doc="Control bits; the three highest are reserved."
    )
    window_size_value: U16 = U16(default=65535, doc="Bytes the sender will take, not yet scaled.")
    checksum: U16 = U16(auto=TransportChecksum(6), hexadecimal=True, doc="With the pseudo-header.")
    urgent_pointer: U16 = U16(doc="Offset of the last urgent byte, where URG is set.")
    options: OptionList = OptionList(TCP_OPTIONS, doc="Options (RFC 9293, section 3.2).")

    next_by = PortTable("tcp.port", dstport, srcport, tunnels=False)
    steering = ()
    fused = True
    mirror = (srcport, dstport)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return suggested(self, data, start, end)
