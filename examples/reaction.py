"""Action and reaction: send A, expect B or C, and keep what passed in a file.

A host is asked which of its ports are open. It is simulated at the other end of a link in memory,
so this needs neither root nor a network; with a device's name, such as "eth0", in the place of
`near`, the same capture asks a real one.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import umpa
from umpa import ICMP, IP, TCP, Ethernet, Packet
from umpa.link import MemoryLink
from umpa.sniffing import Capture

OPEN, FILTERED = {22, 80}, {25}
PORTS = (22, 25, 80, 443)


def request(port: int) -> Packet:
    """A connection request."""
    return (
        Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="10.0.0.1", dst="10.0.0.2")
        / TCP(srcport=40000 + port, dstport=port, flags="SYN", seq=1000)
    )


def host(link: MemoryLink, done: threading.Event) -> None:
    """The simulated host: a capture that answers."""
    with Capture(link) as capture:

        @capture.on(TCP.flags == "SYN")
        def decide(packet: Packet) -> None:
            port = packet.tcp.dstport
            if port in OPEN:
                capture.send(packet.reply(TCP(flags="SYN,ACK", ack=packet.tcp.seq + 1)))
            elif port in FILTERED:
                prohibited = ICMP(type="unreachable", code="admin-prohibited")
                capture.send(packet.reply(IP(src="10.0.0.254"), prohibited))  # it quotes the SYN
            else:
                capture.send(packet.reply(TCP(flags="RST,ACK", ack=packet.tcp.seq + 1)))

        while not done.is_set():
            capture.dispatch(timeout=0.05)


def ask(link: MemoryLink, file: Path) -> None:
    """One callback for each thing that may happen to each request."""
    with Capture(link, dump=file) as capture:
        for port in PORTS:
            syn = request(port)

            @capture.on(TCP.flags == "SYN,ACK", answers=syn)
            def opened(packet: Packet, port: int = port) -> None:
                print(f"{port:5} open       {packet.summary()}")

            @capture.on(TCP.flags.has("RST"), answers=syn)
            def closed(packet: Packet, port: int = port) -> None:
                print(f"{port:5} closed     {packet.summary()}")

            @capture.on(ICMP.type == "unreachable", answers=syn)
            def filtered(packet: Packet, port: int = port) -> None:
                print(f"{port:5} filtered   {packet.summary()}")

            capture.send(syn)
        handled = capture.dispatch(timeout=5, count=len(PORTS))
        print(f"\n{handled} answers; {capture.stats}")


def main() -> None:
    near, far = MemoryLink.pair(latency=0.001)
    done = threading.Event()
    other_side = threading.Thread(target=host, args=(far, done))
    other_side.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "answers.pcapng"
            ask(near, file)
            print(f"\n{file.name} has them:")
            for packet in umpa.read(file):
                print(f"      {packet.summary()}")
    finally:
        done.set()
        other_side.join()


if __name__ == "__main__":
    main()
