"""Matches as filters of the kernel: a sieve that keeps out much of what a match refuses.

1. A sieve lets everything pass that the match accepts, and more: the match has the last word. So
   what cannot be said in libpcap's language is left out of it.
2. libpcap looks at fixed places, umpa at whatever a packet holds. What may hold another packet
   (VLAN tags, tunnels, extension headers, unknown types) passes every sieve (`_odd`). A VLAN tag
   that Linux took off the frame is no hindrance: the rest stands where it would without.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from umpa.core.match import And, Compare, Contains, HasBits, HasLayer, Match, Network, Or
from umpa.core.offsets import field_bit
from umpa.core.registry import table

__all__ = ["sieve"]

_ETHERNET = 1
_LINKTYPES = (_ETHERNET, 113)  # Ethernet, and "cooked" frames of the device `any`
_LONGEST = 2000  # characters: beyond, libpcap does not optimise, and soon filters in user space
_MOST_VALUES = 64
_KEYWORDS = {
    "ip": "ip", "ipv6": "ip6", "arp": "arp", "tcp": "tcp", "udp": "udp", "icmp": "icmp",
    "icmpv6": "icmp6",
}  # fmt: skip
_OVER_IP = {"tcp": 6, "udp": 17}  # over IPv4 and IPv6, where libpcap's tcp[0] sees only the first
_IPV6_HEADER = 40
_ARP_PLACES = {"src_proto_ipv4": 14, "dst_proto_ipv4": 24}  # of Ethernet and IPv4


class _Beyond(Exception):
    """It cannot be said in libpcap's language."""


def sieve(match: Match, linktype: int) -> str:
    """A libpcap filter that passes all that `match` accepts; "" where there is none to speak of."""
    if linktype not in _LINKTYPES:
        return ""
    try:
        text = f"{_text(match, linktype)} or {_odd()}"
    except _Beyond:
        return ""
    return text if len(text) <= _LONGEST else ""


def _text(match: Match, linktype: int) -> str:
    """What a packet passes that is not odd, if it passes `match`.

    :raises _Beyond: nothing that libpcap could look at.
    """
    if isinstance(match, Or):
        return f"({_text(match.left, linktype)} or {_text(match.right, linktype)})"
    if isinstance(match, And):
        texts = []
        for side in (match.left, match.right):
            try:
                texts.append(_text(side, linktype))
            except _Beyond:  # the other side says enough
                continue
        if not texts:
            raise _Beyond
        return f"({' and '.join(texts)})"
    if isinstance(match, HasLayer):
        return _keyword(match.protocol)
    if isinstance(match, (Compare, Contains)):
        tests = [_test(match, place, linktype) for place in _places(match.field, linktype)]
        return f"({' or '.join(tests)})"
    raise _Beyond


def _keyword(protocol: Any) -> str:
    if protocol.name not in _KEYWORDS:
        raise _Beyond
    return _KEYWORDS[protocol.name]


def _places(field: Any, linktype: int) -> Iterator[tuple[str, str, int]]:
    """Where the field's protocol starts: what must hold, whose bytes to count, from which on."""
    name = field.owner.name
    if name in _OVER_IP:
        yield "", name, 0
        yield f"ip6[6] = {_OVER_IP[name]} and ", "ip6", _IPV6_HEADER
    elif name == "icmpv6":
        yield "ip6[6] = 58 and ", "ip6", _IPV6_HEADER
    elif name == "eth" and linktype == _ETHERNET and field.name in ("src", "dst"):
        yield "", "ether", 0
    else:
        yield "", _keyword(field.owner), 0


def _test(match: Compare | Contains, place: tuple[str, str, int], linktype: int) -> str:
    condition, base, start = place
    field = match.field
    if field.owner.name == "arp" and field.name in _ARP_PLACES:
        # addresses of other sizes stand elsewhere
        at, size = _ARP_PLACES[field.name], 4
        return f"(arp[4:2] != 0x0604 or {_compared(match, base, at, size)})"
    if field.tail or field.when is not None or field.applies is not None or not field.bits:
        raise _Beyond
    at, rest = divmod(field_bit(field.owner, field), 8)
    at += start
    size = (rest + field.bits + 7) // 8
    if field.kind == "bytes":
        return f"({condition}{_compared(match, base, at, size)})"
    if size == 3:
        size = 4
    if size not in (1, 2, 4):
        raise _Beyond
    word = f"{base}[{at}:{size}]"
    shift = size * 8 - rest - field.bits
    word = f"({word} >> {shift})" if shift else word
    if field.bits < size * 8:
        word = f"({word} & {(1 << field.bits) - 1:#x})"
    return f"({condition}{_of_number(match, word)})"


def _of_number(match: Compare | Contains, word: str) -> str:
    if isinstance(match, Compare):
        return f"{word} {match.operator} {_number(match.word)}"
    words = match.words
    if isinstance(match, HasBits):
        return f"{word} & {_number(words)} = {_number(words)}"
    if isinstance(words, range) and words and words.start >= 0:
        return f"({word} >= {words.start} and {word} <= {_number(words.stop - 1)})"
    if isinstance(words, Network):
        return f"({word} >= {_number(words.first)} and {word} <= {_number(words.last)})"
    if isinstance(words, frozenset) and 0 < len(words) <= _MOST_VALUES:
        return f"({' or '.join(f'{word} = {_number(one)}' for one in sorted(words))})"
    raise _Beyond


def _number(word: Any) -> str:
    if isinstance(word, int) and 0 <= word < 1 << 32:
        return f"{int(word):#x}"
    raise _Beyond


def _compared(match: Compare | Contains, base: str, at: int, size: int) -> str:
    """A field of `size` bytes, piece by piece: libpcap compares four at most."""
    if isinstance(match, Compare) and match.operator == "==":
        return _between(base, at, size, match.word, match.word)
    if isinstance(match, Contains) and isinstance(match.words, Network):
        return _between(base, at, size, match.words.first, match.words.last)
    raise _Beyond


def _between(base: str, at: int, size: int, first: Any, last: Any) -> str:
    """From the first to the last address of a network, or of just one."""
    if not isinstance(first, bytes) or len(first) != size:
        raise _Beyond
    tests = []
    for start, width in _pieces(size):
        low, high = (int.from_bytes(one[start : start + width], "big") for one in (first, last))
        word = f"{base}[{at + start}:{width}]"
        if low == high:
            tests.append(f"{word} = {low:#x}")
        elif (low, high) != (0, (1 << 8 * width) - 1):
            tests.append(f"{word} >= {low:#x} and {word} <= {high:#x}")
    if not tests:
        raise _Beyond
    return f"({' and '.join(tests)})"


def _pieces(size: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < size:
        width = 4 if size - start >= 4 else 2
        yield start, width
        start += width


def _odd() -> str:
    """Packets that may hold more than one of IPv4 and IPv6 with TCP, UDP or ICMP, or one ARP."""
    classes = table("udp.port").classes
    ports = [port for port in sorted(classes) if not classes[port].leaf]
    tunnels = f" and not ({' or '.join(f'udp port {port}' for port in ports)})" if ports else ""
    plain = " or ".join(
        (
            "arp",
            "(ip[9] = 6 or ip[9] = 1 or ip[9] = 2 or ip6[6] = 6 or ip6[6] = 58)",
            f"((ip[9] = 17 or ip6[6] = 17){tunnels})",
        )
    )
    return f"not ({plain})"
