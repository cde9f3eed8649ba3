"""The plan that a packet is read by, found again by few of its bytes.

What shape a packet has is known by looking it up (`umpa.core.shape`). Requests and answers come by
the thousand and alike, so of each length the last one is remembered: who has the same deciding
bytes (types, header lengths, limiting lengths) has the same plan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from umpa.core.packet import Packet
from umpa.exchange.stack import Plan, Protocols, plan_of

__all__ = ["Plans"]

_MOST = 1024


class Plans:
    """The plans of one filing. `table_of` tells what belongs to packets of some headers."""

    def __init__(self, table_of: Callable[[Protocols], Any]) -> None:
        self._table_of = table_of
        self._by_shape: dict[Any, Plan] = {}
        self._last: dict[int, tuple[Plan, Callable[[bytes], Any], Any, int]] = {}
        """By length: plan, what takes its deciding bytes, these, and the link type."""

    def forget(self) -> None:
        """Make them anew: there are tables that were not there."""
        self._by_shape.clear()
        self._last.clear()

    def of(self, packet: Packet) -> Plan | None:
        """How the packet is read; None for one that has no shape, such as one that is damaged."""
        data: Any = packet._content
        if data.__class__ is not bytes:
            return self._of_shape(_shape_of_awake(packet))
        last = self._last.get(len(data))
        if last is not None:
            plan, deciding, decided, linktype = last
            if deciding(data) == decided and packet._origin.linktype == linktype:
                return plan
        leaf = packet.shapes.find(data, packet._origin)
        found = self._of_shape(leaf.shape if leaf is not None else _learnt(packet))
        if leaf is not None and found is not None and found.deciding is not None:
            if len(self._last) >= _MOST:
                self._last.clear()
            decided = found.deciding(data)
            self._last[len(data)] = found, found.deciding, decided, packet.linktype
        return found

    def _of_shape(self, shape: Any) -> Plan | None:
        if shape is None:
            return None
        plan = self._by_shape.get(shape)
        if plan is None:
            if len(self._by_shape) >= _MOST:
                self.forget()
            plan = self._by_shape[shape] = plan_of(shape)
            plan.table = self._table_of(plan.protocols)
        return plan


def _shape_of_awake(packet: Packet) -> Any:
    content: Any = packet._content
    if packet._index is not None and content[0].__class__ is bytes:
        return packet.__class__
    return _learnt(Packet.dissect(bytes(packet), packet.linktype))


def _learnt(packet: Packet) -> Any:
    """The shape of a packet of which nothing is remembered; the packet itself stays asleep."""
    awake = packet.copy()
    awake.shapes.wake(awake)
    return None if awake._index is None else awake.__class__
