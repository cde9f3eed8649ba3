"""A template in operation: signals, reloading, systemd, metrics, and a line on the terminal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any

from umpa.errors import UmpaError
from umpa.link.base import Link
from umpa.template.engine import Engine, Options
from umpa.template.loading import Template
from umpa.template.metrics import MetricsServer
from umpa.template.status import Status
from umpa.template.systemd import Notifier

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["Console", "operate"]

_PACE = 1.0
"""Seconds between two looks at the file, and two drawings of the line."""


class Console:
    """Log lines on standard output, and one line on standard error that is drawn again and again,
    if that is a terminal."""

    def __init__(self, out: TextIO, terminal: TextIO) -> None:
        self._out = out
        self._terminal = terminal if terminal.isatty() else None
        self._drawn = False

    def log(self, level: int, line: str) -> None:
        """A line of the log."""
        self.erase()
        print(line, file=self._out, flush=True)

    def draw(self, line: str) -> None:
        """How it goes, in the place of what was there."""
        if self._terminal is not None:
            self._terminal.write(f"\r{line}\x1b[K")
            self._terminal.flush()
            self._drawn = True

    def erase(self) -> None:
        """Make room."""
        if self._drawn and self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
            self._drawn = False


async def operate(
    template: Template,
    link: Link,
    options: Options,
    *,
    console: Console,
    watch: bool = False,
    metrics: int | None = None,
) -> tuple[Status, int]:
    """Run a template until it ends or is stopped; its last status, and the signal that ended it.

    SIGTERM and SIGINT end it, a second one at once; SIGHUP loads the file anew, as does, with
    `watch`, a change of the file; SIGUSR1 prints the status. `metrics` is a local port.

    :raises TemplateError: something cannot start.
    :raises LinkError: the link failed.
    :raises KeyboardInterrupt: a second signal came.
    """
    operation = _Operation(template, console, watch, metrics)
    with operation.signals:
        try:
            started = replace(options, on_ready=operation.ready, log=console.log)
            status = await template.serve_with(link, started)
        finally:
            operation.close()
    return status, operation.ended_by


class _Operation:
    def __init__(
        self, template: Template, console: Console, watch: bool, metrics: int | None
    ) -> None:
        self.ended_by = 0
        self._template = template
        self._console = console
        self._watch = watch
        self._metrics = metrics
        self._server: MetricsServer | None = None
        self._notifier = Notifier()
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen = self._stamp()
        self.signals = _Signals(
            {
                "SIGTERM": self._stop, "SIGINT": self._stop, "SIGHUP": self._hang_up,
                "SIGUSR1": self._print_status,
            }
        )  # fmt: skip

    @property
    def _engine(self) -> Engine | None:
        return self._template.engine

    def ready(self, engine: Engine) -> None:
        """The run has started."""
        self._begin(self._look())
        if self._notifier.interval is not None:
            self._begin(self._keep_alive(engine, self._notifier.interval))
        if self._metrics is not None:
            self._begin(self._serve_metrics(engine, self._metrics))
        self._notifier.ready()

    def _begin(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve_metrics(self, engine: Engine, port: int) -> None:
        self._server = MetricsServer(port, engine.status)
        try:
            port = await self._server.start()
        except UmpaError as error:
            engine.stop(error)
            return
        engine.log.warn(f"metrics on http://127.0.0.1:{port}/metrics")

    async def _keep_alive(self, engine: Engine, interval: float) -> None:
        while True:
            self._notifier.alive(engine.status().line())
            await asyncio.sleep(interval)

    async def _look(self) -> None:
        """Draw the line, and look at the file."""
        while True:
            await asyncio.sleep(_PACE)
            if self._engine is not None:
                self._console.draw(self._engine.status().line())
            if self._watch:
                stamp = self._stamp()
                if stamp not in (self._seen, 0):
                    self._seen = stamp
                    await self._reload()

    def _stamp(self) -> int:
        try:
            return os.stat(self._template.file).st_mtime_ns
        except OSError:
            return 0  # an editor is about to put it there

    async def _reload(self) -> None:
        engine = self._engine
        if engine is None:
            return
        self._notifier.reloading()
        try:
            kept = engine.version.declarations.persistents
            await engine.reload(engine.version.template.again(kept))
        except UmpaError as error:
            engine.log.warn(f"not reloaded, the version before goes on: {error}")
        else:
            engine.log.warn(f"{self._template.file} was reloaded")
        self._notifier.ready()

    # Signals.

    def _stop(self, number: int) -> None:
        self.ended_by = number
        self._notifier.stopping()
        if self._engine is not None:
            self._engine.stop()

    def _hang_up(self, number: int) -> None:
        self._begin(self._reload())

    def _print_status(self, number: int) -> None:
        if self._engine is not None:
            self._console.erase()
            print(self._engine.status(), file=sys.stderr, flush=True)

    def close(self) -> None:
        """The run has ended."""
        if not self.ended_by:
            self._notifier.stopping()
        for task in self._tasks:
            task.cancel()
        if self._server is not None:
            self._server.close()
        self._console.erase()


class _Signals:
    """Signals as calls in the loop. A second one that ends the run interrupts whatever goes on,
    a handler that never waits too."""

    def __init__(self, calls: dict[str, Callable[[int], None]]) -> None:
        self._calls = {
            int(getattr(signal, name)): call
            for name, call in calls.items()
            if hasattr(signal, name)
        }
        self._loop = asyncio.get_running_loop()
        self._ending = False
        self._before: dict[int, Any] = {}

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            if self._ending:
                self.__exit__()  # a third one is the system's
                raise KeyboardInterrupt
            self._ending = True
        self._loop.call_soon_threadsafe(self._calls[number], number)

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in self._calls:
                self._before[number] = signal.signal(number, self._handle)

    def __exit__(self, *exception: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()
