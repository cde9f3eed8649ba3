"""RADIUS."""

from __future__ import annotations

from umpa.core.auto import Computed
from umpa.core.field import U8, U16, Enum8, FixedBytes
from umpa.core.following import Following
from umpa.core.options import (
    ADDRESSES,
    RAW,
    TEXT,
    U32,
    Layout,
    OptionFormat,
    OptionType,
)
from umpa.core.parts import SizedOptions
from umpa.core.protocol import Protocol

__all__ = ["RADIUS", "RADIUS_ATTRIBUTES"]

CODES = {
    1: "access request", 2: "access accept", 3: "access reject", 4: "accounting request",
    5: "accounting response", 11: "access challenge", 12: "status server", 40: "disconnect request",
    41: "disconnect ack", 42: "disconnect nak", 43: "change of authorization request",
    44: "change of authorization ack", 45: "change of authorization nak",
}  # fmt: skip

RADIUS_ATTRIBUTES = OptionFormat(
    Layout(),
    OptionType(1, "user_name", TEXT),
    OptionType(2, "user_password", RAW),
    OptionType(4, "nas_ip_address", ADDRESSES),
    OptionType(5, "nas_port", U32),
    OptionType(6, "service_type", U32),
    OptionType(8, "framed_ip_address", ADDRESSES),
    OptionType(18, "reply_message", TEXT),
    OptionType(24, "state", RAW),
    OptionType(26, "vendor_specific", RAW),
    OptionType(27, "session_timeout", U32),
    OptionType(30, "called_station_id", TEXT),
    OptionType(31, "calling_station_id", TEXT),
    OptionType(32, "nas_identifier", TEXT),
    OptionType(40, "acct_status_type", U32),
    OptionType(44, "acct_session_id", TEXT),
    OptionType(61, "nas_port_type", U32),
    OptionType(79, "eap_message", RAW),
    OptionType(80, "message_authenticator", RAW),
)


class RADIUS(Protocol, name="radius", follows={"udp.port": (1812, 1813, 1645, 1646)}):
    """Remote Authentication Dial In User Service (RFC 2865)."""

    code: Enum8 = Enum8(default=1, names=CODES, doc="Kind of packet.")
    id: U8 = U8(doc="Matches answers to requests.")
    length: U16 = U16(
        auto=Computed(lambda self, layers, i, size, body: size), doc="Of the packet, bytes."
    )
    authenticator: FixedBytes = FixedBytes(16, doc="Random, or a digest with the secret.")
    attributes: SizedOptions = SizedOptions(
        RADIUS_ATTRIBUTES, lambda layer: max(0, layer.w_length - 20), key="avp", doc="Attributes."
    )

    terminal = True
    same = (id,)

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        return data[start] in CODES and 20 <= length <= end - start

    def _next(self, data: bytes, start: int, end: int) -> Following:
        return None
