"""What a type checker must refuse: each line marked `# error`, and no other."""

from __future__ import annotations

import umpa
from umpa import ARP, ICMP, IP, TCP, UDP, Ethernet, Match, Packet, has
from umpa.core.field import U8, Enum8
from umpa.core.protocol import Protocol

# A constructor: misspelt, mistyped, positional.
TCP(dport=80)  # error
TCP(dstport=1.5)  # error
IP(ttl=b"64")  # error
IP(dst=["10.0.0.1"])  # error
IP(flags_df="yes")  # error
Ethernet("02:00:00:00:00:01")  # error
UDP(dstport=53, checksum=None)  # error
ICMP(tpe="echo-request")  # error
ARP(opcode=["reply"])  # error
TCP(options=5)  # error
TCP(flags=1.5)  # error
Packet(3)  # error
IP() / 3  # error


def write(packet: Packet) -> None:
    packet.ip.ttl = 1.5  # error
    packet.ip.dst = None  # error
    packet.udp.length = [8]  # error
    packet.ip.tll = 9  # error
    packet.tcp.flags = 1.5  # error
    packet.layers = ()  # error
    packet.time_ns = "noon"  # error
    packet.comments = "x"  # error
    packet.tcp.options.append(3.5)  # error


def read(packet: Packet) -> None:
    address: int = packet.ip.src  # error
    port: str = packet.tcp.dstport  # error
    layer: TCP = packet[UDP]  # error
    print(packet.ip.time_to_live)  # error
    print(packet[IP].dstport, address, port, layer)  # error
    print(packet.get(TCP).dstport)  # error
    print(packet.tpc)  # error
    print(umpa.TPC)  # error
    umpa.read(5)  # error
    Packet.dissect("text")  # error


def match(packet: Packet) -> bool:
    wrong_name = TCP.dport == 80  # error
    wrong_type: Match = IP.ttl == 1.5  # error
    wrong_order = IP.ttl < b"1"  # error
    wrong_items = IP.ttl.is_in([1.5])  # error
    wrong_bits = TCP.flags.has(1.5)  # error
    number: int = TCP.dstport == 80  # error
    mixed = (TCP.dstport == 80) & True  # error
    asked = (TCP.dstport == 80)("packet")  # error
    return (
        bool(wrong_name)
        and bool(wrong_type & wrong_items & wrong_order & wrong_bits)
        and bool(number)
        and bool(mixed)
        and asked
    )


def use_a_wrong_match(packet: Packet) -> None:
    """Of a comparison that no method takes, Python makes a bool, and so do the checkers.

    By the rules of `==` the right side is asked next, and every object answers; so a wrong type is
    reported where the match is used. Running it raises an error at once.
    """
    wrong = IP.ttl == 1.5
    umpa.read("capture.pcap", filter=wrong)  # error
    umpa.read("capture.pcap", filter=IP.dst != 1.5)  # error
    wrong(packet)  # error
    print(wrong & has(TCP))  # error
    print(has(TCP) | wrong)  # error
    print(wrong & (TCP.dstport == 80))  # error
    umpa.read("capture.pcap", filter=wrong & (IP.ttl == 2.5))  # error


class Sensor(Protocol, name="sensor", follows={"udp.port": 7007}):
    """Sensor report (a protocol of the user's own)."""

    kind: Enum8 = Enum8(names={1: "reading"}, doc="Kind.")
    size: U8 = U8(doc="Bytes.")
    wrong: U8 = "text"  # error


Sensor(kind=b"reading")  # error
Sensor(sizes=3)  # error
