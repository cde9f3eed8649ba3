"""`print(packet)`: every field with its name, value, meaning and what is to be said of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from umpa import IP, TCP, UDP, Ethernet, Packet
from umpa.core.origin import Origin
from umpa.core.rows import explain
from umpa.link.file import read
from umpa.protocols import ICMP, VLAN, ICMPv6, IPv6, NDOptions

PING = """\
Packet: 98 bytes, 2026-11-20T21:19:16.917475916Z
Ethernet (eth), 14 bytes
  dst                 02:00:00:00:00:02
  src                 02:00:00:00:00:01
  type                0x0800 (IPv4)
Internet Protocol Version 4 (ip), 20 bytes
  version             4
  hdr_len             20
  dsfield             0x00
  dsfield_dscp        0 (CS0)
  dsfield_ecn         0 (Not-ECT)
  len                 84
  id                  0x4b95
  flags_rb            False
  flags_df            True
  flags_mf            False
  frag_offset         0
  ttl                 64
  proto               1 (ICMP)
  checksum            0xdb11                        [good]
  src                 10.0.0.1
  dst                 10.0.0.2
  options             none
Internet Control Message Protocol (icmp), 8 bytes
  type                8 (echo request)
  code                0
  checksum            0x474d                        [good]
  ident               62394
  seq                 1
Data (data), 56 bytes
  0000  54 b9 00 6b 00 00 00 00 9b ff 0d 00 00 00 00 00  T..k............
  0010  10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f  ................
  0020  20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f   !"#$%&'()*+,-./
  0030  30 31 32 33 34 35 36 37                          01234567"""

SYN = """\
Packet: 66 bytes, crafted
Ethernet (eth), 14 bytes
  dst                 ff:ff:ff:ff:ff:ff
  src                 00:00:00:00:00:00
  type                0x0800 (IPv4)                 [auto]
Internet Protocol Version 4 (ip), 20 bytes
  version             4
  hdr_len             20                            [auto]
  dsfield             0x00
  dsfield_dscp        0 (CS0)
  dsfield_ecn         0 (Not-ECT)
  len                 52                            [auto]
  id                  0x0000
  flags_rb            False
  flags_df            False
  flags_mf            False
  frag_offset         0
  ttl                 128
  proto               6 (TCP)                       [auto]
  checksum            0x30c3                        [auto]
  src                 0.0.0.0
  dst                 10.0.0.2
  options             none
Transmission Control Protocol (tcp), 32 bytes
  srcport             0
  dstport             80 (http)
  seq                 0
  ack                 0
  hdr_len             32                            [auto]
  flags               0x002 (SYN)
  window_size_value   65535
  checksum            0xbeef                        [pinned, auto would be 0x64c0]
  urgent_pointer      0
  options             12 bytes
    mss               1460
    nop
    wscale            7
    nop
    nop
    sack_perm"""


def frame(captures: Path, name: str, number: int) -> Packet:
    """The packet at `number`, from 0, of a bundled capture."""
    return list(read(captures / name, count=number + 1))[number]


def line(packet: Packet, name: str, nth: int = 0) -> str:
    """The line of the nth field of that name."""
    lines = [text for text in str(packet).splitlines() if text.split()[:1] == [name]]
    return " ".join(lines[nth].split()[1:])


def test_a_packet_from_the_wire(captures: Path) -> None:
    assert str(frame(captures, "ping.pcap", 2)) == PING


def test_a_crafted_packet_says_what_is_auto_and_what_is_pinned() -> None:
    options = [("mss", 1460), "nop", ("wscale", 7), "nop", "nop", "sack_perm"]
    tcp = TCP(dstport="http", flags="SYN", options=options, checksum=0xBEEF)
    assert str(Ethernet() / IP(dst="10.0.0.2", ttl="windows") / tcp) == SYN


def test_a_pinned_value_that_is_right_is_just_pinned() -> None:
    packet = IP(len=28) / UDP()
    assert line(packet, "len") == "28 [pinned]"


def test_a_changed_packet_is_derived_again(captures: Path) -> None:
    packet = frame(captures, "ping.pcap", 2)
    packet[IP].ttl = 1
    assert line(packet, "checksum") == "0x1a12 [auto]"
    assert str(packet).startswith(
        "Packet: 98 bytes, 2026-11-20T21:19:16.917475916Z, changed since\n"
    )


def test_wrong_on_the_wire_comes_with_the_right_value(captures: Path) -> None:
    data = bytearray(bytes(frame(captures, "ping.pcap", 2)))
    data[24] ^= 0xFF
    data[36] ^= 0x01
    packet = Packet.dissect(data)
    assert line(packet, "checksum") == "0x2411 [wrong on the wire, should be 0xdb11]"
    assert line(packet, "checksum", 1) == "0x464d [wrong on the wire, should be 0x474d]"


def test_a_wrong_inner_checksum_does_not_make_the_outer_one_wrong() -> None:
    inner = bytes(IP() / UDP(checksum=1) / b"inner")
    packet = Packet.dissect(bytes(Ethernet() / IP(proto=4) / inner))
    assert [line(packet, "checksum", n)[7:13] for n in range(3)] == ["[good]", "[good]", "[wrong"]


def test_a_checksum_is_judged_by_what_stands_beside_it() -> None:
    packet = Packet.dissect(bytes(Ethernet() / IP(proto=99) / b"unknown"))
    assert line(packet, "checksum").endswith("[good]")
    assert line(packet, "proto") == "99"


@pytest.mark.parametrize(("number", "field", "mark"), [(6, "checksum", "checksum offload")])
def test_checksum_offload_is_no_error(captures: Path, number: int, field: str, mark: str) -> None:
    packet = frame(captures, "offload.pcap", number)
    assert line(packet, field).endswith("[good]")
    assert line(packet, field, 1).endswith(f"[unfinished, left to the network card ({mark})]")


def test_segmentation_offload_leaves_the_length_open() -> None:
    data = bytearray(bytes(Ethernet() / IP(len=0) / TCP() / b"a segment"))
    packet = Packet.dissect(data)
    assert line(packet, "len") == "0 [unfinished, left to the network card (segmentation offload)]"
    assert line(packet, "checksum") == f"{packet[IP].checksum:#06x} [good]"


def test_udp_without_a_checksum() -> None:
    over_ipv4 = Packet.dissect(bytes(Ethernet() / IP() / UDP(checksum=0) / b"x"))
    over_ipv6 = Packet.dissect(bytes(Ethernet() / IPv6() / UDP(checksum=0) / b"x"))
    assert line(over_ipv4, "checksum", 1) == "0x0000 [none]"
    assert line(over_ipv6, "checksum").startswith("0x0000 [wrong on the wire")


def test_what_a_fragment_covers_is_not_judged(captures: Path) -> None:
    packet = frame(captures, "fragments.pcap", 0)
    assert line(packet, "checksum") == "0x016c [good]"
    assert line(packet, "checksum", 1).endswith(
        "[not verified: the bytes it covers are not all here]"
    )


def test_a_packet_that_the_capture_cut(captures: Path) -> None:
    packet = frame(captures, "snaplen.pcap", 1)
    text = str(packet)
    assert text.startswith("Packet: 58 bytes, cut by the capture from 74, 2026-11-20T21:20:04")
    assert line(packet, "checksum") == "0x26ba [good]"
    assert text.endswith("Cut: tcp, at byte 34, needs 40 bytes, but there are 24")


def test_damage_is_told_at_the_end(captures: Path) -> None:
    packet = Packet.dissect(bytes(frame(captures, "ping.pcap", 2))[:38])
    assert str(packet).endswith("Error: ip, at byte 14, needs 84 bytes, but there are 24")
    packet = Packet.dissect(bytes(Ethernet() / IP(version=5)))
    assert str(packet).endswith("Error: ip, at byte 14: version 5 instead of 4")


def test_what_cannot_be_sent_is_told_at_the_end() -> None:
    text = str(Ethernet() / IP() / UDP() / bytes(70_000))
    assert "Error: cannot be sent: UDP.length would be 70008, but holds 0 to 65535" in text


STATUS = {"good": "good", "wrong": "bad", "unfinished": "bad", "none": "absent"}


def test_marks_agree_with_the_status_of_checksums(captures: Path) -> None:
    for path in sorted(captures.glob("*.pcap*")):
        for packet in read(path, count=50):
            for block in explain(packet).blocks:
                for row in block.rows:
                    if row.mark and row.name == block.layer._checksum:
                        status = STATUS.get(row.mark.kind, row.mark.kind)
                        assert block.layer.checksum_status == status, packet


def test_nothing_is_wrong_in_the_captures(captures: Path) -> None:
    for path in sorted(captures.glob("*.pcap*")):
        for packet in read(path):
            assert "[wrong on the wire" not in str(packet), packet


def test_quoted_layers_are_indented_and_not_judged(captures: Path) -> None:
    lines = str(frame(captures, "udp-unreachable.pcap", 1)).splitlines()
    at = lines.index("    Internet Protocol Version 4 (ip), 20 bytes, quoted")
    assert lines[at + 1] == "      version             4"
    assert not [text for text in lines[at:] if "[" in text]


def test_a_quoted_header_that_is_not_all_there() -> None:
    quoted = bytes(IP() / UDP(dstport=53))[:24]
    text = str(Packet.dissect(bytes(Ethernet() / IP() / ICMP(type=3, code=3) / quoted)))
    assert text.endswith(
        "    User Datagram Protocol (udp), 4 of 8 bytes, quoted\n"
        "      srcport             0\n"
        "      dstport             53 (domain)"
    )


def test_padding_is_shown_as_such() -> None:
    packet = Packet.dissect(bytes(Ethernet() / IP() / UDP()) + bytes(18))
    assert str(packet).endswith("Padding (padding), 18 bytes\n  data                " + "00" * 18)


def test_what_the_capture_says_stands_in_the_first_line(captures: Path) -> None:
    packet = next(read(captures / "two-interfaces.pcapng"))
    assert str(packet).partition("\n")[0] == (
        'Packet: 98 bytes, 2026-11-20T21:22:56.962357539Z, on eth0, comment "the first request"'
    )


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_700_000_000_000_000_001, "2023-11-14T22:13:20.000000001Z"),
        (10**30, "1000000000000000000000.000000000 s"),
    ],
)
def test_times_are_exact(time_ns: int, text: str) -> None:
    packet = Packet.dissect(b"", time_ns=time_ns)
    assert str(packet) == f"Packet: 0 bytes, {text}"


def test_nothing_from_the_wire_reaches_the_terminal_as_a_command() -> None:
    packet = Packet.dissect(bytes(Ethernet()))
    packet._origin = Origin(1, "eth0\x1b[2J", None, "two\nlines \u202e")
    first = str(packet).partition("\n")[0]
    assert first.endswith('on eth0\\x1b[2J, comment "two\\nlines \\u202e"')


def test_a_meaning_may_come_from_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UDP, "_meaning", lambda layer, name: f"{name}?", raising=False)
    assert line(Packet(UDP(dstport=80)), "dstport") == "80 (dstport?)"


# Bounded, whatever comes.


def test_a_long_payload_is_shown_by_its_start() -> None:
    lines = str(Ethernet() / IP() / UDP() / bytes(60_000)).splitlines()
    assert lines[-5].startswith("  0000  00 00")
    assert lines[-1] == "  ... 59936 bytes more"


def test_thousands_of_options_are_shown_by_their_start() -> None:
    options = bytes.fromhex("0101020000000001") * 8000
    lines = str(Ethernet() / IPv6() / ICMPv6(type=133) / NDOptions(options=options)).splitlines()
    assert lines[-65].split() == ["options", "64000", "bytes"]
    assert lines[-64].split() == ["source_lladdr", "02:00:00:00:00:01"]
    assert lines[-1].split() == ["...", "63496", "bytes", "more"]


def test_many_layers_are_shown_by_the_first() -> None:
    packet = Packet(Ethernet(), *[VLAN(id=n) for n in range(100)])
    text = str(packet)
    assert text.count("VLAN tag (vlan), 4 bytes") == 15
    assert text.endswith("... 85 layers more")


@pytest.mark.parametrize(
    "data",
    [
        bytes(Ethernet() / IP() / UDP() / bytes(65_000)),
        bytes(Packet(Ethernet(), *[VLAN()] * 120)),
        bytes(Ethernet() / IPv6() / ICMPv6(type=133) / NDOptions(options=b"\1\1" + b"\0" * 6)),
        bytes(Packet(Ethernet(), *[IP()] * 120)),
    ],
    ids=["payload", "tags", "option", "tunnels"],
)
def test_it_does_not_take_long(data: bytes) -> None:
    str(Packet.dissect(data))
    best = min(timed(Packet.dissect(data)) for _ in range(5))
    assert best < 0.05  # a few milliseconds on a machine that is not busy


def timed(packet: Packet) -> float:
    start = time.perf_counter()
    str(packet)
    return time.perf_counter() - start
