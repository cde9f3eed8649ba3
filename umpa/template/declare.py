"""What a template file says: parameters, rules, timers, flows, actions, and things that they need.

While a file is loaded (`umpa.template.load`), everything that it calls here is entered, in file
order, into one `Declarations`; the engine runs what is in it. Nothing is sent, opened or asked
for at this time, so a mistake is found before anything happens, with its file and line.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from umpa.core.packet import Packet
from umpa.errors import TemplateError, suggest

if TYPE_CHECKING:
    from umpa.template.actions import Action
    from umpa.template.context import Context
    from umpa.template.flows import Flow
    from umpa.template.store import Persistent

__all__ = [
    "PASS",
    "Declarations",
    "FlowHandler",
    "Handler",
    "LinkState",
    "Missed",
    "Mode",
    "Parameter",
    "Pass",
    "Place",
    "Reply",
    "Resource",
    "Rule",
    "Test",
    "Timer",
    "current",
    "declaring",
    "param",
    "place_of",
    "place_of_caller",
]


class Pass:
    """The type of PASS."""

    def __repr__(self) -> str:
        return "PASS"


PASS = Pass()
"""What a handler returns that leaves the packet to the next rule."""

Reply: TypeAlias = "Packet | bytes | Iterable[Packet | bytes] | Pass | None"
"""What a handler returns: what to send, nothing (handled), or PASS."""
Handler: TypeAlias = "Callable[[Packet, Context], Reply | Awaitable[Reply]]"
Mode: TypeAlias = Literal["single", "restart", "queued", "parallel"]
"""What a packet does while an earlier one's handler still waits: it is left out, it takes its
place, it waits in line, or both go on."""
FlowHandler: TypeAlias = "Callable[[Flow, Context], Awaitable[None]]"
Test: TypeAlias = "Callable[[Packet], object]"
"""A match expression, or any other function of a packet."""
Missed: TypeAlias = Literal["skip", "burst", "coalesce"]
LinkState: TypeAlias = Literal["up", "down"]
Value = TypeVar("Value", bool, int, float, str)


@dataclass(frozen=True)
class Place:
    """Where in a file something was declared."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass
class Parameter:
    """A value that may be set from outside."""

    name: str
    default: bool | int | float | str
    value: bool | int | float | str
    help: str
    place: Place


@dataclass
class Rule:
    """What to do with packets that a match takes."""

    match: Test | None
    """None takes every packet."""
    handler: Callable[..., Any]
    name: str
    place: Place
    kind: Literal["rule", "observe", "flow"] = "rule"
    answers: Packet | None = None
    mode: Mode = "parallel"
    limit: int | None = None
    """Handlers, or flows, at a time; None for the engine's own bound."""
    broadcast: bool = False
    """Whether it is asked about packets to broadcast and multicast addresses."""
    errors: bool = False
    """Whether it is asked about ICMP errors and TCP resets."""
    repeats: bool = False
    """Whether it is asked however often the same frame comes."""
    patch: bool = False
    """Whether replies follow one pattern (`umpa.template.patched`)."""
    idle: float = 60.0
    """Seconds without a packet after which a flow ends."""


@dataclass
class Timer:
    """A function that is called by the clock."""

    handler: Callable[..., Any]
    name: str
    place: Place
    interval: float | None = None
    """Seconds between calls; None for one that is called once."""
    at: float | None = None
    """Seconds from the start to the first call; None: one interval."""
    daily: int | None = None
    """Or: seconds after midnight UTC, each day."""
    missed: Missed = "skip"
    jitter: float = 0.0


class Resource:
    """Something that a template needs while it runs: an endpoint, a network, persistent values."""

    def start(self, context: Context) -> Awaitable[None] | None:
        """Before the first packet. An error here ends the run."""

    def stop(self, context: Context) -> Awaitable[None] | None:
        """After the last one, in reverse order; called whenever `start` was."""

    def take_over(self, before: Resource) -> bool:
        """Go on with what `before`, of the version before a reload, has under way.

        False where that is another resource than this one was.
        """
        return False

    def status(self) -> Mapping[str, object]:
        """Counters and states, for whoever asks how it goes."""
        return {}


@dataclass
class Declarations:
    """All that one file declared."""

    file: str
    given: Mapping[str, object] = field(default_factory=dict)
    """Values for parameters, from code or the command line."""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    on_start: list[Callable[..., Any]] = field(default_factory=list)
    on_stop: list[Callable[..., Any]] = field(default_factory=list)
    on_link: list[tuple[LinkState | None, Callable[..., Any]]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    persistents: dict[str, Persistent[Any]] = field(default_factory=dict)
    kept: Mapping[str, Persistent[Any]] = field(default_factory=dict)
    """The persistent values of the version of the file that ran before (reloading)."""
    unused: dict[tuple[str, Place], None] = field(default_factory=dict)
    """Decorators that no function followed so far."""

    def error(self, place: Place, text: str) -> TemplateError:
        """An error of the file."""
        return TemplateError(f"{place}: {text}")

    def add_resource(self, resource: Resource) -> None:
        """Have it started before the first packet, and stopped after the last."""
        self.resources.append(resource)

    def param(self, name: str, default: Value, help: str, place: Place) -> Value:
        """See `umpa.template.param`."""
        if not name.isidentifier() or name.startswith("_"):
            raise self.error(place, f"param {name!r}: expected a name such as 'address'")
        before = self.parameters.get(name)
        if before is not None:
            raise self.error(
                place, f"two parameters are called {name!r}, the other at {before.place}"
            )
        if not isinstance(default, (bool, int, float, str)):
            raise self.error(
                place, f"param {name!r}: its default is {default!r}; expected a number or a text"
            )
        raw = self.given.get(name, os.environ.get(f"UMPA_{name.upper()}", default))
        value = self._typed(name, raw, default, place)
        self.parameters[name] = Parameter(name, default, value, help, place)
        return value

    def _typed(self, name: str, raw: object, default: Value, place: Place) -> Value:
        """What was given, as the type of the default."""
        kind: Any = type(default)
        try:
            if kind is bool and isinstance(raw, str):
                return {"true": True, "yes": True, "1": True, "on": True,
                        "false": False, "no": False, "0": False, "off": False}[raw.lower()]  # type: ignore[return-value]  # fmt: skip
            if kind is int and isinstance(raw, str):
                return int(raw, 0)  # type: ignore[return-value]
            if isinstance(raw, str) or (kind is float and type(raw) is int) or type(raw) is kind:
                convert: Any = kind
                return convert(raw)  # type: ignore[no-any-return]
        except (KeyError, ValueError):
            pass  # said below, as for every other type
        expected = {bool: "true or false", int: "a whole number", float: "a number"}.get(
            kind, "text"
        )
        raise self.error(place, f"parameter {name!r}: {raw!r} is not {expected}")

    def decorator(self, what: str, place: Place) -> None:
        """A decorator was called; where no function follows, `complete` complains."""
        self.unused[what, place] = None

    def decorated(self, what: str, place: Place) -> None:
        """The function that it stands before is there."""
        self.unused.pop((what, place), None)

    def complete(self) -> None:
        """:raises TemplateError: the file has decorators without functions, or lacks parameters."""
        for what, place in self.unused:
            raise self.error(place, f"{what} declares nothing; write {what}(...) above a function")
        self._refuse_unknown()

    def _refuse_unknown(self) -> None:
        """:raises TemplateError: a value was given for a parameter that the file has not."""
        for name in self.given:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                hint = suggest(name, self.parameters)
                raise TemplateError(
                    f"{self.file}: it has no parameter {name!r}{hint}; its parameters are {known}"
                )


_current: ContextVar[Declarations | None] = ContextVar("umpa template", default=None)


@contextmanager
def declaring(declarations: Declarations) -> Iterator[Declarations]:
    """Enter what is declared in the body into `declarations`."""
    token = _current.set(declarations)
    try:
        yield declarations
    finally:
        _current.reset(token)


def current(what: str) -> Declarations:
    """The declarations of the file that is being loaded; `what` is for the error.

    :raises TemplateError: none is.
    """
    found = _current.get()
    if found is None:
        raise TemplateError(
            f"{what} stands in a template file: load it by umpa run, umpa check or "
            "umpa.template.load(path)"
        )
    return found


def place_of(handler: Callable[..., Any]) -> Place:
    """Where a function was defined."""
    code = getattr(inspect.unwrap(handler), "__code__", None)
    return Place("?", 0) if code is None else Place(code.co_filename, code.co_firstlineno)


def place_of_caller() -> Place:
    """Where, outside this package, what goes on now was called."""
    own = os.path.dirname(__file__)
    frame = inspect.currentframe()
    while frame is not None and os.path.dirname(frame.f_code.co_filename) == own:
        frame = frame.f_back
    if frame is None:
        return Place("?", 0)
    return Place(frame.f_code.co_filename, frame.f_lineno)


def param(name: str, default: Value, help: str = "") -> Value:
    """A value that may be set from outside, and is of the type of `default`.

    It is what was given to `load`, or on the command line (`--name value`); else what the
    environment has as UMPA_NAME; else the default.

    :raises TemplateError: the name is taken or no name, or what was given is of another type.
    """
    return current(f"param({name!r})").param(name, default, help, place_of_caller())
