"""Conversations: a coroutine for each, which receives only its packets.

1. A conversation is two addresses, a protocol and its two ports, whichever way a packet goes. Its
   key is read from the bytes of a packet, at places that its shape knows.
2. A flow's queue is bounded, as is the number of flows; what is beyond is left out, and counted.
3. A flow that ended is forgotten at once: the next packet of its conversation begins a new one.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from umpa.core.glance import Unknown, word_at
from umpa.core.packet import Packet
from umpa.errors import TemplateError
from umpa.protocols import IP, SCTP, TCP, UDP, IPv6
from umpa.template.patched import bytes_and_shape
from umpa.template.running import Strand, Wait

if TYPE_CHECKING:
    from typing_extensions import Self

    from umpa.template.context import Context

__all__ = ["Flow", "FlowKey", "FlowTable", "Keys"]

FlowKey = tuple[Any, ...]

_MOST_QUEUED = 1024
_MOST_SHAPES = 512
_SWEEPS = 4  # in the time that makes a flow idle


class Flow:
    """One conversation, in the hands of its coroutine."""

    def __init__(self, key: FlowKey, first: Packet, context: Context) -> None:
        self.key = key
        self.first = first
        """The packet that began it."""
        self.last = first
        """The packet that was received last."""
        self.ended = False
        """Whether it is over: it was idle for too long, or the run ends."""
        self.received = 0
        """Packets that were received."""
        self.dropped = 0
        """Packets that came while 1024 others waited."""
        self._context = context
        self._queue: deque[Packet] = deque()
        self._waiter: Wait[None] | None = None

    async def receive(self, timeout: float | None = None) -> Packet | None:
        """The next packet; None when the flow `ended`, or none came in `timeout` seconds.

        The first one received is the packet that began the flow.
        """
        if not self._queue and not self.ended:
            if self._waiter is not None:
                raise TemplateError("flow: two coroutines receive at once")
            runner = self._context._runner
            self._waiter = waiter = Wait[None](runner)
            timer = None
            if timeout is not None:
                timer = runner.loop.call_later(timeout, waiter.settle, None)
            try:
                await waiter
            finally:
                self._waiter = None
                if timer is not None:
                    timer.cancel()
        if not self._queue:
            return None
        self.last = packet = self._queue.popleft()
        return packet

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Packet:
        packet = await self.receive()
        if packet is None:
            raise StopAsyncIteration
        return packet

    def send(self, what: Packet | bytes | Iterable[Packet | bytes], delay: float = 0.0) -> None:
        """Send, as `Context.send` does."""
        self._context.send(what, delay)

    def reply(self, *layers: Any, delay: float = 0.0) -> None:
        """Send the answer to the packet that was received last (`Packet.reply`)."""
        self._context.send(self.last.reply(*layers), delay)

    def end(self) -> None:
        """No more packets come: `receive` gives those that wait, and then None."""
        self.ended = True
        if self._waiter is not None:
            self._waiter.settle(None)

    def give(self, packet: Packet) -> None:
        """A packet of the conversation came."""
        if len(self._queue) >= _MOST_QUEUED:
            self.dropped += 1
            self._context._counts.drop("flow queue full")
            return
        self.received += 1
        self._queue.append(packet)
        if self._waiter is not None:
            self._waiter.settle(None)


class FlowTable:
    """The flows of one `@on_flow`, the one that was idle longest first."""

    def __init__(self, idle: float, now: Callable[[], float]) -> None:
        self.idle = idle
        self._now = now
        self._flows: OrderedDict[FlowKey, list[Any]] = OrderedDict()
        self.has = self._flows.__contains__
        """Whether there is a flow of that key."""
        self.begun = 0
        self.idled = 0

    def __len__(self) -> int:
        return len(self._flows)

    def add(self, flow: Flow) -> None:
        """Take in a flow that begins."""
        self.begun += 1
        self._flows[flow.key] = [self._now(), flow, None]

    def set_strand(self, flow: Flow, strand: Strand) -> None:
        """Who runs the flow: cancelled where it does not end by itself."""
        entry = self._flows.get(flow.key)
        if entry is not None and entry[1] is flow:
            entry[2] = strand

    def forget(self, flow: Flow) -> None:
        """A flow's coroutine is through."""
        entry = self._flows.get(flow.key)
        if entry is not None and entry[1] is flow:
            del self._flows[flow.key]

    def give(self, key: FlowKey, packet: Packet) -> bool:
        """Give a packet to its flow; False where there is none."""
        entry = self._flows.get(key)
        if entry is None:
            return False
        entry[0] = self._now()
        self._flows.move_to_end(key)
        entry[1].give(packet)
        return True

    @property
    def sweep_interval(self) -> float:
        """How often `sweep` wants to be called, in seconds."""
        return self.idle / _SWEEPS

    def sweep(self) -> None:
        """End flows that were idle for too long; cancel those that go on nevertheless."""
        now = self._now()
        while self._flows:
            key, entry = next(iter(self._flows.items()))
            since, flow, strand = entry
            if now - since < self.idle:
                return
            if flow.ended:
                del self._flows[key]
                if strand is not None:
                    strand.cancel()
            else:
                self.idled += 1
                flow.end()
                entry[0] = now
                if key in self._flows:
                    self._flows.move_to_end(key)

    def end_all(self) -> None:
        """The run ends."""
        for _, flow, _ in list(self._flows.values()):
            flow.end()


class Keys:
    """Reads the key of a packet's conversation."""

    def __init__(self) -> None:
        self._of_shape: dict[Any, Callable[[bytes], FlowKey] | None] = {}

    def of(self, packet: Packet) -> FlowKey | None:
        """The key, the same both ways; None for a packet without addresses and ports."""
        data, shape = bytes_and_shape(packet)
        if shape is None:
            return self._slowly(packet)
        if shape not in self._of_shape:
            if len(self._of_shape) >= _MOST_SHAPES:
                self._of_shape.clear()
            self._of_shape[shape] = _reader(shape)
        read = self._of_shape[shape]
        if read is None:
            return None
        source, source_port, target, target_port, protocol = read(data)
        if (source, source_port) <= (target, target_port):
            return protocol, source, source_port, target, target_port
        return protocol, target, target_port, source, source_port

    def _slowly(self, packet: Packet) -> FlowKey | None:
        ip: Any = packet.get(IP) or packet.get(IPv6)
        for number, protocol in enumerate((TCP, UDP, SCTP)):
            segment: Any = packet.get(protocol)
            if ip is not None and segment is not None:
                ends = sorted(((ip.w_src, segment.srcport), (ip.w_dst, segment.dstport)))
                return number, *ends[0], *ends[1]
        return None


def _reader(shape: Any) -> Any:
    """What reads addresses and ports from the bytes of a shape."""
    places: dict[Any, int] = {}
    for protocol, start in shape._places:
        places.setdefault(protocol, start)
    ip = IP if IP in places else IPv6 if IPv6 in places else None
    number, ports = next(
        ((n, one) for n, one in enumerate((TCP, UDP, SCTP)) if one in places), (0, None)
    )
    if ip is None or ports is None:
        return None
    owners = ((ip, "src"), (ports, "srcport"), (ip, "dst"), (ports, "dstport"))
    try:
        words = [word_at(owner.fields[name], places[owner]) for owner, name in owners]
    except Unknown:
        return None
    return eval(f"lambda data: ({', '.join(words)}, {number})", {"from_bytes": int.from_bytes})
