"""Whole simulated networks behind one device: routers, subnets, and hosts that exist when asked.

    network = Network()
    near = network.router("10.0.0.254", latency=0.001)
    far = near.router("10.9.0.1", latency=0.005, loss=0.01)
    far.subnet("10.1.0.0/16", down=["10.1.0.7"], tcp={80: page}, udp={7: echo})

1. Nothing is kept for a host that is only asked: what it answers follows from its subnet. Memory
   goes to hosts that were given something of their own, and to open TCP connections, bounded.
2. Every router on the way takes one from the TTL and may answer that it ran out; delay and loss
   of every hop count both ways.
3. Nothing that was sent to many is answered, but for ARP and neighbour solicitations.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from umpa.core.match import has
from umpa.core.packet import Packet
from umpa.errors import TemplateError
from umpa.protocols import ARP, IP, Ethernet, ICMPv6, IPv6
from umpa.template import discovery
from umpa.template.declare import PASS, Reply, Resource, Rule, current, place_of_caller
from umpa.template.machines import Answer, Answerer, Profile
from umpa.template.topology import Router, Subnet, Topology

if TYPE_CHECKING:
    from umpa.template.context import Context

__all__ = ["Network", "Router", "Subnet"]

_ROUTER = Profile.of(None, None, (), "router")
_MAC = "02:75:6d:70:61:01"
"""Locally administered, so that it belongs to no card."""
_HOST = b"\x02\x75"
"""How the hardware address of a host on the link begins; its address follows."""


_SENDER = (Ethernet.fields["src"], ARP.fields["src_hw_mac"])


class Network(Resource):
    """Simulated routers, and hosts behind them or on the link, declared in a template file.

    The first router is the one on the link: it has the hardware address `mac`, and answers for its
    address there. Real machines reach the subnets through it (`ip route add 10.1.0.0/16 via
    ADDRESS`). With `on_link`, the hosts of subnets directly behind it are on the link themselves,
    each with a hardware address made of its address.
    """

    def __init__(self, *, mac: str = _MAC, on_link: bool = False) -> None:
        try:
            self._mac = bytes.fromhex(Ethernet(src=mac).src.replace(":", ""))
        except ValueError as error:
            raise TemplateError(f"Network: {error}") from None
        self.mac = mac
        self.on_link = on_link
        self.topology = Topology()
        self._answerer = Answerer()
        self.lost = 0
        """Packets lost on a hop, as the template wanted it."""
        place = place_of_caller()
        declarations = current("Network()")
        declarations.add_resource(self)
        for protocol in (IP, IPv6, ARP):
            # resets end connections, so they have to be seen; nothing ever answers them
            rule = Rule(has(protocol), self._received, "Network", place, errors=True)
            declarations.rules.append(rule)

    def router(self, address: str, *, latency: float = 0.0, loss: float = 0.0) -> Router:
        """The router on the link: one for IPv4, one for IPv6. `latency` is in seconds one way.

        :raises TemplateError: there is one already, the address is none, or a number is wrong.
        """
        return self.topology.add_router(address, latency, loss)

    def take_over(self, before: Resource) -> bool:
        """See `Resource.take_over`."""
        if not isinstance(before, Network) or before.mac != self.mac:
            return False
        self._answerer.take_over(before._answerer)
        return True

    def status(self) -> Mapping[str, object]:
        """See `Resource.status`."""
        return {
            "routers": len(self.topology.routers),
            "subnets": len(self.topology.subnets),
            "lost": self.lost,
            **self._answerer.counts(),
        }

    # What comes in.

    def _received(self, packet: Packet, context: Context) -> Reply:
        ip: Any = packet.get(IP)
        if ip is not None:
            version, number, ttl = 4, ip.w_dst, ip.ttl
        else:
            ip = packet.get(IPv6)
            if ip is None:
                return self._asked(packet)
            version, number, ttl = 6, int.from_bytes(ip.w_dst, "big"), ip.hlim
            if packet.get(ICMPv6) is not None and discovery.asked(packet) is not None:
                return self._asked(packet)
        topology = self.topology
        router = topology.routers.get((version, number))
        subnet = topology.find(version, number) if router is None else None
        ethernet = packet.get(Ethernet)
        direct = False
        if ethernet is not None:
            receiver = bytes(packet)[:6]
            if receiver != self._mac:
                if subnet is None or receiver != self._host_mac(subnet, number):
                    return PASS
                direct = True
        if direct:
            assert subnet is not None
            self._deliver(packet, number, subnet, 0, context)
        elif version in topology.first:
            to = router or subnet or topology.first[version]
            self._travel(packet, ttl, number, to, router is not None, context)
        else:
            return PASS
        return None

    def _travel(
        self, packet: Packet, ttl: int, number: int, to: Router | Subnet, here: bool,
        context: Context,
    ) -> None:  # fmt: skip
        """Go from router to router, and answer from where the way ends: a router itself (`here`),
        a subnet, or a router that knows no further."""
        last = to if isinstance(to, Router) else to.router
        path = last.path
        forwarding = len(path) - here
        if ttl <= forwarding:
            hop = path[max(ttl, 1) - 1]
            error = self._answerer.error(packet, str(hop.address), "time", len(hop.path) - 1)
            self._send(error, hop.delay, hop.chance, context)
        elif isinstance(to, Subnet):
            self._deliver(packet, number, to, len(path), context)
        else:
            hops = len(path) - 1
            if here:
                answer = self._answerer.answer(packet, _ROUTER, context, hops)
            else:
                answer = self._answerer.error(packet, str(last.address), "network", hops)
            self._send(answer, last.delay, last.chance, context)

    def _deliver(
        self, packet: Packet, number: int, subnet: Subnet, hops: int, context: Context
    ) -> None:
        """At the subnet: its host answers; for one that is down, its router does."""
        if number not in subnet.down:
            profile = subnet.own.get(number, subnet.profile) if subnet.own else subnet.profile
            answer = self._answerer.answer(packet, profile, context, hops)
            self._send(answer, subnet.delay, subnet.chance, context)
        elif hops and not subnet.silent:
            router = subnet.router
            error = self._answerer.error(packet, str(router.address), "host", hops - 1)
            self._send(error, router.delay, router.chance, context)

    def _send(self, answer: Answer, delay: float, chance: float, context: Context) -> None:
        """Send what the end of the way says: after the way there and back, if it arrives."""
        for packet in (answer,) if isinstance(answer, (Packet, bytes)) else answer:
            if chance < 1 and context.rng.random() >= chance * chance:
                self.lost += 1
            else:
                context.send(packet, delay=2 * delay)

    # Who has an address on the link.

    def _host_mac(self, subnet: Subnet, number: int) -> bytes | None:
        """The hardware address of a host; None for one that is not on the link."""
        if not self.on_link or len(subnet.router.path) > 1:
            return None
        return _HOST + (number & 0xFFFFFFFF).to_bytes(4, "big")

    def _asked(self, packet: Packet) -> Reply:
        """Answer for the addresses on the link."""
        address = discovery.asked(packet)
        if not address:
            return PASS
        wanted = ipaddress.ip_address(address)
        version, number = wanted.version, int(wanted)
        first = self.topology.first.get(version)
        if first is not None and int(first.address) == number:
            return self._told(packet, self._mac, router=True)
        subnet = self.topology.find(version, number)
        mac = None if subnet is None else self._host_mac(subnet, number)
        if mac is None or subnet is None or number in subnet.down:
            return PASS
        return self._told(packet, mac)

    def _told(self, packet: Packet, mac: bytes, *, router: bool = False) -> Packet | bytes:
        text = mac.hex(":")
        if packet.get(ARP) is None:
            return discovery.answer(packet, text, router=router)
        patterns, words = self._answerer.patterns, [field.parse(text) for field in _SENDER]
        return patterns.answer(
            patterns.request(packet), "arp", _SENDER, words, lambda: discovery.answer(packet, text)
        )
