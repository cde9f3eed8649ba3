"""A deterministic mix of traffic as a pcap file, made with `struct` alone.

Ethernet with IPv4/TCP with options, UDP/DNS, ICMP echo, ARP, IPv6/TCP and VLAN, of mixed sizes;
lengths and checksums are right. The same number of packets always gives the same bytes.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

MACS = [bytes((2, 0, 0, 0, 0, last)) for last in range(1, 41)]
HOSTS = [bytes((10, third, 1, fourth)) for third in range(4) for fourth in range(1, 101)]
HOSTS6 = [b"\xfd" + bytes(13) + last.to_bytes(2, "big") for last in range(1, 201)]
SERVICES = (80, 443, 443, 443, 22, 8080, 25)
SIZES = (0, 0, 0, 24, 120, 380, 700, 1200, 1448, 1448)


def checksum(data: bytes) -> int:
    """RFC 1071."""
    return -int.from_bytes(data + bytes(len(data) % 2), "big") % 0xFFFF


def ipv4(pick: random.Random, proto: int, src: bytes, dst: bytes, payload: bytes) -> bytes:
    length, flags = 20 + len(payload), pick.choice((0, 0x4000))
    head = struct.pack("!BBHHHBB", 0x45, 0, length, pick.randrange(65536), flags, 64, proto)
    return head + struct.pack("!H", checksum(head + src + dst)) + src + dst + payload


def ipv6(pick: random.Random, proto: int, src: bytes, dst: bytes, payload: bytes) -> bytes:
    first = 6 << 28 | pick.randrange(1 << 20)
    return struct.pack("!IHBB", first, len(payload), proto, 64) + src + dst + payload


def pseudo(proto: int, src: bytes, dst: bytes, length: int) -> bytes:
    return src + dst + struct.pack("!II", length, proto)


def tcp(pick: random.Random, src: bytes, dst: bytes, options: bytes, payload: bytes) -> bytes:
    service, client = pick.choice(SERVICES), pick.randrange(32768, 61000)
    ports = (client, service) if pick.random() < 0.5 else (service, client)
    numbers = pick.getrandbits(32), pick.getrandbits(32)
    words = (20 + len(options)) // 4
    flags = pick.choice((0x10, 0x10, 0x18, 0x02, 0x11))
    head = struct.pack("!HHIIBBH", *ports, *numbers, words << 4, flags, pick.randrange(1, 65536))
    rest = struct.pack("!H", 0) + options + payload
    over = pseudo(6, src, dst, len(head) + 2 + len(rest))
    return head + struct.pack("!H", checksum(over + head + rest)) + rest


def stamps(pick: random.Random) -> bytes:
    """The usual options of an established connection: two NOPs and a timestamp."""
    return b"\x01\x01" + struct.pack("!BBII", 8, 10, pick.getrandbits(32), pick.getrandbits(32))


def tcp4(pick: random.Random) -> tuple[int, bytes]:
    src, dst = pick.choice(HOSTS), pick.choice(HOSTS)
    segment = tcp(pick, src, dst, stamps(pick), pick.randbytes(pick.choice(SIZES)))
    return 0x0800, ipv4(pick, 6, src, dst, segment)


def tcp6(pick: random.Random) -> tuple[int, bytes]:
    src, dst = pick.choice(HOSTS6), pick.choice(HOSTS6)
    segment = tcp(pick, src, dst, stamps(pick), pick.randbytes(pick.choice(SIZES)))
    return 0x86DD, ipv6(pick, 6, src, dst, segment)


def dns(pick: random.Random) -> tuple[int, bytes]:
    src, dst = pick.choice(HOSTS), pick.choice(HOSTS)
    label = b"".join(bytes((pick.randrange(97, 123),)) for _ in range(pick.randrange(3, 16)))
    name = bytes((len(label),)) + label + b"\x07example\x04test\0"
    query = struct.pack("!6H", pick.randrange(65536), 0x0100, 1, 0, 0, 0) + name + b"\0\1\0\1"
    length = 8 + len(query)
    head = struct.pack("!HHH", pick.randrange(32768, 61000), 53, length)
    total = checksum(pseudo(17, src, dst, length) + head + b"\0\0" + query) or 0xFFFF
    return 0x0800, ipv4(pick, 17, src, dst, head + struct.pack("!H", total) + query)


def echo(pick: random.Random) -> tuple[int, bytes]:
    body = struct.pack("!HH", pick.randrange(65536), pick.randrange(100)) + bytes(range(56))
    kind = struct.pack("!BB", pick.choice((0, 8)), 0)
    message = kind + struct.pack("!H", checksum(kind + b"\0\0" + body)) + body
    return 0x0800, ipv4(pick, 1, pick.choice(HOSTS), pick.choice(HOSTS), message)


def arp(pick: random.Random) -> tuple[int, bytes]:
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, pick.choice((1, 2)))
    ends = (pick.choice(MACS), pick.choice(HOSTS), pick.choice(MACS), pick.choice(HOSTS))
    return 0x0806, head + b"".join(ends)


def vlan(pick: random.Random) -> tuple[int, bytes]:
    kind, body = tcp4(pick)
    return 0x8100, struct.pack(
        "!HH", pick.randrange(8) << 13 | pick.randrange(1, 4095), kind
    ) + body


KINDS: list[Callable[[random.Random], tuple[int, bytes]]] = [tcp4, dns, echo, arp, tcp6, vlan]
WEIGHTS = [50, 18, 5, 2, 17, 8]


def frames(count: int) -> Iterator[bytes]:
    """The frames of the mix, one by one."""
    pick = random.Random(1)
    for maker in pick.choices(KINDS, WEIGHTS, k=count):
        kind, body = maker(pick)
        yield pick.choice(MACS) + pick.choice(MACS) + struct.pack("!H", kind) + body


def write(path: Path, count: int) -> Path:
    """The mix as a pcap file with microseconds; returns its path."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames(count)):
            seconds, micro = divmod(number * 731, 1_000_000)
            times = 1_700_000_000 + seconds, micro
            file.write(struct.pack("<IIII", *times, len(frame), len(frame)) + frame)
    return path
