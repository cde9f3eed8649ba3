"""One simulated machine on the link: an address that nobody had, and a hardware address of its own.

1. Nothing is said from an address before it is known that nobody else has it.
2. The machine's own kernel never answers for the address: either it does not own it, or it is
   kept out, until the template stops (`umpa.template.kernel`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from umpa.core.match import Match
from umpa.core.packet import Packet
from umpa.errors import FieldError, TemplateError
from umpa.protocols import ARP, ICMP, IP, TCP, UDP, Ethernet, ICMPv6, IPv6
from umpa.template import discovery
from umpa.template.declare import PASS, Reply, Resource, Rule, current, place_of_caller
from umpa.template.kernel import KernelFilter, owner_of
from umpa.template.machines import Answerer, Datagram, Profile
from umpa.template.personality import Personality
from umpa.template.tcp import Service
from umpa.template.topology import address_of

if TYPE_CHECKING:
    from umpa.template.context import Context

__all__ = ["Endpoint", "endpoint"]

_ETHERNET = 1
_PROBES, _PROBE_WAIT = 3, 0.25
_ANNOUNCE_AGAIN = 2.0  # RFC 5227, 1.1: ANNOUNCE_INTERVAL
_DEFEND_INTERVAL = 10.0  # there too


class Endpoint(Resource):
    """An address on the link. Made by `endpoint`."""

    def __init__(
        self, address: str, mac: str, echo: bool, answers_tcp: bool, answers_udp: bool,
        profile: Profile, guard: bool,
    ) -> None:  # fmt: skip
        self.address = address
        self.mac = mac
        self.conflicts = 0
        """How often somebody else claimed the address after this endpoint had."""
        self._answerer = Answerer()
        self._profile = profile
        self._guard = guard
        self._filter: KernelFilter | None = None
        self._defended = float("-inf")
        taken = {ICMP: echo, ICMPv6: echo, TCP: answers_tcp, UDP: answers_udp}
        answering = self._answerer.answering
        self._answering = {one: answering[one] for one, wanted in taken.items() if wanted}

    def take_over(self, before: Resource) -> bool:
        """See `Resource.take_over`."""
        if not isinstance(before, Endpoint) or before.address != self.address:
            return False
        self._answerer.take_over(before._answerer)
        return True

    def status(self) -> Mapping[str, object]:
        """See `Resource.status`."""
        return {"address": self.address, "conflicts": self.conflicts, **self._answerer.counts()}

    # Claiming.

    async def start(self, context: Context) -> None:
        """See `Resource.start`.

        :raises TemplateError: somebody else has the address; or this machine has, and nothing
            said to keep its kernel out.
        """
        link = context.link
        if link.linktype != _ETHERNET:
            raise TemplateError(
                f"endpoint {self.address}: {link.name} has no hardware addresses (link type "
                f"{link.linktype}); write rules without an endpoint for it"
            )
        owner = owner_of(link, self.address)
        if owner is not None:
            if not (self._guard or context.guard):
                raise TemplateError(
                    f"endpoint {self.address}: this machine owns it ({owner}), and its kernel "
                    "would answer too. Take an address that nobody has; or say guard=True, or "
                    "umpa run --guard, which keeps the kernel out of it as long as this runs"
                )
            self._filter = KernelFilter(link.name, self.address)
        else:
            await self._look_for_others(context)
        self._announce(context)
        context.call_later(_ANNOUNCE_AGAIN, lambda: self._announce(context))

    async def _look_for_others(self, context: Context) -> None:
        """Ask whether anybody has the address (RFC 5227, 2.1.1; RFC 4862, 5.4).

        As often as RFC 5227 says, but faster than its seconds, which are for the day when the
        power comes back for a thousand machines at once.
        """
        for _ in range(_PROBES):
            context.send(discovery.probe(self.address, self.mac))
            found = await context.expect(self._is_conflict, timeout=_PROBE_WAIT)
            if found is not None:
                other = discovery.claimed_by(found, self.address, self.mac)
                raise TemplateError(
                    f"endpoint {self.address}: {other} has this address already, on "
                    f"{context.link.name}; choose another one"
                )

    def _is_conflict(self, packet: Packet) -> bool:
        return discovery.claimed_by(packet, self.address, self.mac) is not None

    def _announce(self, context: Context) -> None:
        context.send(discovery.announcement(self.address, self.mac))

    def link_up(self, context: Context) -> None:
        """The device is back, perhaps another one of that name: begin again, but for asking."""
        if self._filter is not None:
            self.stop(context)
            self._filter = KernelFilter(context.link.name, self.address)
        self._announce(context)

    def stop(self, context: Context) -> None:
        """See `Resource.stop`."""
        if self._filter is not None:
            self._filter.close()
            self._filter = None

    # Answering.

    def discover(self, packet: Packet, context: Context) -> Reply:
        """The rule for ARP and neighbour discovery."""
        if not discovery.is_probe(packet) and self._is_conflict(packet):
            self._defend(packet, context)
            return None
        if discovery.asked(packet) == self.address:
            return discovery.answer(packet, self.mac)
        return PASS

    def _defend(self, packet: Packet, context: Context) -> None:
        """Say again whose the address is, now and then (RFC 5227, 2.4, b)."""
        self.conflicts += 1
        if context.now - self._defended >= _DEFEND_INTERVAL:
            self._defended = context.now
            other = discovery.claimed_by(packet, self.address, self.mac)
            context.log(f"{other} claims the address {self.address} too")
            self._announce(context)

    def received(self, packet: Packet, context: Context) -> Reply:
        """The rule for packets to the address: what it does not answer is left to others."""
        transport = self._answerer.transports.of(packet)
        answer = self._answering.get(transport)
        return PASS if answer is None else answer(packet, transport, self._profile, context, 0)


def endpoint(
    address: str,
    mac: str,
    *,
    echo: bool = True,
    tcp: Mapping[int, Service] | None = None,
    udp: Mapping[int, Datagram] | None = None,
    personality: Personality | str = "linux",
    guard: bool = False,
) -> Endpoint:
    """Claim an IPv4 or IPv6 address on the link, for a machine with the hardware address `mac`.

    Before, it is asked three times whether anybody has it (RFC 5227, RFC 4862). From then on it
    answers ARP or neighbour solicitations and, with `echo`, echo requests. `tcp` and `udp` are open
    ports and what they say (see `Router.subnet`); where one is given, all other ports of it
    are closed. What it does not answer is left to the rules below it in the file.

    An address that this machine owns is refused, unless `guard` says to keep the machine's kernel
    out of it: that needs nftables, and lasts as long as the template runs.

    :raises TemplateError: an address, a port or a service is none; or, when the template starts,
        somebody has the address already.
    """
    declarations, place = current("endpoint()"), place_of_caller()
    wanted = address_of(address)
    if wanted.is_multicast or wanted.is_unspecified or wanted.is_loopback:
        raise declarations.error(place, f"endpoint {address}: it is no address of one machine")
    try:
        own = Ethernet(src=mac).src
    except FieldError as error:
        raise declarations.error(place, f"endpoint {address}: {error}") from None
    if int(own[:2], 16) & 1:
        raise declarations.error(place, f"endpoint {address}: {mac} is the address of a group")
    for other in declarations.resources:
        if isinstance(other, Endpoint) and other.address == str(wanted):
            raise declarations.error(place, f"two endpoints have the address {wanted}")
    profile = Profile.of(tcp, udp, (), personality)
    made = Endpoint(str(wanted), own, echo, tcp is not None, udp is not None, profile, guard)
    questions: Match
    if wanted.version == 4:
        questions = (ARP.dst_proto_ipv4 == str(wanted)) | (ARP.src_proto_ipv4 == str(wanted))
        packets: Match = IP.dst == str(wanted)
    else:
        questions = ICMPv6.type.is_in((135, 136))
        packets = IPv6.dst == str(wanted)
    declarations.add_resource(made)
    declarations.on_link.append(("up", made.link_up))
    name = f"endpoint {wanted}"
    declarations.rules.append(Rule(questions, made.discover, name, place))
    # resets end connections, so they have to be seen; nothing ever answers them
    declarations.rules.append(Rule(packets, made.received, name, place, errors=True))
    return made
