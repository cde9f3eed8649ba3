"""umpa beside dpkt, pypacker and scapy: the same work, in the same run, as ratios.

    python -m tests.bench.run [TASK ...] [--packets N] [--rounds N]

Tasks: a read a file and four fields of each packet; b all fields to the transport layer; c count
what goes to TCP port 443; d craft; e change and rebuild; f read and write a file; g import and
memory; h ten times the file. Prints Markdown: the cost of a packet with dpkt, and how many times
as fast each library is. The libraries must first give the same answers, or the run ends.
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from importlib import import_module
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from types import ModuleType

from tests.bench import answers, mix
from tests.bench.measure import (
    BASE,
    Candidate,
    Outcome,
    bytes_each,
    compare,
    python_cpu_ms,
    python_usage,
)

PEERS = ("dpkt", "umpa", "pypacker", "scapy")
# Scapy gets a smaller share of the same work; costs are per packet.
SHARES = {"scapy": 0.02}
IMPORTS = {
    "dpkt": "import dpkt",
    "umpa": "import umpa",
    "pypacker": "from pypacker.layer12 import ethernet; from pypacker.layer4 import tcp",
    "scapy": "import scapy.all",
}
READ_FIELDS = """
import sys, umpa
for packet in umpa.read(sys.argv[1]):
    packet.eth.type
"""

Table = dict[str, dict[str, Outcome]]


class Bench:
    """The libraries that are installed, and files of the mix for each."""

    def __init__(self, folder: Path, packets: int, rounds: int) -> None:
        self.folder, self.packets, self.rounds = folder, packets, rounds
        self.peers = {name: peer for name in PEERS if (peer := load(name)) is not None}
        self.files: dict[int, Path] = {}
        # What importing the other libraries left behind is no burden on any of them.
        gc.collect()
        gc.freeze()

    def share(self, peer: str) -> int:
        return max(int(self.packets * SHARES.get(peer, 1)), 100)

    def file(self, count: int) -> Path:
        if count not in self.files:
            self.files[count] = mix.write(self.folder / f"mix-{count}.pcap", count)
        return self.files[count]

    def readers(self) -> dict[str, ModuleType]:
        """The libraries, and umpa's way to read without layers."""
        if "umpa" not in self.peers:
            return self.peers
        return {**self.peers, "umpa, picked": import_module("tests.bench.peers.umpa_picked_peer")}

    def on_files(
        self, work: Callable[[ModuleType], Callable[[Path], object]], picked: bool = False
    ) -> dict[str, Outcome]:
        """Compare a function of a file's path; `picked` is umpa's other way to do the same."""
        candidates = {}
        for name, peer in (self.readers() if picked else self.peers).items():
            run, path = work(peer), self.file(self.share(name))
            candidates[name] = Candidate(partial(run, path), self.share(name))
        return compare(candidates, self.rounds)


def load(name: str) -> ModuleType | None:
    """A peer's tasks, or None where it is not installed."""
    try:
        return import_module(f"tests.bench.peers.{name}_peer")
    except ImportError as error:
        print(f"left out: {name}: {error}", file=sys.stderr)
        return None


def fields(bench: Bench) -> Table:
    answers.same_rows(bench.readers(), "fields", bench.file(2000))
    work = bench.on_files(lambda peer: lambda path: peer.fields(path, None), picked=True)
    return {"a: file, four fields": work}


def every_field(bench: Bench) -> Table:
    answers.same_rows(bench.readers(), "every_field", bench.file(2000))
    work = bench.on_files(lambda peer: lambda path: peer.every_field(path, None), picked=True)
    return {"b: file, every field": work}


def count(bench: Bench) -> Table:
    answers.same(bench.peers, lambda peer: peer.count_by_match(bench.file(2000)))
    answers.same(bench.peers, lambda peer: peer.count_by_filter(bench.file(2000)))
    return {
        "c: count port 443, by match": bench.on_files(lambda peer: peer.count_by_match),
        "c: count port 443, by libpcap filter": bench.on_files(lambda peer: peer.count_by_filter),
    }


def craft(bench: Bench) -> Table:
    table = {}
    for size in (64, 1400):
        payload = bytes(range(256)) * 6
        payload = payload[:size]
        ways = {name: peer.craft for name, peer in bench.peers.items()}
        if "umpa" in ways:
            ways["umpa, reused"] = bench.peers["umpa"].craft_reused
        candidates = {}
        for name, way in ways.items():
            answers.valid_tcp(name, way(3, payload), payload)
            amount = max(bench.share(name) // 10, 100)
            candidates[name] = Candidate(partial(way, amount, payload), amount)
        table[f"d: craft, {size} B of payload"] = compare(candidates, bench.rounds)
    return table


def rebuild(bench: Bench) -> Table:
    ipv4 = [frame for frame in mix.frames(bench.packets // 4) if frame[12:14] == b"\x08\x00"]
    answers.same(bench.peers, lambda peer: peer.rebuild(ipv4[:1000]))
    candidates = {}
    for name, peer in bench.peers.items():
        frames = ipv4[: max(int(len(ipv4) * SHARES.get(name, 1)), 100)]
        candidates[name] = Candidate(partial(peer.rebuild, frames), len(frames))
    return {"e: dissect, change, rebuild": compare(candidates, bench.rounds)}


def copy(bench: Bench) -> Table:
    target = bench.folder / "copy.pcap"
    for name, peer in bench.peers.items():
        peer.copy(bench.file(2000), target)
        answers.same_frames(name, bench.file(2000), target)
    return {"f: read and write": bench.on_files(lambda peer: lambda path: peer.copy(path, target))}


def cost(bench: Bench) -> str:
    """Import time and memory, as a table of its own."""
    bare = python_cpu_ms("pass", 15)
    frames = [frame for frame in islice(mix.frames(40_000), 40_000) if frame[23:24] == b"\x06"]
    lines = ["| | " + " | ".join(bench.peers) + " |", "|---" * (len(bench.peers) + 1) + "|"]
    imports = [f"{python_cpu_ms(IMPORTS[name], 15) - bare:.0f}" for name in bench.peers]
    memory = {
        name: bytes_each(peer.hold, peer.touch, frames[: int(10_000 * SHARES.get(name, 1))])
        for name, peer in bench.peers.items()
    }
    lines.append(f"| g: import, CPU ms over the bare interpreter | {' | '.join(imports)} |")
    for at, what in enumerate(("untouched", "after four fields were read")):
        cells = " | ".join(f"{memory[name][at]:.0f}" for name in bench.peers)
        lines.append(f"| g: bytes a retained packet beyond its raw bytes, {what} | {cells} |")
    return "\n".join(lines)


def growth(bench: Bench) -> str:
    """Time and memory of umpa on a file and on one of ten times the size."""
    small, large = bench.packets // 10, bench.packets
    times, peaks = zip(
        *(python_usage(READ_FIELDS, str(bench.file(count))) for count in (small, large)),
        strict=True,
    )
    bare = python_usage("import umpa")[0]
    ratio = (times[1] - bare) / (times[0] - bare)
    return (
        f"h: {large} packets instead of {small}: {ratio:.1f} times the time, "
        f"peak memory {peaks[0] / 1024:.1f} and {peaks[1] / 1024:.1f} MiB"
    )


RATIOS: dict[str, Callable[[Bench], Table]] = {
    "a": fields,
    "b": every_field,
    "c": count,
    "d": craft,
    "e": rebuild,
    "f": copy,
}
TEXTS: dict[str, Callable[[Bench], str]] = {"g": cost, "h": growth}


def table_text(table: Table) -> str:
    """The ratios as Markdown."""
    names = list(dict.fromkeys(name for row in table.values() for name in row if name != BASE))
    lines = [
        f"| task | {BASE}, µs a packet | {' | '.join(names)} |",
        "|---" * (len(names) + 2) + "|",
    ]
    for title, row in table.items():
        cells = [f"{row[name].ratio:.2f}" if name in row else "" for name in names]
        lines.append(f"| {title} | {row[BASE].nanoseconds / 1000:.2f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def circumstances(bench: Bench, arguments: list[str]) -> str:
    """When, on what and how it was measured."""
    processor = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = models[0].partition(": ")[2] if models else processor
    versions = ", ".join(f"{name} {version(name)}" for name in bench.peers)
    command = " ".join(["python -m tests.bench.run", *arguments])
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{date.today()}, {processor}, {python}; {versions}; `{command}`"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    known = [*RATIOS, *TEXTS]
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(known)}")
    parser.add_argument("--packets", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    tasks = options.tasks or known
    if unknown := [task for task in tasks if task not in known]:
        parser.error(f"there is no task {', '.join(unknown)}; there are {', '.join(known)}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.packets, options.rounds)
        print(circumstances(bench, arguments), end="\n\n", flush=True)
        table: Table = {}
        for task in tasks:
            if task in RATIOS:
                table |= RATIOS[task](bench)
        if table:
            print(table_text(table), end="\n\n", flush=True)
        for task in tasks:
            if task in TEXTS:
                print(TEXTS[task](bench), end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
