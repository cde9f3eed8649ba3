"""`umpa simulate`: a template in virtual time, on a wire in memory."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from umpa.commands.given import add_template, load_given, span

if TYPE_CHECKING:
    from umpa.link.base import Link
    from umpa.template.engine import Options
    from umpa.template.loading import Template
    from umpa.template.status import Status

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "simulate",
        help="run a template in virtual time, on a wire in memory",
        description="Run a template in virtual time, on a wire in memory. The same seed gives the "
        "same packets and the same log.",
    )
    parser.add_argument(
        "--for", dest="seconds", metavar="TIME", type=span, default=60.0,
        help="how long, in virtual time: 4w (60s unless given)",
    )  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=int, help="what all randomness follows from")
    parser.add_argument("--peer", metavar="FILE", help="a template at the other end of the wire")
    parser.add_argument("-w", dest="write", metavar="FILE", help="write all packets to a capture")
    parser.add_argument("--state", metavar="FILE", help="keep persistent values in this file")
    parser.add_argument("--strict", action="store_true", help="end at a handler's first error")
    parser.add_argument(
        "--latency", metavar="TIME", type=span, default=0.0, help="of the wire: 5ms"
    )
    parser.add_argument(
        "--loss", metavar="SHARE", type=float, default=0.0, help="of the wire: 0.01"
    )
    add_template(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run it.

    :raises TemplateError: a template cannot be loaded or started; or, with --strict, failed.
    :raises FileError: the capture cannot be written.
    """
    from umpa.errors import FileError, TemplateError
    from umpa.link.memory import MemoryLink
    from umpa.link.wrap import Tee
    from umpa.schedule import VirtualClock
    from umpa.schedule.loop import run as run_loop
    from umpa.template.engine import Options
    from umpa.template.loading import load

    template = load_given(arguments)
    if template is None:
        return 0
    peer = None
    if arguments.peer:
        peer = load(arguments.peer, seed=template.seed + 1)
    clock = VirtualClock()
    try:
        near, far = MemoryLink.pair(
            clock=clock, latency=arguments.latency, loss=arguments.loss, seed=template.seed,
            names=("near", "far"),
        )  # fmt: skip
    except ValueError as error:
        raise TemplateError(f"the wire: {error}") from None
    link: Link = Tee(near, arguments.write) if arguments.write else near
    options = Options(
        seconds=arguments.seconds, strict=arguments.strict, state=arguments.state,
        log=lambda level, line: print(line),
    )  # fmt: skip
    with link, far:
        status = run_loop(_both(template, link, peer, far, options), clock=clock)
    print(status, file=sys.stderr)
    if isinstance(link, Tee) and link.failed:
        raise FileError(f"{arguments.write} could not be written to its end, as the log says")
    return 0


async def _both(
    template: Template, link: Link, peer: Template | None, far: Link, options: Options
) -> Status:
    """Both ends until the time is over; without a peer, the other end listens to nothing."""
    import asyncio
    from dataclasses import replace

    from umpa.link.aio import Watch

    if peer is None:
        watch = Watch(far, far.read)
        try:
            return await template.serve_with(link, options)
        finally:
            watch.close()
    quiet = replace(options, state=None, log=lambda level, line: print(f"peer: {line}"))
    other = asyncio.ensure_future(peer.serve_with(far, quiet))
    own = asyncio.ensure_future(template.serve_with(link, options))
    try:
        await asyncio.wait((other, own), return_when=asyncio.FIRST_EXCEPTION)
        if other.done() and (error := other.exception()) is not None:
            raise error
        return await own
    finally:
        for task in (own, other):
            task.cancel()
        await asyncio.gather(own, other, return_exceptions=True)
