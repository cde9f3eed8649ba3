"""DHCP."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from umpa.core import text
from umpa.core.field import U8, U16, U32, Enum8, Field, IPv4Address, normal_name
from umpa.core.options import (
    ADDRESS,
    ADDRESSES,
    RAW,
    TEXT,
    Codec,
    Layout,
    OptionFormat,
    Options,
    OptionType,
)
from umpa.core.options import U8 as BYTE
from umpa.core.options import U16 as SHORT
from umpa.core.options import U32 as WORD
from umpa.core.parts import Prefix, TrailingOptions, UpTo, View
from umpa.core.protocol import Protocol
from umpa.errors import suggest
from umpa.protocols.addresses import IN_DHCP, AddressLength
from umpa.protocols.domain import encoded_all, names
from umpa.protocols.names import HARDWARE_TYPES

__all__ = ["DHCP", "DHCP_OPTIONS"]

MESSAGES = {
    1: "discover", 2: "offer", 3: "request", 4: "decline", 5: "ack", 6: "nak", 7: "release",
    8: "inform", 9: "force-renew", 10: "lease-query", 11: "lease-unassigned", 12: "lease-unknown",
    13: "lease-active",
}  # fmt: skip
_HARDWARE = {number: name for number, name in HARDWARE_TYPES.items() if number < 256}
_NUMBERS = {normal_name(name): number for number, name in MESSAGES.items()}
_COOKIE = b"\x63\x82\x53\x63"


def _message(value: Any) -> bytes:
    if isinstance(value, str):
        name = normal_name(value)
        if name not in _NUMBERS:
            raise ValueError(f"a message such as 'discover'{suggest(name, _NUMBERS)}")
        value = _NUMBERS[name]
    if not isinstance(value, int) or not 0 <= value <= 255:
        raise ValueError("a message such as 'discover', or a number from 0 to 255")
    return bytes([value])


def _requested(value: Any) -> bytes:
    """Of options that are asked for, by name or number."""
    if isinstance(value, (str, int)):
        raise TypeError(value)
    return bytes([DHCP_OPTIONS.number(option) for option in value])


def _routes(data: bytes) -> tuple[tuple[str, str], ...]:
    """Pairs of a network and the router to it (RFC 3442)."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(data):
        length = data[at]
        stop = at + 1 + (length + 7) // 8
        if length > 32 or stop + 4 > len(data):
            raise ValueError(data)
        network = int.from_bytes(data[at + 1 : stop].ljust(4, b"\0"), "big")
        router = int.from_bytes(data[stop : stop + 4], "big")
        found.append((f"{text.ipv4_text(network)}/{length}", text.ipv4_text(router)))
        at = stop + 4
    return tuple(found)


def _from_routes(value: Any) -> bytes:
    data = b""
    for network, router in value:
        address, _, length = network.partition("/")
        bits = int(length)
        if not 0 <= bits <= 32:
            raise ValueError(value)
        prefix = text.ipv4_word(address).to_bytes(4, "big")[: (bits + 7) // 8]
        data += bytes([bits]) + prefix + text.ipv4_word(router).to_bytes(4, "big")
    return data


MESSAGE = Codec(BYTE.decode, _message)
REQUESTED = Codec(bytes, _requested, "options by name or number, as in ['router', 6], or bytes")
NAMES = Codec(names, encoded_all, "domain names, as in ['example.com']")
ROUTES = Codec(_routes, _from_routes, "networks and routers, as in [('10.0.0.0/8', '192.168.0.1')]")

_END = 255
DHCP_OPTIONS = OptionFormat(
    Layout(singles=(0, _END), end=_END, counts_header=False),
    OptionType(0, "pad"),
    OptionType(1, "subnet_mask", ADDRESS),
    OptionType(3, "router", ADDRESSES),
    OptionType(6, "domain_name_server", ADDRESSES),
    OptionType(12, "hostname", TEXT),
    OptionType(15, "domain_name", TEXT),
    OptionType(26, "interface_mtu", SHORT),
    OptionType(28, "broadcast_address", ADDRESS),
    OptionType(42, "ntp_server", ADDRESSES),
    OptionType(43, "vendor", RAW),
    OptionType(50, "requested_ip_address", ADDRESS),
    OptionType(51, "ip_address_lease_time", WORD),
    OptionType(52, "overload", BYTE),
    OptionType(53, "dhcp", MESSAGE),
    OptionType(54, "dhcp_server_id", ADDRESS),
    OptionType(55, "request_list", REQUESTED),
    OptionType(56, "message", TEXT),
    OptionType(57, "max_message_size", SHORT),
    OptionType(58, "renewal_time", WORD),
    OptionType(59, "rebinding_time", WORD),
    OptionType(60, "vendor_class_id", TEXT),
    OptionType(61, "client_id", RAW),
    OptionType(66, "tftp_server_name", TEXT),
    OptionType(67, "bootfile_name", TEXT),
    OptionType(81, "client_fqdn", RAW),
    OptionType(82, "agent_information", RAW),
    OptionType(119, "domain_search", NAMES),
    OptionType(121, "classless_static_route", ROUTES),
    OptionType(_END, "end"),
)


class DHCPOptions(TrailingOptions):
    """Options; a list of them is written with `end` behind it, bytes as they are."""

    def parse(self, value: Any) -> Any:
        data = super().parse(value)
        if not data or isinstance(value, (bytes, bytearray, Options)):
            return data
        ended = self.format.decode(data)[-1].kind == _END
        return data if ended else data + bytes([_END])


def _mac(layer: Any) -> str | None:
    return text.mac_text(layer.hw_addr[:6]) if layer.hw_type == 1 and layer.hw_len == 6 else None


def _message_type(layer: Any) -> int | None:
    value = layer.options.get("dhcp")
    return value if isinstance(value, int) else None


def _option(name: str, kind: type) -> Any:
    """The value of an option under Wireshark's name; None where it is not there, or malformed."""

    def read(layer: Any) -> Any:
        value = layer.options.get(name)
        return value if isinstance(value, kind) else None

    key = f"option.{name}"
    return View(read, of="options", key=key, listed=False, doc=f"Option `{name}`.")


class ClientAddress(Field[bytes, "bytes | str"]):
    """A hardware address of up to 16 bytes, filled with zeros; a MAC may be text."""

    kind = "bytes"
    in_hex = True

    def __init__(self, **options: Any) -> None:
        super().__init__(128, default=bytes(16), **options)

    def parse(self, value: Any) -> Any:
        if isinstance(value, str):
            with suppress(ValueError):
                value = text.mac_word(value)
        if isinstance(value, (bytes, bytearray, memoryview)) and len(value) <= 16:
            return bytes(value).ljust(16, b"\0")
        self.reject(value, "a MAC, as in '02:00:00:00:00:01', or up to 16 bytes")


class DHCP(Protocol, name="dhcp", follows={"udp.port": (67, 68)}):
    """Dynamic Host Configuration Protocol (RFC 2131), and BOOTP (RFC 951)."""

    type: Enum8 = Enum8(default=1, names={1: "boot request", 2: "boot reply"}, doc="Direction.")
    hw_type: Enum8 = Enum8(default=1, names=_HARDWARE, key="hw.type", doc="Kind of address.")
    hw_len: U8 = U8(
        default=6,
        auto=AddressLength(IN_DHCP, "w_hw_type", lambda layer: layer.w_hw_addr),
        key="hw.len",
        doc="Bytes of the hardware address; 0: there is none.",
    )
    hops: U8 = U8(doc="Relays passed.")
    id: U32 = U32(hexadecimal=True, doc="Transaction.")
    secs: U16 = U16(doc="Seconds since the client began.")
    flags: U16 = U16(hexadecimal=True, doc="0x8000: answer by broadcast.")
    ip_client: IPv4Address = IPv4Address(key="ip.client", doc="The client's, as it knows it.")
    ip_your: IPv4Address = IPv4Address(key="ip.your", doc="The client's, as the server gives it.")
    ip_server: IPv4Address = IPv4Address(key="ip.server", doc="Next server to ask.")
    ip_relay: IPv4Address = IPv4Address(key="ip.relay", doc="Relay agent.")
    hw_addr: ClientAddress = ClientAddress(key="hw.addr", doc="The client's hardware address.")
    server: UpTo = UpTo(64, default=bytes(64), doc="The server's name, filled with zeros.")
    file: UpTo = UpTo(128, default=bytes(128), doc="Boot file, filled with zeros.")
    cookie: Prefix = Prefix(_COOKIE, default=_COOKIE, doc="63 82 53 63 before options (RFC 1497).")
    options: DHCPOptions = DHCPOptions(
        DHCP_OPTIONS, doc="Options (RFC 2132); a list of them is ended with `end`, bytes are not."
    )
    hw_mac_addr: View[str | None, str] = View(
        _mac, of="hw_addr", key="hw.mac_addr", doc="The address as a MAC."
    )
    option_dhcp: View[int | None, int | str] = View(
        _message_type,
        of="options",
        names=MESSAGES,
        key="option.dhcp",
        doc="Kind of message: option 53, `dhcp`.",
    )
    option_requested_ip_address: View[str | None, str] = _option("requested_ip_address", str)
    option_dhcp_server_id: View[str | None, str] = _option("dhcp_server_id", str)
    option_ip_address_lease_time: View[int | None, int] = _option("ip_address_lease_time", int)
    option_subnet_mask: View[str | None, str] = _option("subnet_mask", str)
    option_router: View[tuple[str, ...] | None, tuple[str, ...]] = _option("router", tuple)
    option_domain_name_server: View[tuple[str, ...] | None, tuple[str, ...]] = _option(
        "domain_name_server", tuple
    )
    option_domain_name: View[str | None, str] = _option("domain_name", str)
    option_hostname: View[str | None, str] = _option("hostname", str)
    option_vendor_class_id: View[str | None, str] = _option("vendor_class_id", str)

    same = (id, hw_type, hw_addr)
    replies: ClassVar[dict[str, dict[int, int]]] = {"type": {1: 2}}

    def _summary(self) -> str:
        """`discover`, `offer 10.0.0.5`; the client's hardware address, and the transaction."""
        direction = "boot request" if self.type == 1 else "boot reply"
        said = [MESSAGES.get(self.option_dhcp or 0, direction)]
        wanted = self.ip_your if self.ip_your != "0.0.0.0" else self.option_requested_ip_address
        said += [wanted] if wanted is not None else []
        said += [f"for {self.hw_mac_addr}"] if self.hw_mac_addr is not None else []
        return " ".join([*said, f"id={self.id:#010x}"])

    @classmethod
    def plausible(cls, data: bytes, start: int, end: int) -> bool:
        return data[start] in (1, 2)
