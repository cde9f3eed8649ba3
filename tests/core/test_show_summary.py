"""`packet.summary()`: one line, as tcpdump's users expect."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umpa import DHCP, DNS, HTTP, IP, SIP, TCP, TLS, UDP, Ethernet, Packet, Protocol
from umpa.link.file import read
from umpa.protocols import VLAN


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
        ("fragments", 1, "Ethernet / IP 10.0.0.1 > 10.0.0.2 frag_offset=185 flags_mf / "
                         "Payload 1480 bytes"),
        ("ndp", 3, "… / ICMPv6 neighbor solicitation nd_ns_target_address=fd00::9 / NDOptions"),
        ("mpls", 2, "Ethernet / MPLS label=100 / MPLS label=16 / IP 10.0.0.1 > 10.0.0.2 / "
                    "ICMP echo request ident=53976 seq=1 / Payload 56 bytes"),
        ("pppoe", 0, "… / PPPoED initiation (PADI) session_id=0x0000"),
        ("dns", 0, "… / UDP 57142 > 53 / DNS A? www.example.test id=0x2213"),
        ("dns", 1, "… / UDP 53 > 57142 / DNS A www.example.test 10.0.0.2 id=0x2213"),
        ("dns", 7, "… / UDP 53 > 51785 / DNS MX example.test 10 mail.example.test id=0xf145"),
        ("dns", 13, "… / UDP 53 > 39512 / DNS A missing.example.test: no such name id=0xae6d"),
        ("http", 3, "… / TCP 32984 > 8080 [PSH,ACK] / HTTP GET /index.html"),
        ("http", 5, "… / TCP 8080 > 32984 [PSH,ACK] / HTTP 200 OK"),
        ("tls", 3, "… / TCP 55406 > 443 [PSH,ACK] / TLS client hello"),
        ("tls", 7, "… / TLS client key exchange / TLS change cipher spec / TLS handshake"),
        ("dhcp", 0, "… / UDP 68 > 67 / DHCP discover for 02:00:00:00:00:01 id=0x72160f76"),
        ("dhcp", 1, "… / UDP 67 > 68 / DHCP offer 10.0.0.103 for 02:00:00:00:00:01 id=0x72160f76"),
        ("snaplen", 3, "Ethernet / IP 10.0.0.1 > 10.0.0.2 / Payload 24 bytes "
                       "[cut: 58 of 143 bytes]"),
    ],
)  # fmt: skip
def test_frames(captures: Path, name: str, number: int, line: str) -> None:
    packets = list(read(captures / f"{name}.pcap", count=number + 1))
    assert packets[number].summary().endswith(line.removeprefix("…"))
    assert line.startswith("…") or packets[number].summary() == line


def test_a_crafted_packet_and_its_repr() -> None:
    packet = Ethernet() / IP(dst="10.0.0.2") / UDP(dstport="domain") / b"?"
    assert packet.summary() == "Ethernet / IP 0.0.0.0 > 10.0.0.2 / UDP 0 > 53 / Payload 1 byte"
    assert repr(packet) == f"<{packet.summary()}>"


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (DNS(flags=0x8400, data=b""), "DNS 0 answers id=0x0000"),
        (DNS(flags_opcode="notify", data=DNS.question("a.example", "SOA")),
         "DNS notify SOA? a.example id=0x0000"),
        (DNS(flags=0x8000, data=DNS.question("a.example") + b"".join(
            DNS.record("a.example", "A", f"10.0.0.{n}") for n in range(5))),
         "DNS A a.example 10.0.0.0, 10.0.0.1, 10.0.0.2, … id=0x0000"),
        (HTTP(data=b"GET"), "HTTP"),
        (SIP(data=b"INVITE sip:bob@example.org SIP/2.0\r\n\r\n"), "SIP INVITE sip:bob@example.org"),
        (TLS(record_content_type=99), "TLS content type 99"),
        (DHCP(type="boot reply", ip_your="10.0.0.9", hw_len=4), "DHCP boot reply 10.0.0.9 "
                                                               "id=0x00000000"),
    ],
)  # fmt: skip
def test_applications(layer: Protocol, line: str) -> None:
    assert Packet(layer).summary() == line


@pytest.mark.parametrize("protocol", [DNS, HTTP, SIP, TLS, DHCP])
@given(data=st.binary(max_size=300))
def test_applications_have_a_line_whatever_they_say(protocol: type[Protocol], data: bytes) -> None:
    layer = protocol._unpack(data.ljust(protocol._FIXED, b"\0"), 0, None)
    assert "\n" not in Packet(layer).summary()


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
