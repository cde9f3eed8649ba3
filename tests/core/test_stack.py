"""A stack that is written often is compiled: the bytes must be those of the plain way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import umpa.savefile
from tests.conftest import CAPTURES
from tests.core.states import RECIPES, link
from umpa import Packet
from umpa.core.stack import assemble, compile_stack, compiles
from umpa.protocols import (
    ARP,
    GRE,
    ICMP,
    IP,
    LLC,
    MPLS,
    PPP,
    SCTP,
    SLL,
    TCP,
    UDP,
    VLAN,
    VXLAN,
    Ethernet,
    Fragment,
    HopByHop,
    ICMPv6,
    IPv6,
    Null,
    Padding,
    Payload,
)

MANY = 24
"""More often than a stack is written the plain way."""

STACKS: dict[str, Callable[[], Packet]] = {
    **RECIPES,
    "two payloads": lambda: IP() / UDP() / b"a" / b"bc",
    "empty payload": lambda: IP() / UDP() / b"",
    "payload in between": lambda: Packet(IP(), Payload(b"abc"), TCP(), strict=False, warn=False),
    "payload alone": lambda: Packet(b"abc"),
    "two payloads alone": lambda: Packet(b"abc", b"de"),
    "gre": lambda: IP() / GRE() / IP() / b"x",
    "gre and ethernet": lambda: IPv6() / GRE() / Ethernet() / ARP(),
    "gre alone": lambda: GRE() / b"a",
    "ppp": lambda: PPP() / b"a",
    "ppp and ip": lambda: PPP() / IP() / UDP(),
    "sll": lambda: SLL() / IP() / TCP(),
    "null": lambda: Null() / IP() / TCP(),
    "vxlan": lambda: link() / IP() / UDP() / VXLAN() / Ethernet() / IPv6() / UDP() / b"x",
    "fragment": lambda: link() / IPv6() / HopByHop() / Fragment() / UDP() / b"x",
    "sctp": lambda: link() / IP() / SCTP() / b"",
    "llc": lambda: link() / LLC() / b"x",
    "mpls": lambda: link() / MPLS() / MPLS() / IP() / ICMP(),
    "tags": lambda: link() / VLAN() / VLAN() / VLAN() / ARP(),
    "tcp in tcp's place": lambda: link() / IP() / IP() / IP() / TCP(),
    "pins": lambda: link() / IP(len=3) / UDP(checksum=5, length=1) / b"x",
    "fragment of ip": lambda: link() / IP(flags_mf=True) / UDP() / b"x",
    "odd": lambda: link() / IPv6() / ICMPv6() / b"x",
    "padding": lambda: Packet(link(), IP(), UDP(), b"x", Padding(data=b"pad", after=1)),
    "out of order": lambda: Packet(link(), TCP(), IP(), strict=False, warn=False),
    "no checksum below": lambda: Packet(UDP(), b"x"),
}


@pytest.mark.parametrize("name", STACKS)
def test_sealed(name: str) -> None:
    """Each a new packet, as in a loop that sends."""
    assert len({bytes(STACKS[name]()) for _ in range(MANY)}) == 1


@pytest.mark.parametrize("name", STACKS)
def test_open(name: str) -> None:
    packet = STACKS[name]()
    assert packet.layers
    assert len({bytes(packet) for _ in range(MANY)}) == 1
    assert bytes(packet) == bytes(STACKS[name]())


@pytest.mark.parametrize("name", STACKS)
def test_changed(name: str) -> None:
    """Each read from the wire, changed, and written."""
    crafted = STACKS[name]()
    wire = bytes(crafted)

    def change() -> bytes:
        packet = Packet.dissect(wire, crafted.linktype)
        outermost = packet.layers[0] if packet.layers else UDP()
        name = next(iter(outermost))
        outermost[name] = outermost[name]
        return bytes(packet)

    assert {change() for _ in range(MANY)} == {change()}


@pytest.mark.parametrize("name", STACKS)
def test_layers_lent_and_changed(name: str) -> None:
    """Layers stacked once, changed, and stacked again."""
    layers = [layer.copy() for layer in STACKS[name]().layers]
    first = bytes(Packet(*layers, strict=False, warn=False))
    for _ in range(MANY):
        packet = Packet(*layers, strict=False, warn=False)
        outermost = layers[0]
        changed = next(iter(outermost))
        before = outermost[changed]
        outermost[changed] = before
        assert bytes(packet) == first
    assert bytes(Payload(b"a")) == b"a"


def test_pinned_and_auto_in_the_same_stack() -> None:
    """A compiled stack serves layers with and without pins."""
    for number in range(MANY * 2):
        pinned = number % 2 == 1
        udp = UDP(length=77) if pinned else UDP()
        data = bytes(link() / IP() / udp / b"x")
        assert int.from_bytes(data[38:40], "big") == (77 if pinned else 9)


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap*")), ids=lambda path: path.stem)
def test_captured_stacks_are_written_alike(path: Path) -> None:
    """By the function for a whole stack, by the one for any, and layer by layer."""
    for number, packet in enumerate(umpa.savefile.read(path, count=100), 1):
        packet.include(b"")
        content = packet._content
        stack = content[0]
        if compiles(stack.classes):
            plain = assemble(content)
            assert stack._compiled(lent=False)(content) == plain, number
            assert compile_stack(stack.classes)(content) == plain, number
            lent = tuple(layer.copy() for layer in content[1:])
            assert stack._compiled(lent=True)(lent) == plain, number
