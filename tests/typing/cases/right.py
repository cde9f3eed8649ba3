"""What a type checker must accept: no line of this file is an error."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from typing_extensions import assert_type

import umpa
from umpa import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, ICMPv6, IPv6, Match, Packet, Payload, has
from umpa.core.auto import Length, NextProtocol
from umpa.core.field import MAC, U8, U16, Bits, Enum8, Flag, IPv4Address
from umpa.core.follow import NextBy
from umpa.core.protocol import Protocol
from umpa.core.tail import Blob


def craft() -> Packet:
    packet = Packet(Ethernet(dst="02:00:00:00:00:01"), IP(dst="10.0.0.2", ttl="windows"), TCP())
    packet.include(Payload(b"more"))
    packet = Packet(IP(), TCP(), b"bytes", "text", strict=False, warn=False)
    base = Ethernet(src=b"\2\0\0\0\0\1") / VLAN(id=7, dei=True)
    assert_type(base, Packet)
    assert_type(IP() / b"payload", Packet)
    assert_type(packet / packet, Packet)
    return Ethernet() / IP(dst=b"\x0a\0\0\2") / UDP(dstport="domain") / b"payload"


def write_as_people_do() -> list[Protocol]:
    return [
        IP(dst="10.0.0.1"),
        IP(dst=0x0A000001),
        IP(dst=(10, 0, 0, 1)),
        IP(dst=ipaddress.IPv4Address("10.0.0.1"), flags_df=True, proto="udp"),
        IPv6(dst=ipaddress.IPv6Address("::1"), hlim="max"),
        TCP(flags="SYN,ACK"),
        TCP(flags=["SYN", "ACK"]),
        TCP(flags=0x12, dstport="http", options=b"\1\1"),
        TCP(options=[("mss", 1460), "nop", ("wscale", 7), (77, b"x"), b"\1"]),
        ICMP(type="echo-request", ident=1, seq=2),
        ICMPv6(type=128),
        ARP(opcode="reply", src_hw_mac="02:00:00:00:00:01", src_proto_ipv4="10.0.0.1"),
    ]


def read(packet: Packet) -> None:
    assert_type(packet.ip.ttl, int)
    assert_type(packet.ip.src, str)
    assert_type(packet.ip.flags_df, bool)
    assert_type(packet.ipv6.dst, str)
    assert_type(packet.tcp.dstport, int)
    assert_type(packet.arp.src_hw_mac, str)
    assert_type(packet.eth.src, str)
    assert_type(packet[IP], IP)
    assert_type(packet[IP].ttl, int)
    assert_type(packet[IP, 1], IP)
    assert_type(packet[0], Protocol)
    assert_type(packet.get(TCP), TCP | None)
    assert_type(packet.get(TCP, TCP()), TCP)
    assert_type(packet[IPv6].hlim, int)
    assert_type(IP in packet, bool)
    assert_type(bytes(packet), bytes)
    assert_type(packet.layers, tuple[Protocol, ...])
    assert_type(packet.payload, bytes)
    assert_type(packet.time_ns, int | None)
    assert_type(packet.wire_length, int)
    assert_type(packet.interface, str | None)
    assert_type(packet.summary(), str)
    assert_type(packet.ip.is_auto("checksum"), bool)
    ttl: int = packet["ip.ttl"]
    if packet.error is not None:
        assert_type(packet.error.offset, int)
        assert_type(packet.error.needed, int | None)
    for layer in packet.layers:
        assert_type(layer.name, str)
        assert_type(layer.offset, int)
        assert_type(layer.quoted, bool)
        assert_type(list(layer), list[str])
    print(ttl, packet.tcp.flags & packet.tcp.flags)


def write(packet: Packet) -> None:
    packet.ip.ttl = 9
    packet.ip.ttl = "windows"
    packet.ip.dst = "10.0.0.1"
    packet.ip.dst = ipaddress.ip_address("10.0.0.1").packed
    packet.tcp.flags = "SYN,ACK"
    packet.tcp.flags = ["SYN", "ACK"]
    packet.tcp.checksum = 0xBEEF
    packet.tcp.auto("checksum")
    packet.tcp.pin("checksum")
    packet.tcp.options = [("mss", 1460), "nop", ("wscale", 7)]
    packet.arp.opcode = "reply"
    packet["ip.ttl"] = 3
    packet.ip["ttl"] = 3
    packet.time_ns = 5


def options(packet: Packet) -> None:
    found = packet.tcp.options
    found.append(("mss", 1460))
    found.append("nop")
    found.insert(0, ("wscale", 7))
    found.extend(["nop", ("mss", 1)])
    found += ["eol"]
    found["mss"] = 500
    del found["mss"]
    assert "mss" not in found
    assert_type(found.names(), list[str])
    assert_type(found[0].kind, int)
    assert_type(found[0].name, str)
    assert_type(len(found), int)


def match(packet: Packet) -> bool:
    web = (TCP.dstport == 80) & ~TCP.flags.has("RST")
    assert_type(web, Match)
    near = IP.dst.is_in("10.0.0.0/24") | TCP.srcport.is_in(range(1024))
    named = TCP.dstport.is_in(["http", 443]) & (ICMP.type == "echo-request")
    who_has = ARP.opcode == "request"
    ordered = (IP.ttl < 3) | (IP.ttl >= 9) | (IP.dst != "10.0.0.1") | (IP.flags_df == True)  # noqa: E712
    assert_type(packet.ip.ttl == 3, bool)
    both = web & has(TCP)
    return web(packet) or near(packet) or who_has(packet) or (named | ordered | both)(packet)


def whole_packets(packet: Packet) -> Iterator[Packet]:
    yield packet.copy()
    yield packet.reply(TCP(flags="SYN,ACK"), b"payload")
    yield Packet.from_dict(packet.to_dict())
    yield Packet.dissect(b"", 228, strict=True, time_ns=5, wire_length=60)
    assert_type(packet.answers(packet), bool)
    for change in packet.diff(packet, ignore=["ip.id"], tolerances={"ip.ttl": 1}):
        assert_type(change.key, str)


def files() -> None:
    for packet in umpa.read("capture.pcapng", filter="tcp port 80", count=3):
        assert_type(packet, Packet)
    for packet in umpa.read("capture.pcapng", filter=TCP.dstport == 80):
        assert_type(packet, Packet)
    umpa.write("out.pcapng", umpa.read("capture.pcapng"))
    with umpa.savefile.Writer("out.pcap", linktype=1) as writer:
        writer.write(craft())


class Sensor(Protocol, name="sensor", follows={"udp.port": 7007, "ip.proto": (250, 251)}):
    """Sensor report (a protocol of the user's own)."""

    version: Bits = Bits(4, default=1, doc="Version.")
    low: Flag = Flag(doc="The battery is low.")
    unused: Bits = Bits(3, doc="Not used.")
    kind: Enum8 = Enum8(names={1: "reading"}, doc="Kind.")
    length: U16 = U16(auto=Length(), doc="Bytes.")
    upper: U8 = U8(auto=NextProtocol("sensor.upper"), doc="What it carries.")
    size: U8 = U8(doc="Bytes of the label.")
    station: MAC = MAC(doc="Where.")
    host: IPv4Address = IPv4Address(doc="Who.")
    label: Blob = Blob(size, doc="Name.")

    next_by = NextBy("sensor.upper", upper)
    mirror = (host, host)


def own(packet: Packet) -> None:
    sensor = Sensor(kind="reading", low=True, label=b"x", host="10.0.0.1", size=1)
    assert_type(packet[Sensor].kind, int)
    assert_type(packet[Sensor].label, bytes)
    assert_type(sensor.host, str)
    assert_type(Sensor.kind == "reading", Match)
    assert_type(UDP() / sensor / b"rest", Packet)
