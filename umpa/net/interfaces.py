"""The machine's network interfaces, and which of them is meant.

Linux: netlink, RTM_GETLINK and RTM_GETADDR. Elsewhere: libpcap's list, through cypcap.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys

from umpa.errors import NoSuchDevice, suggest
from umpa.link.device import check_name
from umpa.link.frame import ETHERNET, linktype_of_hardware
from umpa.net.model import Interface, IpInterface
from umpa.net.netlink import Netlink, attributes

__all__ = ["get_link", "interface", "interfaces", "link_of"]

_GET_LINK, _GET_ADDRESS = 18, 22  # linux/rtnetlink.h
_LINK, _ADDRESS = struct.Struct("=BxHiII"), struct.Struct("=BBBBI")
_MAC, _NAME, _MTU, _INFO, _ALIAS, _INFO_KIND = 1, 3, 4, 18, 20, 1  # IFLA_…
_PEER, _OWN = 1, 2  # IFA_…
_UP, _LOOPBACK, _LOWER_UP = 0x1, 0x8, 0x10000  # IFF_…


def interfaces() -> list[Interface]:
    """All of them, by their numbers.

    :raises LinkError: the system does not tell.
    """
    if sys.platform != "linux":
        from umpa.net.elsewhere import interfaces as others

        return others()
    with Netlink() as netlink:
        links = netlink.dump(_GET_LINK, _LINK.pack(0, 0, 0, 0, 0))
        owned: dict[int, list[IpInterface]] = {}
        for body in netlink.dump(_GET_ADDRESS, _ADDRESS.pack(0, 0, 0, 0, 0)):
            family, length, _, _, index = _ADDRESS.unpack_from(body)
            found = attributes(body, _ADDRESS.size)
            # on a point-to-point link, the other one is the peer's
            packed = found.get(_OWN) or found.get(_PEER)
            if packed is not None and family in (socket.AF_INET, socket.AF_INET6):
                own = ipaddress.ip_interface((packed, length))
                owned.setdefault(index, []).append(own)
    found_all = [link_of(body, owned) for body in links]
    return sorted(found_all, key=lambda one: one.index)


def link_of(body: bytes, owned: dict[int, list[IpInterface]]) -> Interface:
    """The interface that a message about a link describes."""
    _, hardware, index, flags, _ = _LINK.unpack_from(body)
    found = attributes(body, _LINK.size)
    kind = attributes(found.get(_INFO, b""), 0).get(_INFO_KIND, b"")
    linktype = linktype_of_hardware(hardware)
    mac = found.get(_MAC, b"")
    return Interface(
        name=_text(found.get(_NAME, b"")),
        index=index,
        description=_text(found.get(_ALIAS, kind)),
        addresses=tuple(sorted(owned.get(index, []), key=lambda own: own.version)),
        mac=mac.hex(":") if linktype == ETHERNET and len(mac) == 6 else None,
        mtu=int.from_bytes(found.get(_MTU, b""), sys.byteorder) or None,
        up=flags & _UP != 0 and flags & _LOWER_UP != 0,
        loopback=flags & _LOOPBACK != 0,
        linktype=linktype,
    )


def get_link(netlink: Netlink) -> list[Interface]:
    """All interfaces, without their addresses."""
    return [link_of(body, {}) for body in netlink.dump(_GET_LINK, _LINK.pack(0, 0, 0, 0, 0))]


def interface(name_or_address: str) -> Interface:
    """The interface of that name, or the one that owns that address.

    :raises NoSuchDevice: there is none; the message lists those there are.
    """
    check_name(name_or_address)
    found = interfaces()
    for one in found:
        if one.name == name_or_address:
            return one
    try:
        wanted = ipaddress.ip_address(name_or_address.partition("%")[0])
    except ValueError:
        names = [one.name for one in found]
        there = ", ".join(names) or "none at all"
        hint = suggest(name_or_address, names)
        raise NoSuchDevice(f"no device '{name_or_address}'{hint}; there are: {there}") from None
    for one in found:
        if any(own.ip == wanted for own in one.addresses):
            return one
    pairs = [f"{own.ip} ({one.name})" for one in found for own in one.addresses]
    there = ", ".join(pairs) or "none at all"
    raise NoSuchDevice(f"no device has the address {name_or_address}; there are: {there}")


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")
