"""Every kind of packet of the core, crafted: what is sent to see whether others accept it.

`KINDS` are kinds of messages. `golden` adds each frame that the tests of protocols craft.
"""

from __future__ import annotations

import inspect
import pkgutil
import zlib
from collections.abc import Iterator
from importlib import import_module

import pytest

import tests.protocols
from umpa import (
    AH,
    ARP,
    GRE,
    ICMP,
    IGMP,
    IP,
    LLC,
    MPLS,
    PPP,
    SCTP,
    TCP,
    UDP,
    VLAN,
    VXLAN,
    DestinationOptions,
    Ethernet,
    Fragment,
    Geneve,
    HopByHop,
    ICMPv6,
    IPv6,
    Packet,
    PPPoED,
    PPPoES,
    Routing,
)
from umpa.protocols import (
    ISL,
    AoE,
    Diameter,
    IGMPRecord,
    IGMPReport,
    IPComp,
    MLDQuery,
    NDOptions,
    NetFlow,
    Padding,
    PPPControl,
    SCTPChunk,
    Teredo,
)

__all__ = ["KINDS", "LINK", "OWN", "golden"]

LINK = Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
OWN = LINK / IP(src="10.0.0.1", dst="10.0.0.2")
OWN6 = LINK / IPv6(src="fd00::1", dst="fd00::2")
INNER = IP(src="10.1.0.1", dst="10.1.0.2") / UDP(srcport=1, dstport=40002) / b"abc"
QUOTED = bytes(IP(src="10.0.0.2", dst="10.0.0.1") / UDP(srcport=5, dstport=6) / b"abcd")
QUOTED6 = bytes(IPv6(src="fd00::2", dst="fd00::1") / UDP(srcport=5, dstport=6) / b"abcd")
ALL_ROUTERS = Ethernet(src="02:00:00:00:00:01", dst="33:33:00:00:00:02")
NEIGHBOUR = IPv6(src="fd00::1", dst="fd00::2", hlim=255)
ISL_GROUP = Ethernet(src="02:00:00:00:00:01", dst="01:00:0c:00:00:00")
DEFLATE = zlib.compressobj(wbits=-15)
COMPRESSED = DEFLATE.compress(bytes(OWN / TCP(srcport=1, dstport=2))[34:]) + DEFLATE.flush()
ORIGIN_HOST = bytes.fromhex("00000108 4000000c 61626364")  # an attribute of Diameter
ORIGIN_REALM = bytes.fromhex("00000128 4000000c 61626364")
SEGMENT = bytes.fromhex("fd00 0000000000000000000000000002")
OPTIONS = [("mss", 1460), "nop", ("wscale", 7), "sack_perm", ("timestamp", (1, 0))]

KINDS: list[Packet] = [
    OWN / UDP(srcport=40001, dstport=40002) / b"abc",
    OWN / TCP(srcport=40001, dstport=40002, flags="SYN", options=OPTIONS),
    OWN / TCP(srcport=40001, dstport=40002, flags="PSH,ACK", ack=1) / b"abc",
    OWN / SCTP(srcport=1, dstport=2) / SCTPChunk(type="cookie-ack"),
    *(OWN / ICMP(type=kind, ident=1, seq=2) / b"abc" for kind in ("echo-request", "echo-reply")),
    *(OWN / ICMP(type=kind, ident=1, seq=2) for kind in (13, 14, 17, 18)),
    *(OWN / ICMP(type=3, code=code) / QUOTED for code in (0, 1, 2, 3)),
    OWN / ICMP(type=3, code=4, mtu=1400) / QUOTED,
    OWN / ICMP(type=5, code=1, redir_gw="10.0.0.3") / QUOTED,
    OWN / ICMP(type=11) / QUOTED,
    OWN / ICMP(type=12, pointer=8) / QUOTED,
    LINK / IP(src="10.0.0.1", dst="10.0.0.2", options=[("ra", 0)]) / UDP(dstport=9) / b"abc",
    LINK / IP(src="10.0.0.1", dst="10.0.0.2", flags_mf=True, id=7) / UDP(dstport=9) / bytes(8),
    LINK / IP(src="10.0.0.1", dst="224.0.0.1", ttl=1) / IGMP(),
    LINK / IP(src="10.0.0.1", dst="224.0.0.1", ttl=1) / IGMP(type=0x16, maddr="224.1.1.1"),
    LINK
    / IP(src="10.0.0.1", dst="224.0.0.22", ttl=1)
    / IGMP(type=0x22)
    / IGMPReport()
    / IGMPRecord(record_type=4, maddr="224.1.1.1"),
    OWN / GRE() / INNER,
    LINK / IP(src="10.0.0.1", dst="10.0.0.2") / INNER,
    OWN / UDP(srcport=50000, dstport=4789) / VXLAN(vni=7) / LINK / INNER,
    OWN / UDP(srcport=50000, dstport=6081) / Geneve(vni=7) / LINK / INNER,
    OWN6 / UDP(srcport=1, dstport=40002) / b"abc",
    OWN6 / TCP(srcport=1, dstport=40002, flags="SYN", options=OPTIONS),
    OWN6 / ICMPv6(type="echo-request", echo_identifier=1) / b"abc",
    OWN6 / ICMPv6(type=1, code=4) / QUOTED6,
    OWN6 / ICMPv6(type=2, mtu=1400) / QUOTED6,
    OWN6 / ICMPv6(type=3) / QUOTED6,
    LINK / NEIGHBOUR / ICMPv6(type=135, nd_ns_target_address="fd00::2"),
    LINK
    / NEIGHBOUR
    / ICMPv6(type=136, nd_na_target_address="fd00::1")
    / NDOptions(options=[("target_lladdr", "02:00:00:00:00:01")]),
    ALL_ROUTERS / IPv6(src="fe80::1", dst="ff02::2", hlim=255) / ICMPv6(type=133),
    ALL_ROUTERS
    / IPv6(src="fe80::1", dst="ff02::2", hlim=1)
    / HopByHop(options=[("router_alert", 0)])
    / ICMPv6(type=130)
    / MLDQuery(),
    OWN6 / Fragment(ident=9) / UDP(dstport=40002) / b"abc",
    OWN6 / HopByHop() / UDP(dstport=40002) / b"abc",
    OWN6 / DestinationOptions() / UDP(dstport=40002) / b"abc",
    OWN6 / Routing(type=4, data=bytes(4) + SEGMENT) / UDP(dstport=40002) / b"abc",
    OWN / AH(icv=bytes(12)) / UDP(dstport=40002) / b"abc",
    LINK
    / ARP(src_hw_mac="02:00:00:00:00:01", src_proto_ipv4="10.0.0.1", dst_proto_ipv4="10.0.0.2"),
    LINK / VLAN(id=5) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=40002),
    LINK / VLAN(id=5) / VLAN(id=6) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=40002),
    LINK / MPLS(label=100, ttl=9) / MPLS(label=200, ttl=9) / INNER,
    LINK / LLC(oui=0) / INNER,
    LINK / PPPoED(code=9),
    LINK / PPPoES(session_id=5) / PPP() / INNER,
    LINK / PPPoES(session_id=5) / PPP() / PPPControl(code=9, identifier=1, data=bytes(4)),
    LINK / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=40002) / Padding(data=bytes(18)),
    OWN / UDP(dstport=2055) / NetFlow(count=1, data=bytes(56)),
    OWN / IPComp(next_header="tcp", cpi="DEFLATE") / COMPRESSED,
    OWN / UDP(srcport=3544, dstport=3544) / Teredo() / IPv6(src="fd00::1", dst="fd00::2") / UDP(),
    LINK / AoE(cmd="query config information", tag=7),
    OWN
    / TCP(srcport=40001, dstport=3868, flags="PSH,ACK", ack=1)
    / Diameter(hopbyhopid=5, data=ORIGIN_HOST + ORIGIN_REALM),
    ISL_GROUP / ISL(vlan_id=5) / LINK / ARP() / bytes(4),
]


def golden(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, bytes]]:
    """Link type and bytes of each frame that a test of a protocol checks."""
    found: list[tuple[int, bytes]] = []

    def keep(packet: Packet, wire: str, linktype: int = 1, **fields: object) -> None:
        found.append((linktype, bytes.fromhex(wire)))

    for one in pkgutil.iter_modules(tests.protocols.__path__):
        module = import_module(f"tests.protocols.{one.name}")
        if not hasattr(module, "check"):
            continue
        monkeypatch.setattr(module, "check", keep)
        for name, test in inspect.getmembers(module, inspect.isfunction):
            plain = "check(" in inspect.getsource(test) and not inspect.signature(test).parameters
            if name.startswith("test_") and plain:
                test()
    yield from found
