"""The decorators of template files: rules, flows, timers, and what happens at start and stop.

Each one checks what it is given and enters it into the declarations of the file that is being
loaded; the function itself is returned unchanged.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from umpa.core.match import FieldRef, Match
from umpa.core.packet import Packet
from umpa.errors import TemplateError
from umpa.template.declare import (
    Declarations,
    FlowHandler,
    Handler,
    LinkState,
    Missed,
    Mode,
    Place,
    Rule,
    Test,
    Timer,
    current,
    place_of_caller,
)
from umpa.template.possible import impossible
from umpa.template.store import Persistent

if TYPE_CHECKING:
    from umpa.template.context import Context

__all__ = [
    "at", "combined", "every", "observe", "on", "on_flow", "on_link", "on_start", "on_stop",
    "persistent", "taking",
]  # fmt: skip

H = TypeVar("H", bound="Handler")
F = TypeVar("F", bound="FlowHandler")
S = TypeVar("S", bound="Callable[[Packet, Context], Awaitable[None] | None]")
C = TypeVar("C", bound="Callable[[Context], object]")
Value = TypeVar("Value")

_MODES = ("single", "restart", "queued", "parallel")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


def on(
    *matches: Test,
    answers: Packet | None = None,
    mode: Mode = "parallel",
    limit: int | None = None,
    patch: bool = False,
    answers_broadcast: bool = False,
    answers_errors: bool = False,
    answers_repeats: bool = False,
) -> Callable[[H], H]:
    """A rule for received packets that pass all of `matches` and, where given, answer `answers`.

    The function gets the packet and the context. It returns what to send: a packet, bytes (a
    whole frame), several of them, None for nothing, or PASS to leave the packet to the next rule.
    Of the rules whose matches a packet passes, the first in the file is asked first.

    An `async def` function may wait. `mode` says what a packet does meanwhile: "parallel", a run of
    its own; "single", nothing (it is left out); "restart", it takes the place of the run that
    waits; "queued", it waits for its turn. `limit` is how many runs there are at a time, or how
    many packets wait (10,000 unless given); what comes beyond is left out, and counted.

    With `patch=True`, replies follow one pattern: they depend on the request only by addresses,
    ports, identifiers and payload. They are then made many times faster, and checked now and then.

    So that nothing is answered by accident, a rule is not asked about packets to broadcast or
    multicast addresses (unless their protocol is made for these, such as ARP, or the match names
    the address), about ICMP errors and TCP resets (unless the match names them), or about a frame
    that came over and over again, as in a loop. The last three arguments say otherwise.

    :raises TemplateError: an argument or the function is not as described.
    """
    declarations, place = current("@on"), place_of_caller()
    declarations.decorator("@on", place)

    def declare(handler: H) -> H:
        taking(declarations, place, handler, "@on", "packet", "context")
        if answers is not None and not isinstance(answers, Packet):
            raise declarations.error(place, f"@on: answers={answers!r}; expected a packet")
        if mode not in _MODES:
            raise declarations.error(place, f"@on: mode={mode!r}; expected {', '.join(_MODES)}")
        _check_limit(declarations, place, "@on", limit)
        if patch and inspect.iscoroutinefunction(handler):
            raise declarations.error(place, "@on: patch=True is for plain functions")
        match = combined(declarations, place, "@on", matches)
        declarations.rules.append(
            Rule(match, handler, handler.__name__, place, "rule", answers, mode, limit,
                 answers_broadcast, answers_errors, answers_repeats, patch)
        )  # fmt: skip
        return handler

    return declare


def observe(*matches: Test) -> Callable[[S], S]:
    """A function that sees every received packet that passes all of `matches`, before the rules do.

    It gets the packet and the context and returns nothing.

    :raises TemplateError: an argument or the function is not as described.
    """
    declarations, place = current("@observe"), place_of_caller()
    declarations.decorator("@observe", place)

    def declare(handler: S) -> S:
        taking(declarations, place, handler, "@observe", "packet", "context")
        match = combined(declarations, place, "@observe", matches)
        declarations.rules.append(Rule(match, handler, handler.__name__, place, "observe"))
        return handler

    return declare


def on_flow(
    *matches: Test, limit: int | None = None, idle: float = 60.0, answers_broadcast: bool = False
) -> Callable[[F], F]:
    """A coroutine for each conversation that begins with a packet that passes all of `matches`.

    It gets a `Flow` and the context. A conversation is two addresses, a protocol and its two
    ports; all its packets go to the flow, whether they pass the matches or not, and to no rule. At
    most `limit` run at a time (10,000 unless given); what begins beyond is left out, and counted.
    After `idle` seconds without a packet a flow ends: its `receive` gives None.

    :raises TemplateError: an argument or the function is not as described.
    """
    declarations, place = current("@on_flow"), place_of_caller()
    declarations.decorator("@on_flow", place)

    def declare(handler: F) -> F:
        taking(declarations, place, handler, "@on_flow", "flow", "context")
        function: Any = handler
        if not inspect.iscoroutinefunction(function):
            raise declarations.error(place, "@on_flow: expected an async def function")
        _check_limit(declarations, place, "@on_flow", limit)
        _above_zero(declarations, place, "@on_flow: idle", idle)
        match = combined(declarations, place, "@on_flow", matches)
        declarations.rules.append(
            Rule(match, handler, handler.__name__, place, "flow", limit=limit, idle=idle,
                 broadcast=answers_broadcast)
        )  # fmt: skip
        return handler

    return declare


def every(seconds: float, *, missed: Missed = "skip", jitter: float = 0.0) -> Callable[[C], C]:
    """A function of the context that is called each `seconds`, the first time after one of these.

    Deadlines are absolute: nothing drifts. `missed` says what is done about deadlines that
    passed while something else took long: "skip" them, call for each at once ("burst"), or
    call once for all ("coalesce"). `jitter` seconds at most are added to each, at random.
    An `async def` function is not called again before it has ended.

    :raises TemplateError: an argument or the function is not as described.
    """
    declarations, place = current("@every"), place_of_caller()
    declarations.decorator("@every", place)

    def declare(handler: C) -> C:
        taking(declarations, place, handler, "@every", "context")
        _above_zero(declarations, place, "@every", seconds)
        if missed not in ("skip", "burst", "coalesce"):
            raise declarations.error(
                place, f"@every: missed={missed!r}; expected skip, burst or coalesce"
            )
        if isinstance(jitter, bool) or not 0 <= jitter < math.inf:
            raise declarations.error(place, f"@every: jitter={jitter!r}; expected seconds")
        declarations.timers.append(
            Timer(handler, _name(handler), place, float(seconds), missed=missed, jitter=jitter)
        )
        return handler

    return declare


def at(*times: float | str) -> Callable[[C], C]:
    """A function of the context that is called at given times: so many seconds after the start,
    or each day at a time of day in UTC ("03:30", "23:59:30").

    :raises TemplateError: an argument or the function is not as described.
    """
    declarations, place = current("@at"), place_of_caller()
    declarations.decorator("@at", place)

    def declare(handler: C) -> C:
        taking(declarations, place, handler, "@at", "context")
        if not times:
            raise declarations.error(place, "@at: give a time, such as 5 (seconds) or '03:30'")
        for time in times:
            timer = Timer(handler, _name(handler), place)
            found = _TIME.fullmatch(time) if isinstance(time, str) else None
            if found is not None:
                hours, minutes, seconds = (int(part or 0) for part in found.groups())
                timer.daily = hours * 3600 + minutes * 60 + seconds
            elif isinstance(time, (int, float)) and 0 <= time < math.inf:
                timer.at = float(time)
            else:
                raise declarations.error(
                    place, f"@at: {time!r} is no time; expected seconds, or such as '03:30' (UTC)"
                )
            declarations.timers.append(timer)
        return handler

    return declare


def on_start(handler: C) -> C:
    """A function of the context that is called when the template starts.

    A plain function ends before the first packet; an `async def` one goes on beside the rest.
    """
    declarations, place = current("@on_start"), place_of_caller()
    taking(declarations, place, handler, "@on_start", "context")
    declarations.on_start.append(handler)
    return handler


def on_stop(handler: C) -> C:
    """A function of the context that is called when the template stops, and may still send."""
    declarations, place = current("@on_stop"), place_of_caller()
    taking(declarations, place, handler, "@on_stop", "context")
    declarations.on_stop.append(handler)
    return handler


def on_link(state: LinkState | None = None) -> Callable[[C], C]:
    """A function of the context that is called when the link goes "up" or "down" (None: both).

    :raises TemplateError: an argument or the function is not as described.
    """
    declarations, place = current("@on_link"), place_of_caller()
    declarations.decorator("@on_link", place)

    def declare(handler: C) -> C:
        taking(declarations, place, handler, "@on_link", "context")
        if state not in (None, "up", "down"):
            raise declarations.error(place, f"@on_link: {state!r}; expected 'up' or 'down'")
        declarations.on_link.append((state, handler))
        return handler

    return declare


def persistent(name: str, default: Value) -> Persistent[Value]:
    """A value that survives a restart: read and assign its `.value`.

    It is written to the run's state file at an interval and at the end (`umpa run --state`).

    :raises TemplateError: the name is taken, or the default cannot be kept.
    """
    declarations, place = current(f"persistent({name!r})"), place_of_caller()
    if name in declarations.persistents:
        raise declarations.error(place, f"two persistent values are called {name!r}")
    try:
        made = Persistent(name, default)
        before = declarations.kept.get(name)
        if before is not None and type(before.default) is not type(default):
            raise TemplateError(
                f"persistent {name!r} was {before.default!r} when the template started: rename "
                "it, or start anew"
            )
        made = before or made
    except TemplateError as error:
        raise declarations.error(place, str(error)) from None
    declarations.persistents[name] = made
    return made


# Checks.


def combined(
    declarations: Declarations, place: Place, what: str, matches: tuple[Test, ...]
) -> Test | None:
    """One test for all of `matches`; a match expression where all are."""
    expression: Match | None = None
    others: list[Test] = []
    for match in matches:
        given: object = match
        if isinstance(match, Match):
            expression = match if expression is None else expression & match
        elif isinstance(given, FieldRef):
            name = f"{given.owner.__name__}.{given.name}"
            raise declarations.error(
                place, f"{what}: {name} is a field; compare it with a value: {name} == ..."
            )
        elif isinstance(given, type) or not callable(given):
            raise declarations.error(
                place,
                f"{what}: {given!r} is no match; expected such as TCP.dstport == 80, has(TCP)",
            )
        else:
            others.append(match)
    why = impossible(expression) if expression is not None else None
    if why:
        raise declarations.error(place, f"{what}: no packet can pass this match: {why}")
    if not others:
        return expression
    tests: list[Test] = others if expression is None else [expression, *others]
    return lambda packet: all(test(packet) for test in tests)


def taking(
    declarations: Declarations, place: Place, handler: object, what: str, *names: str
) -> None:
    """:raises TemplateError: `handler` is no function that takes so many arguments."""
    declarations.decorated(what, place)
    function: Any = handler
    wanted = f"def name({', '.join(names)})"
    if not callable(handler):
        raise declarations.error(place, f"{what} stands before a function: {wanted}")
    try:
        inspect.signature(function).bind(*names)
    except TypeError:
        name, given = _name(function), inspect.signature(function)
        raise declarations.error(
            place, f"{what}: {name}{given} does not take what it will get; expected {wanted}"
        ) from None
    except ValueError:
        return  # a function of C, of which nobody knows


def _name(handler: Callable[..., Any]) -> str:
    return str(getattr(handler, "__name__", handler))


def _check_limit(declarations: Declarations, place: Place, what: str, limit: int | None) -> None:
    if limit is not None and (type(limit) is not int or limit < 1):
        raise declarations.error(place, f"{what}: limit={limit!r}; expected 1 or more")


def _above_zero(declarations: Declarations, place: Place, what: str, value: float) -> None:
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise declarations.error(place, f"{what}: {value!r}; expected seconds, more than 0")
