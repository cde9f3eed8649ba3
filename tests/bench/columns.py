"""`umpa.table` beside dpkt and `tshark -T fields`: four columns of a whole file, as ratios.

    python -m tests.bench.columns [--packets N] [--rounds N]

The columns are time, source, destination and TCP destination port; dpkt collects them in lists.
All three must give the same cells. CPU time; that of tshark is its process's.
"""

from __future__ import annotations

import argparse
import resource
import socket
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from time import process_time_ns
from typing import Any

import umpa
from tests.bench import mix
from tests.bench.measure import Candidate, compare

NAMES = ("frame.time_epoch", "ip.src", "ip.dst", "tcp.dstport")
dpkt: Any = import_module("dpkt")


def by_dpkt(path: Path) -> list[list[Any]]:
    times: list[Any] = []
    sources: list[Any] = []
    destinations: list[Any] = []
    ports: list[Any] = []
    with path.open("rb") as file:
        for time, data in dpkt.pcap.Reader(file):
            ip = dpkt.ethernet.Ethernet(data).data
            is_ip = isinstance(ip, dpkt.ip.IP)
            upper: Any = ip.data if is_ip or isinstance(ip, dpkt.ip6.IP6) else None
            times.append(time)
            sources.append(ip.src if is_ip else None)
            destinations.append(ip.dst if is_ip else None)
            ports.append(upper.dport if isinstance(upper, dpkt.tcp.TCP) else None)
    return [times, sources, destinations, ports]


def by_tshark(path: Path) -> list[tuple[str, ...]]:
    wanted = [word for name in NAMES for word in ("-e", name)]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", *wanted]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [tuple(line.split("\t")) for line in text.splitlines()]


def tshark_ns(path: Path, packets: int) -> float:
    """CPU time of tshark for a packet, without starting it, which an empty file tells."""

    def spent(file: Path) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        by_tshark(file)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return (spent(path) - spent(mix.write(path.with_name("none.pcap"), 0))) * 1e9 / packets


def check(path: Path) -> None:
    """All three see the same cells."""
    made = umpa.table(path, NAMES)
    columns = list(made.values())
    texts = [tuple(column.text(i) for column in columns) for i in range(len(made))]
    if texts != by_tshark(path):
        raise SystemExit("umpa and tshark disagree")
    times, *others = by_dpkt(path)
    ends = [[ip and socket.inet_ntoa(ip) for ip in column] for column in others[:2]]
    if [*map(list, columns[1:])] != [*ends, others[2]] or len(times) != len(made):
        raise SystemExit("umpa and dpkt disagree")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--packets", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        check(mix.write(Path(folder) / "few.pcap", 12_000))  # more than a block
        path = mix.write(Path(folder) / "mix.pcap", options.packets)
        newer = path.with_suffix(".pcapng")
        umpa.write(newer, umpa.read(path))
        candidates = {
            "dpkt": Candidate(lambda: by_dpkt(path), options.packets),
            "pcap": Candidate(lambda: umpa.table(path, NAMES), options.packets),
            "pcapng": Candidate(lambda: umpa.table(newer, NAMES), options.packets),
            "picked": Candidate(lambda: umpa.table(umpa.read(path), NAMES), options.packets),
        }
        outcome = compare(candidates, options.rounds)
        started = process_time_ns()
        umpa.table(path, NAMES)
        own = (process_time_ns() - started) / options.packets
        tshark = tshark_ns(path, options.packets)
    print("| four columns | ns a packet | x dpkt | x tshark |\n|---|---|---|---|")
    print(f"| dpkt | {outcome['dpkt'].nanoseconds:.0f} | 1 | |\n| tshark | {tshark:.0f} | | 1 |")
    for name in ("pcap", "pcapng", "picked"):
        found = outcome[name]
        beside = tshark / (own * outcome["pcap"].ratio / found.ratio)
        print(f"| umpa, {name} | {found.nanoseconds:.0f} | {found.ratio:.1f} | {beside:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
