"""Asking against scapy's `srp`, sending against tcpreplay, each pair in one run.

    python -m tests.bench.exchange [ROUNDS]

Between two network namespaces over a veth pair, as root; needs scapy, iproute2 and tcpreplay. The
requests are TCP SYN to closed ports, so the kernel answers each one. Medians of the rounds.
Sent are a thousand frames, again and again, which tcpreplay too holds in memory.

Both libraries are asked with packets as a user stacks them, and with packets that were made of
bytes before. scapy's two threads get in each other's way, so it runs on one CPU too, where it
does better.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import umpa
from tests.live.room import Room, standing_in
from umpa import IP, TCP, Ethernet, Packet
from umpa.link import RawLink
from umpa.savefile import Writer

MAC = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
ASKED = 10_000
ASKED_BY_SCAPY = 2_000
SENT = 200_000
_TURNS = 4  # of each round: they are short, and the machine's speed varies
SCAPY = """
import sys, time
from scapy.all import IP, TCP, Ether, conf, srp
conf.verb = 0
base = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="10.0.0.1", dst="10.0.0.2")
packets = [base / TCP(sport=40000, dport=n, flags="S") for n in range(1, int(sys.argv[1]) + 1)]
if sys.argv[2] == "prebuilt":
    packets = [Ether(bytes(packet)) for packet in packets]
start, cpu = time.perf_counter(), time.process_time()
answered, _ = srp(packets, iface="eth0", timeout=2)
took, cpu = time.perf_counter() - start, time.process_time() - cpu
print(len(answered) / took, len(answered) / cpu)
"""
KINDS = ("stacked", "prebuilt")


def requests(kind: str) -> list[Packet]:
    base = Ethernet(**MAC) / IP(src="10.0.0.1", dst="10.0.0.2")
    made = [base / TCP(srcport=40000, dstport=n, flags="SYN") for n in range(1, ASKED + 1)]
    return made if kind == "stacked" else [Packet.dissect(bytes(packet)) for packet in made]


def asked(kind: str) -> tuple[float, float, float]:
    """Requests answered per second: of the whole call, of the exchange alone, per CPU second."""
    packets = requests(kind)
    start, cpu = time.perf_counter(), time.process_time()
    answers = umpa.sr(packets, device="eth0", timeout=2)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    count = len(answers.answered)
    assert count == len(packets), answers
    return count / took, count / answers.stats.duration, count / cpu


def asked_by_scapy(kind: str, *prefix: str) -> tuple[float, float]:
    """The same: of the whole call, per CPU second."""
    command = [*prefix, sys.executable, "-c", SCAPY, str(ASKED_BY_SCAPY), kind]
    said = subprocess.check_output(command, text=True, timeout=120)
    rate, by_cpu = map(float, said.split())
    return rate, by_cpu


def one_by_one(thousand: list[bytes]) -> float:
    with RawLink("eth0") as link:
        send = link.send
        start = time.perf_counter()
        for _ in range(SENT // len(thousand)):
            for frame in thousand:
                send(frame)
        return SENT / (time.perf_counter() - start)


def in_batches(thousand: list[bytes]) -> float:
    frames = thousand * (SENT // len(thousand))
    start = time.perf_counter()
    report = umpa.send(frames, device="eth0")
    took = time.perf_counter() - start
    assert report.sent == SENT
    return SENT / took


def replayed(file: Path) -> float:
    command = ["tcpreplay", "-K", "--topspeed", f"--loop={SENT // 1000}", "-i", "eth0", str(file)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r"([\d.]+) pps", said)
    assert found is not None, said
    return float(found.group(1))


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        room = Room(Path(folder))
        stack.enter_context(room)
        room.client, room.server = room.pair()
        with standing_in(room.client):
            umpa.sr(requests("stacked")[:10], device="eth0")
            for kind in KINDS:
                ours, scapy, pinned = [], [], []
                for _ in range(rounds):
                    scapy.append(asked_by_scapy(kind))
                    ours.append(asked(kind))
                    pinned.append(asked_by_scapy(kind, "taskset", "-c", "1"))
                whole, alone, by_cpu = map(list, zip(*ours, strict=True))
                theirs, their_cpu = map(list, zip(*scapy, strict=True))
                on_one, _ = map(list, zip(*pinned, strict=True))
                show(f"sr, {kind}", whole, theirs, "scapy")
                show("  per CPU second", by_cpu, their_cpu, "scapy")
                show("  without preparing", alone, theirs, "scapy")
                show("  scapy on one CPU", whole, on_one, "scapy")
            # a type that nobody listens for: what is measured is the sender
            head = bytes.fromhex("020000000002 020000000001 88b5")
            frames = [head + number.to_bytes(46, "big") for number in range(1000)]
            file = Path(folder) / "frames.pcap"
            with Writer(str(file), linktype=1) as writer:
                for number, frame in enumerate(frames):
                    writer.write(frame, time_ns=number)
            ways: dict[str, Callable[[], float]] = {
                "tcpreplay": lambda: replayed(file),
                "one by one": lambda: one_by_one(frames),
                "in batches": lambda: in_batches(frames),
            }
            found = {name: [way()] for name, way in ways.items()}
            for _ in range(_TURNS * rounds - 1):
                for name, way in ways.items():
                    found[name].append(way())
            for name in ("one by one", "in batches"):
                show(f"send, {name}", found[name], found["tcpreplay"], "tcpreplay")


def show(title: str, ours: list[float], theirs: list[float], peer: str) -> None:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f"{title:<24}{mine:>10.0f}/s  {peer} {other:>8.0f}/s  {ratio:8.2f} times")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
