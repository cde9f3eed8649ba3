"""Capture against its targets: `python -m tests.bench.capture [OPTION]`.

As root: everything runs over a veth pair between two network namespaces. A reader's *lossless rate*
is the highest offered rate, in packets of 60 bytes a second, at which it got every packet, in one
run of two; offered is what the sender reached. Where a reader keeps up with all the sender can, its
CPU time for a packet tells how much further it could go. Four fields of each packet are read:
addresses and ports. dpkt reads what our own link delivers, scapy by its `sniff(store=False)`.

    --reader NAME    only the readers with that in their names
    --callbacks      only the cost of ten and of a thousand callbacks
    --endurance N    N packets through one capture: memory and descriptors on the way
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from warnings import simplefilter

from tests.live.room import ROOT, Room, standing_in
from umpa import IP, UDP, Ethernet, Packet
from umpa.link.live import LiveLink
from umpa.link.memory import MemoryLink
from umpa.sniffing import Capture

RING = 16 << 20
RATES = (1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 500, 0)  # thousand a second; 0: all it can
SECONDS = 2.5  # of each run
SPARE = 3.0  # seconds to wait for what does not come
FILTER = "udp and dst host 127.1.1.1"
CHUNK = 1_000_000

Reader = Callable[[int, float, Callable[[], object]], int]
"""Reads so many packets in so many seconds, calling the function when armed; how many it got."""


@contextmanager
def a_room() -> Iterator[Room]:
    """A wire, and this process at one end of it."""
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        with room:
            room.client, room.server = room.pair()
            with standing_in(room.client):
                yield room


def flooding(room: Room, count: int, rate: float) -> subprocess.Popen[str]:
    """The sender, at the other end; prints what it reached."""
    command = ["ip", "netns", "exec", room.server.namespace, sys.executable, "-m",
               "tests.bench.flood", "eth0", str(count), str(rate)]  # fmt: skip
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


# Readers


def read_raw(count: int, seconds: float, armed: Callable[[], object]) -> int:
    with Capture("eth0", filter=FILTER, count=count, timeout=seconds, buffer_size=RING) as capture:
        armed()
        return sum(1 for _ in capture)


def read_fields(count: int, seconds: float, armed: Callable[[], object]) -> int:
    got = 0
    with Capture("eth0", filter=FILTER, count=count, timeout=seconds, buffer_size=RING) as capture:
        armed()
        for packet in capture:
            ip, udp = packet.ip, packet.udp
            _ = ip.src, ip.dst, udp.srcport, udp.dstport
            got += 1
    return got


def read_asyncio(count: int, seconds: float, armed: Callable[[], object]) -> int:
    async def main() -> int:
        got = 0
        capture_of = Capture("eth0", filter=FILTER, count=count, timeout=seconds, buffer_size=RING)
        async with capture_of as capture:
            armed()
            async for packet in capture:
                ip, udp = packet.ip, packet.udp
                _ = ip.src, ip.dst, udp.srcport, udp.dstport
                got += 1
        return got

    return asyncio.run(main())


def read_dpkt(count: int, seconds: float, armed: Callable[[], object]) -> int:
    from socket import inet_ntoa

    dissect: Any = import_module("dpkt.ethernet").Ethernet
    got = 0
    with LiveLink("eth0", filter=FILTER, buffer_size=RING) as link:
        armed()
        end = time.monotonic() + seconds
        while got < count and time.monotonic() < end:
            frames = link.read()
            for _, data, _ in frames:
                ip = dissect(data).data
                udp = ip.data
                _fields = inet_ntoa(ip.src), inet_ntoa(ip.dst), udp.sport, udp.dport
            got += len(frames)
            if not frames:
                link.wait(0.1)
    return got


def read_scapy(count: int, seconds: float, armed: Callable[[], object]) -> int:
    scapy: Any = import_module("scapy.all")
    scapy.conf.ifaces.reload()
    got = 0

    def touch(packet: Any) -> None:
        nonlocal got
        ip, udp = packet[scapy.IP], packet[scapy.UDP]
        _ = ip.src, ip.dst, udp.sport, udp.dport
        got += 1

    scapy.sniff(iface="eth0", filter=FILTER, prn=touch, store=False, count=count, timeout=seconds,
          started_callback=armed)  # fmt: skip
    return got


READERS: dict[str, Reader] = {
    "umpa": read_raw,
    "umpa, four fields": read_fields,
    "umpa, four fields, asyncio": read_asyncio,
    "dpkt, four fields": read_dpkt,
    "scapy, four fields": read_scapy,
}


class Run(NamedTuple):
    """One run of a reader."""

    share: float
    """Of the packets, read."""
    offered: float
    """Packets a second."""
    cpu: float
    """Nanoseconds of a packet, of this process and the kernel's work in it."""


def run_once(room: Room, reader: Reader, rate: float) -> Run:
    """Offer packets for some seconds."""
    count = round((rate or 800_000) * SECONDS)
    sender: list[subprocess.Popen[str]] = []
    before = time.process_time_ns()
    got = reader(count, SECONDS * 2 + SPARE, lambda: sender.append(flooding(room, count, rate)))
    spent = time.process_time_ns() - before
    out, _ = sender[0].communicate(timeout=60)
    return Run(got / count, float(out), spent / max(got, 1))


def lossless(room: Room, name: str) -> Run:
    """The run at the highest rate at which nothing was lost."""
    best = Run(0, 0, 0)
    for thousands in RATES:
        runs = []
        for _ in range(2):
            runs.append(run_once(room, READERS[name], thousands * 1000))
            print(f"  {name}: {runs[-1].offered:,.0f}/s offered, {runs[-1].share:.1%} read, "
                  f"{runs[-1].cpu:,.0f} ns of CPU each", flush=True)  # fmt: skip
            if runs[-1].share == 1:
                best = max(best, runs[-1], key=lambda run: run.offered)
                break
        else:
            break
    return best


# Callbacks


def callbacks(number: int, rounds: int = 7, packets: int = 20_000) -> float:
    """Nanoseconds of CPU for a packet, with so many callbacks of which one is called."""
    near, far = MemoryLink.pair()
    frames = [bytes(Ethernet() / IP() / UDP(dstport=port)) for port in range(10)]
    best = float("inf")
    with Capture(near) as capture:
        for port in range(number):
            capture.on(UDP.dstport == port, ignore)
        for _ in range(rounds):
            far.send_many(frames * (packets // 10))
            start = time.process_time_ns()
            capture.dispatch(count=packets)
            best = min(best, (time.process_time_ns() - start) / packets)
    return best


def ignore(packet: Packet) -> None:
    """A callback."""


# Endurance


def resident() -> int:
    """Memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def endurance(room: Room, total: int, rate: float) -> None:
    """One capture, and a sender in chunks."""
    got = 0
    with Capture("eth0", filter=FILTER, buffer_size=RING) as capture:
        for start in range(0, total, CHUNK):
            count = min(CHUNK, total - start)
            sender = flooding(room, count, rate)
            until = got + count
            end = time.monotonic() + count / rate * 2 + SPARE
            while got < until and time.monotonic() < end and capture.next(SPARE) is not None:
                got += 1
                for _ in capture:
                    got += 1
                    if got == until:
                        break
            sender.wait(30)
            if start // CHUNK % 4 == 0 or start + count == total:
                descriptors = len(os.listdir("/proc/self/fd"))
                print(f"  {got:,} packets, {capture.stats.lost} lost, "
                      f"{resident() >> 20} MiB, {descriptors} descriptors", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--callbacks", action="store_true")
    parser.add_argument("--reader", default="", metavar="NAME")
    parser.add_argument("--endurance", type=int, metavar="N")
    parser.add_argument("--rate", type=float, default=200_000, help="of --endurance, packets/s")
    chosen = parser.parse_args()
    simplefilter("ignore")  # captures warn of losses; here they are counted
    if chosen.endurance:
        with a_room() as room:
            endurance(room, chosen.endurance, chosen.rate)
        return
    few, many = callbacks(10), callbacks(1000)
    print(f"callbacks: {few:.0f} ns a packet with 10, {many:.0f} with 1000: {many / few:.2f} times")
    if chosen.callbacks:
        return
    with a_room() as room:
        best = {name: lossless(room, name) for name in READERS if chosen.reader in name}
    fields = best.get("umpa, four fields") or next(iter(best.values()))
    print(f"{'':28}{'lossless/s':>12}{'as x':>7}{'ns of CPU':>12}{'as x':>7}")
    for name, run in best.items():
        ratios = [fields.offered / run.offered, run.cpu / fields.cpu] if run.offered else [0.0, 0.0]
        print(f"{name:28}{run.offered:>12,.0f}{ratios[0]:>7.1f}{run.cpu:>12,.0f}{ratios[1]:>7.1f}")
    print("x: how many times as well the blocking face does, with four fields")


if __name__ == "__main__":
    main()
