"""What is told of the network: interfaces and routes, and the kinds of addresses."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TypeAlias

from umpa.link.frame import ETHERNET

__all__ = ["Address", "Interface", "IpAddress", "IpInterface", "Route", "as_address"]

IpAddress: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Address: TypeAlias = "str | IpAddress"
IpInterface: TypeAlias = "ipaddress.IPv4Interface | ipaddress.IPv6Interface"


@dataclass(frozen=True)
class Interface:
    """One network interface, as it was when it was asked for."""

    name: str
    index: int
    """The kernel's number of it."""
    description: str = ""
    """Its alias or, where it has none, its kind ("veth"); elsewhere than on Linux, the driver's."""
    addresses: tuple[IpInterface, ...] = ()
    """Its own, with the length of their networks, IPv4 first."""
    mac: str | None = None
    mtu: int | None = None
    """The longest packet, in bytes; None where the system does not tell."""
    up: bool = False
    """Switched on, and with a carrier."""
    loopback: bool = False
    linktype: int = ETHERNET
    """The kind of its frames, as capture files number it."""


@dataclass(frozen=True)
class Route:
    """The way to one destination."""

    interface: str
    source: IpAddress | None
    """The address that the kernel would send from; None where it has none for this."""
    gateway: IpAddress | None
    """The next hop; None where the destination is on the interface's own network."""
    mtu: int | None
    """The longest packet on this way, as far as is known here."""
    kind: str = "unicast"
    """"unicast", "local" (an address of this machine), "broadcast", "multicast", "anycast"."""


def as_address(value: Address) -> IpAddress:
    """The address that this is.

    :raises ValueError: it is none.
    """
    if isinstance(value, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
        return value
    return ipaddress.ip_address(value)
