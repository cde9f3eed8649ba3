"""PPP over Ethernet."""

from __future__ import annotations

from umpa.core.auto import Length, SizeOf
from umpa.core.field import U16, Bits, Enum8
from umpa.core.follow import NextBy
from umpa.core.options import TEXT, Layout, OptionFormat, OptionType
from umpa.core.options import U16 as SHORT
from umpa.core.parts import SizedOptions
from umpa.core.protocol import Protocol

__all__ = ["PPPOE_TAGS", "PPPoED", "PPPoES"]

CODES = {
    0x00: "session data", 0x07: "offer (PADO)", 0x09: "initiation (PADI)", 0x19: "request (PADR)",
    0x65: "confirmation (PADS)", 0xA7: "termination (PADT)",
}  # fmt: skip
ALIASES = {"padi": 0x09, "pado": 0x07, "padr": 0x19, "pads": 0x65, "padt": 0xA7}

PPPOE_TAGS = OptionFormat(
    Layout(kind_size=2, length_size=2, counts_header=False),
    OptionType(0x0000, "end"),
    OptionType(0x0101, "service_name", TEXT),
    OptionType(0x0102, "ac_name", TEXT),
    OptionType(0x0103, "host_uniq"),
    OptionType(0x0104, "ac_cookie"),
    OptionType(0x0105, "vendor"),
    OptionType(0x0110, "relay_session_id"),
    OptionType(0x0120, "max_payload", SHORT),
    OptionType(0x0201, "service_name_error", TEXT),
    OptionType(0x0202, "ac_system_error", TEXT),
    OptionType(0x0203, "generic_error", TEXT),
)


class PPPoED(Protocol, name="pppoed", follows={"eth.type": 0x8863}):
    """PPP over Ethernet discovery (RFC 2516)."""

    version: Bits = Bits(4, default=1, doc="1.")
    type: Bits = Bits(4, default=1, doc="1.")
    code: Enum8 = Enum8(default=0x09, names=CODES, aliases=ALIASES, hexadecimal=True, doc="Stage.")
    session_id: U16 = U16(hexadecimal=True, doc="0 until the session is confirmed.")
    payload_length: U16 = U16(auto=SizeOf("tags"), doc="Of the tags, bytes.")
    tags: SizedOptions = SizedOptions(PPPOE_TAGS, payload_length, doc="Tags (RFC 2516, app. A).")

    terminal = True
    same = (session_id,)


class PPPoES(Protocol, name="pppoes", follows={"eth.type": 0x8864}):
    """PPP over Ethernet session (RFC 2516)."""

    version: Bits = Bits(4, default=1, doc="1.")
    type: Bits = Bits(4, default=1, doc="1.")
    code: Enum8 = Enum8(names=CODES, hexadecimal=True, doc="0.")
    session_id: U16 = U16(hexadecimal=True, doc="The session.")
    payload_length: U16 = U16(auto=Length(header=False), doc="Of what it carries, bytes.")

    next_by = NextBy("pppoe.code", code)
    same = (session_id,)
