"""What a simulated machine answers: echo, datagrams, connections, and errors for all else.

An `Answerer` serves any number of machines. What a machine is like is its `Profile`; nothing is
kept for it but its open TCP connections, of which there is a bound for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from umpa.core.packet import Packet
from umpa.errors import TemplateError, suggest
from umpa.protocols import ICMP, IP, TCP, UDP, Ethernet, ICMPv6, IPv6
from umpa.template.connections import Connections
from umpa.template.patterns import Patterns, Transports, start_of
from umpa.template.personality import PERSONALITIES, Personality
from umpa.template.tcp import Service

if TYPE_CHECKING:
    from umpa.template.context import Context

__all__ = ["Answer", "Answerer", "Datagram", "Profile"]

Answer: TypeAlias = "Packet | bytes | Sequence[Packet | bytes]"
Answering: TypeAlias = "Callable[[Packet, Any, Profile, Context, int], Answer]"
Datagram: TypeAlias = "bytes | str | Callable[[bytes], bytes | str | None]"
"""What an open UDP port says to a datagram; None: nothing."""

_ERRORS = {"network": (3, 0), "host": (3, 1), "protocol": (3, 2), "port": (3, 3), "time": (11, 0)}
_ERRORS_V6 = {
    "network": (1, 0), "host": (1, 3), "protocol": (4, 1), "port": (1, 4), "time": (3, 0),
}  # fmt: skip
_ROUTER = PERSONALITIES["router"]
_ECHO: dict[Any, int] = {ICMP: 8, ICMPv6: 128}
_IDENTIFICATION = (IP.id,)
_RESET, _ACK, _SYN, _FIN = 4, 16, 2, 1


@dataclass(frozen=True, eq=False)
class Profile:
    """What is open on a machine, and whose habits it has."""

    tcp: Mapping[int, Service]
    udp: Mapping[int, Datagram]
    filtered: frozenset[int]
    personality: Personality

    @classmethod
    def of(
        cls,
        tcp: Mapping[int, Service] | None,
        udp: Mapping[int, Datagram] | None,
        filtered: Iterable[int],
        personality: Personality | str,
    ) -> Profile:
        """A profile from what a person wrote.

        :raises TemplateError: a port or a service is none, or the personality is not known.
        """
        tcp = {} if tcp is None else tcp
        udp = {} if udp is None else udp
        for name, ports in (("tcp", tcp), ("udp", udp)):
            if not isinstance(ports, Mapping):
                raise TemplateError(
                    f"{name}={ports!r}: expected ports and what they say, as in {{22: 'hello'}}"
                )
        silent = frozenset(filtered)
        port: Any
        for port in (*tcp, *udp, *silent):
            if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
                raise TemplateError(f"port {port!r}: expected a number from 1 to 65535")
        for port, service in (*tcp.items(), *udp.items()):
            if not isinstance(service, (bytes, str)) and not callable(service):
                raise TemplateError(
                    f"port {port}: {service!r} is no service; expected bytes, a text, or a "
                    "function of what the client sent"
                )
        if isinstance(personality, str):
            found = PERSONALITIES.get(personality)
            if found is None:
                known = ", ".join(PERSONALITIES)
                hint = suggest(personality, PERSONALITIES)
                raise TemplateError(f"no personality {personality!r}{hint}; there are {known}")
            personality = found
        return cls(tcp, udp, silent, personality)


class Answerer:
    """Answers for machines; `hops` is how many routers an answer passes on its way to the link."""

    def __init__(self) -> None:
        self.transports = Transports(ICMP, ICMPv6, TCP, UDP)
        self.answering: dict[Any, Answering] = {
            ICMP: self._echo, ICMPv6: self._echo, TCP: self._segment, UDP: self._datagram,
            None: self._unknown,
        }  # fmt: skip
        """What answers a packet, by what `transports` says of it."""
        self.patterns = Patterns()
        self._connections = Connections(self.patterns, self._identification)
        self._identifications: dict[Personality, Any] = {}

    def take_over(self, before: Answerer) -> None:
        """Go on with the connections of the version before, as they began."""
        self._connections = before._connections
        self._identifications = before._identifications

    def counts(self) -> dict[str, object]:
        """How many connections there are, were, and were given up."""
        return self._connections.counts()

    def answer(self, packet: Packet, profile: Profile, context: Context, hops: int = 0) -> Answer:
        """What a machine of this profile says to a packet that reached it."""
        transport = self.transports.of(packet)
        return self.answering[transport](packet, transport, profile, context, hops)

    def error(
        self, packet: Packet, source: str, what: str, hops: int, habits: Personality = _ROUTER
    ) -> Answer:
        """An ICMP error about a packet, from `source`: "time", "network", "host", "port", ...."""
        if _about_errors(packet):
            return ()  # RFC 1122, 3.2.2
        below = packet.get(Ethernet)
        frame = [] if below is None else [Ethernet(src=below.dst, dst=below.src)]
        ttl = max(1, habits.ttl - hops)
        ip4 = packet.get(IP)
        if ip4 is not None:
            if ip4.frag_offset:
                return ()  # RFC 1122, 3.2.2: only about the first fragment
            kind, code = _ERRORS[what]
            start, most = start_of(packet, IP), ICMP.quote_limit
            head: list[Any] = [IP(src=source, dst=ip4.src, ttl=ttl), ICMP(type=kind, code=code)]
        else:
            ip6 = packet[IPv6]
            kind, code = _ERRORS_V6[what]
            start, most = start_of(packet, IPv6), ICMPv6.quote_limit
            head = [IPv6(src=source, dst=ip6.src, hlim=ttl), ICMPv6(type=kind, code=code)]
        quoted = bytes(packet)[start : min(start + most, end_of(packet))]
        return Packet(*frame, *head, quoted, strict=False)

    def _unknown(
        self, packet: Packet, protocol: None, profile: Profile, context: Context, hops: int
    ) -> Answer:
        ip: Any = packet.get(IP) or packet[IPv6]
        return self.error(packet, ip.dst, "protocol", hops, profile.personality)

    def _identification(self, personality: Personality, context: Context) -> int:
        """The identification of the next packet of IPv4."""
        numbers = self._identifications.get(personality)
        if numbers is None:
            numbers = personality.identifications(context.rng)
            self._identifications[personality] = numbers
        return int(next(numbers))

    def _echo(
        self, packet: Packet, protocol: type[Any], profile: Profile, context: Context, hops: int
    ) -> Answer:
        request = self.patterns.request(packet)
        if request is None or (at := request[1].starts.get(protocol)) is None:
            asked = bytes(packet)[start_of(packet, protocol)]
        else:
            asked = request[0][at]
        if asked != _ECHO[protocol]:
            return ()
        habits = profile.personality
        key = "echo", habits, hops
        if protocol is ICMPv6:
            v6 = habits.ipv6(hops)
            answer = self.patterns.answer(
                request, key, (), (), lambda: packet.reply(v6, ICMPv6(type="echo-reply"))
            )
        else:
            number = self._identification(habits, context)
            answer = self.patterns.answer(
                request, key, _IDENTIFICATION, (number,),
                lambda: packet.reply(habits.ip(number, hops), ICMP(type="echo-reply")),
            )  # fmt: skip
        return answer

    def _datagram(
        self, packet: Packet, protocol: type[UDP], profile: Profile, context: Context, hops: int
    ) -> Answer:
        port = packet[protocol].dstport
        service = profile.udp.get(port)
        if service is None:
            if port in profile.filtered:
                return ()
            ip: Any = packet.get(IP) or packet[IPv6]
            return self.error(packet, ip.dst, "port", hops, profile.personality)
        if callable(service):
            try:
                said = service(carried(packet, UDP, 8))
            except Exception as error:
                context._engine.failed(error, f"the service of UDP port {port}", None, packet)
                return ()
        else:
            said = service
        if said is None:
            return ()
        data = said.encode() if isinstance(said, str) else said
        habits = profile.personality
        if packet.get(IP) is None:
            return packet.reply(habits.ipv6(hops), UDP(), data)
        number = self._identification(habits, context)
        return packet.reply(habits.ip(number, hops), UDP(), data)

    def _segment(
        self, packet: Packet, protocol: type[TCP], profile: Profile, context: Context, hops: int
    ) -> Answer:
        tcp = packet[protocol]
        flags = int(tcp.flags)
        connections = self._connections
        ip: Any = packet.get(IP) or packet[IPv6]
        key = ip.w_src, tcp.srcport, ip.w_dst, tcp.dstport
        data = carried(packet, TCP, tcp.hdr_len)
        connection = connections.find(key)
        if connection is not None:
            return connections.receive(key, connection, tcp, flags, data, context)
        port = tcp.dstport
        if flags & _RESET or port in profile.filtered:
            return ()
        service = profile.tcp.get(port)
        if service is not None and flags & (_SYN | _ACK | _FIN) == _SYN:
            return connections.open(key, packet, tcp, service, profile.personality, context, hops)
        # RFC 9293, 3.10.7.1: what a closed port says
        if flags & _ACK:
            said = _RESET, tcp.ack, 0
        else:
            after = tcp.seq + len(data) + bool(flags & _SYN) + bool(flags & _FIN)
            said = _RESET | _ACK, 0, after & 0xFFFFFFFF
        request = self.patterns.request(packet)
        return connections.segment(
            packet, request, *said, 0, b"", profile.personality, context, hops
        )


def carried(packet: Packet, transport: type[Any], header: int) -> bytes:
    """The bytes behind a transport header, as they are: no application layer is looked for."""
    return bytes(packet)[start_of(packet, transport) + header : end_of(packet)]


def end_of(packet: Packet) -> int:
    """Where the network layer's packet ends in the frame: what follows is padding."""
    ip = packet.get(IP)
    if ip is not None:
        return start_of(packet, IP) + ip.len if ip.len else len(packet)
    length = packet[IPv6].plen
    return start_of(packet, IPv6) + 40 + length if length else len(packet)


def _about_errors(packet: Packet) -> bool:
    """Whether a packet is an ICMP error itself."""
    icmp: Any = packet.get(ICMP) or packet.get(ICMPv6)
    return icmp is not None and bool(icmp.quotes)
