"""Writing pcap and pcapng: golden bytes, what is kept, and what is refused."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.savefile import craft
from tests.savefile.craft import everything, facts
from umpa import savefile
from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.errors import EncodeError, FieldError, FileError
from umpa.protocols.payload import Payload
from umpa.savefile import Reader, Writer

FRAME = bytes(range(61))
T = 1_700_000_000_123_456_789


def packet(
    data: bytes = FRAME,
    time_ns: int | None = T,
    linktype: int = 1,
    interface: str | None = None,
    wire_length: int | None = None,
    comment: str | None = None,
    fcs_length: int = 0,
) -> Packet:
    made = Packet.dissect(data, time_ns=time_ns)
    made._origin = Origin(linktype, interface, wire_length, comment, fcs_length)
    return made


def written(*packets: Packet, format: str, ns: bool = True, linktype: int | None = None) -> bytes:
    file = io.BytesIO()
    assert savefile.write(file, packets, linktype, format, ns) == len(packets)
    return file.getvalue()


def test_golden_pcap() -> None:
    assert written(
        packet(b"\1\2\3\4"), packet(b"\5", wire_length=9), format="pcap"
    ) == bytes.fromhex(
        "4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000"
        "00f15365 15cd5b07 04000000 04000000 01020304"
        "00f15365 15cd5b07 01000000 09000000 05"
    )


def test_golden_pcapng() -> None:
    packets = packet(b"\1\2\3", interface="lo"), packet(b"\5", None, interface="lo")
    assert written(*packets, format="pcapng") == bytes.fromhex(
        "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
        "01000000 28000000 0100 0000 00000000 0200 0200 6c6f0000"
        "0900 0100 09000000 00000000 28000000"
        "06000000 24000000 00000000 f99b9717 1555d55b 03000000 03000000 01020300 24000000"
        "03000000 14000000 01000000 05000000 14000000"
    ).replace(bytes.fromhex("f99b97171555d55b"), struct.pack("<II", T >> 32, T & 0xFFFFFFFF))


def test_times_without_nanoseconds() -> None:
    data = written(packet(), format="pcap", ns=False)
    assert data[:4] == b"\xd4\xc3\xb2\xa1"
    assert facts(Reader(io.BytesIO(data))) == [(T // 1000 * 1000, FRAME, 61, 1)]
    data = written(packet(), format="pcapng", ns=False)
    assert facts(Reader(io.BytesIO(data))) == [(T // 1000 * 1000, FRAME, 61, 1)]


def test_pcapng_keeps_everything() -> None:
    packets = [
        packet(),
        packet(interface="eth0", comment="ünder\nlined"),
        packet(linktype=101, interface="tun0", wire_length=1500),
        packet(interface="eth0", wire_length=70, comment=""),
        packet(time_ns=0, interface=""),
        packet(time_ns=2**64 - 1, fcs_length=4),
        packet(time_ns=None),
        packet(time_ns=None, linktype=101, interface="tun0"),
        packet(interface="eth0"),
    ]
    data = written(*packets, format="pcapng")
    assert everything(Reader(io.BytesIO(data))) == everything(packets)
    fcs = [p._origin.fcs_length for p in Reader(io.BytesIO(data))]
    assert fcs == [0, 0, 0, 0, 0, 4, 0, 0, 0]


def test_a_time_of_zero_stands_for_none_where_the_format_needs_one() -> None:
    data = written(packet(time_ns=None), format="pcap")
    assert [p.time_ns for p in Reader(io.BytesIO(data))] == [0]
    cut = packet(time_ns=None, wire_length=99), packet(time_ns=None, comment="x")
    data = written(*cut, format="pcapng")
    assert [(p.time_ns, p.wire_length, p.comment) for p in Reader(io.BytesIO(data))] == [
        (0, 99, None),
        (0, 61, "x"),
    ]


def test_pcap_keeps_the_length_of_the_fcs() -> None:
    data = written(packet(fcs_length=4), format="pcap")
    assert struct.unpack_from("<I", data, 20) == (0x24000001,)
    assert [p._origin.fcs_length for p in Reader(io.BytesIO(data))] == [4]


def test_crafted_and_changed_packets_are_written_as_they_are_now() -> None:
    crafted = Packet(Payload(b"hello"))
    changed = packet()
    file = io.BytesIO()
    with Writer(file, linktype=1, format="pcapng") as writer:
        writer.write(crafted)
        writer.write(changed)
        changed.time_ns = 5
        writer.write(changed)
        writer.write(b"raw", time_ns=7, linktype=228)
        writer.write(b"raw")
    got = [(bytes(p), p.time_ns, p.linktype) for p in Reader(io.BytesIO(file.getvalue()))]
    assert got == [
        (b"hello", None, crafted.linktype),
        (FRAME, T, 1),
        (FRAME, 5, 1),
        (b"raw", 7, 228),
        (b"raw", None, 1),
    ]


@pytest.mark.parametrize(("format", "tail"), [("pcap", 0), ("pcapng", 1)])
@pytest.mark.parametrize("linktype", [None, 1, 147])
def test_a_file_without_packets(format: str, tail: int, linktype: int | None) -> None:
    data = written(format=format, linktype=linktype)
    assert list(Reader(io.BytesIO(data))) == []
    if format == "pcap":
        assert struct.unpack_from("<I", data, 20) == (linktype or 1,)
    else:
        assert struct.unpack_from("<H", data, 28 + 8) == (linktype or 1,)


@pytest.mark.parametrize(
    ("name", "magic"),
    [
        ("x.pcap", b"\x4d\x3c\xb2\xa1"),
        ("x.cap", b"\x4d\x3c\xb2\xa1"),
        ("x.PCAPNG", b"\x0a\x0d\x0d\x0a"),
        ("x.pcap.gz", b"\x1f\x8b"),
        ("x.pcapng.zst", b"\x28\xb5\x2f\xfd"),
    ],
)
def test_the_suffix_chooses_format_and_compression(name: str, magic: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    assert savefile.write(path, [packet()] * 3) == 3
    data = path.read_bytes()
    assert data.startswith(magic)
    assert facts(Reader(path)) == [(T, FRAME, 61, 1)] * 3
    if name.endswith(".gz"):
        assert facts(Reader(io.BytesIO(gzip.decompress(data)))) == facts(Reader(path))
        assert data[4:8] == bytes(4)  # the same packets make the same file
    if name.endswith(".zst"):
        plain = zstandard.ZstdDecompressor().stream_reader(data).read()
        assert facts(Reader(io.BytesIO(plain))) == facts(Reader(path))


def test_format_wins_over_the_suffix(tmp_path: Path) -> None:
    savefile.write(tmp_path / "x.pcap", [packet()], format="pcapng")
    assert (tmp_path / "x.pcap").read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    savefile.write(tmp_path / "x", [packet()], format="pcap")
    with pytest.raises(FileError, match="no format 'snoop', expected 'pcap' or 'pcapng'"):
        Writer(tmp_path / "x", format="snoop")
    with pytest.raises(
        FileError, match=r"suffix '.pcapgn' names no format; did you mean '.pcapng'"
    ):
        Writer(tmp_path / "x.pcapgn")
    assert not (tmp_path / "x.pcapgn").exists()


@pytest.mark.parametrize(
    ("bad", "format", "words"),
    [
        (
            packet(linktype=101),
            "pcap",
            "one link type, this one 1, the packet 101: write a .pcapng",
        ),
        (packet(time_ns=2**32 * 10**9), "pcap", "does not fit a pcap record"),
        (packet(time_ns=-1), "pcap", "does not fit a pcap record"),
        (packet(wire_length=2**32), "pcap", "wire length 4294967296 does not fit"),
        (packet(time_ns=-1), "pcapng", "time -1 ns .* does not fit a pcapng block"),
        (packet(time_ns=2**64), "pcapng", "does not fit a pcapng block"),
        (packet(linktype=65536), "pcapng", "link type 65536 does not fit a pcapng file"),
        (packet(comment="x" * 65536), "pcapng", "a text of 65536 bytes does not fit"),
        (packet(interface="x" * 65536), "pcapng", "a text of 65536 bytes does not fit"),
        ("text", "pcap", "'text' is no packet; expected a Packet"),
        (None, "pcapng", "None is no packet; expected a Packet"),
        (Payload(b"x"), "pcapng", "Payload is a layer, no packet"),
    ],
)
def test_packets_that_do_not_fit(bad: Packet, format: str, words: str) -> None:
    file = io.BytesIO()
    with Writer(file, format=format) as writer:
        writer.write(packet())
        with pytest.raises(EncodeError, match=words):
            writer.write(bad)
        writer.write(packet())
    assert facts(Reader(io.BytesIO(file.getvalue()))) == [(T, FRAME, 61, 1)] * 2


def test_the_link_type_asked_for_is_the_pcap_file_s() -> None:
    with pytest.raises(EncodeError, match="one link type, this one 101, the packet 1"):
        written(packet(), format="pcap", linktype=101)
    with pytest.raises(EncodeError, match="link type 67108864 does not fit a pcap file"):
        written(format="pcap", linktype=0x04000000)
    data = written(packet(), format="pcapng", linktype=101)
    assert [p.linktype for p in Reader(io.BytesIO(data))] == [1]


def test_a_single_packet_is_not_its_layers() -> None:
    file = io.BytesIO()
    assert savefile.write(file, packet(), format="pcap") == 1  # forgiven


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [craft.MICRO, craft.NANO])
def test_from_pcap_to_pcap_records_are_copied(order: str, magic: int) -> None:
    records = [craft.record(bytes([n]) * 1000, n, n, 2000, order) for n in range(200)]
    data = craft.pcap_header(order, magic, 0x24000001) + b"".join(records)
    file = io.BytesIO()
    assert savefile.write(file, Reader(io.BytesIO(data))) == 200
    assert file.getvalue() == data
    file = io.BytesIO()
    reader = Reader(io.BytesIO(data), accept=lambda raw: raw[0] % 3 == 0)
    assert savefile.write(file, reader) == 67
    assert file.getvalue() == data[:24] + b"".join(records[::3])


@pytest.mark.parametrize("options", [{"ns": False}, {"linktype": 1}, {"format": "pcapng"}])
def test_where_records_cannot_be_copied_packets_are(options: dict[str, object]) -> None:
    data = craft.pcap_header(">") + craft.record(FRAME, 1, 2, order=">") * 3
    file = io.BytesIO()
    assert savefile.write(file, Reader(io.BytesIO(data)), **options) == 3  # type: ignore[arg-type]  # one of each
    assert facts(Reader(io.BytesIO(file.getvalue()))) == facts(Reader(io.BytesIO(data)))
    begun = Reader(io.BytesIO(data))
    next(begun)
    assert savefile.write(io.BytesIO(), begun) == 2
    modified = craft.pcap_header(magic=craft.KUZNETZOV) + bytes(24)
    assert savefile.write(io.BytesIO(), Reader(io.BytesIO(modified))) == 1


def test_errors_of_the_packets_come_through() -> None:
    data = craft.pcap_header() + craft.record(FRAME, 1, 2)
    for packets in (Reader(io.BytesIO(data[:-1])), iter(Reader(io.BytesIO(data[:-1])))):
        with pytest.raises(FileError, match="at byte 24: cut"):
            savefile.write(io.BytesIO(), packets)


@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
@pytest.mark.parametrize("wrong", ["now", 1.5, -5, 1 << 80], ids=repr)
def test_a_time_that_is_none_is_told_by_the_writer(suffix: str, wrong: Any, tmp_path: Path) -> None:
    made, good = packet(), packet(time_ns=7)
    made.time_ns = wrong
    assert repr(wrong).split(".")[0] in str(made) or isinstance(wrong, int)
    with Writer(tmp_path / f"out.{suffix}") as writer:
        writer.write(good)
        with pytest.raises(EncodeError, match=f"time {wrong!r} ns"):
            writer.write(made)
        writer.write(good)
        with pytest.raises(FieldError, match="time_ns is 'x'; expected nanoseconds"):
            writer.write(b"frame", time_ns="x")  # type: ignore[arg-type]  # the mistake
    assert [one.time_ns for one in Reader(tmp_path / f"out.{suffix}")] == [7, 7]
