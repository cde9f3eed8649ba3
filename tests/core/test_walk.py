"""Dissection of what is wrong: never an exception, always a reason with its place."""

from __future__ import annotations

import pickle

import pytest

from tests.core.states import RECIPES, error, link, tcp, udp
from umpa import Packet
from umpa.errors import DecodeError
from umpa.protocols import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6, Padding

TCP_WIRE = bytes(tcp())


def patched(data: bytes, offset: int, new: bytes) -> bytes:
    return data[:offset] + new + data[offset + len(new) :]


CUT = [  # bytes kept, the layer that is cut, its offset, needed, got
    (0, None, 0, 0, 0),
    (1, "eth", 0, 14, 1),
    (13, "eth", 0, 14, 13),
    (15, "ip", 14, 20, 1),
    (33, "ip", 14, 20, 19),
    (34, "ip", 14, len(TCP_WIRE) - 14, 20),
    (40, "ip", 14, len(TCP_WIRE) - 14, 26),
    (len(TCP_WIRE) - 1, "ip", 14, len(TCP_WIRE) - 14, len(TCP_WIRE) - 15),
]


@pytest.mark.parametrize(("kept", "layer", "offset", "needed", "got"), CUT)
def test_cut_packets(kept: int, layer: str | None, offset: int, needed: int, got: int) -> None:
    data = TCP_WIRE[:kept]
    packet = Packet.dissect(data)
    if layer is None:
        assert packet.error is None
        return
    found = packet.error
    assert isinstance(found, DecodeError)
    assert (found.layer, found.offset, found.needed, found.got) == (layer, offset, needed, got)
    assert str(found) == f"{layer} at offset {offset}: needs {needed} bytes, got {got}"
    with pytest.raises(DecodeError) as caught:
        Packet.dissect(data, strict=True)
    assert str(caught.value) == str(found)
    assert bytes(packet) == data
    again = pickle.loads(pickle.dumps(found))
    assert (again.layer, again.offset, again.needed, again.got) == (layer, offset, needed, got)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_cut_keeps_its_bytes_and_its_good_layers(recipe: str) -> None:
    whole = RECIPES[recipe]()
    data, names = bytes(whole), [layer.name for layer in whole.layers]
    for kept in range(len(data)):
        packet = Packet.dissect(data[:kept])
        got = [layer.name for layer in packet.layers]
        good = [name for name in got if name not in ("data", "padding")]
        assert names[: len(good)] == good
        assert bytes(packet) == data[:kept]
        assert sum(len(layer) for layer in packet.layers) == kept
        assert packet.error is not None or kept in (0, 14, 14 + 4 * ("vlan" in good))
        assert str(packet) or not kept


def test_a_frame_of_a_header_alone_is_no_error() -> None:
    packet = Packet.dissect(TCP_WIRE[:14])
    assert packet.error is None
    assert [layer.name for layer in packet.layers] == ["eth"]


def test_a_cut_by_the_capture_is_no_error_of_the_packet() -> None:
    for kept in (40, 60, len(TCP_WIRE) - 1):
        packet = Packet.dissect(TCP_WIRE[:kept], wire_length=len(TCP_WIRE))
        assert packet.wire_length == len(TCP_WIRE)
        assert packet.ip.len == len(TCP_WIRE) - 14
        assert [layer.name for layer in packet.layers][:2] == ["eth", "ip"]
    assert Packet.dissect(TCP_WIRE[:64], wire_length=len(TCP_WIRE)).error is None


WRONG = [
    (14, b"\x35", "ip", 14, "version 3 instead of 4"),
    (14, b"\x44", "ip", 14, "header length of 16 bytes is less than the least, 20"),
    (16, b"\x00\x13", "ip", 14, "its length of 19 bytes ends inside its header"),
    (46, b"\x40", "tcp", 34, "header length of 16 bytes is less than the least, 20"),
]


@pytest.mark.parametrize(("offset", "new", "layer", "at", "reason"), WRONG)
def test_values_that_cannot_be(offset: int, new: bytes, layer: str, at: int, reason: str) -> None:
    data = patched(TCP_WIRE, offset, new)
    packet = Packet.dissect(data)
    found = packet.error
    assert found is not None
    assert (found.layer, found.offset, found.needed, found.got) == (layer, at, None, None)
    assert reason in str(found)
    assert bytes(packet) == data
    with pytest.raises(DecodeError, match=reason):
        Packet.dissect(data, strict=True)


def test_header_lengths_beyond_the_end() -> None:
    packet = Packet.dissect(patched(bytes(link() / IP() / UDP()), 14, b"\x4f"))
    found = packet.error
    assert found is not None
    assert (found.layer, found.offset, found.needed, found.got) == ("ip", 14, 60, 28)
    assert IP not in packet


def test_udp_lengths_that_cannot_be() -> None:
    for length, wrong in ((3, True), (7, True), (8, False), (13, False), (14, True)):
        packet = Packet.dissect(patched(bytes(udp()), 42, length.to_bytes(2, "big")))
        assert (packet.error is not None) == wrong, length
        if wrong:
            assert packet.error is not None
            assert packet.error.layer == "udp"
            assert packet.error.offset == 38


def test_a_truncated_tcp_header_is_said() -> None:
    packet = Packet.dissect(bytes(link() / IP(proto=6) / b"\0\1\0\2"))
    found = packet.error
    assert found is not None
    assert (found.layer, found.offset, found.needed, found.got) == ("tcp", 34, 20, 4)
    assert packet.payload == b"\0\1\0\2"
    assert TCP not in packet


def test_errors_do_not_outlive_a_repair() -> None:
    packet = Packet.dissect(patched(TCP_WIRE, 16, b"\xff\xff"))
    assert packet.error is not None
    packet.ip.auto("len")
    assert str(packet.error) == "None"
    assert Packet.dissect(bytes(packet)).error is None
    assert tcp().error is None


def test_unknown_link_types_are_payload() -> None:
    packet = Packet.dissect(b"\1\2\3", linktype=50000)
    assert [layer.name for layer in packet.layers] == ["data"]
    assert packet.payload == b"\1\2\3"
    assert packet.error is None
    assert packet.linktype == 50000


def test_unknown_types_are_payload() -> None:
    packet = Packet.dissect(bytes(Ethernet(type=0xBEEF) / b"abc"))
    assert [layer.name for layer in packet.layers] == ["eth", "data"]
    assert packet.error is None


def test_data_may_be_anything_like_bytes() -> None:
    for data in (bytearray(TCP_WIRE), memoryview(TCP_WIRE)):
        packet = Packet.dissect(data)
        assert bytes(packet) == TCP_WIRE
        assert type(bytes(packet)) is bytes


def test_a_bytearray_that_changes_later_does_not_matter() -> None:
    data = bytearray(TCP_WIRE)
    packet = Packet.dissect(data)
    data[0] ^= 255
    assert bytes(packet) == TCP_WIRE


def test_quotes_may_be_cut_anywhere() -> None:
    """An error quotes only the start of a packet: its last layer has the fields that are whole."""
    whole = bytes(error())
    inner = 14 + 20 + 8
    for kept in range(inner, len(whole) + 1):
        ip = link() / IP(src="10.0.0.9", dst="10.0.0.1")
        packet = Packet.dissect(bytes(ip / ICMP(type=11) / whole[inner:kept]))
        assert packet.error is None, kept
        assert all(layer.quoted for layer in packet.layers[3:])
        if kept >= inner + 20:
            assert packet[IP, 1].dst == "10.0.0.2"
        if kept >= inner + 24:
            assert packet[UDP, 0].dstport == 33434
        assert bytes(packet).endswith(whole[inner:kept])
        assert bytes(packet.copy()) == bytes(packet)
        assert Packet.from_dict(packet.to_dict()) == packet
        assert pickle.loads(pickle.dumps(packet)) == packet
        packet.ip.ttl = 7
        assert bytes(packet).endswith(whole[inner:kept])
        assert bytes(pickle.loads(pickle.dumps(packet))) == bytes(packet)
        assert bytes(Packet.from_dict(packet.to_dict())) == bytes(packet)


def test_a_field_beyond_a_quote_is_an_error_that_says_so() -> None:
    quote = bytes(IP(proto=6) / TCP(srcport=5, dstport=6, seq=7))[:28]
    packet = Packet.dissect(bytes(link() / IP() / ICMP(type=3) / quote))
    partial = packet[TCP, 0]
    assert (partial.srcport, partial.dstport, partial.seq) == (5, 6, 7)
    assert list(partial) == ["srcport", "dstport", "seq"]
    with pytest.raises(AttributeError, match="quoted"):
        partial.flags  # noqa: B018  # the access is what is tested


def test_tags_to_any_depth() -> None:
    depth = 60
    packet = Packet(Ethernet(), *[VLAN(id=n) for n in range(depth)], IPv6(), UDP())
    again = Packet.dissect(bytes(packet))
    assert [layer.id for layer in again.layers if isinstance(layer, VLAN)] == list(range(depth))
    assert again.udp.checksum_status == "good"
    assert again == packet


def test_depth_is_bounded() -> None:
    data = bytes(Ethernet(type=0x8100)) + b"\0\0\x81\0" * 30_000
    packet = Packet.dissect(data)
    assert len(packet.layers) < 1000
    assert packet.error is not None
    assert bytes(packet) == data


def test_arp_ends_the_packet() -> None:
    packet = Packet.dissect(bytes(link() / ARP()) + bytes(18))
    assert [layer.name for layer in packet.layers] == ["eth", "arp", "padding"]
    assert packet[Padding].data == bytes(18)
    assert packet.error is None
