"""DNS."""

from __future__ import annotations

from typing import Any

from umpa.core.auto import Length
from umpa.core.field import U16
from umpa.core.following import Following, ProtocolClass, by_name
from umpa.core.overlay import OverBits, OverEnumBits, OverFlag
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols import dns_parts
from umpa.protocols.dns_message import addresses, aliases, message
from umpa.protocols.records import Count

__all__ = ["DNS", "DNSOverTCP"]

OPCODES = {0: "query", 1: "inverse query", 2: "status", 4: "notify", 5: "update", 6: "stateful"}
CODES = {
    0: "no error", 1: "format error", 2: "server failure", 3: "no such name",
    4: "not implemented", 5: "refused", 6: "name exists", 7: "set exists", 8: "set does not exist",
    9: "not authoritative", 10: "not in zone",
}  # fmt: skip


def _question(part: str) -> Any:
    def read(layer: Any) -> Any:
        return getattr(message(bytes(layer)).question, part, None)

    return read


def _answers(kind: int) -> Any:
    return lambda layer: addresses(message(bytes(layer)), kind) or None


class DNS(Protocol, name="dns", follows={"udp.port": (53, 5353, 5355), "dns.tcp": 0}):
    """Domain Name System (RFC 1035), multicast and link-local forms included.

    The header's fields can be written; questions and records are read from `data`. Their counts are
    derived: records are answers, where no count that is set says otherwise.
    """

    id: U16 = U16(hexadecimal=True, doc="Matches answers to queries.")
    flags: U16 = U16(default=0x0100, hexadecimal=True, doc="All flags.")
    count_queries: Count = Count(0)
    count_answers: Count = Count(1)
    count_auth_rr: Count = Count(2)
    count_add_rr: Count = Count(3)
    data: Blob = Blob(doc="Questions and records.")
    flags_response: OverFlag = OverFlag(flags, 0, key="flags.response", doc="An answer.")
    flags_opcode: OverEnumBits = OverEnumBits(
        flags, 1, 4, names=OPCODES, key="flags.opcode", doc="What is asked for."
    )
    flags_authoritative: OverFlag = OverFlag(
        flags, 5, key="flags.authoritative", doc="From a server of the zone."
    )
    flags_truncated: OverFlag = OverFlag(flags, 6, key="flags.truncated", doc="Cut.")
    flags_recdesired: OverFlag = OverFlag(flags, 7, key="flags.recdesired", doc="Ask others too.")
    flags_recavail: OverFlag = OverFlag(flags, 8, key="flags.recavail", doc="It asks others.")
    flags_z: OverBits = OverBits(flags, 9, 1, key="flags.z", doc="Zero.")
    flags_authenticated: OverFlag = OverFlag(
        flags, 10, key="flags.authenticated", doc="DNSSEC was checked."
    )
    flags_checkdisable: OverFlag = OverFlag(
        flags, 11, key="flags.checkdisable", doc="Do not check DNSSEC."
    )
    flags_rcode: OverEnumBits = OverEnumBits(
        flags, 12, 4, names=CODES, key="flags.rcode", doc="How it went."
    )
    qry_name: View[str | None, str] = View(
        _question("name"), of="data", key="qry.name", doc="Name asked for."
    )
    qry_type: View[int | None, int | str] = View(
        _question("kind"), of="data", names=dns_parts.NUMBERS, key="qry.type", doc="Type asked for."
    )
    qry_class: View[int | None, int] = View(
        _question("cls"), of="data", key="qry.class", doc="Class asked for."
    )
    a: View[tuple[str, ...] | None, tuple[str, ...]] = View(
        _answers(1), of="data", doc="IPv4 addresses in the records."
    )
    aaaa: View[tuple[str, ...] | None, tuple[str, ...]] = View(
        _answers(28), of="data", doc="IPv6 addresses in the records."
    )
    cname: View[tuple[str, ...] | None, tuple[str, ...]] = View(
        lambda layer: aliases(message(bytes(layer))) or None, of="data", doc="Canonical names."
    )

    same = (id,)

    def _summary(self) -> str:
        said = ["response" if self.flags_response else OPCODES.get(self.flags_opcode, "message")]
        said.append(f"id=0x{self.id:04x}")
        if self.qry_name is not None:
            kind = self.qry_type or 0
            said.append(f"{dns_parts.NUMBERS.get(kind, kind)} {self.qry_name or '.'}")
        if self.flags_response and self.flags_rcode:
            said.append(f"({CODES.get(self.flags_rcode, self.flags_rcode)})")
        return " ".join(said)

    @staticmethod
    def question(name: str, kind: int | str = "A", cls: int = 1) -> bytes:
        """A question for `name`, which is what a query has as `data`.

        `kind` is the type of records wanted, by name or number. Source: RFC 1035, section 4.1.2.

        :raises FieldError: it is no name, or the type is not known by that name.
        """
        return dns_parts.question(name, kind, cls)

    @staticmethod
    def record(name: str, kind: int | str, value: Any, ttl: int = 3600, cls: int = 1) -> bytes:
        """A record of `name`: what follows the question in an answer's `data`.

        `value` is an address for A and AAAA, a name for CNAME, NS, PTR and DNAME, `(preference,
        name)` for MX, text for TXT; of any other type it is bytes. `ttl` is in seconds. Source:
        RFC 1035, sections 3.3 and 4.1.3; RFC 3596, section 2.2.

        :raises FieldError: a name or value is not as described.
        """
        return dns_parts.record(name, kind, value, ttl, cls)


class DNSOverTCP(Protocol, name="dns.tcp", follows={"tcp.port": 53}):
    """Length of a DNS message over TCP (RFC 1035, section 4.2.2)."""

    length: U16 = U16(auto=Length(header=False), doc="Of the message, bytes.")

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return (
            end - start >= 14 and int.from_bytes(data[start : start + 2], "big") <= end - start - 2
        )

    @classmethod
    def carries(cls, upper: ProtocolClass) -> bool:
        return upper.name == "dns"

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return by_name("dns")
