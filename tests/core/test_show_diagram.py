"""`packet.svg()` and the tables of a notebook."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from umpa import IP, TCP, UDP, Ethernet, Packet
from umpa.core.origin import Origin
from umpa.link.file import read
from umpa.protocols import VLAN, IPv6

SVG = "{http://www.w3.org/2000/svg}"


def drawn(packet: Packet) -> ElementTree.Element:
    return ElementTree.fromstring(packet.svg())


def labels(packet: Packet) -> list[str]:
    """The texts in the drawing, the ruler's left out."""
    return [t.text or "" for t in drawn(packet).iter(f"{SVG}text") if t.get("class") != "r"]


def boxes(packet: Packet) -> list[tuple[float, float]]:
    """Width in bits and height in rows of each box."""
    found = drawn(packet).iter(f"{SVG}rect")
    return [(float(b.get("width", 0)) / 26, float(b.get("height", 0)) / 36) for b in found]


def test_a_header_as_its_rfc_draws_it() -> None:
    assert labels(UDP(dstport=53) / b"") == [
        "User Datagram Protocol (udp), 8 bytes",
        *("srcport", "0", "dstport", "53 (domain)", "length", "8", "checksum", "0xffc2"),
        "Data (data), 0 bytes",
    ]
    assert boxes(UDP() / b"") == [(16, 1)] * 4


def test_bits_have_their_places() -> None:
    widths = [width for width, _ in boxes(Packet(IP()))]
    assert widths == [4, 4, 6, 2, 16, 16, 1, 1, 1, 13, 8, 8, 16, 32, 32]
    texts = labels(Packet(IP(flags_df=True)))
    assert texts[texts.index("df") + 1] == "1"


def test_long_fields_take_whole_rows_and_very_long_ones_fewer() -> None:
    assert boxes(Packet(IPv6()))[-2:] == [(32, 4), (32, 4)]
    assert boxes(Packet(Ethernet()))[:4] == [(32, 1), (16, 1), (16, 1), (32, 1)]
    assert boxes(UDP() / bytes(1402))[-2:] == [(32, 4), (16, 1)]


def test_values_are_escaped_everywhere() -> None:
    packet = IP() / UDP() / b'<script>"&'
    packet._origin = Origin(1, "<eth0>")
    assert "<script" not in packet.svg() + packet._repr_html_()
    ElementTree.fromstring(packet.svg())
    ElementTree.fromstring(packet._repr_html_().replace("<br>", "<br/>"))


def test_every_frame_of_the_captures_is_drawn(captures: Path) -> None:
    for path in sorted(captures.glob("*.pcap*")):
        for packet in read(path, count=20):
            root = drawn(packet)
            assert float(root.get("height", 0)) > 0
            ElementTree.fromstring(packet._repr_html_().replace("<br>", "<br/>"))


def test_what_is_pinned_or_wrong_has_a_colour() -> None:
    crafted = IP() / UDP(checksum=1) / b""
    assert crafted.svg().count('fill="#fdf0c4"') == 1
    assert Packet.dissect(bytes(crafted), 101).svg().count('fill="#fbd5d5"') == 1


def test_a_table_for_each_layer() -> None:
    text = (IP(ttl=7) / TCP(dstport=80, options=[("mss", 1460)], checksum=1))._repr_html_()
    assert text.count("<table") == 2
    assert ">ttl</th><td" in text
    assert "<br>mss 1460</td>" in text
    assert "pinned, auto would be" in text


def test_damage_and_what_is_left_out_are_told() -> None:
    many = Packet(Ethernet(), *[VLAN()] * 40)
    assert "... 25 layers more" in many.svg()
    assert "... 25 layers more" in many._repr_html_()
    cut = Packet.dissect(bytes(Ethernet() / IP())[:20])
    assert "needs 20 bytes, got 6" in cut._repr_html_()
