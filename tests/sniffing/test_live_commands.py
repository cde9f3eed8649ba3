"""`umpa sniff` and `umpa devices` on devices, as a user's shell sees them."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.link.frames import frame
from tests.live.room import ROOT, Room, run_python
from umpa import Packet
from umpa.link.file import read

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]
MINE = "udp and dst host 127.1.1.1"


@contextmanager
def sniffing(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`umpa sniff`, listening."""
    with subprocess.Popen(
        [sys.executable, "-m", "umpa", "sniff", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        try:
            assert child.stderr is not None
            assert child.stderr.readline().startswith(b"umpa: listening on ")
            yield child
        finally:
            child.kill()


def test_umpa_sniff(room: Room) -> None:
    with (
        room.raw_socket(room.server) as peer,
        sniffing("-i", "eth0", "-f", MINE, "-c", "2") as child,
    ):
        peer.send(frame(1))
        assert child.stdout is not None
        assert select.select([child.stdout], [], [], 5)[0]  # each line at once
        assert b"UDP 1 > 1" in child.stdout.readline()
        peer.send(frame(2))
        out, said = child.communicate(timeout=10)
        assert out.count(b"\n") == 1
        assert said == (
            b"umpa: 2 packets captured; 2 received, 0 dropped, 0 dropped by the interface\n"
        )
        assert child.returncode == 0


@pytest.mark.parametrize("form", ["--tree", "--json"])
def test_umpa_sniff_in_other_forms(form: str, room: Room) -> None:
    with (
        room.raw_socket(room.server) as peer,
        sniffing("-i", "eth0", "-f", MINE, "-c", "1", form) as child,
    ):
        peer.send(frame(1))
        out, _ = child.communicate(timeout=10)
    if form == "--json":
        assert bytes(Packet.from_dict(json.loads(out))) == frame(1)
    else:
        assert out.startswith(b"1. Packet: ")


def test_umpa_sniff_to_a_file_until_ctrl_c(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with (
        room.raw_socket(room.server) as peer,
        sniffing("-i", "eth0", "-f", MINE, "-w", str(path)) as child,
    ):
        for number in range(3):
            peer.send(frame(number))
        end = time.monotonic() + 5
        while len(list(read(path))) < 3 and time.monotonic() < end:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        out, said = child.communicate(timeout=10)
    assert (child.returncode, out) == (0, b"")
    assert said.startswith(b"umpa: 3 packets captured; ")
    assert [packet.udp.dstport for packet in read(path)] == [0, 1, 2]


def test_umpa_sniff_whose_reader_went_away(room: Room) -> None:
    with room.raw_socket(room.server) as peer, sniffing("-i", "eth0", "-f", MINE) as child:
        assert child.stdout is not None
        peer.send(frame(1))
        child.stdout.readline()
        child.stdout.close()
        peer.send(frame(2))
        assert child.stderr is not None
        assert child.stderr.read() == b""
        assert child.wait(10) == 141


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-i", "eth9"), b"umpa: no device 'eth9'; did you mean 'eth0'?; there are: lo, eth0"),
        (("-i", "eth0", "-f", "no filter"), b"umpa: "),
        (("-i", "eth0", "-w", "/nowhere/x.pcap"), b"umpa: "),
    ],
)
def test_a_mistake_of_umpa_sniff_is_one_line(
    arguments: tuple[str, ...], words: bytes, room: Room
) -> None:
    command = [sys.executable, "-m", "umpa", "sniff", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(words)
    assert done.stderr.count(b"\n") == 1


def test_umpa_devices(room: Room) -> None:
    out = run_python("from umpa.__main__ import main; main(['devices'])").stdout
    header, *rows = [line.split() for line in out.splitlines()]
    assert header == ["device", "state", "mtu", "mac", "addresses", "description"]
    assert [row[0] for row in rows] == ["lo", "eth0"]
    assert rows[1][1:5] == ["up", "1500", "02:00:00:00:00:01", "10.0.0.1/24"]
