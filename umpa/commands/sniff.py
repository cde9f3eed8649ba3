"""`umpa sniff`: packets as they come, for those who know tcpdump."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from umpa.commands.show import FORMS, count_of

if TYPE_CHECKING:
    from umpa.sniffing import Capture

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "sniff",
        help="show packets as they come",
        description="Show packets as they come: one line each, or as asked. Ctrl-C ends it.",
    )
    parser.add_argument(
        "-i", "--device", metavar="DEVICE", action="append",
        help="by name or address, or any; several times for several devices; "
        "the default is that of the default route",
    )  # fmt: skip
    parser.add_argument("-f", "--filter", metavar="FILTER", help='as for tcpdump: "tcp port 80"')
    parser.add_argument("-c", "--count", metavar="N", type=count_of, help="stop after N packets")
    parser.add_argument(
        "-w", "--write", metavar="FILE",
        help="write the packets to a .pcap or .pcapng file, and show none unless asked how",
    )  # fmt: skip
    parser.add_argument(
        "--time",
        choices=("relative", "absolute"),
        default="absolute",
        help="date and time in UTC (the default), or seconds since the first packet",
    )
    form = parser.add_mutually_exclusive_group()
    for name, words in (
        ("tree", "every field of every layer"),
        ("json", "a JSON object a line, as Packet.from_dict reads it"),
    ):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=words)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show packets until there were enough, or until Ctrl-C; then say what was lost."""
    from umpa.sniffing import Capture

    capture = Capture(
        arguments.device, filter=arguments.filter, count=arguments.count, dump=arguments.write
    )
    with suppress(KeyboardInterrupt), capture:  # that is the usual end
        print(f"umpa: listening on {capture.name}", file=sys.stderr, flush=True)
        _show(capture, arguments)
    stats = capture.stats
    shown = "1 packet" if stats.captured == 1 else f"{stats.captured} packets"
    print(
        f"umpa: {shown} captured; {stats.received} received, {stats.dropped} dropped, "
        f"{stats.dropped_by_interface} dropped by the interface",
        file=sys.stderr,
    )
    return 0


def _show(capture: Capture, arguments: argparse.Namespace) -> None:
    if arguments.write is not None and arguments.form is None:
        for _ in capture:  # written before it came here
            continue
        return
    show = FORMS[arguments.form or "line"](arguments.time)
    for number, packet in enumerate(capture, 1):
        print(show(number, packet), flush=True)
