"""Conversations: both directions under one key, nothing counted twice, nothing unbounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import umpa
from tests.analysis import tshark
from tests.conftest import CAPTURES
from umpa import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6, Packet
from umpa.analysis import End, Flow
from umpa.errors import FilterError

A, B = "10.0.0.1", "10.0.0.2"
TUNNELS = ("geneve", "gre", "vxlan")


def wire(*packets: Packet) -> Iterable[Packet]:
    """Packets as they come from the wire, one a nanosecond."""
    for time, packet in enumerate(packets):
        yield Packet.dissect(bytes(packet), time_ns=time)


def there(flags: str = "ACK", seq: int = 1, port: int = 1000) -> Packet:
    return Ethernet() / IP(src=A, dst=B) / TCP(srcport=port, dstport=80, flags=flags, seq=seq)


def back(flags: str = "ACK", seq: int = 1, port: int = 1000) -> Packet:
    return Ethernet() / IP(src=B, dst=A) / TCP(srcport=80, dstport=port, flags=flags, seq=seq)


def ends(flow: Flow, *, ports: bool) -> Any:
    """As `tshark.conversations` has them."""
    client, server = flow.client, flow.server
    names = [f"{end.address}:{end.port}" if ports else end.address for end in (client, server)]
    return tuple(sorted(zip(names, [flow.to_server.packets, flow.to_client.packets], strict=True)))


@pytest.mark.conformance
@pytest.mark.slow
@pytest.mark.needs("tshark")
class TestAgainstTshark:
    @pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.pcap*")), ids=lambda p: p.name)
    @pytest.mark.parametrize("kind", ["tcp", "udp"])
    def test_conversations_with_ports(self, kind: str, capture: Path) -> None:
        if capture.stem.startswith(TUNNELS):  # tshark counts what is inside as well
            assert umpa.flows(capture)
            return
        flows = [flow for flow in umpa.flows(capture) if flow.protocol == kind]
        ours = sorted(ends(flow, ports=True) for flow in flows if flow.client.port is not None)
        assert ours == tshark.conversations(capture, kind)

    @pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.pcap*")), ids=lambda p: p.name)
    def test_pairs_of_addresses(self, capture: Path) -> None:
        """Counted by frames: tshark's own table leaves out later fragments of IPv6."""
        sent: Counter[tuple[str, str]] = Counter()
        for flow in umpa.flows(capture):
            client, server = flow.client.address, flow.server.address
            sent[client, server] += flow.to_server.packets
            sent[server, client] += flow.to_client.packets
        rows = tshark.fields(capture, "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.version")
        pairs = Counter((a, b) if version == "4" else (c, d) for a, b, c, d, version in rows)
        del pairs["", ""]
        assert +sent == pairs


class TestCounting:
    def test_both_ways_under_one_key(self) -> None:
        packets = [there(), there(), back()]
        (flow,) = umpa.flows(wire(*packets))
        assert (flow.client, flow.server) == (End(A, 1000), End(B, 80))
        assert (flow.to_server.packets, flow.to_client.packets, flow.packets) == (2, 1, 3)
        assert (flow.to_server.wire_bytes, flow.wire_bytes) == (2 * 54, 3 * 54)
        assert (flow.first_ns, flow.last_ns, flow.duration_ns) == (0, 2, 2)
        assert (
            repr(flow)
            == "<Flow tcp 10.0.0.1:1000 > 10.0.0.2:80: 3 packets, 162 bytes, established>"
        )

    def test_bytes_are_those_of_the_wire(self) -> None:
        cut = Packet.dissect(bytes(there()), wire_length=1514)
        assert umpa.flows([cut])[0].wire_bytes == 1514

    def test_times_may_be_missing_or_go_back(self) -> None:
        data = bytes(there())
        times = [None, 7, 3, None, 9]
        (flow,) = umpa.flows(Packet.dissect(data, time_ns=time) for time in times)
        assert (flow.first_ns, flow.last_ns) == (3, 9)
        assert umpa.flows([Packet.dissect(data)])[0].duration_ns is None

    def test_in_the_order_of_their_first_packets(self) -> None:
        flows = umpa.flows(wire(there(port=3), there(port=1), back(port=3), there(port=2)))
        assert [flow.client.port for flow in flows] == [3, 1, 2]
        assert [flow.server.port for flow in flows[1:]] == [80, 80]

    def test_what_has_no_ports(self) -> None:
        ping = Ethernet() / IP(src=A, dst=B) / ICMP(type="echo-request")
        odd = Ethernet() / IP(src=A, dst=B, proto=200) / b"x"
        flows = umpa.flows(wire(ping, odd, Ethernet() / ARP()))
        assert [(flow.protocol, flow.client.port) for flow in flows] == [
            ("icmp", None),
            ("200", None),
        ]
        assert (flows.packets, flows.without_ip, flows.ignored) == (3, 1, 0)

    def test_each_direction_may_have_a_vlan_of_its_own(self) -> None:
        out = Ethernet() / VLAN(id=5) / IP(src=A, dst=B) / UDP()
        (flow,) = umpa.flows(wire(out, Ethernet() / VLAN(id=6) / IP(src=B, dst=A) / UDP()))
        assert (flow.vlan, flow.packets) == (5, 2)

    def test_ipv6_behind_extension_headers(self) -> None:
        ip = Ethernet() / IPv6(src="fd00::1", dst="fd00::2")
        hidden = ip / umpa.HopByHop() / umpa.DestinationOptions() / UDP(srcport=1, dstport=2)
        (flow,) = umpa.flows(wire(ip / UDP(srcport=1, dstport=2), hidden))
        assert (flow.protocol, flow.packets, str(flow.client)) == ("udp", 2, "[fd00::1]:1")

    def test_what_a_tunnel_carries_is_the_tunnel_s(self) -> None:
        inner = IP(src="1.1.1.1", dst="2.2.2.2") / TCP(srcport=5, dstport=6)
        outer = Ethernet() / IP(src=A, dst=B)
        flows = umpa.flows(wire(outer / inner, outer / umpa.GRE() / inner))
        assert [(flow.protocol, flow.client) for flow in flows] == [
            ("ipv4", End(A, None)), ("gre", End(A, None)),
        ]  # fmt: skip

    def test_what_an_error_quotes_counts_nowhere(self) -> None:
        request = IP(src=A, dst=B) / UDP(srcport=1, dstport=2)
        error = Ethernet() / IP(src="10.0.0.9", dst=A) / ICMP(type=11) / request
        flows = umpa.flows(wire(Ethernet() / request, error))
        assert [(flow.protocol, flow.packets) for flow in flows] == [("udp", 1), ("icmp", 1)]

    def test_packets_that_were_crafted_or_looked_at(self) -> None:
        woken = Packet.dissect(bytes(there()))
        assert woken.tcp.dstport == 80
        opened = Packet.dissect(bytes(there()))
        opened.ip.ttl = 3
        assert umpa.flows([there(), woken, opened])[0].packets == 3


class TestFragments:
    def pieces(self, ident: int = 7) -> list[Packet]:
        whole = Ethernet() / IP(src=A, dst=B, id=ident, flags_mf=True, proto=17)
        first = whole / UDP(srcport=1, dstport=2, length=32) / bytes(16)
        later = Ethernet() / IP(src=A, dst=B, id=ident, frag_offset=3, proto=17) / bytes(8)
        return [first, later]

    def test_later_ones_belong_to_their_first(self) -> None:
        (flow,) = umpa.flows(wire(*self.pieces()))
        assert (flow.client, flow.packets) == (End(A, 1), 2)

    def test_one_that_comes_first_has_no_ports(self) -> None:
        flows = umpa.flows(wire(*reversed(self.pieces())))
        assert [(flow.client.port, flow.packets) for flow in flows] == [(None, 1), (1, 1)]

    def test_of_ipv6(self) -> None:
        ip = Ethernet() / IPv6(src="fd00::1", dst="fd00::2")
        first = ip / umpa.Fragment(more=True, ident=5) / UDP(srcport=1, dstport=2) / bytes(8)
        later = ip / umpa.Fragment(offset_units=2, ident=5, nxt=17) / bytes(8)
        (flow,) = umpa.flows(wire(first, later))
        assert (flow.client.port, flow.packets) == (1, 2)

    def test_few_are_awaited(self) -> None:
        many = [piece for ident in range(6000) for piece in self.pieces(ident)[:1]]
        flows = umpa.flows(wire(*many, self.pieces(0)[1], self.pieces(5999)[1]))
        assert [(flow.client.port, flow.packets) for flow in flows] == [(1, 6001), (None, 1)]


class TestTCP:
    @pytest.mark.parametrize(
        ("packets", "state"),
        [
            ([there("SYN")], "opening"),
            ([there("SYN"), back("RST,ACK")], "refused"),
            ([there("SYN"), back("SYN,ACK")], "established"),
            ([there(), back()], "established"),
            ([there("SYN"), back("SYN,ACK"), there("FIN,ACK")], "closing"),
            ([there("SYN"), back("SYN,ACK"), there("FIN,ACK"), back("FIN,ACK")], "closed"),
            ([there("SYN"), back("SYN,ACK"), there("RST")], "reset"),
        ],
    )
    def test_states(self, packets: list[Packet], state: str) -> None:
        (flow,) = umpa.flows(wire(*packets))
        assert flow.tcp_state == state
        assert flow.to_server.tcp_flags == packets[0].tcp.flags | flow.to_server.tcp_flags

    def test_who_answers_a_syn_is_the_server(self) -> None:
        (flow,) = umpa.flows(wire(back("SYN,ACK"), there()))
        assert (flow.client, flow.server) == (End(A, 1000), End(B, 80))
        assert (flow.to_server.packets, flow.to_client.packets) == (1, 1)

    def test_the_same_ports_again_are_another_flow(self) -> None:
        old = [there("SYN", 5), back("SYN,ACK"), there("RST")]
        flows = umpa.flows(wire(*old, there("SYN", 9), back("SYN,ACK", 7), there()))
        assert [(flow.packets, flow.tcp_state) for flow in flows] == [
            (3, "reset"),
            (3, "established"),
        ]

    def test_a_repeated_syn_is_not(self) -> None:
        assert len(umpa.flows(wire(there("SYN", 5), there("SYN", 5), back("SYN,ACK")))) == 1

    def test_neither_is_a_simultaneous_open(self) -> None:
        assert len(umpa.flows(wire(there("SYN", 5), back("SYN", 6), there("SYN,ACK", 5)))) == 1

    def test_a_syn_after_packets_of_an_older_connection_is(self) -> None:
        assert len(umpa.flows(wire(back("ACK", 77), there("SYN", 5), back("SYN,ACK", 9)))) == 2


class TestBounds:
    def test_conversations_beyond_the_limit_are_counted(self) -> None:
        packets = [there(port=port) for port in (1, 2, 3, 1, 3)]
        flows = umpa.flows(wire(*packets), limit=2)
        assert (len(flows), flows.ignored, flows.packets) == (2, 2, 5)
        assert repr(flows).endswith("5 packets, 0 without IP, 2 ignored")

    def test_a_limit_is_at_least_one(self) -> None:
        with pytest.raises(ValueError, match="limit is 0"):
            umpa.flows([], limit=0)

    def test_any_bytes(self) -> None:
        """Every cut of every kind of packet."""
        cuts = [bytes(there())[:end] for end in range(60)]
        flows = umpa.flows(Packet.dissect(data) for data in cuts)
        assert flows.packets == 60
        assert [(flow.client.port, flow.packets) for flow in flows] == [(None, 20), (1000, 6)]


def test_filters_are_those_of_read(first_capture: Path) -> None:
    assert [flow.protocol for flow in umpa.flows(first_capture, filter="tcp or udp")] == [
        "udp",
        "tcp",
    ]
    assert len(umpa.flows(first_capture, filter=TCP.dstport == 80)[0:]) == 1
    with pytest.raises(FilterError):
        umpa.flows(first_capture, filter="tcp prot")


def test_as_a_table() -> None:
    table = umpa.flows(wire(there("SYN"), back("SYN,ACK"), Ethernet() / IP() / ICMP())).table()
    assert table["client"][0] == A
    assert list(table["server_port"]) == [80, None]
    assert list(table["tcp_state"]) == ["established", None]
    assert list(table["last"]) == [1, 2]
    assert "client_port" in umpa.flows(wire(there()))._repr_html_()
    assert str(table.to_numpy()["bytes_to_server"].dtype) == "uint64"
