"""Actions and their reactions: send A, and let one of several functions say what came back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from umpa.core.packet import Packet
from umpa.errors import TemplateError
from umpa.template.declare import PASS, Place, Test, current, place_of_caller
from umpa.template.language import combined, taking
from umpa.template.running import Wait, waits

if TYPE_CHECKING:
    from umpa.template.context import Context

__all__ = ["Action", "action"]

R = TypeVar("R", bound="Callable[..., Any]")


class Action:
    """Something to send, and the reactions to what answers it. Made by `@action`."""

    def __init__(
        self, make: Callable[..., Packet], timeout: float, retries: int, place: Place
    ) -> None:
        self.name = getattr(make, "__name__", "action")
        self.place = place
        self.timeout = timeout
        self.retries = retries
        self.runs = self.timeouts = self.unfitting = 0
        """Answers to which no reaction fitted are in `unfitting`."""
        self._make = make
        self.reactions: list[tuple[Test | None, Callable[..., Any]]] = []
        self._on_timeout: Callable[..., Any] | None = None

    def reaction(self, *matches: Test) -> Callable[[R], R]:
        """What to do with an answer that passes all of `matches`; the first that fits is asked.

        The function gets the packet and the context, and the arguments of the action if it
        takes them. What it returns is the result of `run`; PASS leaves it to the next reaction.
        """
        what, place = f"@{self.name}.reaction", place_of_caller()
        declarations = current(what)
        declarations.decorator(what, place)

        def declare(handler: R) -> R:
            declarations.decorated(what, place)
            if not _takes_more(handler, 2):
                taking(declarations, place, handler, what, "packet", "context")
            match = combined(declarations, place, what, matches)
            self.reactions.append((match, handler))
            return handler

        return declare

    def on_timeout(self, handler: R) -> R:
        """What to do where no reaction ran in time, after the last of the retries.

        The function gets the context, and the arguments of the action if it takes them; what it
        returns is the result of `run`, which otherwise is None.
        """
        declarations, place = current(f"@{self.name}.on_timeout"), place_of_caller()
        if self._on_timeout is not None:
            raise declarations.error(place, f"@{self.name}.on_timeout: there is one already")
        if not _takes_more(handler, 1):
            taking(declarations, place, handler, f"@{self.name}.on_timeout", "context")
        self._on_timeout = handler
        return handler

    async def run(self, context: Context, *arguments: Any) -> Any:
        """Send what the action makes of the arguments, and return what the reaction returned.

        :raises TemplateError: the action made no packet.
        """
        made: object = self._make(context, *arguments)
        if waits(made):
            made = await cast("Awaitable[object]", made)
        if not isinstance(made, Packet):
            raise TemplateError(
                f"{self.place}: the action {self.name} made {made!r}; expected a packet"
            )
        self.runs += 1
        waiting = context._waiting
        answer: Wait[tuple[Any] | Exception | None] = Wait(context._runner)

        def accept(packet: Packet) -> bool:
            if answer.settled:
                return True
            try:
                found, result = self._react(packet, context, arguments)
            except Exception as error:
                return answer.settle(error)
            if found:
                return answer.settle((result,))
            self.unfitting += 1
            return False

        request = waiting.request(made, self.timeout, self.retries, answer, accept)
        try:
            settled = await answer
        finally:
            request.end()
        if isinstance(settled, Exception):
            raise settled
        if settled is None:
            self.timeouts += 1
            if self._on_timeout is None:
                return None
            more = arguments if _takes_more(self._on_timeout, 1) else ()
            result = self._on_timeout(context, *more)
        else:
            (result,) = settled
        return await result if waits(result) else result

    def _react(
        self, packet: Packet, context: Context, arguments: tuple[Any, ...]
    ) -> tuple[bool, Any]:
        """Whether a reaction ran, and what it returned."""
        for match, handler in self.reactions:
            if match is None or match(packet):
                more = arguments if _takes_more(handler, 2) else ()
                result = handler(packet, context, *more)
                if result is not PASS:
                    return True, result
        return False, None


def action(*, timeout: float = 1.0, retries: int = 0) -> Callable[[Callable[..., Any]], Action]:
    """A function that makes a request, which becomes an action:

        @action(timeout=2, retries=1)
        def syn(context, port):
            return IP(dst=target) / TCP(dstport=port, flags="SYN")

        @syn.reaction(TCP.flags == "SYN,ACK")
        def opened(packet, context):
            return "open"

        state = await syn.run(context, 80)

    A reaction only sees packets that answer this very request, quoted in ICMP errors or not.
    Thousands of runs may be under way. After `timeout` seconds it is sent again, `retries` times.

    :raises TemplateError: an argument or the function is not as described.
    """
    declarations, place = current("@action"), place_of_caller()
    declarations.decorator("@action", place)

    def declare(make: Callable[..., Any]) -> Action:
        declarations.decorated("@action", place)
        if not callable(make):
            raise declarations.error(place, "@action stands before a function")
        if isinstance(timeout, bool) or not 0 < timeout < 1e9:
            raise declarations.error(place, f"@action: timeout={timeout!r}; expected seconds")
        if type(retries) is not int or retries < 0:
            raise declarations.error(place, f"@action: retries={retries!r}; expected 0 or more")
        made = Action(make, timeout, retries, place)
        declarations.actions.append(made)
        return made

    return declare


def _takes_more(handler: Callable[..., Any], count: int) -> bool:
    """Whether a function wants the arguments of the action behind its first `count`."""
    code = getattr(handler, "__code__", None)
    return code is not None and (code.co_argcount > count or bool(code.co_flags & 4))  # *args
