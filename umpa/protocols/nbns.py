"""NetBIOS names."""

from __future__ import annotations

from umpa.core.field import U16
from umpa.core.overlay import OverEnumBits, OverFlag
from umpa.core.parts import View
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob
from umpa.protocols.netbios_names import decoded_name
from umpa.protocols.records import Count

__all__ = ["NBNS"]

OPCODES = {0: "query", 5: "registration", 6: "release", 7: "wait", 8: "refresh"}


class NBNS(Protocol, name="nbns", follows={"udp.port": 137}):
    """NetBIOS name service (RFC 1002, section 4.2); its format is that of DNS."""

    id: U16 = U16(hexadecimal=True, doc="Matches answers to queries.")
    flags: U16 = U16(default=0x0110, hexadecimal=True, doc="All flags.")
    count_queries: Count = Count(0)
    count_answers: Count = Count(1)
    count_auth_rr: Count = Count(2)
    count_add_rr: Count = Count(3)
    data: Blob = Blob(doc="Questions and records.")
    flags_response: OverFlag = OverFlag(flags, 0, key="flags.response", doc="An answer.")
    flags_opcode: OverEnumBits = OverEnumBits(
        flags, 1, 4, names=OPCODES, key="flags.opcode", doc="What is asked for."
    )
    flags_broadcast: OverFlag = OverFlag(flags, 11, key="flags.broadcast", doc="Sent to all.")
    name_asked: View[str | None, str] = View(
        lambda layer: decoded_name(layer.data, 0), key="name", doc="Name asked for, and its kind."
    )

    same = (id,)
    telling = (flags_opcode, name_asked)
