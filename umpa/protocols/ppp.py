"""PPP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from umpa.core.auto import Computed
from umpa.core.field import U8, U16, Enum8, Integer
from umpa.core.follow import NextBy
from umpa.core.overlay import OverFlag
from umpa.core.parts import Prefix, TailNextProtocol
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob, Tail

__all__ = ["PPP", "PPPControl"]

PROTOCOLS = {
    0x0021: "IPv4", 0x0023: "OSI", 0x0029: "AppleTalk", 0x002B: "IPX", 0x002D: "VJ compressed TCP",
    0x002F: "VJ uncompressed TCP", 0x0031: "bridging", 0x003D: "multilink", 0x0053: "encryption",
    0x0057: "IPv6", 0x00FD: "compressed datagram", 0x0281: "MPLS unicast",
    0x0283: "MPLS multicast", 0x8021: "IPCP", 0x8023: "OSINLCP", 0x8057: "IPV6CP",
    0x80FD: "CCP", 0x8281: "MPLSCP", 0xC021: "LCP", 0xC023: "PAP", 0xC025: "LQR", 0xC223: "CHAP",
    0xC227: "EAP",
}  # fmt: skip
CODES = {
    1: "configure request", 2: "configure ack", 3: "configure nak", 4: "configure reject",
    5: "terminate request", 6: "terminate ack", 7: "code reject", 8: "protocol reject",
    9: "echo request", 10: "echo reply", 11: "discard request",
}  # fmt: skip
_SHORT = 0x10000


class PPPNumber(Tail[int, "int | str"], Integer[int, "int | str"]):
    """A protocol number, of one byte where it was compressed (RFC 1661, section 6.5)."""

    kind = "int"

    def __init__(self, **options: Any) -> None:
        super().__init__(16, **options)

    def unpack_source(self) -> Iterator[str]:
        yield "n = 1 if from_bytes(data[p:p + 1], 'big') & 1 else 2"
        yield f"self.{self.slot} = from_bytes(data[p:p + n], 'big') | ({_SHORT} if n == 1 else 0)"
        yield "p += n"

    def size_source(self) -> str:
        return f"(1 if self.{self.slot} & {_SHORT} else 2)"

    def pack_source(self) -> str:
        short = f"({self.slot} & 255).to_bytes(1, 'big')"
        return f"({short} if {self.slot} & {_SHORT} else {self.slot}.to_bytes(2, 'big'))"

    def read_source(self, word: str) -> str:
        return f"({word} & 65535)"

    def read(self, word: int) -> int:
        return word & 0xFFFF


class PPPNext(TailNextProtocol):
    """The number of what follows, as short as it was."""

    def number(self, value: int, upper: Any) -> int:
        number = super().number(value & 0xFFFF, upper)
        return number | value & _SHORT if number & 0xFF01 == 1 else number

    def constant(self, upper: Any) -> int | None:
        return None


class PPP(Protocol, name="ppp", follows={
    "linktype": (9, 50), "eth.type": 0x880B, "pppoe.code": 0, "l2tp.body": 1,
}):  # fmt: skip
    """Point-to-Point Protocol (RFC 1661, RFC 1662)."""

    framing: Prefix = Prefix(
        b"\xff\x03", doc="Address and control (RFC 1662), where they are there."
    )
    protocol: PPPNumber = PPPNumber(
        auto=PPPNext("ppp.protocol"), names=PROTOCOLS, hexadecimal=True, doc="What it carries."
    )

    compressed: OverFlag = OverFlag(
        protocol, -1, doc="The number is written in one byte (RFC 1661, section 6.5)."
    )

    next_by = NextBy("ppp.protocol", protocol)


class PPPControl(Protocol, name="lcp", follows={
    "ppp.protocol": (0xC021, 0x8021, 0x8057, 0x80FD, 0x8281),
}):  # fmt: skip
    """PPP control protocol packet (RFC 1661, section 5): LCP, IPCP, IPV6CP, CCP, MPLSCP."""

    code: Enum8 = Enum8(default=1, names=CODES, doc="Kind of packet.")
    identifier: U8 = U8(doc="Matches answers to requests.")
    length: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: size), doc="Of the packet, bytes."
    )
    data: Blob = Blob(
        lambda layer: max(0, layer.w_length - 4), doc="Options, or what the code has."
    )

    terminal = True
    same = (identifier,)
