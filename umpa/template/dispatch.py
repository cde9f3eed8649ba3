"""From frames to handlers: the hot path of a run.

1. Each frame goes, in this order: to observers, to who asked or expects, to the flow of its
   conversation, and to the rules in file order until one takes it.
2. What is malformed reaches no handler. What is not handled is counted, by its cause.
3. What handlers send is handed to the link at the end of the batch, in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from umpa.core.glance import leads_on
from umpa.core.index import Index
from umpa.core.origin import Origin
from umpa.core.packet import Asleep, Packet
from umpa.link.base import Frame
from umpa.protocols import TCP
from umpa.template.flows import FlowKey, Keys
from umpa.template.guard import BROADCAST, ERROR, FLOOD, FLOOD_OF_PEER, NONSENSE, REPEAT, SOURCE
from umpa.template.patched import Pattern, bytes_and_shape
from umpa.template.routes import Route, Routes
from umpa.template.rules import Active, ActiveFlow

if TYPE_CHECKING:
    from umpa.template.engine import Engine

__all__ = ["Dispatcher"]

_OFF = 64
"""Beside the kinds of packets: a rule was switched off."""
_CAUSES = {
    FLOOD_OF_PEER: "limit of a peer",
    FLOOD: "limit of all",
    BROADCAST: "sent to all",
    ERROR: "error or reset",
    REPEAT: "repeated frame, a loop?",
    _OFF: "rule switched off",
    0: "no rule",
}
_WARNINGS = {
    FLOOD_OF_PEER: "limit of a peer: packets are left out",
    FLOOD: "limit of all: packets are left out",
    REPEAT: "the same frame comes over and over again and is not answered any more "
    "(answers_repeats=True would)",
}
_BELOW_STREAMS = frozenset(("eth", "vlan", "ip", "ipv6", "tcp"))
_MOST_SHAPES = 512
_new: Any = object.__new__


class Dispatcher:
    """Hands frames to the rules of one version of a template; to nobody but who asked, before
    `rules` were given."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counts, self._guard, self._runner = engine.counts, engine.guard, engine.runner
        self._waiting, self._outbox = engine.waiting, engine.outbox
        self._monotonic_ns = engine.link.clock.monotonic_ns
        self._rules: Index[Active] = Index()
        self._observers: Index[Active] | None = None
        self._routes = Routes(self._rules)
        """None are made where flows want to see every packet."""
        self._begun = False
        self._flows: list[ActiveFlow] = []
        self._keys = Keys()
        self._sound = Soundness()
        self.measure()

    def measure(self) -> None:
        """Look again what kind of frames the link gives."""
        link = self._engine.link
        self._origin = Origin(link.linktype, link.name)

    def begin(self, actives: Sequence[Active]) -> None:
        """From now on these are asked."""
        rules, observers = Index[Active](), Index[Active]()
        for active in actives:
            index = observers if active.rule.kind == "observe" else rules
            index.add(active.rule.match, active)
            if isinstance(active, ActiveFlow):
                self._flows.append(active)
        self._rules = rules
        self._observers = observers if len(observers) else None
        self._routes = Routes(rules)
        self._begun = True

    def keep_flows(self, before: Dispatcher) -> None:
        """The conversations of the version before go on as they began."""
        self._flows += [flow for flow in before._flows if len(flow.table)]

    def handle(self, frames: Sequence[Frame]) -> None:
        """Everything that frames lead to."""
        own, routes, waiting = self._guard.own, self._routes, self._waiting
        now_ns = self._monotonic_ns()
        if routes.forgotten != Packet.shapes.forgotten:
            routes.forget()
        self._counts.received += len(frames)
        self._outbox.holding = True
        try:
            for time_ns, data, wire in frames:
                if data[SOURCE] in own:
                    self._counts.drop("own frame")
                    continue
                route = routes.find(data) if wire is None else None
                if route is None:
                    packet: Packet = Asleep()
                    packet._content = data
                    packet._origin = self._origin if wire is None else self._origin.replace(wire)
                elif (
                    route.pattern is not None
                    and not waiting.number
                    and (pattern := route.usable_pattern())
                ):
                    self._answer(route, pattern, data, now_ns)
                    continue
                else:
                    packet = _new(route.shape)
                    packet._content = [data, *route.blank]
                    packet._origin = self._origin
                packet.time_ns = time_ns
                try:
                    if route is None:
                        packet.shapes.wake(packet)  # once for all who look for its shape
                    if self._observers is not None:
                        self._observe(packet, self._observers)
                    if waiting.number and waiting.give(packet, self._sound.of):
                        pass  # it is the answer that somebody waits for
                    elif route is not None:
                        self._ask(route, packet, data, now_ns)
                    elif self._begun:
                        self._offer(packet, data, now_ns)
                    if self._runner.ready:
                        self._runner.drain()
                except Exception as error:  # of a match's function: handlers do not get here
                    self._engine.failed(error, "a match", None, packet)
        finally:
            self._runner.end()

    def _answer(self, route: Route, pattern: Pattern, data: bytes, now_ns: int) -> None:
        """Answer a packet by a pattern, unless there are too many like it."""
        active = route.rule
        assert active is not None
        refused = self._guard.excess(data, now_ns) & active.refuses
        if refused:
            self._tell_refused(refused, Packet.dissect(data))
        else:
            active.answer(pattern, data)

    def _observe(self, packet: Packet, observers: Index[Active]) -> None:
        found = observers.find(packet)
        if found and self._sound.of(packet):
            for active in found:
                if active.off_until is None or not active.is_off():
                    active.offer(packet, None)

    def _offer(self, packet: Packet, data: bytes, now_ns: int) -> None:
        counts, guard = self._counts, self._guard
        key = None
        if self._flows:
            key = self._keys.of(packet)
            if key is not None:
                for flow in self._flows:
                    if flow.table.has(key):
                        if not self._sound.of(packet):
                            counts.drop("malformed")
                        elif guard.repeats(data, now_ns):
                            self._tell_refused(REPEAT, packet)
                        else:
                            flow.table.give(key, packet)
                        return
        found = self._rules.find(packet)
        if not found:
            counts.drop("no rule")
            return
        if not self._sound.of(packet) or (kind := guard.kind(packet, data)) & NONSENSE:
            counts.drop("malformed")
            return
        route = Route(found, kind)
        whole = packet._origin is self._origin
        if whole and not self._flows and self._sound.by_shape(packet):
            self._routes.learn(data, packet, route, self._sound.suspect.get(packet.__class__))
        self._ask(route, packet, data, now_ns, key)

    def _ask(
        self, route: Route, packet: Packet, data: bytes, now_ns: int, key: FlowKey | None = None
    ) -> None:
        """Offer a sound packet to those whose matches it passes, until one takes it."""
        kind, refused = route.kind | self._guard.excess(data, now_ns), 0
        for active in route.actives:
            if kind & active.refuses:
                refused |= kind & active.refuses
            elif active.off_until is not None and active.is_off():
                refused |= _OFF
            elif active.offer(packet, key):
                if active.patches and active is route.actives[0] and self._observers is None:
                    route.learn_pattern(data)
                return
        self._tell_refused(refused, packet)

    def _tell_refused(self, refused: int, packet: Packet) -> None:
        """Count a packet that nobody took, by its first cause; some are told of."""
        kind = next((kind for kind in _CAUSES if refused & kind), 0)
        cause = _CAUSES[kind]
        self._counts.drop(cause)
        if kind in _WARNINGS:
            self._engine.log.warn_again(cause, lambda: f"{_WARNINGS[kind]}: {packet.summary()}")

    def sweep(self) -> None:
        """End the flows that were idle for too long."""
        for flow in self._flows:
            flow.table.sweep()

    @property
    def sweep_interval(self) -> float | None:
        """How often `sweep` wants to be called; None for never."""
        return min((flow.table.sweep_interval for flow in self._flows), default=None)

    def end_flows(self) -> None:
        """The run ends."""
        for flow in self._flows:
            flow.table.end_all()


class Soundness:
    """Whether packets hold what their headers promise: quick, where their shape is known."""

    def __init__(self) -> None:
        self._plain: set[Any] = set()
        """Shapes that are found without an error only, with no application behind."""
        self.suspect: dict[Any, Callable[[bytes], object]] = {}
        """For other shapes, the test of the bytes for an application that has to be looked at."""

    def of(self, packet: Packet) -> bool:
        """Whether nothing is wrong with it, checksums aside."""
        if packet.__class__ in self._plain:
            return True
        data, shape = bytes_and_shape(packet)
        if shape is None:
            return _without_error(packet)
        suspect = self.suspect.get(shape)
        if suspect is None:
            suspect = _suspect(shape)
            if len(self.suspect) + len(self._plain) >= _MOST_SHAPES:
                self.suspect.clear()
                self._plain.clear()
            if suspect is None:
                self._plain.add(shape)
                return True
            self.suspect[shape] = suspect
        return not suspect(data) or packet.error is None

    def by_shape(self, packet: Packet) -> bool:
        """Whether a packet that `of` was asked about is of a shape by which it was known."""
        shape: Any = packet.__class__
        return shape in self._plain or shape in self.suspect


def _without_error(packet: Packet) -> bool:
    """The same, for a packet that is no shape: looked at in full."""
    error = packet.error
    return error is None or (TCP in packet and error.layer not in _BELOW_STREAMS)


def _suspect(shape: Any) -> Callable[[bytes], object] | None:
    """The test of a shape's bytes for an application behind them, which has to be looked at.

    None where there is none: the shape itself was found without an error. What a segment of TCP
    carries is a piece of a stream, which need not be whole.
    """
    return None if shape._last is TCP else leads_on(shape)
