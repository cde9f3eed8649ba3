"""Where a packet goes: through which interface, behind which header, from which address.

A packet that begins with a link header goes as it is. One that begins with IP takes the kernel's
route: the source address is filled in where it is unset, in a copy, and the next hop's
hardware address is found. What is for this machine itself goes to the kernel (`RawIPLink`).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from umpa.core.layer import no_packet
from umpa.core.packet import Packet
from umpa.errors import EncodeError, LinkError, ScheduleError
from umpa.exchange.source import from_source, unset
from umpa.link.base import Link
from umpa.link.clock import REAL, Clock
from umpa.link.frame import ETHERNET, require_linktype
from umpa.net.interfaces import interface, interfaces
from umpa.net.model import Interface, IpAddress, Route
from umpa.net.neighbours import NeighbourCache, group_mac, neighbour
from umpa.net.routes import RouteTable
from umpa.protocols.ip import IP
from umpa.protocols.ipv6 import IPv6

__all__ = ["Ready", "Way", "Ways"]

_RAW_IP = frozenset((101, 228, 229))
_TYPES = {4: b"\x08\x00", 6: b"\x86\xdd"}
_MOST = 4096
_FRESH = 1_000_000_000  # ns; routes and interfaces may change while a socket stays open


@dataclass
class Way:
    """How packets reach one destination."""

    device: str
    kernel: bool = False
    """Whether the kernel carries them itself, because they are for this machine."""
    source: IpAddress | None = None
    mtu: int | None = None
    hop: IpAddress | None = None
    """Whose hardware address is needed; None where no header has to be put before the packet."""
    header: bytes | None = None
    """The link header, as soon as that address is known; empty where none is needed."""
    group: bool = False
    """Whether several hosts may answer."""
    linktype: int | None = None
    """Of the frames that the device takes, where a packet goes through it as it is."""
    until: int = field(default=0, repr=False)


@dataclass(slots=True)
class Ready:
    """A packet, and its way."""

    packet: Packet
    """As it leaves: the user's own, or a copy with its source address."""
    way: Way

    @classmethod
    def on(cls, link: Link, packet: Packet | bytes) -> Ready:
        """A packet that goes through `link` as it is.

        :raises EncodeError: it is no frame of that link.
        """
        found = _packet(packet, link.linktype)
        if found.linktype != link.linktype:
            require_linktype(found, link.linktype, link.name)
        return cls(found, Way(link.name, header=b""))

    def frame(self) -> bytes:
        """Its bytes on the link.

        :raises EncodeError: it cannot be written, or is too long for the way.
        """
        data = bytes(self.packet)
        way = self.way
        if way.header is None:
            raise LinkError(f"the hardware address of {way.hop} on {way.device} is not known")
        if way.mtu is not None and way.hop is not None and len(data) > way.mtu:
            raise EncodeError(
                f"the packet has {len(data)} bytes, and the way through {way.device} takes "
                f"{way.mtu} (its MTU): send umpa.fragment(packet, {way.mtu})"
            )
        return way.header + data if way.header else data


class Ways:
    """Finds ways, and remembers them for a second; addresses that were asked for, for a minute.

    Everything is that of the network namespace in which it was made.
    """

    def __init__(self, clock: Clock = REAL) -> None:
        self._clock = clock
        self._routes = RouteTable()
        self._known: dict[tuple[str | None, str, str | None], Way] = {}
        self._straight: dict[str | None, Way] = {}
        self._interfaces: dict[str, Interface] = {}
        self._own: frozenset[str] = frozenset()
        self._interfaces_until = 0
        self.macs = NeighbourCache(clock=clock)

    def close(self) -> None:
        """Close its socket."""
        self._routes.close()

    def device(self, name_or_address: str) -> Interface:
        """The interface of that name or address.

        :raises NoSuchDevice: there is none; the message lists those there are.
        """
        now = self._clock.monotonic_ns()
        if now >= self._interfaces_until or name_or_address not in self._interfaces:
            self._look(now)
        return self._interfaces.get(name_or_address) or interface(name_or_address)

    def _look(self, now: int) -> None:
        """See which interfaces there are, and which addresses they have."""
        found = interfaces()
        self._interfaces = {one.name: one for one in found}
        self._own = frozenset(str(address.ip) for one in found for address in one.addresses)
        self._interfaces_until = now + _FRESH

    def _chosen(self, source: str) -> str | None:
        """A source that the route depends on: one of this machine's own."""
        if unset(source):
            return None
        now = self._clock.monotonic_ns()
        if now >= self._interfaces_until:
            self._look(now)
        return source if source in self._own else None

    def ready(self, packet: Packet | bytes, device: str | None = None) -> Ready:
        """The packet with its way; `way.header` is None where somebody has to be asked first.

        :raises NoSuchDevice: there is no such device; the message lists those there are.
        :raises LinkError: there is no route, or no device was named for a packet without IP.
        :raises EncodeError: the device takes no frames of the packet's kind.
        :raises ScheduleError: it is no packet.
        """
        packet = _packet(packet)
        if packet.linktype not in _RAW_IP:
            known = self._straight.get(device)
            if known is None or packet.linktype != known.linktype:
                known = self._framed(packet, device)
            return Ready(packet, known)
        ip = packet._seen(IP) or packet._seen(IPv6)
        if ip is None:
            raise EncodeError(f"neither a packet of IPv4 nor of IPv6: {packet.summary()}")
        way = self.to(ip.dst, device, self._chosen(ip.src))
        if way.source is not None and way.source.version == ip.version and unset(ip.src):
            packet = from_source(packet, ip, way.source)
        return Ready(packet, way)

    def _framed(self, packet: Packet, device: str | None) -> Way:
        """The way of a packet that has its link header."""
        if device is not None:
            own = self.device(device)
            require_linktype(packet, own.linktype, own.name)
            way = Way(own.name, header=b"", linktype=own.linktype)
            if len(self._straight) < _MOST:
                self._straight[device] = way
            return way
        ip = packet.get(IP) or packet.get(IPv6)
        if ip is None:
            names = ", ".join(one.name for one in interfaces()) or "none at all"
            raise LinkError(
                f"no address tells where this packet goes: name the device; there are: {names}"
            )
        found = self.to(ip.dst, None, self._chosen(ip.src))
        return Way(found.device, header=b"", group=found.group)

    def to(self, destination: str, device: str | None = None, source: str | None = None) -> Way:
        """The way to an address, from any of the own addresses or from `source`, which is one.

        :raises LinkError: there is none.
        """
        key = device, destination, source
        way = self._kept(key, lambda: self._find(destination, device, source))
        if way.header is None and way.hop is not None:
            self._look_up(way)
        return way

    def _kept(self, key: tuple[str | None, str, str | None], find: object) -> Way:
        now = self._clock.monotonic_ns()
        way = self._known.get(key)
        if way is None or way.until <= now:
            assert callable(find)
            way = find()
            assert isinstance(way, Way)
            way.until = now + _FRESH
            self._known.pop(key, None)
            if len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[key] = way
        return way

    def _find(self, destination: str, device: str | None, source: str | None) -> Way:
        to = ipaddress.ip_address(destination)
        route = self._route(to, device, source)
        own = self.device(route.interface)
        group = to.is_multicast or route.kind == "broadcast" or group_mac(to, own) is not None
        # what a router on the way takes, which the kernel may know, is for that router to say
        way = Way(own.name, source=route.source, mtu=own.mtu, group=group)
        if own.loopback or route.kind == "local":
            way.kernel, way.header, way.device = True, b"", self._loopback(own)
        elif own.linktype != ETHERNET:
            way.header = b""
        else:
            way.hop = route.gateway or to
        return way

    def _route(self, to: IpAddress, device: str | None, source: str | None) -> Route:
        """The kernel's; with a device that it would not take, straight through that one."""
        if device is None:
            return self._routes.route(to, source)
        own = self.device(device)
        scoped = to
        if to.version == 6 and to.is_link_local:
            scoped = ipaddress.IPv6Address(f"{to}%{own.name}")
        try:
            found = self._routes.route(scoped, source)
        except LinkError:
            found = None
        if found is not None and (found.interface == own.name or found.kind == "local"):
            return found
        fitting = [one.ip for one in own.addresses if one.version == to.version]
        return Route(own.name, fitting[0] if fitting else None, None, own.mtu)

    def _loopback(self, own: Interface) -> str:
        """Where packets for this machine's own addresses are seen."""
        if own.loopback:
            return own.name
        return next((one.name for one in interfaces() if one.loopback), own.name)

    def _look_up(self, way: Way) -> None:
        """The link header, if the hardware address of the next hop can be had without asking."""
        assert way.hop is not None
        own = self.device(way.device)
        mac = group_mac(way.hop, own) or neighbour(own, way.hop)
        if mac is None:  # what the kernel knows is newer, for it sees what hosts say by themselves
            mac = self.macs.get(own.name, way.hop)
        if mac is not None:
            self.settle(way, mac)

    def settle(self, way: Way, mac: str) -> None:
        """Put the hardware address of the next hop into the header."""
        assert way.hop is not None
        own = self.device(way.device)
        source = bytes.fromhex((own.mac or "00:00:00:00:00:00").replace(":", ""))
        way.header = bytes.fromhex(mac.replace(":", "")) + source + _TYPES[way.hop.version]


def _packet(packet: Packet | bytes, linktype: int = ETHERNET) -> Packet:
    """:raises ScheduleError: it is neither a packet nor a frame."""
    if isinstance(packet, Packet):
        return packet
    if not isinstance(packet, bytes):
        raise ScheduleError(no_packet(packet))
    return Packet.dissect(packet, linktype)
