"""Hardware addresses of many next hops at once, asked for over one link."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable

from umpa.core.packet import Packet
from umpa.errors import LinkError, WouldBlock
from umpa.link.base import Frame, Link
from umpa.link.impairment import SECOND
from umpa.net.model import Interface, IpAddress
from umpa.net.neighbours import answer_of, question
from umpa.protocols.arp import ARP
from umpa.protocols.icmpv6 import ICMPv6

__all__ = ["AskNeighbours", "asker"]

_TRIES = 3
_PAUSE = SECOND // 2
_AT_ONCE = 256
_SOON = 200_000  # ns


class AskNeighbours:
    """Asks three times, half a second apart; calls `found(address, mac)` for each answer.

    `left` are those that nobody told of.
    """

    def __init__(
        self,
        link: Link,
        own: Interface,
        wanted: Iterable[tuple[IpAddress, IpAddress]],
        found: Callable[[IpAddress, str], object],
    ) -> None:
        self._link = link
        self.clock = link.clock
        self._mac = own.mac or "00:00:00:00:00:00"
        self.left = dict(wanted)
        """The addresses, each with the own one that asks."""
        self._found = found
        self._round = 0
        self._queue: list[IpAddress] = []
        self._next = 0

    def step(self, now: int) -> int | None:
        """See `Talk.step`."""
        if not self.left:
            return None
        if not self._queue and now >= self._next:
            if self._round == _TRIES:
                return None
            self._round += 1
            self._queue = list(self.left)
            self._next = now + _PAUSE
        for _ in range(min(_AT_ONCE, len(self._queue))):
            address = self._queue[-1]
            if address in self.left:
                try:
                    self._link.send(question(address, self.left[address], self._mac))
                except WouldBlock:
                    return now + _SOON
            self._queue.pop()
        return now if self._queue else self._next

    def receive(self, frames: list[Frame], now: int) -> None:
        """See `Talk.receive`."""
        for _, data, _ in frames:
            packet = Packet.dissect(data, self._link.linktype)
            address = _told(packet)
            if address is not None and address in self.left:
                mac = answer_of(packet, address)
                if mac is not None:
                    del self.left[address]
                    self._found(address, mac)


def _told(packet: Packet) -> IpAddress | None:
    """The address that an answer tells of."""
    arp, icmp = packet.get(ARP), packet.get(ICMPv6)
    try:
        if arp is not None:
            return ipaddress.ip_address(arp.src_proto_ipv4)
        if icmp is not None and icmp.type == 136:
            return ipaddress.ip_address(icmp.nd_na_target_address)
    except ValueError:  # an ARP of other addresses
        return None
    return None


def asker(own: Interface, to: IpAddress) -> IpAddress:
    """The own address that asks for `to`.

    :raises LinkError: there is none of that version.
    """
    fitting = [one for one in own.addresses if one.version == to.version]
    if not fitting:
        raise LinkError(f"{own.name} has no address of IPv{to.version} to ask for {to} from")
    return next((one.ip for one in fitting if to in one.network), fitting[0].ip)
