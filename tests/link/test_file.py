"""`umpa.read`: filters of every kind, on files of every kind."""

from __future__ import annotations

import subprocess
import warnings
from pathlib import Path

import pytest

from tests.savefile.craft import enhanced, facts, interface, pcap_header, record, section
from umpa.core.packet import Packet
from umpa.errors import FileError, FilterError
from umpa.link import file
from umpa.savefile import Reader

IP_TCP = bytes.fromhex("4500 0028 0000 0000 4006 0000 0a000001 0a000002 0050 1234") + bytes(16)
ETH_TCP = bytes(12) + b"\x08\0" + IP_TCP
ETH_OTHER = bytes(60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Eight packets: Ethernet and raw IP, TCP and not, in turn."""
    data = section() + interface(1) + interface(101)
    for n in range(2):
        data += enhanced(ETH_TCP, 4 * n) + enhanced(IP_TCP, 4 * n + 1, 1)
        data += enhanced(ETH_OTHER, 4 * n + 2) + enhanced(b"\x60" + bytes(40), 4 * n + 3, 1)
    made = tmp_path / "x.pcapng"
    made.write_bytes(data)
    return made


def times(packets: object) -> list[int]:
    return [p.time_ns // 1000 for p in packets]  # type: ignore[attr-defined]  # any iterable


def test_without_a_filter(path: Path) -> None:
    assert times(file.read(path)) == list(range(8))
    assert times(file.read(path, count=3)) == [0, 1, 2]


def test_a_text_is_compiled_for_each_link_type(path: Path) -> None:
    assert times(file.read(path, "tcp port 80")) == [0, 1, 4, 5]
    assert times(file.read(path, "tcp port 80", 3)) == [0, 1, 4]
    assert times(file.read(str(path), filter="tcp port 80 and greater 50")) == [0, 4]


def test_anything_callable_is_a_match(path: Path) -> None:
    assert times(file.read(path, lambda packet: len(packet) == 60)) == [2, 6]
    assert times(file.read(path, lambda packet: packet.linktype == 101, count=1)) == [1]


def test_errors_are_raised_by_the_call(path: Path, tmp_path: Path) -> None:
    for filter in (None, "tcp", "greater 5", lambda packet: True):
        with pytest.raises(FileError, match="no such file"):
            file.read(tmp_path / "none.pcap", filter)
    for text in ("tcp prot 80", "greater than 80"):
        with pytest.raises(FilterError, match="syntax error"):
            file.read(path, text)
    with pytest.raises(FilterError, match="a filter is a text, a match expression or a function"):
        file.read(path, 80)  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(ValueError, match="count is -1"):
        file.read(path, count=-1)


def test_a_link_type_that_the_filter_is_not_for(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    data = section() + interface(1) + interface(189)
    path.write_bytes(data)
    with warnings.catch_warnings(record=True) as silent:
        assert list(file.read(path, "tcp")) == []
    assert silent == []  # no packet of it, no word about it
    for text in ("tcp", "tcp and greater 5"):
        path.write_bytes(data + (enhanced(ETH_TCP, 0) + enhanced(ETH_TCP, 1, 1)) * 2)
        with pytest.warns(UserWarning, match="USB .* link type 189; its packets are") as said:
            assert times(file.read(path, text)) == [0, 0]
        assert len(said) == 1
    path.write_bytes(section() + interface(189) + enhanced(ETH_TCP, 0))
    with pytest.raises(FilterError, match="USB link-layer type filtering not implemented"):
        file.read(path, "tcp")


def test_length_is_that_on_the_wire(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap_header() + record(ETH_TCP, 0, 0) + record(ETH_TCP, 0, 1, wire=1500))
    assert times(file.read(path, "greater 1000")) == [1]
    assert times(file.read(path, "len < 1000")) == [0]


def test_damage_comes_after_what_the_filter_accepted(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
    packets = file.read(path, "tcp")
    assert times([next(packets) for _ in range(4)]) == [0, 1, 4, 5]
    with pytest.raises(FileError, match=r"x\.pcapng: at byte \d+: cut"):
        next(packets)


def test_reading_and_writing_with_a_filter(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    assert file.write(out, file.read(path, "tcp")) == 4
    assert facts(Reader(out)) == facts(file.read(path, "tcp"))


@pytest.mark.needs("tcpdump")
@pytest.mark.parametrize(
    "text", ["tcp", "greater 100", "less 70", "icmp or arp", "tcp[13] & 2 != 0"]
)
@pytest.mark.parametrize("name", ["tls.pcap", "snaplen.pcap", "ping.pcap", "raw-ip.pcap"])
def test_tcpdump_writes_the_same_file(name: str, text: str, captures: Path, tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs.pcap", tmp_path / "ours.pcap"
    source = captures / name
    subprocess.run(
        ["tcpdump", "-r", source, "-w", theirs, "--time-stamp-precision=nano", text],
        check=True,
        capture_output=True,
    )
    file.write(ours, file.read(source, text))
    assert facts(Reader(ours)) == facts(Reader(theirs))


def test_packets_are_ordinary(path: Path) -> None:
    assert all(isinstance(packet, Packet) for packet in file.read(path, "tcp"))
