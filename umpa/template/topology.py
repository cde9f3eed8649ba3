"""The shape of a simulated network: routers, and the subnets behind them.

1. Nothing is kept for a host that is like the others of its subnet.
2. What a way costs (delay, chance to arrive) is known when it is made, not computed for a packet.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from umpa.errors import TemplateError
from umpa.template.machines import Datagram, Profile
from umpa.template.personality import Personality
from umpa.template.tcp import Service

__all__ = ["Router", "Subnet", "Topology", "address_of"]

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Prefix: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


@dataclass(eq=False)
class Router:
    """A router of a simulated network. Made by `Network.router` and `Router.router`."""

    topology: Topology
    address: Address
    path: tuple[Router, ...]
    """The routers up to it, itself included."""
    delay: float
    """Seconds from the link to it."""
    chance: float
    """Of a packet from the link to arrive."""

    def router(self, address: str, *, latency: float = 0.0, loss: float = 0.0) -> Router:
        """A router behind this one; `latency`, in seconds one way, and `loss` are of the hop to it.

        :raises TemplateError: the address is none or taken, or a number is out of range.
        """
        return self.topology.add_router(address, latency, loss, self)

    def subnet(
        self,
        network: str,
        *,
        down: Iterable[str] = (),
        latency: float = 0.0,
        loss: float = 0.0,
        tcp: Mapping[int, Service] | None = None,
        udp: Mapping[int, Datagram] | None = None,
        filtered: Iterable[int] = (),
        personality: Personality | str = "linux",
        silent: bool = False,
    ) -> Subnet:
        """Hosts behind this router: every address of `network`, but those that are `down`.

        `tcp` and `udp` are the open ports and what they say: bytes or a text, which for TCP is
        a banner; or a function. For UDP it gets the datagram's payload and returns the answer.
        For TCP it gets all that the client said so far, and returns the answer, after which the
        connection is closed, or None to hear more. `filtered` ports say nothing, all others are
        closed. For a host that is down the router answers that it is unreachable, or with
        `silent` nothing at all. The first and the last address of an IPv4 network are no hosts,
        unless it has one or two.

        :raises TemplateError: the network is none or taken, or a number is out of range.
        """
        profile = Profile.of(tcp, udp, filtered, personality)
        return self.topology.add_subnet(self, network, down, latency, loss, profile, silent)


@dataclass(eq=False)
class Subnet:
    """Hosts of one prefix, which are alike but where `host` says otherwise."""

    router: Router
    prefix: Prefix
    delay: float
    chance: float
    profile: Profile
    silent: bool
    down: set[int] = field(default_factory=set)
    own: dict[int, Profile] = field(default_factory=dict)
    nobody: frozenset[int] = frozenset()
    """The network's own address, and that of all in it: packets to them are not forwarded."""

    def host(
        self,
        address: str,
        *,
        up: bool = True,
        tcp: Mapping[int, Service] | None = None,
        udp: Mapping[int, Datagram] | None = None,
        filtered: Iterable[int] = (),
        personality: Personality | str = "linux",
    ) -> None:
        """Make one host different from the others. May be called while the network runs.

        :raises TemplateError: the address is not of this subnet, or something about it is wrong.
        """
        number = self.number(address)
        self.own[number] = Profile.of(tcp, udp, filtered, personality)
        (self.down.discard if up else self.down.add)(number)

    def set_up(self, address: str, up: bool) -> None:
        """Switch a host on or off.

        :raises TemplateError: the address is not of this subnet.
        """
        (self.down.discard if up else self.down.add)(self.number(address))

    def number(self, address: str) -> int:
        """An address of the subnet as a number.

        :raises TemplateError: it is not of this subnet.
        """
        found = address_of(address)
        if found not in self.prefix:
            raise TemplateError(f"{address} is not in the subnet {self.prefix}")
        return int(found)


class Topology:
    """All routers and subnets of a network, and which of them an address belongs to."""

    def __init__(self) -> None:
        self.routers: dict[tuple[int, int], Router] = {}
        """By version and number of their addresses."""
        self.first: dict[int, Router] = {}
        """The routers on the link, by the version of their addresses."""
        self.subnets: list[Subnet] = []
        self._by_length: dict[tuple[int, int], dict[int, Subnet]] = {}
        self._lengths: dict[int, list[int]] = {4: [], 6: []}

    def add_router(
        self, text: str, latency: float, loss: float, before: Router | None = None
    ) -> Router:
        """See `Router.router`."""
        address = address_of(text)
        version, key = address.version, (address.version, int(address))
        if key in self.routers:
            raise TemplateError(f"two routers have the address {text}")
        if before is None and version in self.first:
            raise TemplateError(
                f"router {text}: {self.first[version].address} is on the link already; other "
                "routers stand behind a router"
            )
        if before is not None and before.address.version != version:
            raise TemplateError(f"router {text}: behind {before.address}, of another IP version")
        _check_hop(f"router {text}", latency, loss)
        path = () if before is None else before.path
        delay = latency + (0.0 if before is None else before.delay)
        chance = (1 - loss) * (1.0 if before is None else before.chance)
        router = Router(self, address, (), delay, chance)
        router.path = (*path, router)
        self.routers[key] = router
        if before is None:
            self.first[version] = router
        return router

    def add_subnet(
        self, router: Router, text: str, down: Iterable[str], latency: float, loss: float,
        profile: Profile, silent: bool,
    ) -> Subnet:  # fmt: skip
        """See `Router.subnet`."""
        try:
            prefix = ipaddress.ip_network(text)
        except ValueError as error:
            raise TemplateError(f"subnet {text!r}: {error}") from None
        if prefix.version != router.address.version:
            raise TemplateError(f"subnet {text}: behind {router.address}, of another IP version")
        _check_hop(f"subnet {text}", latency, loss)
        table = self._by_length.setdefault((prefix.version, prefix.prefixlen), {})
        if int(prefix.network_address) in table:
            raise TemplateError(f"two subnets are {prefix}")
        subnet = Subnet(
            router, prefix, router.delay + latency, router.chance * (1 - loss), profile, silent
        )
        if prefix.version == 4 and prefix.prefixlen < 31:
            ends = prefix.network_address, prefix.broadcast_address
            subnet.nobody = frozenset(map(int, ends))
        subnet.down.update(map(subnet.number, down))
        table[int(prefix.network_address)] = subnet
        self.subnets.append(subnet)
        lengths = {length for version, length in self._by_length if version == prefix.version}
        self._lengths[prefix.version] = sorted(lengths, reverse=True)
        return subnet

    def find(self, version: int, number: int) -> Subnet | None:
        """The subnet of an address, by its longest prefix."""
        bits = 32 if version == 4 else 128
        for length in self._lengths[version]:
            network = number >> (bits - length) << (bits - length)
            found = self._by_length[version, length].get(network)
            if found is not None:
                return None if number in found.nobody else found
        return None


def address_of(text: str) -> Address:
    """The address that a text is.

    :raises TemplateError: it is none.
    """
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise TemplateError(f"{error}; expected such as 10.0.0.1") from None


def _check_hop(what: str, latency: float, loss: float) -> None:
    if not 0 <= latency < 3600:
        raise TemplateError(f"{what}: latency={latency}; expected seconds, from 0 to an hour")
    if not 0 <= loss <= 1:
        raise TemplateError(f"{what}: loss={loss}; expected a fraction from 0 to 1")
