"""Replies read from the bytes of a known shape are those that are mirrored layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import umpa
from umpa import ICMP, IP, TCP, Ethernet, Packet
from umpa.core import answer
from umpa.errors import UmpaError

MOST = 60
MOST_ALIKE = 3
"""Packets of one kind in a file, and layers of one kind in a packet."""


def said(make: Any, packet: Packet, layers: tuple[Any, ...]) -> tuple[Any, ...]:
    """A reply, as far as anybody can tell; or why there is none."""
    try:
        reply = make(packet.copy(), layers)
        derived = [[name for name in layer if layer.is_auto(name)] for layer in reply.layers]
        return bytes(make(packet.copy(), layers)), bytes(reply), str(reply), derived
    except UmpaError as error:
        return type(error), str(error)


def wanted(packet: Packet) -> Iterator[tuple[Any, ...]]:
    """Layers that a reply may be given."""
    yield ()
    yield (b"payload",)
    alike: Counter[str] = Counter()
    for layer in packet.layers:
        alike[layer.name] += 1
        if alike[layer.name] > MOST_ALIKE:
            continue
        if layer.name not in ("data", "padding") and not layer.quoted:
            yield (type(layer)(),)
            yield (layer,)
            yield (layer.copy(), b"payload")
    yield (IP(ttl=3), TCP(flags="RST"))
    yield (Ethernet(), ICMP(type="echo-reply"), "text")


def test_replies_to_captured_packets(captures: Path) -> None:
    compared = 0
    for file in sorted(captures.glob("*.pcap*")):
        alike: Counter[tuple[type, ...]] = Counter()
        for packet in umpa.read(file, count=MOST):
            kind = tuple(type(layer) for layer in packet.copy().layers)
            alike[kind] += 1
            if alike[kind] > MOST_ALIKE:
                continue
            for layers in wanted(packet.copy()):
                expected = said(answer._reply_slowly, packet, layers)
                assert said(answer.reply, packet, layers) == expected
                compared += 1
    assert compared > 3_000


def test_a_reply_shares_nothing_with_the_request_or_with_what_was_given() -> None:
    data = bytes(Ethernet() / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(ident=7, seq=1) / b"umpa")
    request, own = Packet.dissect(data), ICMP(type="echo-reply", code=0)
    replies = [request.reply(own) for _ in range(3)]
    own.code = 9
    request.ip.src = "10.9.9.9"
    replies[1].ip.ttl = 1
    replies[1].icmp.ident = 8
    assert bytes(replies[0]) == bytes(replies[2])
    assert (replies[0].ip.dst, replies[0].icmp.ident, replies[0].icmp.code) == ("10.0.0.1", 7, 0)
