"""Linux cooked capture, version 2."""

from __future__ import annotations

from tests.protocols.golden import M1, check
from umpa.protocols import ICMP, IP, SLL2


def test_sent_by_us() -> None:
    # Sent by us on interface 3, IPv4
    check(
        SLL2(ifindex=3, pkttype="sent by us", src_eth=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "08000000000000030001040602000000000100004500001c00010000400166de0a0000010a000002"
        "0800f7f700070001",
        linktype=276,
        sll2__etype=2048,
        sll2__ifindex=3,
        sll2__pkttype=4,
        sll2__src_eth="02:00:00:00:00:01",
    )
