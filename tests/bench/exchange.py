"""Asking against scapy's `srp`, sending against tcpreplay, each pair in one run.

    python -m tests.bench.exchange [ROUNDS]

Between two network namespaces over a veth pair, as root; needs scapy, iproute2 and tcpreplay. The
requests are TCP SYN to closed ports, so the kernel answers each one. Medians of the rounds.
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
SCAPY = """
import sys, time
from scapy.all import IP, TCP, Ether, conf, srp
conf.verb = 0
base = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="10.0.0.1", dst="10.0.0.2")
packets = [base / TCP(sport=40000, dport=n, flags="S") for n in range(1, int(sys.argv[1]) + 1)]
start = time.perf_counter()
answered, _ = srp(packets, iface="eth0", timeout=2)
print(len(answered) / (time.perf_counter() - start))
"""


def requests() -> list[Packet]:
    base = Ethernet(**MAC) / IP(src="10.0.0.1", dst="10.0.0.2")
    made = [base / TCP(srcport=40000, dstport=n, flags="SYN") for n in range(1, ASKED + 1)]
    return [Packet.dissect(bytes(packet)) for packet in made]


def asked(packets: list[Packet]) -> tuple[float, float]:
    """Requests answered per second: of the whole call, and of the exchange alone."""
    start = time.perf_counter()
    answers = umpa.sr(packets, device="eth0", timeout=2)
    took = time.perf_counter() - start
    assert len(answers.answered) == len(packets), answers
    return len(packets) / took, len(packets) / answers.stats.duration


def asked_by_scapy() -> float:
    command = [sys.executable, "-c", SCAPY, str(ASKED_BY_SCAPY)]
    return float(subprocess.check_output(command, text=True, timeout=120))


def one_by_one(frame: bytes) -> float:
    with RawLink("eth0") as link:
        send = link.send
        start = time.perf_counter()
        for _ in range(SENT):
            send(frame)
        return SENT / (time.perf_counter() - start)


def in_batches(frame: bytes) -> float:
    frames = [frame] * SENT
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
            packets = requests()
            asked(packets[:10])
            whole, inner, scapy = [], [], []
            for _ in range(rounds):
                scapy.append(asked_by_scapy())
                rate, alone = asked(packets)
                whole.append(rate)
                inner.append(alone)
            show("sr, the whole call", whole, scapy, "scapy")
            show("sr, the exchange alone", inner, scapy, "scapy")
            # a type that nobody listens for: what is measured is the sender
            frame = bytes.fromhex("020000000002 020000000001 88b5") + bytes(46)
            file = Path(folder) / "frames.pcap"
            with Writer(str(file), linktype=1) as writer:
                for number in range(1000):
                    writer.write(frame, time_ns=number)
            ways: dict[str, Callable[[], float]] = {
                "tcpreplay": lambda: replayed(file),
                "one by one": lambda: one_by_one(frame),
                "in batches": lambda: in_batches(frame),
            }
            found = {name: [way()] for name, way in ways.items()}
            for _ in range(rounds - 1):
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
