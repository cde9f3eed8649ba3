"""The kernel filter that lets the answers in, made from the requests.

It may let in more than answers, never less. Where headers move (VLAN tags, tunnels) or the
addresses are many, it is wider; at worst it is empty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from struct import Struct

from umpa.core.packet import Packet
from umpa.exchange.filed import Filed
from umpa.link.frame import ETHERNET
from umpa.protocols.arp import ARP
from umpa.protocols.icmpv6 import ICMPv6
from umpa.protocols.ip import IP
from umpa.protocols.ipv6 import IPv6
from umpa.protocols.sctp import SCTP
from umpa.protocols.tcp import TCP
from umpa.protocols.udp import UDP

__all__ = ["come_by_themselves", "filter_for"]

_ALIKE = {
    # what the filter looks at, by type and first byte: protocol, source address and port
    b"\x08\x00\x45": Struct("12x3s8xs2x4s4x2s"),
    b"\x86\xdd\x60": Struct("12x3s5xsx16s16x2s"),
}
_PLAIN = (b"\x08\x00", b"\x86\xdd", b"\x08\x06")
_ARP = b"\x08\x06"
_MOST_HOSTS = 16
_MOST_PORTS = 16


def filter_for(requests: Iterable[Filed]) -> str:
    """The filter, as libpcap's text; empty where everything has to be let in."""
    hosts: set[str] = set()
    kinds: set[str] = set()
    ports: dict[str, set[int]] = {}
    for one in _unlike(requests):
        packet = one.frame
        ip = packet.get(IP) or packet.get(IPv6)
        arp = packet.get(ARP)
        if arp is not None and (ip is None or arp.offset < ip.offset):
            kinds.add("arp")
            continue
        if ip is None or not _plain(packet):
            return ""
        hosts.add(_host(packet, ip))
        name, port = _port(packet)
        ports.setdefault(name, set()).update(port)
    if "" in hosts or len(hosts) > _MOST_HOSTS:
        hosts = {""}
    parts = sorted(kinds)
    if ports:
        where = " or ".join(f"dst host {host}" for host in sorted(hosts)) if "" not in hosts else ""
        what = _what(ports)
        both = [f"({part})" for part in (where, what) if part]
        if not both:
            return ""
        parts.append(" and ".join(both))
    return " or ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)


def _unlike(requests: Iterable[Filed]) -> Iterator[Filed]:
    """Of those that are alike in all that the filter looks at, one; all where that is not known."""
    groups: defaultdict[tuple[int, bytes], list[Filed]] = defaultdict(list)
    for one in requests:
        groups[one.linktype, one.data[12:15]].append(one)
    for (linktype, start), members in groups.items():
        alike = _ALIKE.get(start)
        frames = [one.data for one in members]
        if alike is None or linktype != ETHERNET or min(map(len, frames)) < alike.size:
            yield from members
        else:
            heads = map(itemgetter(slice(alike.size)), frames)
            same = dict(zip(heads, members, strict=True))  # quickly told, and many, when stacked
            yield from dict(zip(map(alike.unpack_from, same), same.values(), strict=True)).values()


def come_by_themselves(requests: Iterable[Filed], mac: str | None) -> bool:
    """Whether the answers are for the device itself, so that it need not be promiscuous.

    That is, requests come from its own hardware address (where it has one) and ask one host.
    """
    if mac is None:
        return True
    own = bytes.fromhex(mac.replace(":", ""))
    heads = {(one.data[:14], one.linktype) for one in requests}
    return all(
        linktype != ETHERNET  # the kernel carries it
        or (
            head[6:12] == own
            and head[12:] in _PLAIN  # a tag may be filtered out
            and (not head[0] & 1 or head[12:] == _ARP)
        )
        for head, linktype in heads
    )


def _plain(packet: Packet) -> bool:
    """Whether nothing but Ethernet's header stands before IP: elsewhere a filter looks amiss."""
    names = [layer.name for layer in packet.layers[:2]]
    return names[:1] in (["ip"], ["ipv6"]) or names in (["eth", "ip"], ["eth", "ipv6"])


def _host(packet: Packet, ip: IP | IPv6) -> str:
    """The address that answers come to; empty where that is not known."""
    icmp = packet.get(ICMPv6)
    if ip.src in ("0.0.0.0", "::") or (icmp is not None and icmp.type == 133):
        return ""
    return ip.src


def _port(packet: Packet) -> tuple[str, set[int]]:
    """The outermost protocol that has ports, and the one that answers come to; else nothing."""
    layers = packet.layers
    at = next(n for n, layer in enumerate(layers) if isinstance(layer, (IP, IPv6)))
    for number, layer in enumerate(layers[at + 1 :], at + 2):
        if isinstance(layer, (IP, IPv6)):  # in a tunnel, where a filter sees none
            break
        if isinstance(layer, (TCP, UDP, SCTP)):
            tunnel = number < len(layers) and layers[number].same_ports
            return layer.name, {int(layer.dstport if tunnel else layer.srcport)}
    return "", set()


def _what(ports: dict[str, set[int]]) -> str:
    """Errors and fragments always; by port where these are few; empty for everything."""
    if "" in ports:
        return ""
    parts = ["icmp", "icmp6", "ip[6:2] & 0x1fff != 0", "ip6 proto 44"]
    for word, numbers in sorted(ports.items()):
        if len(numbers) <= _MOST_PORTS:
            parts += [f"{word} dst port {number}" for number in sorted(numbers)]
        else:
            parts.append(word)
    return " or ".join(parts)
