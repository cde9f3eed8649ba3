"""`umpa send`: the packets of a capture file, sent again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umpa.link.base import Link

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "send",
        help="send the packets of a capture file",
        description="Send the packets of a capture file through a device: as fast as possible, at "
        "a rate, or at the times of the capture. Prints what was sent, and how well the times were "
        "kept.",
    )
    parser.add_argument("file", metavar="FILE", help="pcap or pcapng, compressed or not")
    parser.add_argument(
        "-i", "--device", metavar="DEVICE", required=True, help="by name or by address"
    )
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--rate", metavar="N", type=_positive, help="packets per second")
    when.add_argument("--at", choices=("capture",), help="at the times of the capture")
    parser.add_argument("--count", metavar="N", type=_whole, help="stop after N packets")
    parser.add_argument("--loop", metavar="N", type=_whole, help="the whole file, N times")
    parser.set_defaults(run=run)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Send, and print the report; 130 where Ctrl-C ended it."""
    import sys

    from umpa.errors import ScheduleError
    from umpa.net.interfaces import interface
    from umpa.schedule.blocking import Scheduler

    if arguments.file == "-" and (arguments.loop or 1) > 1:
        raise ScheduleError("standard input is read once: --loop wants a file by its name")
    with _link(interface(arguments.device).name) as link:
        report = Scheduler(link).send(
            arguments.file,
            rate=arguments.rate,
            at=arguments.at,
            count=arguments.count,
            repeat=arguments.loop or (1 if arguments.count else None),
            progress=sys.stderr.isatty(),
        )
    print(report.table())
    return 130 if report.ending == "interrupted" else 0


def _link(device: str) -> Link:
    """What sends: without a capture beside it where that can be had."""
    import sys

    import umpa.link

    return umpa.link.RawLink(device) if sys.platform == "linux" else umpa.link.open(device)
