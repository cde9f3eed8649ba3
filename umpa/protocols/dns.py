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
from umpa.protocols.dns_message import Message, message_of
from umpa.protocols.dns_parts import KINDS, NUMBERS
from umpa.protocols.records import Count

__all__ = ["DNS", "DNSOverTCP"]

OPCODES = {0: "query", 1: "inverse query", 2: "status", 4: "notify", 5: "update", 6: "stateful"}
CODES = {
    0: "no error", 1: "format error", 2: "server failure", 3: "no such name",
    4: "not implemented", 5: "refused", 6: "name exists", 7: "set exists", 8: "set does not exist",
    9: "not authoritative", 10: "not in zone",
}  # fmt: skip
_SHOWN = 3


def _question(part: str) -> Any:
    def read(layer: Any) -> Any:
        questions = message_of(layer).questions
        return getattr(questions[0], part) if questions else None

    return read


def _records(part: str) -> Any:
    """A part of every record; None where there is no record."""

    def read(layer: Any) -> Any:
        return tuple(getattr(record, part) for record in message_of(layer).records) or None

    return read


def _lifetimes(layer: Any) -> Any:
    """Those of records; what EDNS has in the place of one (RFC 6891, section 6.1.3) is none."""
    return tuple(x.ttl for x in message_of(layer).records if x.kind != KINDS["OPT"]) or None


def _held(part: int, *kinds: str) -> Any:
    """A part of what the records of these types hold; None where there is no such record."""
    numbers = [KINDS[kind] for kind in kinds]

    def read(layer: Any) -> Any:
        found = [x.values for x in message_of(layer).records if x.kind in numbers and x.values]
        return tuple(values[part] for values in found) or None

    return read


def _texts(layer: Any) -> Any:
    found = [x.values for x in message_of(layer).records if x.kind == KINDS["TXT"]]
    return tuple(text for values in found for text in values) or None


def _few(values: list[str]) -> str:
    """The first of them, in a line."""
    return ", ".join([*values[:_SHOWN], *["…"] * (len(values) > _SHOWN)])


Texts = View[tuple[str, ...] | None, tuple[str, ...]]
Numbers = View[tuple[int, ...] | None, tuple[int, ...]]


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
        _question("kind"), of="data", names=NUMBERS, key="qry.type", doc="Type asked for."
    )
    qry_class: View[int | None, int] = View(
        _question("cls"), of="data", key="qry.class", doc="Class asked for."
    )
    resp_name: Texts = View(
        _records("name"), of="data", key="resp.name", doc="Names of the records, of all sections."
    )
    resp_type: Numbers = View(
        _records("kind"), of="data", key="resp.type", doc="Types of the records."
    )
    resp_ttl: Numbers = View(
        _lifetimes, of="data", key="resp.ttl", doc="How long they hold, seconds."
    )
    a: Texts = View(_held(0, "A"), of="data", doc="IPv4 addresses in the records.")
    aaaa: Texts = View(_held(0, "AAAA"), of="data", doc="IPv6 addresses in the records.")
    cname: Texts = View(_held(0, "CNAME"), of="data", doc="Canonical names.")
    ns: Texts = View(_held(0, "NS"), of="data", doc="Name servers.")
    ptr_domain_name: Texts = View(
        _held(0, "PTR"), of="data", key="ptr.domain_name", doc="Names of addresses."
    )
    mx_preference: Numbers = View(
        _held(0, "MX"), of="data", key="mx.preference", doc="Of mail exchanges: the least is best."
    )
    mx_mail_exchange: Texts = View(
        _held(1, "MX"), of="data", key="mx.mail_exchange", doc="Mail exchanges."
    )
    txt: Texts = View(_texts, of="data", doc="The strings of text records.")
    srv_port: Numbers = View(_held(2, "SRV"), of="data", key="srv.port", doc="Ports of services.")
    srv_target: Texts = View(_held(3, "SRV"), of="data", key="srv.target", doc="Hosts of services.")
    soa_mname: Texts = View(
        _held(0, "SOA"), of="data", key="soa.mname", doc="Primary servers of zones."
    )
    soa_serial_number: Numbers = View(
        _held(2, "SOA"), of="data", key="soa.serial_number", doc="Versions of zones."
    )
    svcb_targetname: Texts = View(
        _held(1, "SVCB", "HTTPS"), of="data", key="svcb.targetname", doc="Who gives the service."
    )

    same = (id,)

    @property
    def message(self) -> Message:
        """Questions and records by section: `packet.dns.message.answers`.

        What the bytes do not have is not there. Each prints as in a zone file.
        """
        return message_of(self)

    def _summary(self) -> str:
        """`A? host.example`, `A host.example 192.0.2.1, 192.0.2.2`, `A host.example: refused`."""
        said = [] if self.flags_opcode == 0 else [OPCODES.get(self.flags_opcode, "operation")]
        questions, answers, *_ = self.message
        for question in questions[:1]:
            mark = "" if self.flags_response else "?"
            kind = NUMBERS.get(question.kind, f"TYPE{question.kind}")
            said.append(f"{kind}{mark} {question.name or '.'}")
        if self.flags_response and self.flags_rcode:
            said[-1:] = [": ".join([*said[-1:], CODES.get(self.flags_rcode, "an error")])]
        elif self.flags_response:
            found = [answer.held for answer in answers if answer.values]
            count = self.count_answers
            said.append(_few(found) or f"{count} answer{'s' * (count != 1)}")
        return " ".join([*said, f"id={self.id:#06x}"])

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
        name)` for MX, `(priority, weight, port, name)` for SRV, `(priority, name)` for SVCB and
        HTTPS, text for TXT; of any other type it is bytes. `ttl` is in seconds. A dot within a
        label is written `\\.`. Source: RFC 1035, sections 3.3, 4.1.3 and 5.1; RFC 2782;
        RFC 3596, section 2.2; RFC 9460, section 2.2.

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
