"""What is sent arrives as it was written, and tshark reads it without complaint."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

import umpa
from tests.exchange.kinds import KINDS, golden
from tests.live.room import Room
from umpa import Packet
from umpa.protocols.index import MODULES

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool", "tshark", "tcpdump")]

COMPLAINTS = "_ws.malformed or _ws.expert.severity >= 8388608"


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[bytes]]:
    """By link type."""
    found: dict[int, list[bytes]] = defaultdict(list)
    for linktype, frame in [*golden(monkeypatch), *((1, bytes(kind)) for kind in KINDS)]:
        found[linktype].append(frame)
    return found


def complaints(file: Path) -> list[str]:
    """The protocols of each frame that tshark finds fault with."""
    command = ["tshark", "-r", str(file), "-T", "json", "-Y", COMPLAINTS]
    for kind in ("ip", "tcp", "udp"):
        command += ["-o", f"{kind}.check_checksum:TRUE"]
    command += ["-o", "tcp.desegment_tcp_streams:FALSE"]  # they belong to no stream
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return [frame["_source"]["layers"]["frame"]["frame.protocols"] for frame in json.loads(said)]


def test_every_protocol_is_among_them(frames: dict[int, list[bytes]]) -> None:
    names = {
        layer.name
        for linktype, several in frames.items()
        for frame in several
        for layer in Packet.dissect(frame, linktype).layers
    }
    assert set(MODULES) - names == set()


def test_they_arrive_and_tshark_does_not_complain(
    room: Room, tmp_path: Path, frames: dict[int, list[bytes]]
) -> None:
    file = tmp_path / "seen.pcap"
    with room.server.recording(file, "eth0", "", "-Q in -B 32768"):
        assert umpa.send(frames[1], device="eth0").sent == len(frames[1])
    seen = [bytes(packet) for packet in umpa.read(str(file))]
    assert [frame for frame in frames[1] if frame not in seen] == []
    assert complaints(file) == []


def test_nor_about_those_of_other_links(tmp_path: Path, frames: dict[int, list[bytes]]) -> None:
    del frames[1]
    for linktype, several in frames.items():
        file = tmp_path / f"{linktype}.pcap"
        umpa.write(str(file), [Packet.dissect(frame, linktype) for frame in several])
        assert complaints(file) == [], linktype
    assert len(frames) > 10
