"""Derived fields: computed when not pinned, kept when pinned, the wire's until touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.core.reference import ones_complement, pseudo_header
from tests.core.states import RECIPES, link, tcp, udp
from umpa import Packet
from umpa.core.protocol import Protocol
from umpa.errors import EncodeError, FieldError
from umpa.protocols import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, ICMPv6, IPv6, Padding

ADDRESSES4: dict[str, Any] = {"src": "10.0.0.1", "dst": "10.0.0.2"}


def status(layer: Protocol) -> str:
    """As `str`, which type checkers do not narrow to what was asserted before a change."""
    return layer.checksum_status


def broken(packet: Packet, offset: int, data: bytes) -> Packet:
    """What the wire carried: the packet's bytes with some overwritten."""
    wire = bytearray(bytes(packet))
    wire[offset : offset + len(data)] = data
    return Packet.dissect(bytes(wire))


def test_all_that_is_derived_in_a_tcp_packet() -> None:
    packet = tcp()
    assert packet.eth.type == 0x0800
    assert packet.ip.hdr_len == 20
    assert packet.ip.len == len(packet) - 14
    assert packet.ip.proto == 6
    assert packet.tcp.hdr_len == 28  # mss 4, nop 1, wscale 3
    header = bytes(packet.ip)
    assert ones_complement(header) == 0
    segment = bytes(packet)[34:]
    assert ones_complement(pseudo_header(packet.ip.src, packet.ip.dst, 6, segment)) == 0


def test_all_that_is_derived_over_ipv6() -> None:
    packet = link() / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(dstport=9) / b"abc"
    assert packet.eth.type == 0x86DD
    assert (packet.ipv6.plen, packet.ipv6.nxt, packet.udp.length) == (11, 17, 11)
    data = pseudo_header("2001:db8::1", "2001:db8::2", 17, bytes(packet)[54:])
    assert ones_complement(data) == 0
    packet = link() / IPv6(src="fe80::1", dst="ff02::1") / ICMPv6(type=128) / b"abc"
    assert packet.ipv6.nxt == 58
    data = pseudo_header("fe80::1", "ff02::1", 58, bytes(packet)[54:])
    assert ones_complement(data) == 0


def test_next_protocols() -> None:
    assert (Ethernet() / VLAN() / VLAN() / ARP()).vlan.etype == 0x8100
    assert (Ethernet() / VLAN() / ARP()).vlan.etype == 0x0806
    assert (Ethernet() / VLAN() / ARP()).eth.type == 0x8100
    assert (IP() / IPv6() / TCP()).ip.proto == 41
    assert (IP() / ICMP()).ip.proto == 1


def test_next_protocol_stays_where_nothing_says_better() -> None:
    packet = link() / IP(proto=253) / b"experiment"
    assert packet.ip.proto == 253
    packet = Packet.dissect(bytes(packet))
    packet.ip.ttl = 1
    assert packet.ip.proto == 253
    packet = broken(link() / VLAN(id=1) / IP() / UDP(), 12, b"\x88\xa8")  # 802.1ad
    packet.ip.ttl = 1
    assert packet.eth.type == 0x88A8


def test_sizes_of_addresses() -> None:
    arp = ARP(src_hw_mac=b"\1\2\3\4\5\6\7\x08", dst_hw_mac=bytes(8))
    assert (Ethernet() / arp).arp.hw_size == 8
    assert bytes(arp)[4] == 8
    assert len(arp) == 32


def test_header_length_follows_the_options() -> None:
    packet = tcp()
    packet.tcp.options.append(("timestamp", (1, 2)))
    assert packet.tcp.hdr_len == 40
    assert len(packet.tcp) == 40
    assert packet.ip.len == len(packet) - 14
    packet.tcp.options.clear()
    assert packet.tcp.hdr_len == 20
    packet.ip.options = [("ra", 0)]
    assert packet.ip.hdr_len == 24
    assert status(packet.tcp) == status(packet.ip) == "good"


def test_pinned_fields_are_kept_whatever_else_changes() -> None:
    packet = udp()
    right = packet.udp.checksum
    packet.udp.checksum = 0xBEEF
    packet.ip.len = 9000
    packet.ip.src = "10.9.9.9"
    packet.include(b"more")
    assert (packet.udp.checksum, packet.ip.len) == (0xBEEF, 9000)
    assert status(packet.udp) == "bad"
    assert not packet.udp.is_auto("checksum")
    assert packet.udp.is_auto("length")
    assert packet.udp.length == 17
    packet.udp.auto("checksum")
    packet.ip.auto("len")
    assert packet.udp.is_auto("checksum")
    assert status(packet.udp) == "good"
    assert packet.udp.checksum != right
    assert packet.ip.len == len(packet) - 18


@pytest.mark.parametrize("value", [0, 5, 65535])
def test_every_derived_field_can_be_pinned(value: int) -> None:
    packet = Packet(link(), IP(len=value, checksum=value), UDP(length=value, checksum=value), b"x")
    data = bytes(packet)[14:]
    word = value.to_bytes(2, "big")
    assert data[2:4] == data[10:12] == data[24:26] == data[26:28] == word
    assert bytes(Packet(link(), IP(hdr_len=60), UDP()))[14] == 0x4F
    assert bytes(Packet(link(), IP(proto=99), UDP()))[23] == 99
    assert bytes(Ethernet(type=value) / IP())[12:14] == word


def test_pin_keeps_the_present_value() -> None:
    packet = udp()
    packet.udp.pin("length")
    packet.include(b"more")
    assert packet.udp.length == 13
    assert not packet.udp.is_auto("length")
    packet = Packet.dissect(bytes(udp()))
    packet.udp.pin("length")
    packet.include(b"more")
    assert packet.udp.length == 13
    assert packet.ip.len == 20 + 17


def test_what_is_never_derived() -> None:
    for name in ("srcport", "dstport"):
        assert not udp().udp.is_auto(name)
    with pytest.raises(FieldError, match=r"UDP.srcport is never derived; derived are length, che"):
        udp().udp.auto("srcport")
    with pytest.raises(FieldError, match="did you mean 'checksum'"):
        udp().udp.auto("cheksum")
    with pytest.raises(FieldError, match="did you mean 'checksum'"):
        udp().udp.pin("cheksum")
    with pytest.raises(FieldError, match="did you mean 'checksum'"):
        udp().udp.is_auto("cheksum")


def test_the_wires_values_until_touched() -> None:
    packet = broken(udp(), 40, b"\x11\x11\x22\x22\x33\x33")  # dstport, length, checksum
    packet = broken(packet, 28, b"\x44\x44")  # the checksum of IP
    data = bytes(packet)
    assert (packet.udp.dstport, packet.udp.length, packet.udp.checksum) == (0x1111, 0x2222, 0x3333)
    assert packet.ip.checksum == 0x4444
    assert bytes(packet) == data
    packet.eth.src = "02:00:00:00:00:77"
    assert packet.udp.length == 13
    assert status(packet.udp) == status(packet.ip) == "good"
    assert packet.udp.dstport == 0x1111


def test_a_touched_packet_is_valid_again_but_for_what_is_pinned() -> None:
    packet = broken(tcp(), 24, b"\x44\x44")
    packet.ip.checksum = 0x4444
    packet.tcp.seq += 1
    assert packet.ip.checksum == 0x4444
    assert status(packet.tcp) == "good"
    packet.ip.auto("checksum")
    assert status(packet.ip) == "good"


def test_auto_touches_too() -> None:
    packet = broken(tcp(), 24, b"\x44\x44")
    packet.ip.auto("checksum")
    assert status(packet.ip) == "good"
    assert bytes(packet) == bytes(tcp())


@pytest.mark.parametrize("length", [0, 10, 27, 29, 60000])
def test_wrong_lengths_on_the_wire(length: int) -> None:
    """Whatever a length said, the untouched bytes stay, and touched it is true again."""
    packet = broken(link() / IP(**ADDRESSES4) / UDP() / b"hello", 16, length.to_bytes(2, "big"))
    data = bytes(packet)
    assert packet.ip.len == length
    assert packet.layers
    assert bytes(packet) == data
    packet.ip.ttl = 5
    covered = sum(len(layer) for layer in packet.layers[1:] if layer.name != "padding")
    assert packet.ip.len == covered
    assert len(packet) == len(data)
    assert status(packet.ip) == "good"


def test_padding_and_trailers() -> None:
    wire = bytes(link() / IP(**ADDRESSES4) / UDP() / b"ab") + bytes(10) + b"FCS!"
    packet = Packet.dissect(wire)
    assert [layer.name for layer in packet.layers] == ["eth", "ip", "udp", "data", "padding"]
    assert packet.payload == b"ab"
    assert packet[Padding].data == bytes(10) + b"FCS!"
    assert packet[Padding].offset == len(wire) - 14
    assert bytes(packet) == wire
    packet.ip.ttl = 64
    assert bytes(packet) == wire
    packet.udp.dstport = 1
    assert len(packet) == len(wire)
    assert packet.ip.len == 30
    assert bytes(packet).endswith(bytes(10) + b"FCS!")
    assert status(packet.udp) == "good"


def test_udp_length_shorter_than_what_ip_carries() -> None:
    wire = bytes(link() / IP(**ADDRESSES4) / UDP(length=10) / b"abcdef")
    packet = Packet.dissect(wire)
    assert packet.payload == b"ab"
    assert bytes(packet) == wire
    packet.udp.srcport = 7
    assert packet.udp.length == 10
    assert packet.ip.len == 34
    assert bytes(packet).endswith(b"abcdef")


def test_zero_means_no_checksum_only_where_the_sender_said_so() -> None:
    packet = broken(udp(), 44, b"\0\0")
    assert status(packet.udp) == "absent"
    pinned = link() / IP() / UDP(checksum=0)
    assert bytes(pinned)[40:42] == b"\0\0"


def test_a_computed_zero_of_udp_is_written_as_ffff() -> None:
    probe = IP(**ADDRESSES4) / UDP(srcport=1, dstport=2) / b"\0\0"
    packet = IP(**ADDRESSES4) / UDP(srcport=1, dstport=2) / probe.udp.checksum.to_bytes(2, "big")
    assert packet.udp.checksum == 0xFFFF
    assert status(packet.udp) == "good"
    probe = IP(**ADDRESSES4) / TCP(srcport=1, dstport=2) / b"\0\0"
    packet = IP(**ADDRESSES4) / TCP(srcport=1, dstport=2) / probe.tcp.checksum.to_bytes(2, "big")
    assert packet.tcp.checksum == 0


def test_fragments_keep_the_checksum_they_carry() -> None:
    first = link() / IP(flags_mf=True, **ADDRESSES4) / UDP(length=4000, checksum=0xABCD) / bytes(8)
    packet = Packet.dissect(bytes(first))
    assert status(packet.udp) == "unverified"
    packet.udp.auto("checksum")
    packet.ip.ttl = 3
    assert packet.udp.checksum == 0xABCD
    later = Packet.dissect(bytes(link() / IP(frag_offset=3, proto=17) / b"not a header"))
    assert UDP not in later
    assert later.payload == b"not a header"


def test_a_segmentation_offload_left_a_length_of_zero() -> None:
    packet = broken(tcp(), 16, b"\0\0")
    assert packet.payload == b"data"
    assert packet.error is None
    packet.ip.ttl = 4
    assert packet.ip.len == len(packet) - 14


def test_too_long_for_its_length_field() -> None:
    for packet in (IP() / UDP() / bytes(70000), IPv6() / UDP() / bytes(70000)):
        for _ in range(12):
            with pytest.raises(EncodeError, match=r"(ip|IP|udp|UDP).*(len|length|plen).*65535"):
                bytes(packet)
    with pytest.raises(EncodeError):
        bytes(IP(options=bytes(44)))
    assert issubclass(EncodeError, ValueError)


def test_options_are_filled_to_whole_words() -> None:
    header = bytes(TCP(options=[("wscale", 7)]))
    assert len(header) == 24
    assert header[20:] == b"\3\3\7\0"


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_setting_all_derived_fields_to_auto_rebuilds_the_same(recipe: Callable[[], Packet]) -> None:
    packet = Packet.dissect(bytes(recipe()))
    for layer in packet.layers:
        for name in layer:
            if layer.is_auto(name) and not layer.quoted:
                layer.auto(name)
    assert bytes(packet) == bytes(recipe())
