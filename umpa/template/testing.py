"""Templates under test: on a wire in memory, in virtual time, with the test at the other end.

    with TemplateTest("host.py", address="10.0.0.5") as template:
        template.send(echo_request)
        answer = template.expect(ICMP.type == "echo-reply", within=0.1)
        template.expect_nothing(within=3600)          # takes no time

These are plain calls, for any test framework; in pytest, a fixture of a few lines makes them
(docs: "Test a template"). The same seed gives the same run, so a test that passes always passes.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from umpa.core.packet import Packet
from umpa.errors import TemplateError
from umpa.link.aio import Watch
from umpa.link.memory import MemoryLink
from umpa.schedule.clock import VirtualClock
from umpa.schedule.loop import VirtualLoop
from umpa.template.declare import Test
from umpa.template.engine import Options
from umpa.template.loading import load
from umpa.template.status import Status

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["TemplateTest"]

_SECOND = 1_000_000_000
_SHOWN = 10
_LONGEST_STOP = 60.0


class TemplateTest:
    """A template at work from `with` to its end. Time passes only in the calls below.

    `parameters` are the template's. `latency` (seconds) and `loss` (a fraction) are the wire's,
    each way. `state` is the file of the persistent values, for tests of a restart. With
    `strict`, an error of a handler is raised by the call during which it happened.

    :raises TemplateError: the template cannot be loaded.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        seed: int = 1,
        latency: float = 0.0,
        loss: float = 0.0,
        state: str | os.PathLike[str] | None = None,
        strict: bool = True,
        **parameters: object,
    ) -> None:
        self.clock = VirtualClock()
        self.template = load(path, parameters, seed=seed)
        self.link, self._far = MemoryLink.pair(
            latency=latency, loss=loss, seed=seed, clock=self.clock, names=("template", "test")
        )
        self.log: list[str] = []
        """The lines of its log."""
        self.packets: list[Packet] = []
        """All that it sent, as far as it arrived."""
        self._strict = strict
        self._state = None if state is None else os.fspath(state)
        self._loop: VirtualLoop
        self._unseen: deque[Packet] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._watch: Watch | None = None
        self._run: asyncio.Task[Status] | None = None

    def __enter__(self) -> Self:
        self._loop = VirtualLoop(self.clock)
        try:
            self._loop.run_until_complete(self._start())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.stop()
        finally:
            self._close()

    @property
    def now(self) -> float:
        """Seconds of virtual time since the template was loaded."""
        return self.clock.monotonic_ns() / _SECOND

    @property
    def status(self) -> Status:
        """How it goes."""
        engine = self.template.engine
        assert engine is not None
        return engine.status()

    def send(self, *packets: Packet | bytes | Iterable[Packet | bytes]) -> None:
        """Send to the template; it looks at them when time passes."""
        for one in packets:
            if isinstance(one, (Packet, bytes)):
                self._far.send(one)
            else:
                self.send(*one)

    def expect(self, match: Test | None = None, *, within: float = 1.0) -> Packet:
        """The next packet of the template that passes `match`, at most `within` seconds from now.

        Those before it are passed over. Afterwards, the time is that of its arrival.

        :raises AssertionError: none came; the message tells which did.
        """
        found = self._next(match, within)
        if found is None:
            raise AssertionError(
                f"nothing within {within:g} s passes {_text(match)}; {self._told()}"
            )
        return found

    def expect_nothing(self, match: Test | None = None, *, within: float = 1.0) -> None:
        """Let `within` seconds pass, in which no packet may pass `match`.

        :raises AssertionError: one did.
        """
        found = self._next(match, within)
        if found is not None:
            raise AssertionError(
                f"at {self.now:.6f} s a packet passed {_text(match)}: {found.summary()}"
            )

    def sleep(self, seconds: float) -> None:
        """Let time pass; packets are kept for `expect`."""
        self._loop.run_until_complete(asyncio.wait((self._task(),), timeout=seconds))
        self._check()

    def forget(self) -> None:
        """Pass over what it sent so far, such as the announcements of its endpoints."""
        self._unseen.clear()

    def stop(self) -> Status:
        """End the run, as SIGTERM would; its last status.

        :raises TemplateError: with `strict`, a handler failed.
        """
        engine, run = self.template.engine, self._task()
        if engine is not None and not run.done():
            engine.stop()
            self._loop.run_until_complete(asyncio.wait((run,), timeout=_LONGEST_STOP))
        return run.result()

    # What goes on inside.

    async def _start(self) -> None:
        ready = self._loop.create_future()
        options = Options(
            strict=self._strict, state=self._state,
            log=lambda level, line: self.log.append(line),
            on_ready=lambda engine: ready.set_result(None),
        )  # fmt: skip
        self._watch = Watch(self._far, self._read)
        self._run = self._loop.create_task(self.template.serve_with(self.link, options))
        self._run.add_done_callback(lambda run: self._look())
        await asyncio.wait((ready, self._run), return_when=asyncio.FIRST_COMPLETED)
        self._check()

    def _task(self) -> asyncio.Task[Status]:
        if self._run is None:
            raise TemplateError("TemplateTest: it is to be used as `with TemplateTest(...) as t:`")
        return self._run

    def _check(self) -> None:
        """:raises Exception: the run ended with this one."""
        run = self._task()
        if run.done() and not run.cancelled() and (error := run.exception()) is not None:
            raise error

    def _read(self) -> None:
        for time_ns, data, _ in self._far.read():
            packet = Packet.dissect(data, self._far.linktype, time_ns=time_ns)
            self.packets.append(packet)
            self._unseen.append(packet)
        self._look()

    def _look(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _next(self, match: Test | None, within: float) -> Packet | None:
        found = self._loop.run_until_complete(self._find(match, within))
        if found is None:
            self._check()
        return found

    async def _find(self, match: Test | None, within: float) -> Packet | None:
        timed_out: list[bool] = []

        def over() -> None:
            timed_out.append(True)
            self._look()

        deadline = self._loop.call_later(within, over)
        try:
            while True:
                while self._unseen:
                    packet = self._unseen.popleft()
                    if match is None or match(packet):
                        return packet
                if timed_out or self._task().done():
                    return None
                self._waiter = self._loop.create_future()
                await self._waiter
        finally:
            self._waiter = None
            deadline.cancel()

    def _told(self) -> str:
        """What happened, for whoever reads a failure."""
        sent = [f"  {one.summary()}" for one in self.packets[-_SHOWN:]]
        log = [f"  {line}" for line in self.log[-_SHOWN:]]
        parts = [f"now is {self.now:.6f} s; it sent {len(self.packets)} packets"]
        parts += ["the last of them:", *sent] if sent else []
        parts += ["its log:", *log] if log else []
        return "\n".join(parts)

    def _close(self) -> None:
        if self._loop.is_closed():
            return
        if self._run is not None and not self._run.done():
            self._run.cancel()
            self._loop.run_until_complete(asyncio.wait((self._run,)))
        if self._run is not None and not self._run.cancelled():
            self._run.exception()  # looked at, so that nobody misses it
        if self._watch is not None:
            self._watch.close()
        self.link.close()
        self._far.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


def _text(match: Test | None) -> str:
    if match is None:
        return "every match"
    name: Callable[..., Any] | str = getattr(match, "__name__", "")
    return str(name) or repr(match)
