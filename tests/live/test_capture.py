"""What a live link captures, against what tcpdump writes beside it."""

from __future__ import annotations

import socket
from pathlib import Path
from random import Random

import pytest

from tests.link.frames import collect, frame
from tests.live.room import Room
from umpa.link.base import Frame
from umpa.link.live import LiveLink
from umpa.savefile import Reader

NUMBER, BATCH = 100_000, 1000
SO_TIMESTAMPNS = 35  # asm-generic/socket.h


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.needs("ip", "ethtool", "tcpdump")
def test_a_hundred_thousand_frames_as_tcpdump_has_them(
    room: Room, libpcap: str, tmp_path: Path
) -> None:
    """Byte for byte, and with pypcap nanosecond for nanosecond.

    A ring of the kernel takes the time that a frame has already, and else reads the clock by
    itself. Frames have one while any socket of the machine asks for times: so one here does.
    """
    random = Random(1)
    frames = [frame(n, 60 + int(random.random() ** 4 * 1454)) for n in range(NUMBER)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks_for_times:
        asks_for_times.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with (
            LiveLink(room.device, filter="udp") as link,
            room.raw_socket(room.server) as peer,
            room.client.recording(tmp_path / "tcpdump.pcap", "eth0", "udp", "-B 131072"),
        ):
            got: list[Frame] = []
            for start in range(0, NUMBER, BATCH):
                for data in frames[start : start + BATCH]:
                    peer.send(data)
                got += collect(link, BATCH)
            stats = link.stats
    theirs = [(p.time_ns or 0, bytes(p)) for p in Reader(tmp_path / "tcpdump.pcap")]
    assert (stats.received, stats.dropped) == (NUMBER, 0)
    assert [data for _, data, _ in got] == frames
    assert [data for _, data in theirs] == frames
    step = 1 if libpcap == "pypcap" else 1000
    assert [time_ns for time_ns, _, _ in got] == [t // step * step for t, _ in theirs]
    assert {wire for _, _, wire in got} == {None}
