"""A first look: craft packets, break one, save them, read them back, explain a real capture.

Needs neither root nor a network.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import umpa
from umpa import ICMP, IP, TCP, UDP, Ethernet, Packet

CAPTURE = Path(__file__).parent / "captures" / "first.pcapng"
LAPTOP = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}


def title(text: str) -> None:
    print(f"\n--- {text}\n")


def craft() -> list[Packet]:
    """A connection request and a note, stacked in the two ways there are."""
    syn = Packet(
        Ethernet(**LAPTOP),
        IP(src="10.0.0.1", dst="10.0.0.2"),
        TCP(srcport=40000, dstport="http", flags="SYN", options=[("mss", 1460)]),
    )
    base = Ethernet(**LAPTOP) / IP(src="10.0.0.1", dst="10.0.0.2", ttl="windows")
    note = base / UDP(srcport=40001, dstport=9999) / b"hello"
    return [syn, note]


def explain_the_web_server() -> None:
    """The first packet of the capture in which the web server agrees to talk."""
    agrees = (TCP.srcport == "http") & TCP.flags.has("SYN,ACK")
    for packet in umpa.read(CAPTURE, filter=agrees, count=1):
        print(packet)


def who_answered() -> None:
    """Which packet of the capture answers which request: by what the headers say, not by order."""
    packets = list(umpa.read(CAPTURE))
    for number, request in enumerate(packets, 1):
        for later, packet in enumerate(packets[number:], number + 1):
            if packet.answers(request) and (ICMP in packet or UDP in packet):
                took = ((packet.time_ns or 0) - (request.time_ns or 0)) / 1e6
                print(f"{later:3} answers {number:2} after {took:.3f} ms: {packet.summary()}")
                break


def main() -> None:
    title("1. Crafted: lengths, checksums and next protocols fill themselves in")
    syn, note = craft()
    print(syn)

    title("2. Broken on purpose: what a person sets stays, and is marked")
    note.udp.checksum = 0xBEEF
    note.include(b", world")
    print(note)

    title("3. Written to a file, and read back")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "crafted.pcapng"
        umpa.write(file, [syn, note])
        for packet in umpa.read(file):
            print(packet.summary())

    title(f"4. A real capture, {CAPTURE.name}: ping, dig and curl between two hosts")
    for number, packet in enumerate(umpa.read(CAPTURE), 1):
        print(f"{number:3}  {packet.summary()}")

    title("5. Who answered whom in it")
    who_answered()

    title("6. The web server's first packet, explained")
    explain_the_web_server()

    title("7. A mistake is an error where it is made")
    try:
        TCP(dport=80)  # type: ignore[call-arg]  # the mistake
    except umpa.errors.FieldError as error:
        print(f"FieldError: {error}")


if __name__ == "__main__":
    main()
