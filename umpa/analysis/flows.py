"""Conversations: which packets belong to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, overload

from umpa.analysis.column import Coded, Column, Numbers, Times
from umpa.analysis.flow import ACK, SYN, End, Flow, Way
from umpa.analysis.table import Table
from umpa.analysis.transport import Carried, Transport, protocol_name
from umpa.core.packet import Packet

__all__ = ["Flows", "gather"]

_MOST_FRAGMENTED = 4096
"""Datagrams of which fragments are awaited."""

_Key: TypeAlias = "tuple[int, str, int | None, str, int | None]"
"""Protocol, source and its port, destination and its port."""


class Flows(Sequence[Flow]):
    """The conversations of a capture, in the order of their first packets. Printed, a table."""

    def __init__(self, flows: list[Flow], packets: int, without_ip: int, ignored: int) -> None:
        self._flows = flows
        self.packets = packets
        """All packets that were looked at."""
        self.without_ip = without_ip
        """Packets without an IP header, which are in no flow."""
        self.ignored = ignored
        """Packets of conversations beyond the limit."""

    def __len__(self) -> int:
        return len(self._flows)

    @overload
    def __getitem__(self, index: int) -> Flow: ...
    @overload
    def __getitem__(self, index: slice) -> list[Flow]: ...
    def __getitem__(self, index: int | slice) -> Flow | list[Flow]:
        return self._flows[index]

    def __iter__(self) -> Iterator[Flow]:
        return iter(self._flows)

    def table(self) -> Table:
        """A row for each flow."""
        return Table(
            [
                _column(Coded("protocol"), (flow.protocol for flow in self)),
                _column(Coded("client"), (flow.client.address for flow in self)),
                _column(Numbers("client_port", "H"), (flow.client.port for flow in self)),
                _column(Coded("server"), (flow.server.address for flow in self)),
                _column(Numbers("server_port", "H"), (flow.server.port for flow in self)),
                _column(Numbers("vlan", "H"), (flow.vlan for flow in self)),
                _column(Numbers("packets_to_server", "Q"), (f.to_server.packets for f in self)),
                _column(
                    Numbers("bytes_to_server", "Q"), (flow.to_server.wire_bytes for flow in self)
                ),
                _column(Numbers("packets_to_client", "Q"), (f.to_client.packets for f in self)),
                _column(
                    Numbers("bytes_to_client", "Q"), (flow.to_client.wire_bytes for flow in self)
                ),
                _column(Times("first"), (flow.first_ns for flow in self)),
                _column(Times("last"), (flow.last_ns for flow in self)),
                _column(Coded("tcp_state"), (flow.tcp_state or None for flow in self)),
            ]
        )

    def __repr__(self) -> str:
        text = f"{self.table()!r}\n{self.packets} packets, {self.without_ip} without IP"
        return f"{text}, {self.ignored} ignored" if self.ignored else text

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _column(column: Column, values: Iterable[object]) -> Column:
    column._extend(list(values))
    return column


class _Gatherer:
    """Finds the flow of each packet."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.flows: list[Flow] = []
        self.ignored = 0
        self.ways: dict[_Key, Way] = {}
        self.fragments: dict[tuple[object, ...], tuple[int | None, int | None]] = {}
        """The ports of datagrams of which the first fragment came."""

    def add(self, packet: Packet, carried: Carried) -> None:
        srcport, dstport, flags = carried.srcport, carried.dstport, carried.flags
        if carried.fragment or carried.more:
            srcport, dstport = self.ports(carried)
        key = carried.number, carried.src, srcport, carried.dst, dstport
        way = self.ways.get(key)
        if way is None or (flags and flags & SYN and self.is_new(way, flags, carried.seq)):
            if len(self.flows) >= self.limit:
                self.ignored += 1
                return
            way = self.open(key, carried.vlan, flags)
        way.packets += 1
        way.wire_bytes += packet.wire_length
        if flags is not None:
            way._flags |= flags
            if flags & SYN and way.syn is None:
                way.syn = carried.seq
        way.flow._seen(packet.time_ns)

    def is_new(self, way: Way, flags: int, seq: int | None) -> bool:
        """Whether a SYN opens another connection than the one that is known."""
        if flags & ACK:
            return False
        if way.syn is not None:
            return seq != way.syn
        flow = way.flow
        other = flow.to_client if way is flow.to_server else flow.to_server
        return way.packets > 0 or other._flags & ~SYN != 0

    def ports(self, carried: Carried) -> tuple[int | None, int | None]:
        """The ports of a fragment's datagram, which only the first fragment has."""
        key = (*carried[:4], carried.ident)
        if carried.srcport is not None:
            while len(self.fragments) >= _MOST_FRAGMENTED:
                del self.fragments[next(iter(self.fragments))]
            self.fragments[key] = carried.srcport, carried.dstport
        return self.fragments.get(key, (None, None))

    def open(self, key: _Key, vlan: int | None, flags: int | None) -> Way:
        """The way of a packet that is the first of its flow."""
        number, src, srcport, dst, dstport = key
        ends = End(src, srcport), End(dst, dstport)
        answer = flags is not None and flags & (SYN | ACK) == SYN | ACK
        flow = Flow(protocol_name(number), vlan, *(reversed(ends) if answer else ends))
        self.flows.append(flow)
        there, back = flow.to_server, flow.to_client
        if answer:
            there, back = back, there
        self.ways[number, dst, dstport, src, srcport] = back
        self.ways[key] = there
        return there


def gather(packets: Iterable[Packet], limit: int) -> Flows:
    """The conversations of some packets, `limit` at most."""
    transport, gatherer = Transport(), _Gatherer(limit)
    count = without = 0
    for packet in packets:
        count += 1
        carried = transport(packet)
        if carried is None:
            without += 1
        else:
            gatherer.add(packet, carried)
    return Flows(gatherer.flows, count, without, gatherer.ignored)
