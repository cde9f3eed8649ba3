"""The tasks by dpkt."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

dpkt: Any = import_module("dpkt")
Ethernet: Any = dpkt.ethernet.Ethernet
IP: Any = dpkt.ip.IP
IP6: Any = dpkt.ip6.IP6
TCP: Any = dpkt.tcp.TCP
UDP: Any = dpkt.udp.UDP
ICMP: Any = dpkt.icmp.ICMP
Keep = Callable[[tuple[Any, ...]], None] | None


def four(eth: Any) -> tuple[Any, ...]:
    ip = eth.data
    kind = type(ip)
    if kind is IP or kind is IP6:
        upper = ip.data
        if type(upper) is ICMP:
            return ip.src, ip.dst, upper.type, upper.code
        return ip.src, ip.dst, upper.sport, upper.dport
    return ip.spa, ip.tpa, ip.op, ip.hrd


def fields(path: Path, keep: Keep) -> None:
    with path.open("rb") as file:
        for _, data in dpkt.pcap.Reader(file):
            row = four(Ethernet(data))
            if keep:
                keep(row)


def every_field(path: Path, keep: Keep) -> None:
    with path.open("rb") as file:
        for _, data in dpkt.pcap.Reader(file):
            row = everything(Ethernet(data))
            if keep:
                keep(row)


def everything(eth: Any) -> tuple[Any, ...]:
    ip = eth.data
    kind = type(ip)
    low: tuple[Any, ...] = (eth.dst, eth.src, eth.type)
    if hasattr(eth, "vlan_tags"):
        tag = eth.vlan_tags[0]
        low = (eth.dst, eth.src, tag.type, tag.pri, tag.cfi, tag.id)
    if kind is IP:
        low += (ip.v, ip.hl << 2, ip.tos, ip.len, ip.id, ip.df, ip.mf, ip.offset, ip.ttl, ip.p)
        low += (ip.sum, ip.src, ip.dst)
    elif kind is IP6:
        low += (ip.v, ip.fc, ip.flow, ip.plen, ip.nxt, ip.hlim, ip.src, ip.dst)
    else:
        low += (ip.hrd, ip.pro, ip.hln, ip.pln, ip.op, ip.sha, ip.spa, ip.tha, ip.tpa)
        return low
    upper = ip.data
    kind = type(upper)
    if kind is TCP:
        ports = upper.sport, upper.dport, upper.seq, upper.ack, upper.off << 2
        return low + ports + (upper.flags, upper.win, upper.sum, upper.urp, upper.opts)
    if kind is UDP:
        return (*low, upper.sport, upper.dport, upper.ulen, upper.sum)
    echo = upper.data
    return (*low, upper.type, upper.code, upper.sum, echo.id, echo.seq)


def count_by_match(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        for _, data in dpkt.pcap.Reader(file):
            ip = Ethernet(data).data
            if isinstance(ip, (IP, IP6)):
                tcp = ip.data
                if isinstance(tcp, TCP) and tcp.dport == 443:
                    found += 1
    return found


count_by_filter = count_by_match


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def craft(count: int, payload: bytes) -> list[bytes]:
    made = []
    for port in range(count):
        tcp = TCP(sport=1024 + port % 60000, dport=80, seq=1, flags=0x18, win=8192, data=payload)
        src, dst = socket.inet_aton("10.0.0.1"), socket.inet_aton("10.0.0.2")
        ip = IP(src=src, dst=dst, p=6, ttl=64, data=tcp)
        ip.len = len(ip)
        low, high = mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02")
        made.append(bytes(Ethernet(src=low, dst=high, type=0x0800, data=ip)))
    return made


def rebuild(frames: Sequence[bytes]) -> list[bytes]:
    made = []
    for data in frames:
        eth = Ethernet(data)
        ip = eth.data
        ip.ttl = 9
        ip.dst = socket.inet_aton("10.9.9.9")
        ip.sum = 0
        if type(ip.data) is not ICMP:
            ip.data.sum = 0
        made.append(bytes(eth))
    return made


def copy(path: Path, target: Path) -> None:
    with path.open("rb") as file, target.open("wb") as output:
        dpkt.pcap.Writer(output).writepkts(dpkt.pcap.Reader(file))


def hold(frames: Sequence[bytes]) -> list[Any]:
    return [Ethernet(data) for data in frames]


touch = four
