"""The tasks by umpa, through its public names, as its documentation teaches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import umpa
from umpa import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6, Packet, Payload

Keep = Callable[[tuple[Any, ...]], None] | None


def four(packet: Packet) -> tuple[Any, ...]:
    ip = packet.get(IP) or packet.get(IPv6)
    if ip is None:
        arp = packet.arp
        return arp.src_proto_ipv4, arp.dst_proto_ipv4, arp.opcode, arp.hw_type
    upper = packet.get(TCP) or packet.get(UDP)
    if upper is None:
        return ip.src, ip.dst, packet.icmp.type, packet.icmp.code
    return ip.src, ip.dst, upper.srcport, upper.dstport


def fields(path: Path, keep: Keep) -> None:
    for packet in umpa.read(path):
        row = four(packet)
        if keep:
            keep(row)


def every_field(path: Path, keep: Keep) -> None:
    for packet in umpa.read(path):
        row = everything(packet)
        if keep:
            keep(row)


def everything(packet: Packet) -> tuple[Any, ...]:
    eth = packet.eth
    low: tuple[Any, ...] = (eth.dst, eth.src, eth.type)
    vlan = packet.get(VLAN)
    if vlan is not None:
        low = (eth.dst, eth.src, vlan.etype, vlan.priority, vlan.dei, vlan.id)
    ip = packet.get(IP)
    if ip is not None:
        low += (ip.version, ip.hdr_len, ip.dsfield, ip.len, ip.id, ip.flags_df, ip.flags_mf)
        low += (ip.frag_offset, ip.ttl, ip.proto, ip.checksum, ip.src, ip.dst)
    else:
        ip6 = packet.get(IPv6)
        if ip6 is None:
            return low + every_field_of_arp(packet.arp)
        low += (ip6.version, ip6.tclass, ip6.flow, ip6.plen, ip6.nxt, ip6.hlim, ip6.src, ip6.dst)
    tcp = packet.get(TCP)
    if tcp is not None:
        ports = tcp.srcport, tcp.dstport, tcp.seq, tcp.ack, tcp.hdr_len
        rest = tcp.window_size_value, tcp.checksum, tcp.urgent_pointer, bytes(tcp.options)
        return low + ports + (tcp.flags, *rest)
    udp = packet.get(UDP)
    if udp is not None:
        return (*low, udp.srcport, udp.dstport, udp.length, udp.checksum)
    echo = packet[ICMP]
    return (*low, echo.type, echo.code, echo.checksum, echo.ident, echo.seq)


def every_field_of_arp(arp: ARP) -> tuple[Any, ...]:
    head = arp.hw_type, arp.proto_type, arp.hw_size, arp.proto_size, arp.opcode
    ends = arp.src_hw_mac, arp.src_proto_ipv4, arp.dst_hw_mac, arp.dst_proto_ipv4
    return head + ends


def count_by_match(path: Path) -> int:
    return sum(1 for _ in umpa.read(path, filter=TCP.dstport == 443))


def count_by_filter(path: Path) -> int:
    # In a libpcap expression, `vlan` moves what follows it behind the tag.
    expression = "tcp dst port 443 or (vlan and tcp dst port 443)"
    return sum(1 for _ in umpa.read(path, filter=expression))


def craft(count: int, payload: bytes) -> list[bytes]:
    made = []
    for port in range(count):
        packet = Packet(
            Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02"),
            IP(src="10.0.0.1", dst="10.0.0.2"),
            TCP(srcport=1024 + port % 60000, dstport=80, seq=1, flags="ACK,PSH"),
            Payload(payload),
        )
        made.append(bytes(packet))
    return made


def craft_reused(count: int, payload: bytes) -> list[bytes]:
    packet = Packet(
        Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02"),
        IP(src="10.0.0.1", dst="10.0.0.2"),
        TCP(dstport=80, seq=1, flags="ACK,PSH"),
        Payload(payload),
    )
    tcp = packet.tcp
    made = []
    for port in range(count):
        tcp.srcport = 1024 + port % 60000
        made.append(bytes(packet))
    return made


def rebuild(frames: Sequence[bytes]) -> list[bytes]:
    made = []
    for data in frames:
        packet = Packet.dissect(data)
        packet.ip.ttl = 9
        packet.ip.dst = "10.9.9.9"
        made.append(bytes(packet))
    return made


def copy(path: Path, target: Path) -> None:
    umpa.write(target, umpa.read(path))


def hold(frames: Sequence[bytes]) -> list[Any]:
    return [Packet.dissect(data) for data in frames]


touch = four
