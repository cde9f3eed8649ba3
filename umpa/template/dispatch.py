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
from umpa.template.guard import BROADCAST, ERROR, NONSENSE, REPEAT
from umpa.template.patched import Pattern, bytes_and_shape
from umpa.template.routes import Route, Routes
from umpa.template.rules import Active, ActiveFlow

if TYPE_CHECKING:
    from umpa.template.engine import Engine

__all__ = ["Dispatcher"]

_CAUSES = {BROADCAST: "sent to all", ERROR: "error or reset", REPEAT: "repeated frame, a loop?"}
_BELOW_STREAMS = frozenset(("eth", "vlan", "ip", "ipv6", "tcp"))
_MOST_SHAPES = 512
_new: Any = object.__new__


class Dispatcher:
    """Hands frames to the rules of one version of a template; to nobody but who asked, before
    `rules` were given."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rules: Index[Active] | None = None
        self._observers: Index[Active] | None = None
        self._routes: Routes | None = None
        """None where flows want to see every packet."""
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
        if not self._flows:
            self._routes = Routes(rules)

    def keep_flows(self, before: Dispatcher) -> None:
        """The conversations of the version before go on as they began."""
        self._flows += [flow for flow in before._flows if len(flow.table)]

    def handle(self, frames: Sequence[Frame]) -> None:
        """Everything that frames lead to."""
        engine = self._engine
        counts, own, runner = engine.counts, engine.guard.own, engine.runner
        waiting, ready, routes = engine.waiting, runner.ready, self._routes
        origin, wake = self._origin, Packet.shapes.wake
        now_ns = engine.link.clock.monotonic_ns()
        engine.guard.begin(now_ns)
        if routes is not None:
            routes.refresh()
        counts.received += len(frames)
        runner.begin()
        try:
            for time_ns, data, wire in frames:
                if data[6:12] in own:
                    counts.drop("own frame")
                    continue
                route = None
                if routes is not None and wire is None:
                    route = routes.find(data)
                if route is None:
                    packet: Packet = Asleep()
                    packet._content = data
                    packet._origin = origin if wire is None else origin.replace(wire)
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
                    packet._origin = origin
                packet.time_ns = time_ns
                try:
                    if route is None:
                        wake(packet)  # once for all who look for its shape
                    if self._observers is not None:
                        self._observe(packet)
                    if waiting.number and waiting.give(packet, self._sound.of):
                        pass  # it is the answer that somebody waits for
                    elif route is not None:
                        self._ask(route.actives, packet, data, now_ns, route.kind, None, route)
                    elif self._rules is not None:
                        self._offer(packet, data, now_ns)
                    if ready:
                        runner.drain()
                except Exception as error:  # of a match's function: handlers do not get here
                    engine.failed(error, "a match", None, packet)
        finally:
            runner.end()

    def _answer(self, route: Route, pattern: Pattern, data: bytes, now_ns: int) -> None:
        """Answer a packet by a pattern, unless there are too many like it."""
        active, guard = route.rule, self._engine.guard
        assert active is not None
        why = guard.admit(data[6:12])
        if why:
            self._tell_flood(why, Packet.dissect(data))
        elif guard.repeats(data, now_ns) and active.refuses & REPEAT:
            self._tell_refused(REPEAT, Packet.dissect(data))
        else:
            active.answer(pattern, data)

    def _observe(self, packet: Packet) -> None:
        assert self._observers is not None
        found = self._observers.find(packet)
        if found and self._sound.of(packet):
            for active in found:
                if active.off_until is None or not active.is_off():
                    active.offer(packet)

    def _offer(self, packet: Packet, data: bytes, now_ns: int) -> None:
        engine = self._engine
        counts, guard = engine.counts, engine.guard
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
        assert self._rules is not None
        found = self._rules.find(packet)
        if not found:
            counts.drop("no rule")
            return
        if not self._sound.of(packet) or (kind := guard.kind(packet, data)) & NONSENSE:
            counts.drop("malformed")
            return
        route = None
        whole = packet._origin is self._origin
        if self._routes is not None and whole and self._sound.by_shape(packet):
            suspect = self._sound.suspect.get(packet.__class__)
            route = self._routes.learn(data, packet, found, kind, suspect)
        self._ask(found, packet, data, now_ns, kind, key, route)

    def _ask(
        self, found: Sequence[Active], packet: Packet, data: bytes, now_ns: int, kind: int,
        key: FlowKey | None, route: Route | None,
    ) -> None:  # fmt: skip
        """Offer a sound packet to those whose matches it passes, until one takes it."""
        guard = self._engine.guard
        why = guard.admit(data[6:12])
        if why:
            self._tell_flood(why, packet)
            return
        if guard.repeats(data, now_ns):
            kind |= REPEAT
        refused = 0
        for active in found:
            if kind & active.refuses:
                refused |= kind & active.refuses
            elif active.off_until is not None and active.is_off():
                refused |= 8
            elif isinstance(active, ActiveFlow):
                if key is not None:
                    active.begin(key, packet)
                    return
            elif active.offer(packet):
                first = active.patches and active is found[0] and self._observers is None
                if first and route is not None:
                    route.learn_pattern(data)
                return
        self._tell_refused(refused, packet)

    def _tell_flood(self, why: str, packet: Packet) -> None:
        self._engine.counts.drop(why)
        self._engine.log.warn_again(why, lambda: f"{why}: packets are left out: {packet.summary()}")

    def _tell_refused(self, refused: int, packet: Packet) -> None:
        counts = self._engine.counts
        for kind, cause in _CAUSES.items():
            if refused & kind:
                counts.drop(cause)
                if kind == REPEAT:
                    self._engine.log.warn_again(
                        cause,
                        lambda: (
                            "the same frame comes over and over again and is not answered any "
                            f"more (answers_repeats=True would): {packet.summary()}"
                        ),
                    )
                return
        counts.drop("rule switched off" if refused else "no rule")

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
