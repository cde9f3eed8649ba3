"""Who has an address: the questions and answers of ARP and of IPv6's neighbour discovery.

Plain functions from packets to packets, for whatever claims addresses on a link.
"""

from __future__ import annotations

import ipaddress

from umpa.core.packet import Packet
from umpa.net.neighbours import question
from umpa.protocols import ARP, Ethernet, ICMPv6, IPv6
from umpa.protocols.icmpv6_nd import NDOptions

__all__ = ["announcement", "answer", "asked", "claimed_by", "is_probe", "probe"]

_EVERYBODY = "ff:ff:ff:ff:ff:ff"
_ALL_NODES, _ALL_NODES_MAC = "ff02::1", "33:33:00:00:00:01"
_NOBODY = {"0.0.0.0", "::"}
_NO_ROUTER = 255
"""The hop limit of what was not routed (RFC 4861, 7.1)."""


def probe(address: str, mac: str) -> Packet:
    """The question whether anybody has an address, by one who has none (RFC 5227, RFC 4862)."""
    if ":" not in address:
        asking = ARP(opcode="request", src_hw_mac=mac, dst_proto_ipv4=address)
        asking.src_proto_ipv4 = "0.0.0.0"
        return Packet(Ethernet(src=mac, dst=_EVERYBODY), asking)
    packet = question(address, "::", mac)  # to the group of the address
    return Packet(packet[Ethernet], packet[IPv6], packet[ICMPv6])


def announcement(address: str, mac: str) -> Packet:
    """The news that an address is at `mac` from now on (RFC 5227, 2.3; RFC 4861, 7.2.6)."""
    if ":" not in address:
        news = ARP(opcode="request", src_hw_mac=mac, src_proto_ipv4=address, dst_proto_ipv4=address)
        return Packet(Ethernet(src=mac, dst=_EVERYBODY), news)
    return Packet(
        Ethernet(src=mac, dst=_ALL_NODES_MAC),
        IPv6(src=address, dst=_ALL_NODES, hlim=_NO_ROUTER),
        ICMPv6(type="neighbor-advertisement", nd_na_target_address=address, nd_na_flag_o=True),
        NDOptions(options=[("target_lladdr", mac)]),
    )


def asked(packet: Packet) -> str | None:
    """The address that a packet asks for; None for one that is no question."""
    arp = packet.get(ARP)
    if arp is not None:
        return arp.dst_proto_ipv4 if arp.opcode == 1 else None
    icmp, ip = packet.get(ICMPv6), packet.get(IPv6)
    if icmp is None or ip is None or icmp.type != 135 or ip.hlim != _NO_ROUTER:
        return None
    return icmp.nd_ns_target_address


def answer(packet: Packet, mac: str, *, router: bool = False) -> Packet:
    """The answer to a question: `mac` has the address."""
    arp = packet.get(ARP)
    if arp is not None:
        reply = ARP(opcode="reply", src_hw_mac=mac, src_proto_ipv4=arp.dst_proto_ipv4)
        return packet.reply(Ethernet(src=mac), reply)
    target = packet[ICMPv6].nd_ns_target_address
    probing = is_probe(packet)  # RFC 4861, 7.2.4: then everybody is told
    frame = Ethernet(src=mac, dst=_ALL_NODES_MAC) if probing else Ethernet(src=mac)
    ip = IPv6(src=target, hlim=_NO_ROUTER)
    if probing:
        ip.dst = _ALL_NODES
    body = ICMPv6(
        type="neighbor-advertisement", nd_na_target_address=target,
        nd_na_flag_s=not probing, nd_na_flag_o=True, nd_na_flag_r=router,
    )  # fmt: skip
    return packet.reply(frame, ip, body, NDOptions(options=[("target_lladdr", mac)]))


def is_probe(packet: Packet) -> bool:
    """Whether it is the question of one who has no address yet."""
    arp = packet.get(ARP)
    if arp is not None:
        return arp.opcode == 1 and arp.src_proto_ipv4 in _NOBODY
    icmp, ip = packet.get(ICMPv6), packet.get(IPv6)
    return icmp is not None and ip is not None and icmp.type == 135 and ip.src in _NOBODY


def claimed_by(packet: Packet, address: str, mac: str) -> str | None:
    """Who else says, or is about to say, that the address is theirs; `mac` are we."""
    ethernet = packet.get(Ethernet)
    other = "" if ethernet is None else ethernet.src
    arp = packet.get(ARP)
    if arp is not None:
        spoken = arp.dst_proto_ipv4 if is_probe(packet) else arp.src_proto_ipv4
        return arp.src_hw_mac if spoken == address and arp.src_hw_mac != mac else None
    icmp, ip = packet.get(ICMPv6), packet.get(IPv6)
    if icmp is None or ip is None or ip.hlim != _NO_ROUTER or other == mac:
        return None
    if icmp.type == 136:
        mine = icmp.nd_na_target_address
    elif is_probe(packet):
        mine = icmp.nd_ns_target_address
    else:
        return None
    same = ipaddress.ip_address(mine) == ipaddress.ip_address(address)
    return other if same else None
