"""How well times are kept, and what deadlines cost.

    python -m tests.bench.pacing [wire] [loop] [virtual] [jobs] [memory] [--seconds N]

wire: gaps and rates at 1, 10 and 100 thousand packets/s between two network namespaces, judged by
tcpdump's time stamps, with scapy's `sendp(inter=)` beside. loop: how late another task of the loop
is. virtual: a week at 1 Hz, a day at 100 Hz. jobs: the cost of a deadline among many jobs. memory:
ten million deadlines. Prints Markdown. `wire` needs root, tcpdump and scapy.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import resource
import signal
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import umpa
from tests.live.room import Room, standing_in
from umpa import IP, UDP, Ethernet
from umpa.link import MemoryLink, RawLink
from umpa.schedule import AsyncScheduler, Scheduler, VirtualClock, run
from umpa.schedule.core import Agenda
from umpa.schedule.course import Timer

FRAME = bytes(Ethernet(dst="02:00:00:00:00:02") / IP(dst="10.0.0.2") / UDP(dstport=9) / bytes(18))
DEVICE = "eth0"
RATES = (1_000, 10_000, 100_000)

Sender = Callable[[int, int], object]


def blocking(precise: bool) -> Sender:
    """The blocking face."""

    def send(rate: int, count: int) -> None:
        with RawLink(DEVICE) as link:
            Scheduler(link).send(FRAME, rate=rate, count=count, precise=precise)

    return send


def in_asyncio(precise: bool) -> Sender:
    """The asyncio face."""

    async def main(rate: int, count: int) -> None:
        with RawLink(DEVICE) as link:
            async with AsyncScheduler(link) as scheduler:
                await scheduler.send(FRAME, rate=rate, count=count, precise=precise)

    return lambda rate, count: asyncio.run(main(rate, count))


def scapy(rate: int, count: int) -> None:
    """Scapy's own pacing, on one open socket."""
    peer: Any = import_module("scapy.all")
    opened: Any = peer.conf.L2socket(iface=DEVICE)
    try:
        peer.sendp(peer.Ether(FRAME), inter=1 / rate, count=count, socket=opened, verbose=0)
    finally:
        opened.close()


METHODS: dict[str, Sender] = {
    "umpa, precise": blocking(True),
    "umpa": blocking(False),
    "umpa asyncio, precise": in_asyncio(True),
    "umpa asyncio": in_asyncio(False),
    "scapy sendp(inter=)": scapy,
}


def judged(room: Room, sender: Sender, rate: int, seconds: float, file: Path) -> str:
    """The row of one method at one rate."""
    count = round(rate * seconds)
    if sender is scapy:
        count = min(count, 3_000 if rate < 10_000 else 10_000)
    command = f"tcpdump -i eth0 -Z root -B 65536 -s 64 --time-stamp-precision=nano -w {file}"
    recorder = room.server.start(*command.split(), "udp", "port", "9", wait=1)
    spent = time.process_time()
    started = time.monotonic()
    sender(rate, count)
    took = time.monotonic() - started
    spent = time.process_time() - spent
    time.sleep(1)
    recorder.send_signal(signal.SIGINT)
    recorder.wait(20)
    times = [packet.time_ns or 0 for packet in umpa.read(file)]
    errors = sorted(abs(after - before - 1e9 / rate) for before, after in pairwise(times))
    reached = (len(times) - 1) / (times[-1] - times[0]) * 1e9
    return (
        f"{median(errors) / 1000:.2f} | {errors[len(errors) * 99 // 100] / 1000:.1f} | "
        f"{errors[-1] / 1000:.0f} | {(reached / rate - 1) * 100:+.3f} % | "
        f"{spent / took * 100:.0f} % | {len(times)} of {count}"
    )


def wire(seconds: float) -> None:
    """Gaps and rates between two namespaces."""
    print("| method | packets/s | gap error, median µs | 99 % | max | rate | CPU | seen |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, (room := Room(Path(name))):
        room.client, room.server = room.pair()
        with standing_in(room.client):
            for rate in RATES:
                for method, sender in METHODS.items():
                    row = judged(room, sender, rate, seconds, Path(name) / "seen.pcap")
                    print(f"| {method} | {rate} | {row} |", flush=True)


def loop(seconds: float) -> None:
    """How late `asyncio.sleep(0.01)` is beside a job of 10 thousand packets/s."""
    print("\n| beside | sleep(0.01) late, median ms | 99 % | max |\n|---|---|---|---|")
    for title, options in {
        "nothing": None,
        "10 thousand packets/s": {},
        "10 thousand packets/s, precise": {"precise": True},
    }.items():
        late = sorted(asyncio.run(_beside(options, seconds)))
        figures = late[len(late) // 2], late[len(late) * 99 // 100], late[-1]
        print(f"| {title} | {' | '.join(f'{figure * 1000:.2f}' for figure in figures)} |")


async def _beside(options: dict[str, Any] | None, seconds: float) -> list[float]:
    late = []
    async with AsyncScheduler(MemoryLink.pair()[0]) as scheduler:
        job = None
        if options is not None:
            job = scheduler.send(FRAME, rate=10_000, count=10**9, **options)
        for _ in range(round(seconds * 100)):
            started = time.perf_counter()
            await asyncio.sleep(0.01)
            late.append(time.perf_counter() - started - 0.01)
        if job is not None:
            job.cancel()
    return late


def virtual() -> None:
    """A week and a day that take seconds."""
    print("\n| virtual time | done | took |\n|---|---|---|")
    clock = VirtualClock()
    link = MemoryLink.pair(clock=clock)[0]
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    async def week() -> int:
        async with AsyncScheduler(link) as scheduler:
            return (await scheduler.send(FRAME, interval=1, count=7 * 24 * 3600)).sent

    async def day() -> int:
        async with AsyncScheduler(link) as scheduler:
            scheduler.every(0.01, count)
            await asyncio.sleep(24 * 3600)
            return calls

    for title, main in {
        "a week, a packet a second": week,
        "a day, 100 calls a second": day,
    }.items():
        started = time.perf_counter()
        done = run(main(), clock=clock)
        print(f"| {title} | {done} | {time.perf_counter() - started:.2f} s |", flush=True)


def jobs() -> None:
    """The cost of a deadline, by the number of jobs at once."""
    print("\n| jobs at once | a deadline, ns |\n|---|---|")
    for number in (1, 10, 100, 1_000, 10_000, 100_000):
        agenda = Agenda(int)
        each = 400_000 // number
        for job in range(number):
            plan = ((1000 * n + job * 7919 % 1000, None) for n in range(each))
            agenda.add(Timer(int, plan, 0))
        now = 0
        started = time.perf_counter_ns()
        while (due := agenda.next_ns()) is not None:
            now = due
            agenda.step(now)
        print(f"| {number} | {(time.perf_counter_ns() - started) / (number * each):.0f} |")


def memory() -> None:
    """Ten million deadlines, and by how much the process grew."""
    link = MemoryLink.pair(clock=VirtualClock(), queue=1)[0]
    Scheduler(link).send(FRAME, rate=1000, count=100_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = Scheduler(link).send(FRAME, rate=1000, count=10_000_000)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\n{report.sent} deadlines of one job: the process grew by {after - before} KiB")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parts = ("wire", "loop", "virtual", "jobs", "memory")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement in real time")
    options = parser.parse_args()
    wanted = options.parts or parts
    if unknown := set(wanted) - set(parts):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    print(f"CPython {platform.python_version()}, {platform.platform()}\n", flush=True)
    for part in wanted:
        work = globals()[part]
        work(options.seconds) if part in ("wire", "loop") else work()


if __name__ == "__main__":
    main()
