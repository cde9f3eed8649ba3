"""`umpa run`: a template on a network device."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from umpa.commands.given import add_template, load_given, span

if TYPE_CHECKING:
    from umpa.link.base import Link
    from umpa.template.loading import Template

__all__ = ["add", "run"]

INTERRUPTED = 130


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="run a template on a network device",
        description="Run a template on a network device, until it is stopped (SIGTERM, Ctrl-C). "
        "SIGHUP loads the file anew, SIGUSR1 prints how it goes.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-i", "--device", metavar="DEVICE", help="the device: eth0")
    where.add_argument("--tap", metavar="NAME", help="make a TAP device of that name: tap0")
    parser.add_argument("--tap-address", metavar="ADDRESS", help="the kernel's: 10.9.0.1/24")
    parser.add_argument("--for", dest="seconds", metavar="TIME", type=span, help="end after: 2h")
    parser.add_argument("--strict", action="store_true", help="end at a handler's first error")
    parser.add_argument("--watch", action="store_true", help="load the file anew when it changes")
    parser.add_argument(
        "--state", metavar="DIR", help="where persistent values are kept (else ~/.local/state/umpa)"
    )
    parser.add_argument("--seed", metavar="N", type=int, help="what all randomness follows from")
    parser.add_argument("--metrics", metavar="PORT", type=int, help="OpenMetrics on 127.0.0.1")
    parser.add_argument(
        "--guard", action="store_true",
        help="let endpoints claim addresses of this machine, and keep its kernel out of them",
    )  # fmt: skip
    parser.add_argument("--grace", metavar="TIME", type=span, default=5.0, help="to end in: 5s")
    add_template(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run it; 130 where it was interrupted.

    :raises TemplateError: it cannot be loaded or started; or, with --strict, a handler failed.
    :raises LinkError: the device cannot be opened, or failed.
    """
    from umpa.errors import TemplateError
    from umpa.schedule.loop import run as run_loop
    from umpa.template.engine import Options
    from umpa.template.operate import Console, operate

    template = load_given(arguments)
    if template is None:
        return 0
    if not arguments.device and not arguments.tap:
        raise TemplateError("umpa run needs a device: -i DEVICE, or --tap NAME")
    options = Options(
        seconds=arguments.seconds, strict=arguments.strict, guard=arguments.guard,
        state=_state(arguments.state, template), grace=arguments.grace,
    )  # fmt: skip
    with _open(arguments) as link:
        work = operate(
            template, link, options, console=Console(sys.stdout, sys.stderr),
            watch=arguments.watch, metrics=arguments.metrics,
        )  # fmt: skip
        status, signal = run_loop(work)
    print(status, file=sys.stderr)
    return INTERRUPTED if signal == 2 else 0


def _open(arguments: argparse.Namespace) -> Link:
    if arguments.tap:
        from umpa.link.tap import TapLink

        return TapLink(arguments.tap, address=arguments.tap_address)
    from umpa.link.live import LiveLink

    return LiveLink(arguments.device, direction="in", timeout_ms=1, reconnect=True)


def _state(folder: str | None, template: Template) -> str | None:
    """The file of the persistent values, if there are any; systemd has a folder for it."""
    from umpa.errors import TemplateError

    if not template.declarations.persistents:
        return None
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    wanted = folder or os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    path = Path(wanted) if wanted else Path(home) / "umpa"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TemplateError(f"state directory {path}: {error.strerror}") from None
    return str(path / f"{Path(template.file).stem}.sqlite")
