"""`umpa show`: the packets of a capture file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umpa.core.packet import Packet
    from umpa.core.pick import Pick

__all__ = ["FORMS", "add", "count_of", "run"]

DAMAGED = 1


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "show",
        help="show the packets of a capture file",
        description="Show the packets of a capture file: one line each, or as asked.",
    )
    parser.add_argument(
        "file", metavar="FILE", help='pcap or pcapng, compressed or not; "-": stdin'
    )
    parser.add_argument(
        "--filter", metavar="TEXT", help='only packets that a libpcap filter takes: "tcp port 80"'
    )
    parser.add_argument("--count", metavar="N", type=count_of, help="stop after N packets")
    parser.add_argument(
        "--time",
        choices=("relative", "absolute"),
        default="relative",
        help="seconds since the first packet shown (the default), or date and time in UTC",
    )
    form = parser.add_mutually_exclusive_group()
    for name, words in (
        ("tree", "every field of every layer"),
        ("json", "a JSON object a line, as Packet.from_dict reads it"),
        ("hex", "the line, and the bytes below it"),
    ):
        form.add_argument(
            f"--{name}", dest="form", action="store_const", const=name, default="line", help=words
        )
    form.add_argument(
        "--fields",
        metavar="NAME,…",
        type=fields_of,
        help='columns, behind tabs: "ip.src,tcp.dstport|udp.dstport"; "|" stands between fields '
        "of which the first that a packet has is shown",
    )
    parser.set_defaults(run=run)


def count_of(text: str) -> int:
    """A number of packets, as the argument of an option."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of packets")
    return number


def fields_of(text: str) -> Pick:
    """The fields to show, as the argument of an option."""
    from umpa import pick
    from umpa.errors import FieldError

    try:
        return pick(*(tuple(column.strip().split("|")) for column in text.split(",")))
    except FieldError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: argparse.Namespace) -> int:
    """Print the packets; 1 where the file turns out to be damaged on the way."""
    from umpa.commands.progress import Progress
    from umpa.errors import FileError
    from umpa.link.file import read

    with Progress() as progress:
        file = progress.watch(arguments.file)
        packets = read(file, arguments.filter, arguments.count)
        show = rows(arguments.fields) if arguments.fields else FORMS[arguments.form](arguments.time)
        number = 0
        try:
            for number, packet in enumerate(packets, 1):
                text = show(number, packet)
                progress.erase(number)
                print(text)
        except FileError as error:
            progress.erase(number)
            sys.stdout.flush()
            shown = "1 packet" if number == 1 else f"{number} packets"
            print(f"umpa: {error}; {shown} before that", file=sys.stderr)
            return DAMAGED
    return 0


def lines(time: str) -> Callable[[int, Packet], str]:
    """Number, time and summary."""
    clock = Clock(time)
    return lambda number, packet: f"{number:>5}  {clock.read(packet)}  {packet.summary()}"


def trees(time: str) -> Callable[[int, Packet], str]:
    """The tree, with an empty line behind it."""
    return lambda number, packet: f"{number}. {packet}\n"


def objects(time: str) -> Callable[[int, Packet], str]:
    """A line of JSON."""
    import json

    return lambda number, packet: json.dumps(packet.to_dict())


def dumps(time: str) -> Callable[[int, Packet], str]:
    """The line, and the bytes."""
    line = lines(time)

    def show(number: int, packet: Packet) -> str:
        return "\n".join([line(number, packet), *_indented(packet.hexdump()), ""])

    return show


def rows(fields: Pick) -> Callable[[int, Packet], str]:
    """The fields, behind tabs; nothing where a packet has none."""
    from umpa.core.rows import printable

    def cell(value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, tuple):
            return ",".join(map(cell, value))
        return value.hex() if isinstance(value, bytes) else printable(str(value))

    return lambda number, packet: "\t".join(map(cell, fields(packet)))


def _indented(text: str) -> Iterator[str]:
    return (f"       {line}" for line in text.splitlines())


FORMS = {"line": lines, "tree": trees, "json": objects, "hex": dumps}


class Clock:
    """The time of each packet, in a column of one width."""

    def __init__(self, kind: str) -> None:
        self.absolute = kind == "absolute"
        self.start: int | None = None

    def read(self, packet: Packet) -> str:
        from umpa.core.show import moment

        now = packet.time_ns
        width = 30 if self.absolute else 14
        if now is None:
            return f"{'-':>{width}}"
        if self.absolute:
            return f"{moment(now):>{width}}"
        if self.start is None:
            self.start = now
        since = now - self.start
        seconds, rest = divmod(abs(since), 10**9)
        return f"{'-' * (since < 0)}{seconds}.{rest:09}".rjust(width)
