"""Tasks a and b by `umpa.pick`: rows of fields, read from the bytes without layers."""

from __future__ import annotations

from pathlib import Path

import umpa
from tests.bench.peers.umpa_peer import Keep

FOUR = umpa.pick(
    ("ip.src", "ipv6.src", "arp.src.proto_ipv4"),
    ("ip.dst", "ipv6.dst", "arp.dst.proto_ipv4"),
    ("tcp.srcport", "udp.srcport", "icmp.type", "arp.opcode"),
    ("tcp.dstport", "udp.dstport", "icmp.code", "arp.hw.type"),
)
EVERY = umpa.pick(
    *("eth.dst", "eth.src", ("vlan.etype", "eth.type"), "vlan.priority", "vlan.dei", "vlan.id"),
    *("ip.version", "ip.hdr_len", "ip.dsfield", "ip.len", "ip.id", "ip.flags.df", "ip.flags.mf"),
    *("ip.frag_offset", "ip.ttl", "ip.proto", "ip.checksum", "ip.src", "ip.dst"),
    *("ipv6.version", "ipv6.tclass", "ipv6.flow", "ipv6.plen", "ipv6.nxt", "ipv6.hlim"),
    *("ipv6.src", "ipv6.dst"),
    *("tcp.srcport", "tcp.dstport", "tcp.seq", "tcp.ack", "tcp.hdr_len", "tcp.flags"),
    *("tcp.window_size_value", "tcp.checksum", "tcp.urgent_pointer", "tcp.options"),
    *("udp.srcport", "udp.dstport", "udp.length", "udp.checksum"),
    *("icmp.type", "icmp.code", "icmp.checksum", "icmp.ident", "icmp.seq"),
    *("arp.hw.type", "arp.proto.type", "arp.hw.size", "arp.proto.size", "arp.opcode"),
    *("arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.hw_mac", "arp.dst.proto_ipv4"),
)


def fields(path: Path, keep: Keep) -> None:
    for row in FOUR.rows(umpa.read(path)):
        if keep:
            keep(row)


def every_field(path: Path, keep: Keep) -> None:
    for row in EVERY.rows(umpa.read(path)):
        if keep:  # the others have no columns for what a packet lacks
            keep(tuple(value for value in row if value is not None))
