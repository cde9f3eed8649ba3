"""Stacking has the semantics of values: nothing is shared between packets, or with layers."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

from tests.core.states import MAC_A, error, link, tcp
from umpa import Packet
from umpa.errors import FieldError, LayerError, LayerWarning
from umpa.protocols import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6, Padding, Payload


def test_a_layer_changed_after_stacking_does_not_change_the_packet() -> None:
    ip, udp = IP(dst="10.0.0.2"), UDP(dstport=53)
    packet = ip / udp
    before = bytes(packet)
    ip.ttl = 9
    udp.dstport = 54
    assert bytes(packet) == before
    assert (packet.ip.ttl, packet.udp.dstport) == (64, 53)
    assert (ip.ttl, udp.dstport) == (9, 54)


def test_a_layer_changed_after_stacking_is_whole_itself() -> None:
    ip = IP(dst="10.0.0.2")
    packet = ip / UDP()
    ip.ttl = 9
    assert ip.packet is None
    assert ip.len == 20
    assert ip.checksum != 0
    assert len(ip) == 20
    assert bytes(ip)[8] == 9
    assert ip.offset == 0
    assert not ip.quoted
    assert ip.checksum_status == "good"
    assert ip == ip.copy()
    assert bytes(ip / TCP())[8] == 9
    assert packet.ip.ttl == 64


def test_a_layer_changed_twice_keeps_each_packet_as_it_was() -> None:
    ip = IP(ttl=1)
    packets = []
    for ttl in (1, 2, 3):
        ip.ttl = ttl
        packets.append(ip / UDP())
        packets.append(Packet(ip, TCP()))
    ip.ttl = 4
    assert [packet.ip.ttl for packet in packets] == [1, 1, 2, 2, 3, 3]
    assert [bytes(packet)[8] for packet in packets] == [1, 1, 2, 2, 3, 3]


def test_changes_by_auto_and_pin_after_stacking_stay_out_too() -> None:
    ip = IP(len=99)
    packet = ip / UDP()
    ip.auto("len")
    assert packet.ip.len == 99
    other = UDP()
    packet = ip / other
    other.pin("length")
    assert packet.udp.is_auto("length")
    assert not other.is_auto("length")


def test_changed_options_after_stacking_stay_out() -> None:
    tcp_ = TCP(options=[("mss", 1460)])
    packet = IP() / tcp_
    tcp_.options.append("nop")
    tcp_.options["mss"] = 500
    assert packet.tcp.options["mss"] == 1460
    assert len(packet.tcp.options) == 1
    assert tcp_.options["mss"] == 500


def test_a_base_is_used_again_and_again() -> None:
    base = Ethernet(dst="02:00:00:00:00:01") / IP(dst="10.0.0.2")
    one, two = base / TCP(dstport=1), base / UDP(dstport=2)
    one.ip.ttl = 1
    two.ip.ttl = 2
    two.eth.dst = "02:00:00:00:00:02"
    assert [layer.name for layer in base.layers] == ["eth", "ip"]
    assert (base.ip.ttl, one.ip.ttl, two.ip.ttl) == (64, 1, 2)
    assert (one.ip.proto, two.ip.proto) == (6, 17)
    assert base.ip.len == 20
    base.ip.ttl = 77
    three = base / ICMP()
    assert (one.ip.ttl, two.ip.ttl, three.ip.ttl) == (1, 2, 77)
    assert one.eth.dst == base.eth.dst == "02:00:00:00:00:01"


def test_a_changed_packet_does_not_change_the_layers_it_was_made_from() -> None:
    ip, udp = IP(), UDP()
    packet = Packet(ip, udp, b"x")
    packet.ip.ttl = 3
    packet.udp.dstport = 7
    packet.include(b"y")
    assert (ip.ttl, udp.dstport, udp.length) == (64, 0, 8)
    assert ip.packet is None
    assert udp.packet is None


def test_the_same_layer_twice_in_a_packet() -> None:
    ip = IP(src="10.0.0.1")
    packet = Packet(ip, ip, UDP())
    packet.ip.src = "10.0.0.7"
    assert packet[IP, 1].src == "10.0.0.1"
    assert packet.ip.proto == 4
    tag = VLAN(id=5)
    assert [one.id for one in (Ethernet() / tag / tag / IP()).layers if isinstance(one, VLAN)] == [
        5,
        5,
    ]


def test_a_layer_of_a_packet_is_copied_into_another() -> None:
    for one in (tcp(), Packet.dissect(bytes(tcp()))):
        other = link() / one.ip / UDP()
        other.ip.ttl = 3
        assert one.ip.ttl == 17
        one.ip.ttl = 4
        assert other.ip.ttl == 3
        assert other.ip.src == one.ip.src


def test_a_layer_that_was_lent_and_belongs_to_a_packet() -> None:
    packet = tcp()
    other = packet.eth / packet.ip / packet.tcp / packet.payload
    assert other == packet
    packet.tcp.seq = 99
    assert other.tcp.seq == 1


def test_packets_on_packets() -> None:
    inner = IP(dst="10.1.0.1") / UDP(dstport=5) / b"x"
    outer = link() / IP(dst="10.0.0.1") / inner
    assert [layer.name for layer in outer.layers] == ["eth", "ip", "ip", "udp", "data"]
    outer[IP, 1].ttl = 1
    assert inner.ip.ttl == 64
    inner.udp.dstport = 6
    assert outer.udp.dstport == 5
    assert outer.ip.proto == 4


def test_a_dissected_packet_on_layers_is_made_valid_there() -> None:
    wire = bytearray(bytes(IP() / UDP() / b"x"))
    wire[10:12] = b"\0\0"
    inner = Packet.dissect(bytes(wire), linktype=228)
    assert inner.ip.checksum_status == "bad"
    packet = link() / inner
    assert packet.ip.checksum_status == "good"
    assert packet.ip.is_auto("checksum")
    assert inner.ip.checksum_status == "bad"


def test_an_error_quotes_what_is_stacked_on_it() -> None:
    quoted = IP(dst="10.0.0.2", ttl=1, checksum=0xDEAD) / UDP(dstport=7)
    packet = IP() / ICMP(type="time exceeded") / quoted
    assert packet[IP, 1].quoted
    assert packet[IP, 1].checksum == 0xDEAD
    assert packet[UDP, 0].quoted


def test_quoted_layers_stay_as_they_were_on_the_wire() -> None:
    wire = bytearray(bytes(error()))
    at = 14 + 20 + 8
    wire[at + 2 : at + 4] = b"\x05\xdc"  # the quoted packet was longer than its quote
    wire[at + 10 : at + 12] = b"\x12\x34"  # and a router changed it
    data = bytes(wire)
    packet = Packet.dissect(data)
    assert packet[IP, 1].len == 1500
    packet.ip.ttl = 2
    assert packet[IP, 1].len == 1500
    assert bytes(packet)[at:] == data[at:]
    assert bytes(packet.copy())[at:] == data[at:]
    assert bytes(Packet.from_dict(packet.to_dict())) == bytes(packet)
    assert packet.icmp.checksum_status == "good"


def test_operands_that_are_stacked() -> None:
    with pytest.raises(LayerError, match=r"IP may not stand on"):
        b"head" / IP()
    headed = Packet(b"head", IP(), strict=False, warn=False)
    assert bytes(headed) == b"head" + bytes(headed.ip)
    with pytest.raises((FieldError, TypeError)):
        IP() / 3  # type: ignore[operator]  # the mistake
    with pytest.raises(FieldError, match=r"3 is no layer; expected a layer, a packet, bytes or"):
        Packet(3)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(FieldError, match=r"no layer; expected"):
        Packet(IP)  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize(
    ("lower", "upper"),
    [(Ethernet(), TCP()), (TCP(), IP()), (UDP(), TCP()), (ARP(), IP()), (IP(), Ethernet())],
    ids=lambda layer: layer.name,
)
def test_layers_out_of_order(lower: IP, upper: TCP) -> None:
    if (lower.name, upper.name) == ("ip", "eth"):
        assert (lower / upper).ip.proto == 143  # RFC 8986 gave it a number
        return
    names = f"{type(upper).__name__} may not stand on {type(lower).__name__}"
    builds: list[Callable[[], Packet]] = [
        lambda: lower / upper,
        lambda: Packet(lower, upper),
        lambda: Packet(lower).include(upper),
    ]
    for build in builds:
        with pytest.raises(LayerError, match=names):
            build()
    with pytest.warns(LayerWarning, match=names):
        warned = Packet(lower, upper, strict=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        silent = Packet(lower, upper, strict=False, warn=False)
    assert bytes(warned) == bytes(silent) != b""
    assert [layer.name for layer in silent.layers] == [lower.name, upper.name]
    assert silent.copy() == silent
    assert Packet.from_dict(silent.to_dict()) == silent


def test_the_message_says_what_may_stand_there_and_what_to_do() -> None:
    with pytest.raises(LayerError) as caught:
        Ethernet() / TCP()
    message = str(caught.value)
    assert "ARP" in message
    assert "IPv6" in message
    assert "strict=False" in message


def test_a_warning_is_given_each_time_at_the_users_line() -> None:
    for _ in range(3):
        with pytest.warns(LayerWarning) as caught:
            Packet(Ethernet(), TCP(), strict=False)
        assert caught[0].filename == __file__
        with pytest.warns(LayerWarning) as caught:
            Packet(Ethernet()).include(TCP(), strict=False)
        assert caught[0].filename == __file__


def test_include_on_a_packet_from_the_wire_with_padding() -> None:
    wire = bytes(link() / IP(src="10.0.0.1") / UDP() / b"ab") + bytes(4)
    packet = Packet.dissect(wire)
    assert Padding in packet
    packet.include(b"cd")
    assert packet.udp.length == 12
    assert bytes(packet)[42:] == b"abcd" + bytes(4)
    assert packet.ip.checksum_status == packet.udp.checksum_status == "good"


def test_a_packet_that_failed_to_change_is_as_it_was() -> None:
    packet = Packet.dissect(bytes(tcp()))
    with pytest.raises(FieldError):
        packet.ip.ttl = 300
    with pytest.raises(LayerError):
        packet.include(Ethernet())
    assert bytes(packet) == bytes(tcp())
    assert packet.eth.src == MAC_A


def test_ipv6_on_payload_is_refused() -> None:
    with pytest.raises(LayerError):
        Packet(Payload(b"x"), IPv6())
