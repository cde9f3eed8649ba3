"""A first look: craft packets, break one, save them, read them back, explain a real capture.

Needs neither root nor a network.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import umpa
from umpa import IP, TCP, UDP, Ethernet, Packet, Payload

CAPTURE = Path(__file__).parent / "captures" / "first.pcapng"


def title(text: str) -> None:
    print(f"\n--- {text}\n")


def craft() -> list[Packet]:
    """Two packets, stacked in the two ways there are."""
    syn = Packet(
        Ethernet(dst="02:00:00:00:00:02"), IP(dst="10.0.0.2"), TCP(dstport="http", flags="SYN")
    )
    note = Ethernet() / IP(dst="10.0.0.2", ttl="windows") / UDP(dstport=9999) / b"hello"
    return [syn, note]


def main() -> None:
    title("1. Crafted: lengths, checksums and next protocols fill themselves in")
    packets = craft()
    print(packets[0])

    title("2. Broken on purpose: a value that a person sets stays, and is marked")
    packets[1].udp.checksum = 0xBEEF
    packets[1].include(Payload(b", world"))
    print(packets[1])

    title("3. Written to a file, and read back")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "crafted.pcapng"
        umpa.write(file, packets)
        for packet in umpa.read(file):
            print(packet.summary())

    title(f"4. A real capture, {CAPTURE.name}: ping, dig and curl between two hosts")
    for number, packet in enumerate(umpa.read(CAPTURE), 1):
        print(f"{number:3}  {packet.summary()}")

    title("5. The first reply of the web server, explained")
    answers = umpa.read(CAPTURE, filter=(TCP.srcport == 80) & TCP.flags.has("SYN,ACK"), count=1)
    for packet in answers:
        print(packet)

    title("6. A mistake is an error where it is made")
    try:
        TCP(dport=80)  # type: ignore[call-arg]  # the mistake
    except umpa.errors.FieldError as error:
        print(f"FieldError: {error}")


if __name__ == "__main__":
    main()
