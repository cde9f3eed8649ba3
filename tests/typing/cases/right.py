"""What a type checker must accept: no line of this file is an error."""

from __future__ import annotations

from typing_extensions import assert_type

from umpa import ARP, IP, TCP, UDP, Ethernet, IPv6, Packet, Payload


def craft() -> Packet:
    packet = Packet(Ethernet(dst="02:00:00:00:00:01"), IP(dst="10.0.0.2", ttl="windows"), TCP())
    packet.include(Payload(b"more"))
    return Ethernet() / IP(dst=b"\x0a\0\0\2") / UDP(dstport="domain") / b"payload"


def read(packet: Packet) -> None:
    assert_type(packet.ip.ttl, int)
    assert_type(packet.ip.src, str)
    assert_type(packet.ipv6.dst, str)
    assert_type(packet.tcp.dstport, int)
    assert_type(packet[IP], IP)
    assert_type(packet[IP, 1], IP)
    assert_type(packet.get(TCP), TCP | None)
    assert_type(packet[IPv6].hlim, int)
    assert_type(IP in packet, bool)
    assert_type(bytes(packet), bytes)
    assert_type(packet.time_ns, int | None)


def write(packet: Packet) -> None:
    packet.ip.ttl = 9
    packet.ip.ttl = "windows"
    packet.ip.dst = "10.0.0.1"
    packet.tcp.flags = "SYN,ACK"
    packet.tcp.flags = ["SYN", "ACK"]
    packet.tcp.checksum = 0xBEEF
    packet.tcp.auto("checksum")
    packet.tcp.options = [("mss", 1460), "nop", ("wscale", 7)]
    packet.arp.opcode = "reply"


def match(packet: Packet) -> bool:
    web = (TCP.dstport == 80) & ~TCP.flags.has("RST")
    near = IP.dst.is_in("10.0.0.0/24") | TCP.srcport.is_in(range(1024))
    who_has = ARP.opcode == "request"
    return web(packet) or near(packet) or who_has(packet)
