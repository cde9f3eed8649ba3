"""Rules at work: a packet is offered to them in order, until one takes it.

1. A handler's error never goes further: it is logged with the packet and the place, and counted.
   A rule that fails again and again is switched off, and tried again later.
2. What a handler returns is sent, or is an error.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from umpa.core.packet import Packet
from umpa.errors import TemplateError, UmpaError
from umpa.template.declare import PASS, Rule
from umpa.template.flows import Flow, FlowKey, FlowTable
from umpa.template.guard import (
    BROADCAST,
    ERROR,
    FLOOD,
    FLOOD_OF_PEER,
    REPEAT,
    names_error,
    names_group,
)
from umpa.template.outbox import several
from umpa.template.patched import PatchedReplies, Pattern
from umpa.template.running import Strand, waits
from umpa.template.status import RuleStatus

if TYPE_CHECKING:
    from umpa.template.context import Context
    from umpa.template.engine import Engine

__all__ = ["Active", "ActiveFlow", "ActiveObserver", "ActiveRule"]

_MOST = 10_000
_FAILURES = 10
"""So many in a row switch a rule off."""
_FIRST_OFF, _LONGEST_OFF = 1.0, 300.0


class Active:
    """What a rule, an observer and a flow have in common."""

    refuses = FLOOD | FLOOD_OF_PEER
    """The kinds of packets (`umpa.template.guard`) that it is not asked about."""
    patches = False
    """Whether it answers by patterns."""

    def __init__(self, rule: Rule, engine: Engine, context: Context) -> None:
        self.rule = rule
        self.engine = engine
        self.context = context
        self.handler = rule.handler
        self.limit = rule.limit or _MOST
        self.matched = self.answered = self.failed = self.left_out = 0
        self._in_a_row = 0
        self._pause = _FIRST_OFF
        self.off_until: float | None = None

    def offer(self, packet: Packet, key: FlowKey | None) -> bool:
        """Handle a packet, of the conversation `key`; whether it is taken."""
        raise NotImplementedError

    def is_off(self) -> bool:
        """Whether it is switched off at this moment."""
        if self.off_until is None:
            return False
        if self.context.now < self.off_until:
            return True
        self.off_until = None
        self._in_a_row = _FAILURES - 1  # on trial: the next failure switches it off again
        return False

    def went_wrong(self, error: BaseException, packet: Packet | None) -> None:
        """Count a failure, tell it, and switch the rule off where it is one of many."""
        self.failed += 1
        self._in_a_row += 1
        self.engine.failed(error, self.rule.name, self.rule.place, packet)
        if self._in_a_row >= _FAILURES and self.off_until is None:
            self.off_until = self.context.now + self._pause
            self.engine.log.warn_again(
                ("off", self.rule.place),
                lambda: (
                    f"{self.rule.place}: {self.rule.name} failed {self._in_a_row} times in a row "
                    f"and is switched off for {self._pause:.0f} s"
                ),
            )
            self._pause = min(2 * self._pause, _LONGEST_OFF)

    def went_well(self) -> None:
        """It did not fail."""
        self._in_a_row = 0
        self._pause = _FIRST_OFF

    def running(self) -> int:
        """Coroutines that wait."""
        return 0

    def status(self) -> RuleStatus:
        """The figures."""
        rule = self.rule
        return RuleStatus(
            rule.name, str(rule.place), rule.kind, self.matched, self.answered, self.failed,
            self.left_out, self.running(), self.is_off(), *self.patterns(),
        )  # fmt: skip

    def patterns(self) -> tuple[int, int]:
        """Replies made by pattern, and patterns given up."""
        return 0, 0

    def _wrong_result(self, result: object, why: str = "") -> TemplateError:
        wanted = "nothing" if self.rule.kind != "rule" else "a packet, bytes, several, None or PASS"
        return TemplateError(f"returned {why or repr(result)}; a {self.rule.kind} returns {wanted}")


class ActiveRule(Active):
    """A rule whose function answers, plain or not."""

    def __init__(self, rule: Rule, engine: Engine, context: Context) -> None:
        super().__init__(rule, engine, context)
        self.refuses |= (
            (0 if rule.broadcast or names_group(rule.match) else BROADCAST)
            | (0 if rule.errors or rule.answers or names_error(rule.match) else ERROR)
            | (0 if rule.repeats else REPEAT)
        )
        self.patched: PatchedReplies[Context] | None = None
        if rule.patch:
            self.patched = PatchedReplies(rule.handler)
            self.handler = self.patched
            self.patches = not rule.answers
        self._answers = rule.answers
        self._waits = inspect.iscoroutinefunction(rule.handler)
        self._strands: dict[Strand, None] = {}
        self._queue: deque[Packet] = deque()
        self._put = engine.outbox.put

    def offer(self, packet: Packet, key: FlowKey | None) -> bool:
        """See `Active.offer`."""
        if self._answers is not None and not packet.answers(self._answers):
            return False
        if self._waits:
            self.matched += 1
            return self._begin(packet)
        try:
            result = self.handler(packet, self.context)
            if result is PASS:
                return False
            if result is None:
                pass  # handled, and nothing to say
            elif result.__class__ is bytes or result.__class__ is Packet:
                self._put(result)
                self.answered += 1
            elif waits(result):
                self.matched += 1
                return self._run(result, packet)
            else:
                self._send(result)
        except Exception as error:
            self.went_wrong(error, packet)
        else:
            if self._in_a_row:
                self.went_well()
        self.matched += 1
        return True

    def answer(self, pattern: Pattern, data: bytes) -> None:
        """Answer a packet by a pattern that the rule has for it."""
        assert self.patched is not None
        self.matched += 1
        self._put(self.patched.written(pattern, data))
        self.answered += 1

    def _send(self, result: Any) -> None:
        try:
            for one in several(result):
                self._put(one)
                self.answered += 1
        except TemplateError as error:
            raise self._wrong_result(result, f"{result!r}: {error}") from None
        except UmpaError as error:
            raise self._wrong_result(result, f"what cannot be sent: {error}") from None

    def _begin(self, packet: Packet) -> bool:
        """A packet for a function that may wait; whether it is taken."""
        mode = self.rule.mode
        if mode == "parallel":
            if len(self._strands) >= self.limit:
                self.left_out += 1
                return True
        elif self._strands:
            if mode == "single":
                self.left_out += 1
                return True
            if mode == "queued":
                if len(self._queue) >= self.limit:
                    self.left_out += 1
                else:
                    self._queue.append(packet)
                return True
            for strand in list(self._strands):  # restart
                strand.cancel()
            self._strands.clear()
        return self._run(self.handler(packet, self.context), packet)

    def _run(self, work: Any, packet: Packet) -> bool:
        """Step a coroutine; False where it left the packet to the next rule, before any waiting."""
        started: list[Strand] = []
        taken = True

        def done(result: Any, error: BaseException | None) -> None:
            nonlocal taken
            if started:
                self._strands.pop(started[0], None)
            elif result is PASS and error is None:
                taken = False
                return
            if error is None:
                self._finish(result, packet)
            elif isinstance(error, Exception):
                self.went_wrong(error, packet)
            while started and self._queue and not self._strands:
                following = self._queue.popleft()
                self._run(self.handler(following, self.context), following)

        strand = self.engine.runner.start(work, done)
        if strand is not None:
            started.append(strand)
            self._strands[strand] = None
        return taken

    def _finish(self, result: Any, packet: Packet) -> None:
        """Send what a coroutine returned."""
        try:
            if result is PASS:
                raise self._wrong_result(result, "PASS after it had waited, which is too late")
            if result is not None:
                self._send(result)
        except Exception as error:
            self.went_wrong(error, packet)
        else:
            self.went_well()

    def running(self) -> int:
        """See `Active.running`."""
        return len(self._strands)

    def patterns(self) -> tuple[int, int]:
        """See `Active.patterns`."""
        return (0, 0) if self.patched is None else (self.patched.patched, self.patched.refused)


class ActiveObserver(Active):
    """A function that sees, and says nothing."""

    def offer(self, packet: Packet, key: FlowKey | None) -> bool:
        """See `Active.offer`. Never takes the packet."""
        self.matched += 1
        try:
            result = self.handler(packet, self.context)
            if waits(result):
                self.engine.runner.start(
                    result, lambda result, error: self._ended(result, error, packet)
                )
            else:
                self._ended(result, None, packet)
        except Exception as error:
            self.went_wrong(error, packet)
        return False

    def _ended(self, result: object, error: BaseException | None, packet: Packet) -> None:
        if error is None and result is not None:
            error = self._wrong_result(result)
        if isinstance(error, Exception):
            self.went_wrong(error, packet)
        elif self._in_a_row:
            self.went_well()


class ActiveFlow(Active):
    """A coroutine for each conversation."""

    def __init__(self, rule: Rule, engine: Engine, context: Context) -> None:
        super().__init__(rule, engine, context)
        self.refuses |= (0 if rule.broadcast or names_group(rule.match) else BROADCAST) | ERROR
        self.table = FlowTable(rule.idle, lambda: context.now)

    def offer(self, packet: Packet, key: FlowKey | None) -> bool:
        """See `Active.offer`: the first packet of a conversation."""
        if key is None:
            return False
        self.matched += 1
        if len(self.table) >= self.limit:
            self.left_out += 1
        else:
            self._begin(packet, key)
        return True

    def _begin(self, packet: Packet, key: FlowKey) -> None:
        flow = Flow(key, packet, self.context)
        flow.give(packet)
        self.table.add(flow)

        def done(result: object, error: BaseException | None) -> None:
            self.table.forget(flow)
            if error is None and result is not None:
                error = self._wrong_result(result)
            if isinstance(error, Exception):
                self.went_wrong(error, flow.last)
            else:
                self.went_well()

        try:
            work = self.handler(flow, self.context)
        except Exception as error:
            done(None, error)
            return
        strand = self.engine.runner.start(work, done)
        if strand is not None:
            self.table.set_strand(flow, strand)

    def running(self) -> int:
        """See `Active.running`."""
        return len(self.table)


def make(rule: Rule, engine: Engine, context: Context) -> Active:
    """The rule, ready to be offered packets."""
    kinds: dict[str, Callable[[Rule, Engine, Context], Active]] = {
        "rule": ActiveRule, "observe": ActiveObserver, "flow": ActiveFlow,
    }  # fmt: skip
    return kinds[rule.kind](rule, engine, context)
