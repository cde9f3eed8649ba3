"""What is not answered: own frames, what was sent to all, errors, loops, and floods.

1. A frame from a source that this run sends from is its own, and dropped.
2. Packets to groups, ICMP errors and TCP resets, and frames that came over and over again are of a
   *kind*; a rule is asked about a kind only if it says so. A loop of two answering machines
   carries the same frames round and round, so it ends after the fourth.
3. No peer, and not all together, gets more than so many packets a second looked at.

Everything here costs a few look-ups a packet, and has a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from umpa.core.match import And, Compare, Contains, Match, Not
from umpa.core.packet import Packet
from umpa.protocols import ICMP, IP, TCP, UDP, Ethernet, ICMPv6, IPv6

__all__ = [
    "BROADCAST",
    "ERROR",
    "FLOOD",
    "FLOOD_OF_PEER",
    "NONSENSE",
    "REPEAT",
    "SOURCE",
    "Guard",
    "Limits",
    "kind_places",
    "names_error",
    "names_group",
]

BROADCAST, ERROR, REPEAT, NONSENSE, FLOOD_OF_PEER, FLOOD = 1, 2, 4, 8, 16, 32
"""Kinds of packets, as bits. Nonsense is what comes from a group, or from where it goes to. What is
beyond the limit of a peer, or of all, is a flood."""

SOURCE = slice(6, 12)
"""Where the source address of a frame is."""

_ETHERNET = 1
_BY_LAYERS = -1
_SECOND = 1_000_000_000
_MOST_OWN = 65_536
_MOST_PEERS = 65_536
_MOST_FRAMES = 8192
_SAME_FRAME = 4  # times; after that one a second
_ICMP_ERRORS = frozenset((3, 4, 5, 11, 12))  # RFC 1122, 3.2.2
_RESET = 4
_FOR_GROUPS = frozenset((67, 68, 137, 138, 520, 521, 546, 547, 1900, 3702, 5353, 5355))
"""UDP ports of protocols that ask all: DHCP, NetBIOS, RIP, SSDP, WS-Discovery, mDNS, LLMNR."""
_DISCOVERY = range(130, 138)  # ICMPv6: multicast listeners, routers, neighbours
_ALL = b"\xff" * 4
_TYPE, _IPV4 = slice(12, 14), b"\x08\x00"
_FROM_ADDRESSES = slice(26, None)


@dataclass(frozen=True)
class Limits:
    """Packets a second that rules are asked about."""

    peer: int = 250_000
    """From one peer."""
    all: int = 500_000


class Guard:
    """Looks at frames before any rule does."""

    def __init__(self, linktype: int, limits: Limits) -> None:
        self._ethernet = linktype == _ETHERNET
        self.limits = limits
        self.own: set[bytes] = set()
        """The sources that this run sends from."""
        self._ends = 0
        """When peers are counted anew."""
        self._total = 0
        self._peers: dict[bytes, int] = {}
        self._peers_before: dict[bytes, int] = {}
        self._frames: dict[Any, int | tuple[float, int]] = {}
        """When a frame came, and its level where it came again."""
        self._frames_before: dict[Any, int | tuple[float, int]] = {}

    def learn_own(self, frame: bytes, linktype: int) -> None:
        """A frame is sent: its source is one of ours, unless a peer has it (which we relay)."""
        source = frame[SOURCE]
        if linktype != _ETHERNET or len(self.own) >= _MOST_OWN:
            return
        if source not in self._peers and source not in self._peers_before and any(source):
            self.own.add(source)

    def excess(self, data: bytes, now_ns: int) -> int:
        """FLOOD_OF_PEER, FLOOD or REPEAT, where a frame is too much at this moment; else 0."""
        if now_ns >= self._ends:
            self._ends, self._total = now_ns + _SECOND, 0
            self._peers_before, self._peers = self._peers, {}
        source, peers, limits = data[SOURCE], self._peers, self.limits
        self._total = total = self._total + 1
        seen = peers.get(source, 0) + 1
        if seen > 1 or len(peers) < _MOST_PEERS:
            peers[source] = seen
        if seen > limits.peer:
            return FLOOD_OF_PEER
        if total > limits.all:
            return FLOOD
        return REPEAT if self.repeats(data, now_ns) else 0

    def repeats(self, data: bytes, now_ns: int) -> bool:
        """Whether the same frame, but for what routers and counters change, comes too often."""
        key: Any = data[_FROM_ADDRESSES]
        if data[_TYPE] != _IPV4:
            key = data[:18], key
        frames = self._frames
        before = frames.get(key)
        if before is None:
            before = self._frames_before.get(key)
            if len(frames) >= _MOST_FRAMES:
                self._frames_before = frames
                frames = self._frames = {}
            if before is None:
                frames[key] = now_ns
                return False
        level, then = (1.0, before) if isinstance(before, int) else before
        level = max(0.0, level - (now_ns - then) / _SECOND) + 1
        if level > _SAME_FRAME:
            frames[key] = (level - 1, now_ns)
            return True
        frames[key] = (level, now_ns)
        return False

    def kind(self, packet: Packet, data: bytes) -> int:
        """BROADCAST, ERROR and NONSENSE, as far as the packet is such."""
        kind = self.kind_of(data)
        return self._kind_by_layers(packet, data) if kind < 0 else kind

    def kind_of(self, data: bytes) -> int:
        """The same, from the bytes of a frame; less than 0 where that takes a look at layers."""
        if not self._ethernet:
            return _BY_LAYERS
        if len(data) < 14 or data[6] & 1:
            return NONSENSE
        if data[12:15] != b"\x08\x00\x45":
            return _BY_LAYERS
        if data[26:30] == data[30:34] != b"\0\0\0\0":
            return NONSENSE
        if data[0] & 1:
            return _BY_LAYERS
        proto = data[23]
        kind = 0
        if proto == 1:
            if len(data) > 34 and data[34] in _ICMP_ERRORS:
                kind = ERROR
        elif proto == 6 and len(data) > 47 and data[47] & _RESET:
            kind = ERROR
        return kind if data[30] < 224 else kind | self._group_v4(data)

    def _group_v4(self, data: bytes) -> int:
        ports = int.from_bytes(data[34:36], "big"), int.from_bytes(data[36:38], "big")
        if data[23] == 17 and not _FOR_GROUPS.isdisjoint(ports):
            return 0
        return BROADCAST if data[30] < 240 or data[30:34] == _ALL else 0

    def _kind_by_layers(self, packet: Packet, data: bytes) -> int:
        kind = 0
        icmp: Any = packet.get(ICMP)
        icmpv6: Any = packet.get(ICMPv6)
        tcp: Any = packet.get(TCP)
        if (
            (tcp is not None and tcp.flags & _RESET)
            or (icmp is not None and icmp.type in _ICMP_ERRORS)
            or (icmpv6 is not None and (icmpv6.type < 128 or icmpv6.type == 137))
        ):
            kind = ERROR
        ip: Any = packet.get(IP)
        ipv6: Any = packet.get(IPv6)
        if ip is None and ipv6 is None:
            return kind  # ARP and whatever speaks without IP is made for groups
        group = self._ethernet and bool(data[0] & 1)
        if ip is not None:
            first = ip.w_dst >> 24
            group = group or 224 <= first < 240 or ip.w_dst == 0xFFFFFFFF
        elif ipv6 is not None:
            group = group or ipv6.w_dst[0] == 0xFF
        if not group:
            return kind
        udp: Any = packet.get(UDP)
        if udp is not None and (udp.srcport in _FOR_GROUPS or udp.dstport in _FOR_GROUPS):
            return kind
        if icmpv6 is not None and icmpv6.type in _DISCOVERY:
            return kind
        if icmp is None and icmpv6 is None and udp is None and tcp is None:
            return kind  # routing protocols and the like
        return kind | BROADCAST


def kind_places(data: bytes) -> set[int] | None:
    """Where the bytes are that decide what `Guard.kind_of` gives for a frame; None where it may
    ask for more.

    That a frame comes from where it goes to is seen only by comparing both.
    """
    if data[12:15] != b"\x08\x00\x45" or data[0] & 1 or data[30] >= 224:
        return None
    places = {0, 6, 12, 13, 14, 23, 30}
    if data[23] == 1:
        places.add(34)
    elif data[23] == 6:
        places.add(47)
    return places


def names_group(match: object) -> bool:
    """Whether a match asks for a broadcast or multicast address by itself."""
    for leaf in _leaves(match):
        if isinstance(leaf, Compare) and leaf.operator == "==" and leaf.field.name == "dst":
            owner, word = leaf.field.owner, leaf.word
            if owner is Ethernet or owner is IPv6:
                number = word if isinstance(word, int) else int.from_bytes(word, "big")
                first = number >> (40 if owner is Ethernet else 120)
                if first & 1 if owner is Ethernet else first == 0xFF:
                    return True
            elif owner is IP and (word >> 24 >= 224):
                return True
    return False


def names_error(match: object) -> bool:
    """Whether a match asks for an ICMP error or a reset by itself."""
    for leaf in _leaves(match):
        if not isinstance(leaf, (Compare, Contains)):
            continue
        owner, name = leaf.field.owner, leaf.field.name
        word: Any = leaf.word if isinstance(leaf, Compare) else leaf.words
        if owner is ICMP and name == "type":
            wanted = {word} if isinstance(word, int) else word
            if any(number in wanted for number in _ICMP_ERRORS):
                return True
        elif owner is ICMPv6 and name == "type":
            wanted = {word} if isinstance(word, int) else word
            if any(number in wanted for number in (*range(1, 128), 137)):
                return True
        elif owner is TCP and name == "flags" and isinstance(word, int) and word & _RESET:
            return True
    return False


def _leaves(match: object) -> list[Match]:
    """The comparisons that have to hold; what stands behind a `~` asks for nothing."""
    if isinstance(match, And):
        return _leaves(match.left) + _leaves(match.right)
    return [match] if isinstance(match, Match) and not isinstance(match, Not) else []
