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
from umpa.core.overlay import OverBits, OverFlag
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

    # The control bits one by one: what `flags` shows at once.
    flags_res: OverBits = OverBits(flags, 0, 3, key="flags.res", listed=False, doc="Reserved.")
    flags_ae: OverFlag = OverFlag(flags, 3, key="flags.ae", listed=False, doc="Accurate ECN.")
    flags_cwr: OverFlag = OverFlag(
        flags, 4, key="flags.cwr", listed=False, doc="Congestion window reduced."
    )
    flags_ece: OverFlag = OverFlag(flags, 5, key="flags.ece", listed=False, doc="ECN echo.")
    flags_urg: OverFlag = OverFlag(
        flags, 6, key="flags.urg", listed=False, doc="`urgent_pointer` counts."
    )
    flags_ack: OverFlag = OverFlag(flags, 7, key="flags.ack", listed=False, doc="`ack` counts.")
    flags_push: OverFlag = OverFlag(
        flags, 8, key="flags.push", listed=False, doc="To be handed on at once."
    )
    flags_reset: OverFlag = OverFlag(
        flags, 9, key="flags.reset", listed=False, doc="Ends the connection at once."
    )
    flags_syn: OverFlag = OverFlag(
        flags, 10, key="flags.syn", listed=False, doc="Begins a connection."
    )
    flags_fin: OverFlag = OverFlag(
        flags, 11, key="flags.fin", listed=False, doc="The sender has no more to say."
    )

    next_by = PortTable("tcp.port", dstport, srcport, tunnels=False)
    steering = ()
    fused = True
    mirror = (srcport, dstport)

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return suggested(self, data, start, end)
