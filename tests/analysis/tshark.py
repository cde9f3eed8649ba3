"""What tshark says of a capture: the judge of columns, conversations and streams.

It takes longer to start than to read a capture, so it is asked for all at once, and once.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

FIELDS = (
    *("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "eth.src"),
    *("ip.version", "ip.src", "ip.dst", "ip.ttl", "ipv6.src", "ipv6.dst", "arp.src.proto_ipv4"),
    *("icmp.type", "icmpv6.type", "tcp.srcport", "tcp.dstport", "tcp.seq_raw"),
    *("udp.srcport", "udp.length"),
)
_AS_IT_STANDS = (
    *("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"),
    *("-o", "tcp.desegment_tcp_streams:FALSE"),
)
_MOST_STREAMS = 64
_LINE = "=" * 80


def fields(capture: Path, *names: str) -> list[tuple[str, ...]]:
    """The first occurrence of each field in each packet, as text; empty where there is none.

    Fields are those of `FIELDS`.
    """
    text, _, _ = _said(capture).partition(_LINE)
    columns = [FIELDS.index(name) for name in names]
    rows = [line.split("\t") for line in text.splitlines()]
    return [tuple(row[column] for column in columns) for row in rows]


def conversations(capture: Path, kind: str) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """Of `tcp` or `udp`: each end with the frames it sent, sorted."""
    _, _, text = _said(capture).partition(f"{kind.upper()} Conversations\n")
    table, _, _ = text.partition(f"\n{_LINE}\n{_LINE}")
    found = re.findall(r"^(\S+) +<-> (\S+) +(\d+) \d+ \S+ +(\d+) \d+ ", table, re.MULTILINE)
    pairs = [sorted([(a, int(from_a)), (b, int(from_b))]) for a, b, from_b, from_a in found]
    return sorted((first, second) for first, second in pairs)


def followed(capture: Path) -> dict[tuple[str, str], bytes]:
    """What each end of each TCP stream with content sent, by (address:port of it, of the other)."""
    asked = [word for n in range(_MOST_STREAMS) for word in ("-z", f"follow,tcp,raw,{n}")]
    streams = _run("-r", str(capture), "-q", *asked).split("\nFollow: ")[1:]
    assert "Node 0: :0\n" in streams[0], f"more than {_MOST_STREAMS - 1} streams"  # the last
    found: dict[tuple[str, str], bytes] = {}
    for stream in streams:
        one, other = re.findall(r"Node \d: (\S+)", stream.replace("[", "").replace("]", ""))
        lines = re.findall(r"^(\t?)([0-9a-f]+)$", stream, re.MULTILINE)
        for indent, ends in (("", (one, other)), ("\t", (other, one))) if lines else ():
            found[ends] = bytes.fromhex("".join(line for tab, line in lines if tab == indent))
    return found


@cache
def _said(capture: Path) -> str:
    """A line of fields for each packet, then the conversations."""
    wanted = [word for name in FIELDS for word in ("-e", name)]
    tables = ("-z", "conv,tcp", "-z", "conv,udp")
    options = (*_AS_IT_STANDS, "-T", "fields", "-E", "occurrence=f", *tables)
    return _run("-r", str(capture), *options, *wanted)


def _run(*arguments: str) -> str:
    return subprocess.run(
        ["tshark", "-n", *arguments], check=True, capture_output=True, text=True
    ).stdout
