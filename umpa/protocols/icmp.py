"""ICMP."""

from __future__ import annotations

from typing import Any, ClassVar

from umpa.core.auto import Computed
from umpa.core.case import CaseIPv4, CaseU32
from umpa.core.field import U8, U16, U32, Enum8
from umpa.core.following import Following, ProtocolClass
from umpa.core.overlay import OverIPv4, OverU8, OverU16, leftover, only
from umpa.core.protocol import Protocol
from umpa.protocols.extensions import QuotedLength
from umpa.protocols.fragments import FragmentChecksum, is_fragment
from umpa.protocols.ipversion import by_version

__all__ = ["ICMP"]

TYPES = {
    0: "echo reply", 3: "destination unreachable", 4: "source quench", 5: "redirect",
    6: "alternate host address", 8: "echo request", 9: "router advertisement",
    10: "router solicitation", 11: "time exceeded", 12: "parameter problem",
    13: "timestamp request", 14: "timestamp reply", 15: "information request",
    16: "information reply", 17: "address mask request", 18: "address mask reply",
    30: "traceroute", 37: "domain name request", 38: "domain name reply", 40: "photuris",
    42: "extended echo request", 43: "extended echo reply",
}  # fmt: skip
ALIASES = {
    "echo": 8, "ping": 8, "pong": 0, "dest-unreach": 3, "unreachable": 3, "time-to-live": 11,
    "ttl-exceeded": 11, "param-problem": 12, "timestamp": 13, "address-mask": 17, "quench": 4,
}  # fmt: skip
CODES = {
    (3, 0): "network unreachable", (3, 1): "host unreachable", (3, 2): "protocol unreachable",
    (3, 3): "port unreachable", (3, 4): "fragmentation needed", (3, 5): "source route failed",
    (3, 6): "network unknown", (3, 7): "host unknown", (3, 8): "source host isolated",
    (3, 9): "network prohibited", (3, 10): "host prohibited", (3, 11): "network, type of service",
    (3, 12): "host, type of service", (3, 13): "communication prohibited",
    (3, 14): "host precedence violation", (3, 15): "precedence cutoff",
    (5, 0): "for the network", (5, 1): "for the host", (5, 2): "for the network, type of service",
    (5, 3): "for the host, type of service", (11, 0): "time to live exceeded in transit",
    (11, 1): "fragment reassembly time exceeded", (12, 0): "pointer indicates the error",
    (12, 1): "required option missing", (12, 2): "bad length",
}  # fmt: skip
_CODE_ALIASES = {
    "net-unreach": 0, "host-unreach": 1, "proto-unreach": 2, "port-unreach": 3, "frag-needed": 4,
    "source-route-failed": 5, "admin-prohibited": 13,
}  # fmt: skip
_ERRORS = (3, 4, 5, 11, 12)
_WITH_SEQ = (0, 8, 13, 14, 15, 16, 17, 18)
_EXTENDED = (42, 43)
_ADDRESS_AND_PREFERENCE = 2
_WITH_IDENT = (*_WITH_SEQ, *_EXTENDED)


def _entry(layer: Any) -> int:
    """Words for each router address; 2 where that is not said."""
    return (layer.w_unused >> 16 & 0xFF) or _ADDRESS_AND_PREFERENCE


def _addresses(layer: Any, layers: Any, i: int, size: int, body: bytes) -> int:
    if is_fragment(layers, i):
        return layer.w_unused >> 24  # type: ignore[no-any-return]
    return len(body) // (_entry(layer) * 4)


class ICMP(Protocol, name="icmp", follows={"ip.proto": 1, "ipv6.nxt": 1}):
    """Internet Control Message Protocol (RFC 792).

    Errors quote the start of the packet they complain about: those layers follow this one, and
    say so (`layer.quoted`).
    """

    type: Enum8 = Enum8(default=8, names=TYPES, aliases=ALIASES, doc="Kind of message.")
    code: Enum8 = Enum8(aliases=_CODE_ALIASES, doc="What of that kind.")
    checksum: U16 = U16(auto=FragmentChecksum(), hexadecimal=True, doc="Header and all behind.")
    unused: U32 = U32(
        applies=leftover("unused"),
        hexadecimal=True,
        doc="The second word, where it has bits that the type gives no other meaning.",
    )
    ident: U16 = OverU16(unused, 0, applies=only(type, *_WITH_IDENT), doc="Identifier.")
    seq: U16 = OverU16(unused, 16, applies=only(type, *_WITH_SEQ), doc="Sequence number.")
    ext_echo_seq: U8 = OverU8(
        unused, 16, applies=only(type, *_EXTENDED), key="ext.echo.seq", doc="Number (RFC 8335)."
    )
    length: U8 = OverU8(
        unused,
        8,
        auto=QuotedLength(4),
        applies=only(type, 3, 11, 12),
        doc="Words of 32 bits of the quoted packet, before an extension structure (RFC 4884).",
    )
    mtu: U16 = OverU16(
        unused,
        16,
        applies=lambda layer: layer.type == 3 and layer.code == 4,
        doc="Of the next hop, where a fragmentation was needed (RFC 1191).",
    )
    redir_gw: OverIPv4 = OverIPv4(unused, 0, applies=only(type, 5), doc="The better router.")
    pointer: U8 = OverU8(unused, 0, applies=only(type, 12), doc="Offset of the wrong byte.")
    num_addrs: U8 = OverU8(
        unused,
        0,
        auto=Computed(_addresses),
        applies=only(type, 9),
        doc="Router addresses that follow.",
    )
    addr_entry_size: U8 = OverU8(
        unused,
        8,
        auto=Computed(lambda self, *_: _entry(self)),
        applies=only(type, 9),
        doc="Words for each of them: 2 (RFC 1256).",
    )
    lifetime: U16 = OverU16(unused, 16, applies=only(type, 9), doc="Of the addresses, seconds.")
    originate_timestamp: U32 = CaseU32(
        only(type, 13, 14), doc="When it was sent, in milliseconds since midnight UT."
    )
    receive_timestamp: U32 = CaseU32(only(type, 13, 14), doc="When it was received.")
    transmit_timestamp: U32 = CaseU32(only(type, 13, 14), doc="When it was sent back.")
    address_mask: CaseIPv4 = CaseIPv4(only(type, 17, 18), doc="The network's mask (RFC 950).")

    steering = ("type",)
    same = (ident, seq, ext_echo_seq)
    telling = (redir_gw, mtu)
    replies: ClassVar[dict[str, dict[int, int]]] = {
        "type": {8: 0, 10: 9, 13: 14, 15: 16, 17: 18, 42: 43}
    }
    echoes = True
    quote_limit = 548  # so many that the whole has 576 (RFC 1812, 4.3.2.3)

    def _meaning(self, name: str) -> str:
        return CODES.get((self.type, self.code), "") if name == "code" else ""

    @property
    def quotes(self) -> bool:
        return self.type in _ERRORS

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name in ("ip", "ipv6")

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_version(data, start) if self.quotes else None
