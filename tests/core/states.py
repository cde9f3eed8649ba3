"""The same packet, made in every way there is: what one answers, all must answer."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

from umpa import Packet
from umpa.protocols import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, ICMPv6, IPv6

MAC_A, MAC_B = "02:00:00:00:00:01", "02:00:00:00:00:02"
State = Callable[[Packet], Packet]


def link() -> Ethernet:
    return Ethernet(src=MAC_A, dst=MAC_B)


def tcp() -> Packet:
    options: list[Any] = [("mss", 1460), "nop", ("wscale", 7)]
    return (
        link()
        / IP(src="10.0.0.1", dst="10.0.0.2", ttl=17, id=0x1234, flags_df=True)
        / TCP(srcport=40000, dstport=50000, seq=1, flags="SYN", options=options)
        / b"data"
    )


def udp() -> Packet:
    return link() / VLAN(id=7) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=9999) / b"hello"


def udp6() -> Packet:
    return link() / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(dstport=9999) / b"hello"


def echo() -> Packet:
    return link() / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(ident=1, seq=2) / b"abcdefgh"


def echo6() -> Packet:
    return link() / IPv6(src="fe80::1", dst="fe80::2") / ICMPv6(type=128) / b"abcdefgh"


def tunnel() -> Packet:
    inner = IP(src="10.1.0.1", dst="10.1.0.2") / UDP(srcport=7000, dstport=7001) / b"inner"
    return link() / IP(src="10.0.0.1", dst="10.0.0.2") / inner


def arp() -> Packet:
    return link() / ARP(src_hw_mac=MAC_A, src_proto_ipv4="10.0.0.1", dst_proto_ipv4="10.0.0.2")


def error() -> Packet:
    quoted = IP(src="10.0.0.1", dst="10.0.0.2", ttl=1) / UDP(srcport=7, dstport=33434) / b"probe"
    return link() / IP(src="10.0.0.9", dst="10.0.0.1") / ICMP(type=11) / quoted


RECIPES: dict[str, Callable[[], Packet]] = {
    recipe.__name__: recipe for recipe in (tcp, udp, udp6, echo, echo6, tunnel, arp, error)
}


def asleep(packet: Packet) -> Packet:
    return Packet.dissect(bytes(packet), packet.linktype)


def shaped(packet: Packet) -> Packet:
    packet = asleep(packet)
    assert packet.eth.src == MAC_A
    return packet


def settled(packet: Packet) -> Packet:
    packet = asleep(packet)
    assert packet.layers
    return packet


def opened(packet: Packet) -> Packet:
    assert packet.layers
    return packet


def touched(packet: Packet) -> Packet:
    packet = asleep(packet)
    packet.eth.src = MAC_A
    return packet


def touched_when_settled(packet: Packet) -> Packet:
    packet = settled(packet)
    packet.eth.src = MAC_A
    return packet


def touched_inside(packet: Packet) -> Packet:
    """Changed at the innermost header that is not quoted: the ones below it stay bytes."""
    packet = asleep(packet)
    for protocol in (TCP, UDP, ICMP, ICMPv6, ARP):
        layer = packet.get(protocol)
        if layer is not None:
            name = next(iter(layer))
            layer[name] = layer[name]
            return packet
    raise AssertionError("no header to touch")


def copied(packet: Packet) -> Packet:
    return packet.copy()


def pickled(packet: Packet) -> Packet:
    again: Packet = pickle.loads(pickle.dumps(packet))
    return again


def from_json(packet: Packet) -> Packet:
    return Packet.from_dict(json.loads(json.dumps(packet.to_dict())))


def built_anew(packet: Packet) -> Packet:
    return Packet(*packet.layers, strict=False, warn=False)


def sealed(packet: Packet) -> Packet:
    return packet


_SIMPLE: tuple[State, ...] = (
    sealed,
    opened,
    asleep,
    shaped,
    settled,
    touched,
    touched_when_settled,
    touched_inside,
)
_KEPT: tuple[State, ...] = (copied, pickled, from_json, built_anew)


def _then(first: State, second: State) -> State:
    return lambda packet: second(first(packet))


STATES: dict[str, State] = {state.__name__: state for state in (*_SIMPLE, *_KEPT)}
STATES.update(
    (f"{first.__name__}, {kept.__name__}", _then(first, kept))
    for first in (asleep, opened, touched, touched_inside)
    for kept in _KEPT
)


def values(packet: Packet) -> list[tuple[str, dict[str, str]]]:
    """Every field of every layer, as text."""
    return [(layer.name, {name: str(layer[name]) for name in layer}) for layer in packet.layers]
