"""`packet.summary()`: one line, as tcpdump's users expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from umpa import IP, TCP, UDP, Ethernet, Packet
from umpa.link.file import read
from umpa.protocols import DHCP, HTTP, L2TP, TLS, VLAN


@pytest.mark.parametrize(
    ("name", "number", "line"),
    [
        ("ping", 0, "Ethernet / ARP request 10.0.0.1 > 10.0.0.2"),
        ("ping", 2, "Ethernet / IP 10.0.0.1 > 10.0.0.2 / ICMP echo request ident=62394 seq=1 / "
                    "Payload 56 bytes"),
        ("http", 1, "Ethernet / IP 10.0.0.2 > 10.0.0.1 / TCP 8080 > 32984 [SYN,ACK]"),
        ("qinq", 4, "Ethernet / VLAN id=100 / VLAN id=5 / ARP reply 10.0.0.2 > 10.0.0.1"),
        ("sll", 1, "SLL / ARP reply 10.0.0.2 > 10.0.0.1"),
        ("traceroute", 1, "Ethernet / IP 10.0.0.254 > 10.0.0.1 / ICMP time exceeded "
                          "(time to live exceeded in transit) quoting IP 10.0.0.1 > 10.0.1.2 / "
                          "UDP 33762 > 33434 / Payload 32 bytes"),
        ("snaplen", 3, "Ethernet / IP 10.0.0.1 > 10.0.0.2 / Payload 24 bytes "
                       "[cut: 58 of 143 bytes]"),
    ],
)  # fmt: skip
def test_frames(captures: Path, name: str, number: int, line: str) -> None:
    packets = list(read(captures / f"{name}.pcap", count=number + 1))
    assert packets[number].summary() == line


def test_a_crafted_packet_and_its_repr() -> None:
    packet = Ethernet() / IP(dst="10.0.0.2") / UDP(dstport="domain") / b"?"
    assert packet.summary() == "Ethernet / IP 0.0.0.0 > 10.0.0.2 / UDP 0 > 53 / Payload 1 bytes"
    assert repr(packet) == f"<{packet.summary()}>"


def test_link_addresses_are_shown_where_there_are_no_others() -> None:
    packet = Ethernet(src="02:00:00:00:00:01", type=0x9000) / b""
    assert packet.summary().startswith("Ethernet 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff")


def test_what_is_wrong_comes_last() -> None:
    packet = Packet.dissect(bytes(Ethernet() / IP() / TCP())[:40])
    assert packet.summary().endswith(" / Payload 6 bytes [ip: needs 40 bytes, got 26]")
    assert Packet.dissect(b"").summary() == "no bytes"


def test_many_layers_are_counted() -> None:
    packet = Packet(Ethernet(), *[VLAN(id=n) for n in range(100)])
    assert packet.summary().endswith(" / VLAN id=14 / ... 85 layers more")


def test_a_protocol_may_say_what_it_looks_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UDP, "_summary", lambda layer: f"to {layer.dstport}\n", raising=False)
    assert (IP() / UDP(dstport=53)).summary() == "IP 0.0.0.0 > 0.0.0.0 / UDP to 53\\n"


def test_messages_say_what_they_are_about() -> None:
    discover = DHCP(id=7, hw_addr="02:00:00:00:00:01", options=[("dhcp", "discover")])
    for layer, line in (
        (HTTP(data=b"GET /x?y HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP GET /x?y"),
        (HTTP(data=b"HTTP/1.1 404 Not Found\r\n\r\n"), "HTTP 404 Not Found"),
        (TLS(record_content_type="alert", data=b"\2\x28"), "TLS alert"),
        (discover, "DHCP discover id=0x00000007 02:00:00:00:00:01"),
        (DHCP(cookie=b""), "DHCP boot request id=0x00000000 00:00:00:00:00:00"),
        (L2TP(), "L2TP"),
    ):
        assert Packet(layer).summary() == line
