"""The hardware address to send to: computed, known to the kernel, or asked for.

`question` and `answer_of` are the two halves of asking, without a clock or a link: every face,
blocking or not, is made of them.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import struct
import sys
from threading import Lock

from umpa.core.packet import Packet
from umpa.errors import LinkError, WouldBlock
from umpa.link.base import Link
from umpa.link.clock import REAL, Clock
from umpa.link.impairment import SECOND, positive, seconds
from umpa.net.interfaces import interface
from umpa.net.model import Address, Interface, IpAddress, as_address
from umpa.net.netlink import Netlink, attribute, attributes
from umpa.protocols.arp import ARP
from umpa.protocols.ethernet import Ethernet
from umpa.protocols.icmpv6 import ICMPv6
from umpa.protocols.icmpv6_nd import NDOptions
from umpa.protocols.ipv6 import IPv6

__all__ = [
    "NeighbourCache",
    "answer_of",
    "find_mac",
    "group_mac",
    "neighbour",
    "question",
    "resolve",
]

_GET_NEIGHBOUR = 30  # linux/rtnetlink.h
_NEIGHBOUR = struct.Struct("=BxxxiHBB")  # struct ndmsg
_TO, _MAC = 1, 2  # NDA_DST, NDA_LLADDR
_USABLE = (
    0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80
)  # reachable, stale, delay, probe, noarp, permanent
_BROADCAST = "ff:ff:ff:ff:ff:ff"


def group_mac(address: Address, own: Interface | None = None) -> str | None:
    """The hardware address of a multicast or broadcast address; None for one host's.

    `own` tells what the broadcast address of its networks is. RFC 1112, section 6.4; RFC 2464,
    section 7.

    :raises ValueError: it is no address.
    """
    to = as_address(address)
    if to.is_multicast:
        if to.version == 4:
            return b"\x01\x00\x5e".hex(":") + f":{to.packed[1] & 0x7F:02x}:{to.packed[2:].hex(':')}"
        return f"33:33:{to.packed[12:].hex(':')}"
    if to == ipaddress.IPv4Address("255.255.255.255"):
        return _BROADCAST
    for one in () if own is None else own.addresses:
        network = one.network
        if to == network.broadcast_address and to.version == 4 and network.prefixlen < 31:
            return _BROADCAST
    return None


def neighbour(device: str | Interface, address: Address) -> str | None:
    """The hardware address in the kernel's own table; None where it has none that is usable.

    :raises NoSuchDevice: there is no such interface.
    :raises ValueError: it is no address.
    """
    to = as_address(address)
    if sys.platform != "linux":
        return None
    index = (interface(device) if isinstance(device, str) else device).index
    family = socket.AF_INET if to.version == 4 else socket.AF_INET6
    body = _NEIGHBOUR.pack(family, index, 0, 0, 0) + attribute(_TO, to.packed)
    with Netlink() as netlink:
        try:
            _, answer = netlink.ask(_GET_NEIGHBOUR, body)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EOPNOTSUPP, errno.EINVAL):
                return None
            raise
    state = _NEIGHBOUR.unpack_from(answer)[2]
    mac = attributes(answer, _NEIGHBOUR.size).get(_MAC, b"")
    return mac.hex(":") if state & _USABLE and len(mac) == 6 else None


def question(address: Address, own_address: Address, own_mac: str) -> Packet:
    """The packet that asks for an address (ARP: RFC 826; solicitation: RFC 4861, 7.2.2).

    :raises ValueError: one is no address, or they are of different versions.
    """
    to, own = as_address(address), as_address(own_address)
    if to.version != own.version:
        raise ValueError(f"{own} cannot ask for {to}: one is of IPv4, the other of IPv6")
    if to.version == 4:
        return Ethernet(dst=_BROADCAST, src=own_mac) / ARP(
            opcode="request",
            src_hw_mac=own_mac,
            src_proto_ipv4=str(own),
            dst_proto_ipv4=str(to),
        )
    group = ipaddress.IPv6Address(b"\xff\x02" + bytes(9) + b"\x01\xff" + to.packed[13:])
    mac = group_mac(group)
    assert mac is not None
    return (
        Ethernet(dst=mac, src=own_mac)
        / IPv6(src=str(own).partition("%")[0], dst=str(group), hlim=255)
        / ICMPv6(type="neighbor-solicitation", nd_ns_target_address=str(to).partition("%")[0])
        / NDOptions(options=[("source_lladdr", own_mac)])
    )


def answer_of(packet: Packet, address: Address) -> str | None:
    """The hardware address that this packet tells for `address`; None where it tells none.

    An advertisement counts only with the hop limit 255: it was not routed (RFC 4861, 7.1.2).
    """
    to = as_address(address)
    arp = packet.get(ARP)
    if arp is not None:
        return arp.src_hw_mac if arp.opcode == 2 and arp.src_proto_ipv4 == str(to) else None
    icmp, ip = packet.get(ICMPv6), packet.get(IPv6)
    if icmp is None or ip is None or icmp.type != 136 or ip.hlim != 255 or packet.error:
        return None
    if icmp.nd_na_target_address != str(to).partition("%")[0]:
        return None
    options = packet.get(NDOptions)
    for option in () if options is None else options.options:
        if option.name == "target_lladdr":
            return str(option.value)
    ethernet = packet.get(Ethernet)
    return None if ethernet is None else ethernet.src


def resolve(
    link: Link,
    address: Address,
    own_address: Address,
    *,
    own_mac: str | None = None,
    timeout: float = 1.0,
    retries: int = 2,
) -> str:
    """Ask for a hardware address over `link`, at most 1 + `retries` times, `timeout` seconds each.

    Reads from the link, and throws away what is no answer: give one that nobody else reads.

    :raises LinkError: nobody answered.
    :raises ValueError: a number or an address is wrong.
    """
    if retries < 0:
        raise ValueError(f"retries is {retries}, expected 0 or more")
    seconds("timeout", timeout)
    mac = own_mac or link.mac
    if mac is None:
        raise LinkError(f"{link.name} has no hardware address: there is nobody to ask")
    packet = question(address, own_address, mac)
    for _ in range(1 + retries):
        deadline = link.clock.monotonic_ns() + round(timeout * SECOND)
        with contextlib.suppress(WouldBlock):  # the next try will be taken
            link.send(packet)
        while (left := deadline - link.clock.monotonic_ns()) > 0 and link.wait(left / SECOND):
            for _, data, _ in link.read():
                found = answer_of(Packet.dissect(data, link.linktype), address)
                if found is not None:
                    return found
    raise LinkError(
        f"{address} did not answer on {link.name}: asked {1 + retries} times, "
        f"{timeout:g} s each; it is down, or not on this network"
    )


class NeighbourCache:
    """Hardware addresses for a while: `limit` of them, each for `age` seconds."""

    def __init__(self, *, limit: int = 4096, age: float = 60.0, clock: Clock = REAL) -> None:
        self._limit = int(positive("limit", limit))
        self._age = round(positive("age", age) * SECOND)
        self._clock = clock
        self._lock = Lock()
        self._known: dict[tuple[str, IpAddress], tuple[int, str]] = {}  # the oldest first

    def get(self, device: str, address: Address) -> str | None:
        """What was put for this address on that interface, if it is not too old."""
        key = device, as_address(address)
        with self._lock:
            found = self._known.get(key)
            if found is None:
                return None
            if found[0] <= self._clock.monotonic_ns():
                del self._known[key]
                return None
            return found[1]

    def put(self, device: str, address: Address, mac: str) -> None:
        """Keep this one; the oldest makes room where there is none."""
        key = device, as_address(address)
        with self._lock:
            self._known.pop(key, None)
            if len(self._known) >= self._limit:
                del self._known[next(iter(self._known))]
            self._known[key] = self._clock.monotonic_ns() + self._age, mac

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._known.clear()


def find_mac(
    own: Interface,
    address: Address,
    *,
    link: Link | None = None,
    own_address: Address | None = None,
    cache: NeighbourCache | None = None,
    timeout: float = 1.0,
    retries: int = 2,
) -> str:
    """The hardware address for the next hop `address` on the interface `own`.

    Computed for groups; else from `cache`, from the kernel's table, or asked for over `link`.
    `own_address` is who asks, else the first of the interface's addresses that fits.

    :raises LinkError: nobody knows it.
    """
    to = as_address(address)
    known = group_mac(to, own) or (cache.get(own.name, to) if cache is not None else None)
    if known is not None:
        return known
    mac = neighbour(own, to)
    if mac is None and link is not None:
        asker = own_address or _asker(own, to)
        mac = resolve(link, to, asker, own_mac=own.mac, timeout=timeout, retries=retries)
    if mac is None:
        raise LinkError(f"the hardware address of {to} on {own.name} is not known to the kernel")
    if cache is not None:
        cache.put(own.name, to, mac)
    return mac


def _asker(own: Interface, to: IpAddress) -> IpAddress:
    fitting = [one for one in own.addresses if one.version == to.version]
    if not fitting:
        raise LinkError(f"{own.name} has no address of IPv{to.version} to ask for {to} from")
    return next((one.ip for one in fitting if to in one.network), fitting[0].ip)
