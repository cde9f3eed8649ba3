"""`umpa replay`: what a template would have answered to the packets of a capture."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from umpa.commands.given import add_template, load_given, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umpa.core.packet import Packet
    from umpa.link.base import Link
    from umpa.schedule.clock import VirtualClock
    from umpa.template.loading import Template
    from umpa.template.status import Status

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "replay",
        help="show what a template would have answered to a capture",
        description="Give the packets of a capture to a template, at their times, in virtual time, "
        "and show what it would have answered. Nothing is sent.",
    )
    parser.add_argument("--seed", metavar="N", type=int, help="what all randomness follows from")
    parser.add_argument("-w", dest="write", metavar="FILE", help="write the answers to a capture")
    parser.add_argument("--strict", action="store_true", help="end at a handler's first error")
    parser.add_argument(
        "--after", metavar="TIME", type=span, default=1.0, help="go on behind the last packet: 1s"
    )
    add_template(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print each packet that leads to answers, and these.

    :raises TemplateError: the template cannot be loaded or started; or, with --strict, failed.
    :raises FileError: the capture cannot be read, or the answers cannot be written.
    """
    from contextlib import nullcontext

    from umpa.errors import TemplateError
    from umpa.link.file import read
    from umpa.link.memory import MemoryLink
    from umpa.savefile.writer import Writer
    from umpa.schedule import VirtualClock
    from umpa.schedule.loop import run as run_loop

    rest: list[str] = arguments.given
    asks_help = "--help" in rest or "-h" in rest
    if not asks_help and (not rest or rest[0].startswith("-")):
        raise TemplateError("umpa replay FILE CAPTURE: the capture is missing")
    capture = "" if asks_help else rest.pop(0)
    template = load_given(arguments)
    if template is None:
        return 0
    packets = read(capture)
    first = next(packets, None)
    if first is None:
        raise TemplateError(f"{capture}: there are no packets in it")
    clock = VirtualClock(first.time_ns or 0)
    near, far = MemoryLink.pair(
        clock=clock, linktype=first.linktype, mtu=None, names=("near", "far")
    )
    with near, far, Writer(arguments.write) if arguments.write else nullcontext() as writer:
        feeder = _Feeder(far, clock, writer)
        work = feeder.feed(template, near, first, packets, arguments)
        status = run_loop(work, clock=clock)
    print(status, file=sys.stderr)
    return 0


class _Feeder:
    """Gives packets to a template at their times, and shows what comes back."""

    def __init__(self, far: Link, clock: VirtualClock, writer: Any) -> None:
        self._far = far
        self._clock = clock
        self._writer = writer
        self._number = 0
        self._shown = 0
        self._last: Packet | None = None

    async def feed(
        self, template: Template, near: Link, first: Packet, packets: Iterator[Packet],
        arguments: argparse.Namespace,
    ) -> Status:  # fmt: skip
        """Give all packets, wait a little, and end."""
        import asyncio

        from umpa.link.aio import Watch
        from umpa.template.engine import Options

        ready = asyncio.Event()
        options = Options(
            strict=arguments.strict, log=lambda level, line: print(line),
            on_ready=lambda engine: ready.set(),
        )  # fmt: skip
        run = asyncio.ensure_future(template.serve_with(near, options))
        started = asyncio.ensure_future(ready.wait())
        watch = Watch(self._far, self._show)
        try:
            await asyncio.wait((run, started), return_when=asyncio.FIRST_COMPLETED)
            await self._give(first, run)
            for packet in packets:
                await self._give(packet, run)
            await asyncio.wait((run,), timeout=arguments.after)
            if template.engine is not None:
                template.engine.stop()
            return await run
        finally:
            watch.close()
            started.cancel()

    async def _give(self, packet: Packet, run: Any) -> None:
        import asyncio

        if packet.linktype != self._far.linktype:
            self._number += 1
            return
        left = ((packet.time_ns or 0) - self._clock.time_ns()) / 1e9
        if left > 0:
            await asyncio.wait((run,), timeout=left)
        self._number += 1
        if not run.done():
            self._last = packet
            self._far.send(bytes(packet))

    def _show(self) -> None:
        from umpa.core.packet import Packet

        for time_ns, data, _ in self._far.read():
            if self._shown != self._number and self._last is not None:
                self._shown = self._number
                print(f"{self._number:>5}  < {self._last.summary()}")
            answer = Packet.dissect(data, self._far.linktype, time_ns=time_ns)
            print(f"       > {answer.summary()}")
            if self._writer is not None:
                self._writer.write(answer)
