"""The open TCP connections of simulated machines: which there are, their packets, their time.

There is a bound for all; beyond it, the connection that was silent longest is given up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from umpa.core.packet import Packet
from umpa.protocols import IP, TCP, Payload
from umpa.template.patterns import Patterns, Request
from umpa.template.personality import Personality
from umpa.template.tcp import Conversation, Segment, Service

if TYPE_CHECKING:
    from umpa.template.context import Context, Handle

__all__ = ["Connection", "Connections"]

Key: TypeAlias = "tuple[Any, int, Any, int]"
"""Address and port of the client, and of the machine."""

_MOST = 16_384
_FLAGS = {
    "SYN,ACK": 0x12, "ACK": 0x10, "PSH,ACK": 0x18, "FIN,ACK": 0x11, "RST": 0x04, "RST,ACK": 0x14,
}  # fmt: skip
_SYN = 2
_OWN = (TCP.seq, TCP.ack, TCP.flags, TCP.window_size_value)
_LEAST_MSS, _USUAL_MSS = 64, 536  # RFC 9293, 3.7.1


class Connection:
    """A conversation, and what its packets are made of."""

    __slots__ = ("conversation", "hops", "packet", "personality", "request", "timer")

    def __init__(
        self,
        conversation: Conversation,
        packet: Packet,
        request: Request | None,
        personality: Personality,
        hops: int,
    ) -> None:
        self.conversation = conversation
        self.packet = packet
        """The client's SYN."""
        self.request = request
        self.personality = personality
        self.hops = hops
        self.timer: Handle | None = None


class Connections:
    """Those of all machines of one `umpa.template.machines.Answerer`."""

    def __init__(
        self, patterns: Patterns, identification: Callable[[Personality, Context], int]
    ) -> None:
        self._patterns = patterns
        self._identification = identification
        self._open: OrderedDict[Key, Connection] = OrderedDict()
        self.opened = 0
        self.forgotten = 0
        """Connections that were given up because there were too many."""
        self.failed = 0
        """Connections that ended because their service raised an error."""

    def counts(self) -> dict[str, object]:
        """How many connections there are, were, were given up, and failed."""
        return {
            "connections": len(self._open),
            "opened": self.opened,
            "forgotten": self.forgotten,
            "failed": self.failed,
        }

    def find(self, key: Key) -> Connection | None:
        """The connection that a segment belongs to."""
        return self._open.get(key)

    def open(
        self, key: Key, packet: Packet, tcp: TCP, service: Service, personality: Personality,
        context: Context, hops: int,
    ) -> Sequence[Packet | bytes]:  # fmt: skip
        """The answer to a SYN that a service takes."""
        expected = (tcp.seq + 1) & 0xFFFFFFFF
        conversation = Conversation(service, context.rng.getrandbits(32), expected)
        conversation.window = tcp.window_size_value
        conversation.mss = _mss(tcp)
        syn = packet.copy()
        request = self._patterns.request(syn)
        connection = Connection(conversation, syn, request, personality, hops)
        if len(self._open) >= _MOST:
            self._close(next(iter(self._open)))
            self.forgotten += 1
        self._open[key] = connection
        self.opened += 1
        return self._said(key, connection, conversation.begin(context.now), context)

    def receive(
        self, key: Key, connection: Connection, tcp: TCP, flags: int, data: bytes, context: Context
    ) -> Sequence[Packet | bytes]:
        """The answer to a segment of a connection."""
        conversation = connection.conversation
        self._open.move_to_end(key)
        try:
            segments = conversation.receive(
                flags, tcp.seq, tcp.ack, tcp.window_size_value, data, context.now
            )
        except Exception as error:  # of the service: the connection ends, and nothing else
            self.failed += 1
            self._close(key)
            context._engine.failed(
                error, f"the service of TCP port {tcp.dstport}", None, connection.packet
            )
            segments = [conversation.abort()]
        return self._said(key, connection, segments, context)

    def _said(
        self, key: Key, connection: Connection, segments: Sequence[Segment], context: Context
    ) -> Sequence[Packet | bytes]:
        """The packets of segments; and what there is to do later."""
        conversation = connection.conversation
        made = [self._made(connection, segment, context) for segment in segments]
        if conversation.state == "closed":
            self._close(key)
        elif connection.timer is None and conversation.due is not None:
            self._wait(key, connection, context)
        return made

    def _close(self, key: Key) -> None:
        connection = self._open.pop(key, None)
        if connection is not None and connection.timer is not None:
            connection.timer.cancel()

    def _wait(self, key: Key, connection: Connection, context: Context) -> None:
        """Look again when something may have to be repeated."""

        def look() -> None:
            connection.timer = None
            if self._open.get(key) is not connection or conversation.due is None:
                return
            segments = conversation.wake(context.now) if conversation.due <= context.now else ()
            context.send(self._said(key, connection, segments, context))

        conversation = connection.conversation
        assert conversation.due is not None
        connection.timer = context.call_later(max(0.0, conversation.due - context.now), look)

    def _made(self, connection: Connection, segment: Segment, context: Context) -> Packet | bytes:
        return self.segment(
            connection.packet, connection.request, _FLAGS[segment.flags], segment.seq, segment.ack,
            connection.personality.window, segment.data, connection.personality, context,
            connection.hops,
        )  # fmt: skip

    def segment(
        self, packet: Packet, request: Request | None, flags: int, seq: int, ack: int, window: int,
        data: bytes, personality: Personality, context: Context, hops: int,
    ) -> Packet | bytes:  # fmt: skip
        """The packet of a segment, as the answer to `packet`."""
        own, words = list[Any](_OWN), list[Any]((seq, ack, flags, window))
        if data:
            own.append(Payload.data)
            words.append(data)
        number = None
        if packet.get(IP) is not None:
            number = self._identification(personality, context)
            own.append(IP.id)
            words.append(number)

        def build() -> Packet:
            own = personality.ipv6(hops) if number is None else personality.ip(number, hops)
            options = personality.tcp_options() if flags & _SYN else b""
            tcp = TCP(flags=flags, seq=seq, ack=ack, window_size_value=window, options=options)
            return packet.reply(own, tcp, data)

        key = personality, hops, flags & _SYN, len(data)
        return self._patterns.answer(request, key, own, words, build)


def _mss(tcp: TCP) -> int:
    """The client's largest segment."""
    for option in tcp.options:
        if option.name == "mss" and isinstance(option.value, int):
            return max(_LEAST_MSS, option.value)
    return _USUAL_MSS
