"""What is in a capture: who talked to whom, what was said over TCP, and its columns.

    examples/run.sh analyse [FILE]

Needs neither root nor a network; without a file, it reads the one that comes with the examples.
"""

from __future__ import annotations

import sys
from pathlib import Path

import umpa

FIRST = Path(__file__).parent / "captures" / "first.pcapng"


def conversations(file: str) -> None:
    """The busiest ones first."""
    flows = umpa.flows(file)
    print(f"{len(flows)} conversations in {flows.packets} packets")
    for flow in sorted(flows, key=lambda flow: flow.wire_bytes, reverse=True)[:10]:
        print(f"  {flow}")


def streams(file: str) -> None:
    """What each TCP connection began with, and whether all of it is there."""
    for stream in umpa.streams(file):
        print(f"\n{stream.client} > {stream.server}, ended: {stream.end}")
        for sender, direction in (("client", stream.to_server), ("server", stream.to_client)):
            line = direction.data.partition(b"\r\n")[0][:60]
            lost = sum(gap.size for gap in direction.gaps)
            print(f"  {sender}: {direction.size} bytes, {lost} of them missing; begins {line!r}")


def columns(file: str) -> None:
    """Bytes sent by each address, without a packet in sight."""
    table = umpa.table(file, [("ip.src", "ipv6.src", "arp.src.proto_ipv4"), "frame.len"])
    sent: dict[str, int] = {}
    for source, size in table:
        sent[source or "other"] = sent.get(source or "other", 0) + size
    print(f"\nbytes by source: {sent}")


def main(file: str) -> None:
    conversations(file)
    streams(file)
    columns(file)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(FIRST))
