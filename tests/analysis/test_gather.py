"""Tables by blocks give the cells that picking gives, for whatever is in the file."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import umpa
from tests.bench import mix
from tests.conftest import CAPTURES
from umpa import ARP, ICMP, IP, SCTP, TCP, UDP, VLAN, Ethernet, IPv6, Packet
from umpa.analysis import gather, table
from umpa.analysis.wanted import FieldName, wanted
from umpa.core.registry import all_protocols
from umpa.core.shape import Shapes
from umpa.errors import FileError

FRAME: list[FieldName] = ["frame.number", "frame.time_epoch", "frame.len", "frame.cap_len"]
COMMON: list[FieldName] = [
    field
    for protocol in (Ethernet, VLAN, ARP, IP, IPv6, ICMP, TCP, UDP, SCTP, umpa.VXLAN, umpa.GRE)
    for field in protocol.fields.values()
    if gather.suits(wanted([field]))
]
SEVERAL: list[FieldName] = [("tcp.dstport", "udp.dstport"), ("ip.src", "arp.dst.proto_ipv4")]
EVERY: list[FieldName] = [*FRAME, *COMMON, SEVERAL[0]]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small files go by blocks, and several of them."""
    monkeypatch.setattr(table, "BLOCK", 300)
    monkeypatch.setattr(table, "LEAST", 300)


def both_ways(file: Path, fields: list[FieldName] = EVERY) -> int:
    """Check that a file gives by blocks what its packets give; returns how many there are."""
    blocked = umpa.table(file, fields)
    picked = umpa.table(iter(list(umpa.read(file))), fields)
    for name in picked.names:
        assert list(blocked[name]) == list(picked[name]), (file.name, name)
    assert blocked == picked
    return len(blocked)


@pytest.mark.usefixtures("small_blocks")
class TestTheSameCells:
    @pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.pcap*")), ids=lambda p: p.name)
    def test_of_bundled_captures(self, capture: Path) -> None:
        assert both_ways(capture)
        assert both_ways(capture)  # now that the shapes are known

    def test_of_every_protocol(self, captures: Path) -> None:
        for protocol in all_protocols():
            fields: list[FieldName] = [
                field for field in protocol.fields.values() if gather.suits(wanted([field]))
            ]
            if fields:
                for name in ("dns", "vxlan", "stp", "ping6", "tls", "mpls"):
                    both_ways(captures / f"{name}.pcap", fields)

    def test_of_a_mix(self, tmp_path: Path) -> None:
        assert both_ways(mix.write(tmp_path / "mix.pcap", 3000)) == 3000

    def test_of_packets_cut_anywhere(self, tmp_path: Path, captures: Path) -> None:
        frames = [bytes(p) for name in ("vlan", "fragments", "vxlan", "sctp", "gre")
                  for p in list(umpa.read(captures / f"{name}.pcap"))[:3]]  # fmt: skip
        cuts = [(frame[:end], len(frame)) for frame in frames for end in range(min(90, len(frame)))]
        assert both_ways(write(tmp_path / "cut.pcap", cuts)) == len(cuts)
        lies = [(data, len(data)) for data, _ in cuts]
        assert both_ways(write(tmp_path / "lies.pcap", lies)) == len(cuts)

    def test_of_packets_that_were_spoilt(self, tmp_path: Path, captures: Path) -> None:
        pick = random.Random(7)
        spoilt = []
        for _ in range(40):
            for name in ("vlan", "ping6", "vxlan", "arp", "tls"):
                frame = bytearray(bytes(next(umpa.read(captures / f"{name}.pcap"))))
                frame[pick.randrange(min(60, len(frame)))] = pick.randrange(256)
                spoilt.append((bytes(frame), len(frame)))
        assert both_ways(write(tmp_path / "spoilt.pcap", spoilt)) == len(spoilt)

    def test_after_the_shapes_were_forgotten(self, captures: Path) -> None:
        both_ways(captures / "http.pcap")
        shapes: Shapes = Packet.shapes
        shapes.forget()
        both_ways(captures / "http.pcap")

    def test_ports_that_lead_into_a_tunnel(self, tmp_path: Path) -> None:
        inner = Ethernet() / IP() / TCP(dstport=80)
        outer = Ethernet() / IP() / UDP(dstport=4789) / umpa.VXLAN() / inner
        frames = [bytes(outer), bytes(Ethernet() / IP() / UDP(dstport=53))] * 5
        file = write(tmp_path / "tunnel.pcap", [(frame, len(frame)) for frame in frames])
        both_ways(file)
        assert list(umpa.table(file, ["tcp.dstport"])["tcp.dstport"]) == [80, None] * 5

    def test_fields_of_which_the_first_counts(self, captures: Path) -> None:
        both_ways(captures / "arp.pcap", [*SEVERAL, ("icmp.type", "udp.srcport")])


def write(path: Path, frames: Iterable[tuple[bytes, int]]) -> Path:
    """A pcap file of frames, each with its length on the wire."""
    packets = (
        Packet.dissect(data, time_ns=n * 1_000_000_007, wire_length=length)
        for n, (data, length) in enumerate(frames)
    )
    umpa.write(path, packets)
    return path


class TestWhichFiles:
    def test_only_long_ones(self, captures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """For others NumPy is not even imported."""
        monkeypatch.setattr(table, "Gatherer", None)
        assert len(umpa.table(captures / "http.pcap", ["ip.src"])) > 20

    def test_without_numpy_all_are_picked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_blocks: None
    ) -> None:
        file = mix.write(tmp_path / "mix.pcap", 100)
        expected = umpa.table(file, COMMON)
        monkeypatch.setitem(sys.modules, "numpy", None)
        assert umpa.table(file, COMMON) == expected

    @pytest.mark.usefixtures("small_blocks")
    @pytest.mark.parametrize("name", ["big.pcap", "big.pcap.gz", "big.pcapng", "big.pcapng.gz"])
    def test_packets_longer_than_a_block(self, tmp_path: Path, name: str) -> None:
        """And pieces of a compressed file that are longer still."""
        long = bytes(Ethernet() / IP() / UDP(dstport=9)) + bytes(200_000)
        short = bytes(Ethernet() / IP() / TCP(dstport=80))
        frames = [(data, len(data)) for data in (short, long, short, short, long) * 20]
        assert both_ways(write(tmp_path / name, frames)) == 100

    @pytest.mark.usefixtures("small_blocks")
    def test_a_cut_one_is_an_error(self, tmp_path: Path) -> None:
        file = mix.write(tmp_path / "mix.pcap", 100)
        file.write_bytes(file.read_bytes()[:-3])
        with pytest.raises(FileError, match="cut: the packet record needs"):
            umpa.table(file, COMMON)

    @pytest.mark.usefixtures("small_blocks")
    def test_compressed_ones_and_other_formats(self, tmp_path: Path, captures: Path) -> None:
        packets = list(umpa.read(captures / "http.pcap"))
        for name in ("a.pcap.gz", "a.pcapng", "a.pcap"):
            umpa.write(tmp_path / name, packets)
            assert both_ways(tmp_path / name) == len(packets)
        assert both_ways(captures / "microseconds.pcap")
