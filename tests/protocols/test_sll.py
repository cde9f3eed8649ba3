"""Linux cooked capture."""

from __future__ import annotations

from tests.protocols.golden import M1, check
from umpa.protocols import ICMP, IP, LLC, SLL


def test_to_us() -> None:
    # To us, from 02:..:01, IPv4
    check(
        SLL(pkttype="to us", src_eth=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "000000010006020000000001000008004500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=113,
        sll__pkttype=0,
        sll__hatype=1,
        sll__halen=6,
        sll__src_eth="02:00:00:00:00:01",
        sll__etype=2048,
    )


def test_llc() -> None:
    # An LLC frame: type 4
    check(
        SLL(pkttype="multicast", src_eth=M1, etype=4) / LLC(dsap=0x42, ssap=0x42),
        "00020001000602000000000100000004424203",
        linktype=113,
        sll__etype=4,
        llc__dsap=66,
    )
