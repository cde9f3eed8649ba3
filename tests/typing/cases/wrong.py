"""What a type checker must refuse: exactly the lines that end with the mark."""

from __future__ import annotations

from umpa import IP, TCP, UDP, Ethernet, Packet

# A constructor: misspelt, mistyped, positional.
TCP(dport=80)  # error
TCP(dstport=1.5)  # error
IP(ttl=b"64")  # error
IP(dst=["10.0.0.1"])  # error
Ethernet("02:00:00:00:00:01")  # error
UDP(dstport=53, checksum=None)  # error


def write(packet: Packet) -> None:
    packet.ip.ttl = 1.5  # error
    packet.ip.dst = None  # error
    packet.udp.length = [8]  # error
    packet.ip.tll = 9  # error


def read(packet: Packet) -> None:
    address: int = packet.ip.src  # error
    port: str = packet.tcp.dstport  # error
    layer: TCP = packet[UDP]  # error
    print(packet.ip.time_to_live)  # error
    print(packet[IP].dstport, address, port, layer)  # error


def match(packet: Packet) -> bool:
    wrong_name = TCP.dport == 80  # error
    wrong_type = IP.ttl == 1.5  # error
    wrong_items = IP.ttl.is_in([1.5])  # error
    number: int = TCP.dstport == 80  # error
    return bool(wrong_name) and bool(wrong_type & wrong_items) and bool(number)
