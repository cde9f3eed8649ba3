"""The tasks by pypacker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

ppcap: Any = import_module("pypacker.ppcap")
Ethernet: Any = import_module("pypacker.layer12.ethernet").Ethernet
ARP: Any = import_module("pypacker.layer12.arp").ARP
IP: Any = import_module("pypacker.layer3.ip").IP
IP6: Any = import_module("pypacker.layer3.ip6").IP6
ICMP: Any = import_module("pypacker.layer3.icmp").ICMP
TCP: Any = import_module("pypacker.layer4.tcp").TCP
UDP: Any = import_module("pypacker.layer4.udp").UDP
Keep = Callable[[tuple[Any, ...]], None] | None


def four(eth: Any) -> tuple[Any, ...]:
    ip = eth.higher_layer
    if type(ip) is ARP:
        return ip.spa, ip.tpa, ip.op, ip.hrd
    upper = ip.higher_layer
    if type(upper) is ICMP:
        return ip.src, ip.dst, upper.type, upper.code
    return ip.src, ip.dst, upper.sport, upper.dport


def fields(path: Path, keep: Keep) -> None:
    for _, data in ppcap.Reader(filename=str(path)):
        row = four(Ethernet(data))
        if keep:
            keep(row)


def every_field(path: Path, keep: Keep) -> None:
    for _, data in ppcap.Reader(filename=str(path)):
        row = everything(Ethernet(data))
        if keep:
            keep(row)


def everything(eth: Any) -> tuple[Any, ...]:
    low: tuple[Any, ...] = (eth.dst, eth.src, eth.type)
    if eth.vlan:
        tag = eth.vlan[0]
        low += (tag.prio, tag.cfi, tag.vid)
    ip = eth.higher_layer
    kind = type(ip)
    if kind is IP:
        flags = ip.frag_off
        low += (ip.v, ip.hl << 2, ip.tos, ip.len, ip.id, flags >> 14 & 1, flags >> 13 & 1)
        low += (flags & 0x1FFF, ip.ttl, ip.p, ip.sum, ip.src, ip.dst)
    elif kind is IP6:
        word = ip.v_fc_flow
        low += (word >> 28, word >> 20 & 0xFF, word & 0xFFFFF, ip.dlen, ip.nxt, ip.hlim)
        low += (ip.src, ip.dst)
    else:
        low += (ip.hrd, ip.pro, ip.hln, ip.pln, ip.op, ip.sha, ip.spa, ip.tha, ip.tpa)
        return low
    upper = ip.higher_layer
    kind = type(upper)
    if kind is TCP:
        ports = upper.sport, upper.dport, upper.seq, upper.ack, upper.off << 2
        return low + ports + (upper.flags, upper.win, upper.sum, upper.urp, upper.opts.bin())
    if kind is UDP:
        return (*low, upper.sport, upper.dport, upper.ulen, upper.sum)
    echo = upper.higher_layer
    return (*low, upper.type, upper.code, upper.sum, echo.id, echo.seq)


def count_by_match(path: Path) -> int:
    found = 0
    for _, data in ppcap.Reader(filename=str(path)):
        tcp = Ethernet(data)[TCP]
        if tcp is not None and tcp.dport == 443:
            found += 1
    return found


count_by_filter = count_by_match


def craft(count: int, payload: bytes) -> list[bytes]:
    made = []
    for port in range(count):
        packet = (
            Ethernet(src_s="02:00:00:00:00:01", dst_s="02:00:00:00:00:02", type=0x0800)
            + IP(src_s="10.0.0.1", dst_s="10.0.0.2", p=6)
            + TCP(sport=1024 + port % 60000, dport=80, seq=1, flags=0x18, win=8192)
        )
        packet[TCP].body_bytes = payload
        made.append(packet.bin())
    return made


def rebuild(frames: Sequence[bytes]) -> list[bytes]:
    made = []
    for data in frames:
        eth = Ethernet(data)
        ip = eth.higher_layer
        ip.higher_layer  # noqa: B018 (dissected, so that its checksum follows)
        ip.ttl = 9
        ip.dst_s = "10.9.9.9"
        made.append(eth.bin())
    return made


def copy(path: Path, target: Path) -> None:
    target.unlink(missing_ok=True)  # the writer appends to a file that is there
    writer = ppcap.Writer(filename=str(target))
    for time, data in ppcap.Reader(filename=str(path)):
        writer.write(data, ts=time)
    writer.close()


def hold(frames: Sequence[bytes]) -> list[Any]:
    return [Ethernet(data) for data in frames]


touch = four
