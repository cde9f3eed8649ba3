"""A packet as a person meets it: its layers, its bytes, its identity."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.core.states import RECIPES, error, link, tcp, tunnel, udp
from umpa import Packet
from umpa.errors import FieldError, LayerError
from umpa.protocols import ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6, Padding, Payload


def test_both_ways_of_stacking_are_the_same() -> None:
    one = Packet(Ethernet(dst="02:00:00:00:00:01"), IP(dst="10.0.0.2"), UDP(dstport=53), b"payload")
    two = Ethernet(dst="02:00:00:00:00:01") / IP(dst="10.0.0.2") / UDP(dstport=53) / b"payload"
    assert one == two
    assert bytes(one) == bytes(two)
    assert not one.diff(two)


def test_include_puts_layers_on_top() -> None:
    packet = Packet(IP(dst="10.0.0.2"), UDP(dstport=53), b"payload")
    assert packet.include(Payload(b"more")) is packet
    assert bytes(packet).endswith(b"payloadmore")
    assert packet.udp.length == 8 + len("payloadmore")
    assert packet.ip.len == 20 + packet.udp.length


@pytest.mark.parametrize("part", [b"text", bytearray(b"text"), memoryview(b"text"), "text"])
def test_payload_is_bytes_or_text(part: bytes) -> None:
    assert (IP() / UDP() / part).payload == b"text"
    assert Packet(IP(), UDP(), part).payload == b"text"
    assert Packet(IP(), UDP()).include(part).payload == b"text"
    assert (IP() / UDP() / Payload(b"text")).payload == b"text"


def test_text_is_utf8() -> None:
    assert (UDP() / "grün").payload == "grün".encode()


def test_every_way_to_a_layer() -> None:
    packet = tcp()
    ip = packet.ip
    assert isinstance(ip, IP)
    assert packet[IP] is ip
    assert packet[IP, 0] is ip
    assert packet[IP, -1] is ip
    assert packet[1] is ip
    assert packet[-3] is ip
    assert packet["ip"] is ip
    assert packet.get(IP) is ip
    assert packet.layers[1] is ip
    assert [layer.name for layer in packet.layers] == ["eth", "ip", "tcp", "data"]


def test_every_way_to_a_field() -> None:
    packet = tcp()
    assert packet.ip.ttl == packet[IP].ttl == packet["ip.ttl"] == packet.ip["ttl"] == 17
    assert packet["ip.flags.df"] is packet.ip.flags_df is packet.ip["flags.df"] is True
    assert packet["ip.flags_df"] is True
    packet["ip.ttl"] = 5
    packet["ip.flags.df"] = False
    packet.ip["id"] = 6
    assert (packet.ip.ttl, packet.ip.flags_df, packet.ip.id) == (5, False, 6)


def test_in() -> None:
    for packet in (tcp(), Packet.dissect(bytes(tcp()))):
        assert IP in packet
        assert UDP not in packet
        assert IPv6 not in packet
        assert Payload in packet
        assert Padding not in packet


def test_get_gives_the_default() -> None:
    default = UDP()
    for packet in (tcp(), Packet.dissect(bytes(tcp()))):
        assert packet.get(UDP) is None
        assert packet.get(UDP, default) is default


def test_the_second_of_a_kind() -> None:
    for packet in (tunnel(), Packet.dissect(bytes(tunnel()))):
        assert packet.ip.src == packet[IP].src == packet[IP, 0].src == "10.0.0.1"
        assert packet[IP, 1].src == packet[IP, -1].src == "10.1.0.1"
        assert packet["ip.src"] == "10.0.0.1"
        packet[IP, 1].ttl = 9
        assert packet.ip.ttl == 64
        assert packet[IP, 1].ttl == 9
        assert packet[IP, 1].checksum_status == "good"


def test_quoted_layers_are_not_the_packets_own() -> None:
    for packet in (error(), Packet.dissect(bytes(error()))):
        assert [layer.quoted for layer in packet.layers] == [False] * 3 + [True] * 3
        assert packet.ip.src == "10.0.0.9"
        assert packet[IP, 1].quoted
        assert packet[IP, 1].dst == "10.0.0.2"
        assert UDP not in packet
        assert packet.get(UDP) is None
        assert packet[UDP, 0].dstport == 33434
        with pytest.raises(LayerError):
            packet.udp  # noqa: B018  # the access is what is tested


def test_layers_iterate_over_their_fields_in_wire_order() -> None:
    assert list(UDP()) == ["srcport", "dstport", "length", "checksum"]
    assert list(link()) == ["dst", "src", "type"]
    names = list(tcp().ip)
    wire = ["version", "hdr_len", "dsfield", "len", "id", "ttl", "proto", "checksum", "src", "dst"]
    assert [name for name in names if name in wire] == wire
    assert tcp().tcp.name == "tcp"
    assert Ethernet.name == "eth"


def test_lengths_and_offsets() -> None:
    packet = udp()
    assert [layer.name for layer in packet.layers] == ["eth", "vlan", "ip", "udp", "data"]
    assert [len(layer) for layer in packet.layers] == [14, 4, 20, 8, 5]
    assert [layer.offset for layer in packet.layers] == [0, 14, 18, 38, 46]
    assert len(packet) == len(bytes(packet)) == 51


def test_a_layer_alone() -> None:
    layer = UDP(srcport=1, dstport=2)
    assert bytes(layer) == b"\0\1\0\2\0\x08\xff\xf4"
    assert len(layer) == 8
    assert layer.offset == 0
    assert not layer.quoted
    assert layer.packet is None
    assert layer.length == 8


def test_bytes_never_change_a_packet() -> None:
    packet = tcp()
    packet.tcp.checksum = 0
    before = packet.to_dict()
    assert bytes(packet) == bytes(packet)
    assert len(packet) == len(bytes(packet))
    assert packet.to_dict() == before


def test_equality_is_of_bytes_and_link_type() -> None:
    packet = tcp()
    assert packet == tcp()
    assert packet != udp()
    assert packet == Packet.dissect(bytes(packet))
    assert packet != Packet.dissect(bytes(packet), linktype=101)
    assert packet != bytes(packet)
    assert packet.ip == tcp().ip
    assert packet.ip != packet.tcp
    assert packet.ip != IP()
    packet.ip.ttl -= 1
    assert packet != tcp()


def test_a_packet_is_true_and_has_no_hash() -> None:
    assert Packet()
    assert Packet.dissect(b"")
    for thing in (tcp(), tcp().ip):
        with pytest.raises(TypeError, match="unhashable"):
            hash(thing)


def test_an_empty_packet() -> None:
    for packet in (Packet(), Packet.dissect(b"")):
        assert bytes(packet) == b""
        assert packet.layers == ()
        assert packet.payload == b""
        assert IP not in packet
        assert packet.copy() == packet
        assert Packet.from_dict(packet.to_dict()) == packet
        assert isinstance(packet.summary(), str)
        assert isinstance(str(packet), str)


@pytest.mark.parametrize("recipe", RECIPES)
def test_pickle_and_copy_protocols(recipe: str) -> None:
    packet = RECIPES[recipe]()
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(packet, protocol)) == packet
    assert copy.copy(packet) == packet
    assert copy.deepcopy(packet) == packet
    for layer in packet.layers:
        assert bytes(pickle.loads(pickle.dumps(layer))) == bytes(layer.copy())


def test_a_layers_copy_stands_alone() -> None:
    packet = tcp()
    alone = packet.ip.copy()
    assert alone.packet is None
    alone.ttl = 99
    assert packet.ip.ttl == 17
    assert alone.src == packet.ip.src


def test_a_copied_layer_keeps_what_is_auto() -> None:
    layer = UDP(length=5)
    copied = layer.copy()
    assert not copied.is_auto("length")
    assert copied.is_auto("checksum")


def test_layers_cannot_be_set() -> None:
    packet = tcp()
    with pytest.raises(FieldError, match=r"'ip' names a layer; expected a field"):
        packet["ip"] = IP()
    with pytest.raises(AttributeError):
        packet.layers = ()  # type: ignore[misc]  # the mistake


def test_protocols_without_layers_between() -> None:
    packet = Packet(ICMP(type="echo-request"))
    assert packet.icmp.checksum_status == "good"
    assert packet.linktype not in (0, 1)
    assert (VLAN() / IP() / TCP()).vlan.etype == 0x0800


def test_link_type_of_crafted_packets() -> None:
    assert tcp().linktype == 1
    assert (IP() / UDP()).linktype in (101, 228)
    assert (IPv6() / UDP()).linktype in (101, 229)


def test_a_snapped_packet() -> None:
    data = bytes(tcp())
    packet = Packet.dissect(data[:-2], wire_length=len(data), time_ns=5)
    assert (packet.wire_length, len(packet), packet.time_ns) == (len(data), len(data) - 2, 5)
    assert packet.error is None
    assert packet.payload == b"da"
    assert packet.tcp.checksum_status == "unverified"
    assert packet.ip.checksum_status == "good"
    assert packet.copy().wire_length == len(data)
    again = pickle.loads(pickle.dumps(packet))
    assert (again.wire_length, again.time_ns) == (len(data), 5)
    packet.ip.ttl = 1
    assert packet.wire_length == len(packet) == len(data) - 2
    assert [layer.checksum_status for layer in packet.layers][1:3] == ["good", "good"]


def test_interface_and_comment_are_none_where_nothing_says() -> None:
    for packet in (tcp(), Packet.dissect(b"")):
        assert packet.interface is None
        assert packet.comment is None
