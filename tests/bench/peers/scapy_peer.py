"""The tasks by scapy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

utils: Any = import_module("scapy.utils")
layers: Any = import_module("scapy.layers.inet")
Ether: Any = import_module("scapy.layers.l2").Ether
ARP: Any = import_module("scapy.layers.l2").ARP
Dot1Q: Any = import_module("scapy.layers.l2").Dot1Q
IPv6: Any = import_module("scapy.layers.inet6").IPv6
IP: Any = layers.IP
TCP: Any = layers.TCP
UDP: Any = layers.UDP
ICMP: Any = layers.ICMP
Keep = Callable[[tuple[Any, ...]], None] | None


def four(packet: Any) -> tuple[Any, ...]:
    ip = packet.payload
    if type(ip) is Dot1Q:
        ip = ip.payload
    if type(ip) is ARP:
        return ip.psrc, ip.pdst, ip.op, ip.hwtype
    upper = ip.payload
    if type(upper) is ICMP:
        return ip.src, ip.dst, upper.type, upper.code
    return ip.src, ip.dst, upper.sport, upper.dport


def fields(path: Path, keep: Keep) -> None:
    for packet in utils.PcapReader(str(path)):
        row = four(packet)
        if keep:
            keep(row)


def every_field(path: Path, keep: Keep) -> None:
    for packet in utils.PcapReader(str(path)):
        row = everything(packet)
        if keep:
            keep(row)


def everything(packet: Any) -> tuple[Any, ...]:
    ip = packet.payload
    low: tuple[Any, ...] = (packet.dst, packet.src, packet.type)
    if type(ip) is Dot1Q:
        low = (packet.dst, packet.src, ip.type, ip.prio, ip.dei, ip.vlan)
        ip = ip.payload
    kind = type(ip)
    if kind is IP:
        flags = ip.flags
        low += (ip.version, ip.ihl << 2, ip.tos, ip.len, ip.id, int(flags.DF), int(flags.MF))
        low += (ip.frag, ip.ttl, ip.proto, ip.chksum, ip.src, ip.dst)
    elif kind is IPv6:
        low += (ip.version, ip.tc, ip.fl, ip.plen, ip.nh, ip.hlim, ip.src, ip.dst)
    else:
        low += (ip.hwtype, ip.ptype, ip.hwlen, ip.plen, ip.op)
        return (*low, ip.hwsrc, ip.psrc, ip.hwdst, ip.pdst)
    upper = ip.payload
    kind = type(upper)
    if kind is TCP:
        ports = upper.sport, upper.dport, upper.seq, upper.ack, upper.dataofs << 2
        flags = int(upper.flags)
        return low + ports + (flags, upper.window, upper.chksum, upper.urgptr, upper.options)
    if kind is UDP:
        return (*low, upper.sport, upper.dport, upper.len, upper.chksum)
    return (*low, upper.type, upper.code, upper.chksum, upper.id, upper.seq)


def count_by_match(path: Path) -> int:
    found = 0
    for packet in utils.PcapReader(str(path)):
        if TCP in packet and packet[TCP].dport == 443:
            found += 1
    return found


count_by_filter = count_by_match


def craft(count: int, payload: bytes) -> list[bytes]:
    made = []
    for port in range(count):
        low = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        tcp = TCP(sport=1024 + port % 60000, dport=80, seq=1, flags=0x18)
        made.append(bytes(low / IP(src="10.0.0.1", dst="10.0.0.2", id=0) / tcp / payload))
    return made


def rebuild(frames: Sequence[bytes]) -> list[bytes]:
    made = []
    for data in frames:
        packet = Ether(data)
        ip = packet[IP]
        ip.ttl = 9
        ip.dst = "10.9.9.9"
        del ip.chksum
        if type(ip.payload) is not ICMP:
            del ip.payload.chksum
        made.append(bytes(packet))
    return made


def copy(path: Path, target: Path) -> None:
    with utils.PcapWriter(str(target)) as writer:
        for packet in utils.PcapReader(str(path)):
            writer.write(packet)


def hold(frames: Sequence[bytes]) -> list[Any]:
    return [Ether(data) for data in frames]


touch = four
