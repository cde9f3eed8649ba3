"""tcpdump, tshark and editcap read what we write, and we read what they write."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.savefile.craft import everything, facts
from umpa import savefile
from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.savefile import Reader

FORMATS = ["pcap", "pcapng"]


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def tshark(path: Path, *fields: str) -> list[list[str]]:
    options = [part for field in fields for part in ("-e", field)]
    out = run("tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=f", *options)
    return [line.split("\t") for line in out.splitlines()]


def expected(path: Path) -> list[list[str]]:
    rows = []
    for time_ns, data, wire, _ in facts(Reader(path)):
        time = "" if time_ns is None else f"{time_ns // 10**9}.{time_ns % 10**9:09}"
        rows.append([time, str(len(data)), str(wire)])
    return rows


@pytest.mark.needs("tshark")
def test_tshark_agrees_on_every_bundled_capture(captures: Path) -> None:
    for path in sorted(captures.glob("*.pcap*")):
        seen = tshark(path, "frame.time_epoch", "frame.cap_len", "frame.len")
        assert seen == expected(path), path.name


@pytest.mark.needs("tshark", "tcpdump")
@pytest.mark.parametrize("name", ["ping.pcap", "snaplen.pcap", "raw-ip.pcap", "sll2.pcap"])
@pytest.mark.parametrize("format", FORMATS)
def test_peers_read_what_we_write(name: str, format: str, captures: Path, tmp_path: Path) -> None:
    ours = tmp_path / f"ours.{format}"
    savefile.write(ours, iter(Reader(captures / name)))
    assert tshark(ours, "frame.time_epoch", "frame.cap_len", "frame.len") == expected(ours)
    options = ("--time-stamp-precision=nano", "-tt", "-nr")
    assert run("tcpdump", *options, ours) == run("tcpdump", *options, captures / name)


@pytest.mark.needs("tshark", "tcpdump")
@pytest.mark.parametrize("format", FORMATS)
def test_peers_read_a_file_without_packets(format: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{format}"
    savefile.write(path, [])
    assert tshark(path, "frame.len") == []
    assert run("tcpdump", "-nr", path) == ""


@pytest.mark.needs("tshark")
def test_tshark_sees_interfaces_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    packets = []
    for linktype, name, comment, wire in (
        (1, "eth0", None, None),
        (101, "tun0", "hello", 1500),
        (1, "eth0", "bye", None),
    ):
        packet = Packet.dissect(b"\x45" + bytes(59), time_ns=10**18 + linktype)
        packet._origin = Origin(linktype, name, wire, comment)
        packets.append(packet)
    savefile.write(path, packets)
    assert tshark(
        path, "frame.interface_name", "frame.encap_type", "frame.comment", "frame.len"
    ) == [["eth0", "1", "", "60"], ["tun0", "7", "hello", "1500"], ["eth0", "1", "bye", "60"]]


@pytest.mark.needs("tshark")
def test_tshark_reads_packets_without_time_of_several_interfaces(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    packets = [Packet.dissect(b"\x45" + bytes(59), kind) for kind in (1, 101, 101, 1)]
    savefile.write(path, packets)
    assert tshark(path, "frame.encap_type", "frame.len") == [
        [kind, "60"] for kind in ("1", "7", "7", "1")
    ]


@pytest.mark.needs("tshark", "tcpdump")
@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_tshark_reads_what_we_compress(suffix: str, captures: Path, tmp_path: Path) -> None:
    path = tmp_path / f"x.pcapng.{suffix}"
    savefile.write(path, Reader(captures / "ping.pcap"))
    assert tshark(path, "frame.time_epoch", "frame.cap_len", "frame.len") == expected(path)


@pytest.mark.needs("tcpdump")
@pytest.mark.parametrize("precision", ["micro", "nano"])
def test_we_read_what_tcpdump_writes(precision: str, captures: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    run("tcpdump", f"--time-stamp-precision={precision}", "-r", captures / "tls.pcap", "-w", path)
    unit = 1 if precision == "nano" else 1000
    want = [(t and t // unit * unit, *rest) for t, *rest in facts(Reader(captures / "tls.pcap"))]
    assert facts(Reader(path)) == want


@pytest.mark.needs("editcap", "mergecap")
def test_we_read_what_wireshark_writes(captures: Path, tmp_path: Path) -> None:
    ping, tun = captures / "ping.pcap", captures / "raw-ip.pcap"
    want = facts(Reader(ping))
    for kind in ("pcap", "nsecpcap", "modpcap", "pcapng"):
        run("editcap", "-F", kind, ping, tmp_path / kind)
        unit = 1 if kind in ("nsecpcap", "pcapng") else 1000
        assert facts(Reader(tmp_path / kind)) == [(t and t // unit * unit, *r) for t, *r in want]
    run("editcap", "-a", "1:first\nsecond", "-a", "2:x", "-s", "40", ping, tmp_path / "comments")
    got = list(Reader(tmp_path / "comments"))
    assert [p.comment for p in got][:3] == ["first\nsecond", "x", None]
    assert [p.wire_length for p in got] == [wire for _, _, wire, _ in want]
    run("mergecap", "-a", "-w", tmp_path / "merged", ping, tun, ping)
    assert facts(Reader(tmp_path / "merged")) == [*want, *facts(Reader(tun)), *want]


def test_the_bundled_comments_and_interfaces(captures: Path) -> None:
    rows = everything(Reader(captures / "two-interfaces.pcapng"))
    assert {(linktype, name) for *_, linktype, name, _ in rows} == {(1, "eth0"), (101, "tun0")}
    assert rows[0][-1] == "the first request"
