"""What tshark says of a capture: the judge of columns, conversations and streams."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

AS_IT_STANDS = (
    *("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"),
    *("-o", "tcp.desegment_tcp_streams:FALSE"),
)


def fields(capture: Path, *names: str) -> list[tuple[str, ...]]:
    """The first occurrence of each field in each packet, as text; empty where there is none."""
    wanted = [word for name in names for word in ("-e", name)]
    text = _run("-r", str(capture), *AS_IT_STANDS, "-T", "fields", "-E", "occurrence=f", *wanted)
    return [tuple(line.split("\t")) for line in text.splitlines()]


def statistics(capture: Path, what: str, *options: str) -> str:
    """The text of `-z what`."""
    return _run("-r", str(capture), *options, "-q", "-z", what)


def _run(*arguments: str) -> str:
    return subprocess.run(
        ["tshark", "-n", *arguments], check=True, capture_output=True, text=True
    ).stdout


def conversations(capture: Path, kind: str) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """Of `tcp`, `udp`, `ip` or `ipv6`: each end with the frames it sent, sorted."""
    text = statistics(capture, f"conv,{kind}", *AS_IT_STANDS)
    found = re.findall(r"^(\S+) +<-> (\S+) +(\d+) \d+ \S+ +(\d+) \d+ ", text, re.MULTILINE)
    pairs = [sorted([(a, int(from_a)), (b, int(from_b))]) for a, b, from_b, from_a in found]
    return sorted((first, second) for first, second in pairs)


def followed(capture: Path) -> dict[tuple[str, str], bytes]:
    """What each end of each TCP stream with content sent, by (address:port of it, of the other)."""
    rows = _run(
        "-r", str(capture), "-T", "fields", "-e", "tcp.stream", "-e", "tcp.len"
    ).splitlines()
    numbers = {
        stream for stream, size in (row.split("\t") for row in rows) if size not in ("", "0")
    }
    asked = [word for number in sorted(numbers) for word in ("-z", f"follow,tcp,raw,{number}")]
    found: dict[tuple[str, str], bytes] = {}
    text = _run("-r", str(capture), "-q", *asked) if asked else ""
    for stream in text.split("\nFollow: ")[1:]:
        nodes = re.findall(r"Node \d: (\S+)", stream.replace("[", "").replace("]", ""))
        lines = re.findall(r"^(\t?)([0-9a-f]+)$", stream, re.MULTILINE)
        for indent, ends in (("", (nodes[0], nodes[1])), ("\t", (nodes[1], nodes[0]))):
            found[ends] = bytes.fromhex("".join(line for tab, line in lines if tab == indent))
    return found
