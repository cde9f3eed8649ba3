"""`packet.hexdump()`: the bytes, and with `fields` what they are."""

from __future__ import annotations

from pathlib import Path

from umpa import IP, TCP, UDP, Ethernet, Packet
from umpa.link.file import read
from umpa.protocols import VLAN

PLAIN = """\
0000  ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01  ................
0010  08 00 06 04 00 01 02 00 00 00 00 01 0a 00 00 01  ................
0020  00 00 00 00 00 00 0a 00 00 02                    .........."""

FIELDS = """\
Internet Protocol Version 4 (ip), 20 bytes:
0000  45
      0100 ....                                        version       4
      .... 0101                                        hdr_len       20
0001  02                                               dsfield       0x02
      0000 00..                                        dsfield_dscp  0 (CS0)
      .... ..10                                        dsfield_ecn   2 (ECT(0))
0002  00 30                                            len           48
0004  00 00                                            id            0x0000
0006  40 00
      0... .... .... ....                              flags_rb      False
      .1.. .... .... ....                              flags_df      True
      ..0. .... .... ....                              flags_mf      False
      ...0 0000 0000 0000                              frag_offset   0
0008  40                                               ttl           64
0009  06                                               proto         6 (TCP)
000a  3a c7                                            checksum      0x3ac7
000c  00 00 00 00                                      src           0.0.0.0
0010  00 00 00 00                                      dst           0.0.0.0
Transmission Control Protocol (tcp), 24 bytes:
0014  00 00                                            srcport            0
0016  00 50                                            dstport            80 (http)
0018  00 00 00 00                                      seq                0
001c  00 00 00 00                                      ack                0
0020  60 10
      0110 .... .... ....                              hdr_len            24
      .... 0000 0001 0000                              flags              0x010 (ACK)
0022  ff ff                                            window_size_value  65535
0024  fc 5f                                            checksum           0xfc5f
0026  00 00                                            urgent_pointer     0
0028  02 04 05 b4                                      options            mss 1460
Data (data), 4 bytes:
002c  47 45 54 20                                      GET """


def test_bytes_and_characters(captures: Path) -> None:
    assert next(read(captures / "ping.pcap")).hexdump() == PLAIN


def test_the_field_that_the_bytes_belong_to() -> None:
    packet = IP(flags_df=True, dsfield=2) / TCP(dstport=80, flags="ACK", options=[("mss", 1460)])
    assert (packet / b"GET ").hexdump(fields=True) == FIELDS


def test_a_long_field_goes_on_in_the_next_line() -> None:
    packet = IP() / TCP(options=[(253, bytes(range(18)))])
    assert (
        "0028  fd 14 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d  options            253 "
        "000102030405060708090a0b0c0d0e0f1011\n"
        "0038  0e 0f 10 11"
    ) in packet.hexdump(fields=True)


def test_bytes_of_no_field_are_shown_too() -> None:
    packet = IP() / TCP(options=[("wscale", 7)])
    assert packet.hexdump(fields=True).endswith(
        "0028  03 03 07                                         options            wscale 7\n"
        "002b  00                                               -"
    )


def test_every_byte_is_there_once(captures: Path) -> None:
    for path in sorted(captures.glob("*.pcap*")):
        for packet in read(path, count=30):
            shown = packet.hexdump(fields=True).splitlines()
            digits = "".join(text[6:53] for text in shown if is_bytes(text))
            assert bytes.fromhex(digits) == bytes(packet), packet


def is_bytes(line: str) -> bool:
    return line[4:6] == "  " and line[:4].strip() != "" and not line.startswith(("...", "("))


def test_layers_that_are_left_out_are_plain_bytes() -> None:
    packet = Packet(Ethernet(), *[VLAN()] * 40, b"the end")
    assert "... 26 layers more:\n004a  " in packet.hexdump(fields=True)
    assert packet.hexdump(fields=True).endswith("the end")


def test_nothing() -> None:
    assert Packet.dissect(b"").hexdump() == ""
    assert Packet.dissect(b"").hexdump(fields=True) == ""
    assert (UDP() / b"").hexdump()
