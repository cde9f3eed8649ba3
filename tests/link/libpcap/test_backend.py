"""What libpcap and its bindings do badly, and what is done here instead; by both bindings."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.link.child import CHILD
from tests.link.frames import collect, frame, ports
from tests.live.room import Room, run_python
from umpa.errors import LinkDown, LinkError, NoSuchDevice, WouldBlock
from umpa.link.base import Frame
from umpa.link.libpcap.backend import Options, open_live
from umpa.link.live import LiveLink

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs("ip", "ethtool"),
    pytest.mark.usefixtures("libpcap"),
]

# Opening


def test_frames_come_in_order_with_their_times(room: Room, peer: socket.socket) -> None:
    with LiveLink(room.device) as link:
        assert (link.name, link.linktype, link.mtu) == ("eth0", 1, 1500)
        assert link.mac == "02:00:00:00:00:01"
        start = time.time_ns()
        for port in range(1000, 1100):
            peer.send(frame(port))
        frames = collect(link, 100)
    assert ports(frames) == list(range(1000, 1100))
    assert [data for _, data, _ in frames] == [frame(port) for port in range(1000, 1100)]
    times = [time_ns for time_ns, _, _ in frames]
    assert times == sorted(times)
    assert start - 1_000_000 < times[0] < times[-1] < time.time_ns()
    assert {wire for _, _, wire in frames} == {None}


@pytest.mark.parametrize("name", ["", "eth0\0", "eth0\0x", "e" * 16, "\ud800", "eht0", "/dev/null"])
def test_a_name_that_no_device_has(name: str, room: Room) -> None:
    with pytest.raises(NoSuchDevice, match=r"there are: lo, eth0") as info:
        LiveLink(name)
    assert ("did you mean 'eth0'" in str(info.value)) == (name in ("eht0", "eth0\0", "eth0\0x"))


def test_a_file_of_the_device_s_name(
    room: Room, libpcap: str, peer: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pypcap would read the file, and a FIFO would stop it for ever."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("eth0")
    if libpcap == "pypcap":
        with pytest.raises(LinkError, match="a file 'eth0' in the working directory"):
            LiveLink(room.device)
    else:
        with LiveLink(room.device) as link:
            peer.send(frame(7))
            assert ports(collect(link, 1)) == [7]


def test_no_privileges(room: Room) -> None:
    done = run_python(
        CHILD
        + """
open_link("lo").close()  # so that all is imported which nobody else may read
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    open_link("eth0")
except PermissionDenied as error:
    print(error)
"""
    )
    assert "run it as root" in done.stdout
    assert "setcap cap_net_raw,cap_net_admin=eip /" in done.stdout


def test_a_device_that_is_down(fresh_room: Room) -> None:
    fresh_room.client.ip("link set eth0 down")
    with pytest.raises(LinkDown, match=r"'eth0' is down .*ip link set eth0 up"):
        LiveLink("eth0")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"snaplen": 0}, "snaplen is 1 to 262144"),
        ({"snaplen": 262145}, "snaplen is 1 to 262144"),
        ({"snaplen": "1500"}, "snaplen is 1 to 262144 bytes, got '1500'"),
        ({"snaplen": 1500.0}, "snaplen is 1 to 262144 bytes, got 1500.0"),
        ({"timeout_ms": 0}, "timeout_ms is 1 or more"),  # the kernel would never tell of frames
        ({"buffer_size": 0}, "buffer_size is 1 to"),
        ({"buffer_size": 1 << 31}, "buffer_size is 1 to"),
        ({"direction": "up"}, "direction is 'in', 'out' or 'inout', got 'up'"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], words: str) -> None:
    with pytest.raises(LinkError, match=words):
        LiveLink("lo", **options)  # type: ignore[arg-type]


def test_monitor_mode_of_what_is_no_radio(room: Room, libpcap: str) -> None:
    expected = "monitor mode" if libpcap == "pypcap" else "'eth0': "
    with pytest.raises(LinkError, match=expected):
        LiveLink(room.device, monitor=True)


def test_without_a_binding(libpcap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, f"umpa.link.libpcap.{libpcap}", None)
    with pytest.raises(LinkError, match="no binding to libpcap can be imported: pip install"):
        LiveLink("lo")


def test_the_device_any(room: Room, peer: socket.socket) -> None:
    """Promiscuous mode, the default, is an error or a warning there."""
    with LiveLink("any") as link:
        assert link.linktype in (113, 276)
        peer.send(frame(9))
        end = time.monotonic() + 5
        while not (found := [d for _, d, _ in link.read() if d.endswith(frame(9)[14:])]):
            assert time.monotonic() < end
            link.wait(0.1)
        assert len(found) == 1
        with pytest.raises(LinkError, match="'any' stands for all devices"):
            link.send(frame(1))


def test_loopback_delivers_each_frame_once(room: Room) -> None:
    with LiveLink("lo", filter="udp port 4242") as link:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"once", ("127.0.0.1", 4242))
        link.wait(1)
        time.sleep(0.05)
        assert [data[-4:] for _, data, _ in link.read()] == [b"once"]


@pytest.mark.parametrize("address", ["10.0.0.1", "fd00::1"])
def test_a_device_by_its_address(address: str, room: Room) -> None:
    with LiveLink(address) as link:
        assert link.name == "eth0"


def test_an_address_that_no_device_has(room: Room) -> None:
    with pytest.raises(NoSuchDevice, match=r"10\.0\.0\.9; there are: .*10\.0\.0\.1 \(eth0\)"):
        LiveLink("10.0.0.9")


def test_direction(room: Room, peer: socket.socket) -> None:
    with (
        LiveLink(room.device, direction="in") as coming,
        LiveLink(room.device, direction="out") as going,
        room.raw_socket(room.client) as own,
    ):
        peer.send(frame(1))
        own.send(frame(2))
        assert ports(collect(coming, 2, 0.3)) == [1]
        assert ports(collect(going, 2, 0.3)) == [2]


def test_what_is_sent_is_not_copied_for_who_wants_what_comes(room: Room) -> None:
    found = []
    for direction in ("in", "inout", "out"):
        handle = open_live(room.device, Options(direction=direction))
        with socket.socket(fileno=os.dup(handle.fileno())) as sock:
            found.append(sock.getsockopt(263, 23))  # SOL_PACKET, PACKET_IGNORE_OUTGOING
        handle.close()
    assert found == [1, 0, 0]


# Reading


@pytest.mark.parametrize("immediate", [False, True])
def test_read_never_blocks_and_wait_keeps_to_its_time(immediate: bool, room: Room) -> None:
    with LiveLink(room.device, immediate=immediate, filter="udp port 1") as link:
        start = time.monotonic()
        assert link.read() == []
        assert time.monotonic() - start < 0.1
        assert not link.wait(0.2)
        assert not link.wait(0)
        assert not link.wait(-1)
        assert 0.19 < time.monotonic() - start < 1


def test_reads_are_bounded(room: Room, peer: socket.socket) -> None:
    with LiveLink(room.device, filter="udp") as link:
        for port in range(600):
            peer.send(frame(port))
        got: list[int] = []
        while len(got) < 600:
            assert link.wait(5)
            frames = link.read(50)
            assert len(frames) <= 50
            got += ports(frames)
        assert got == list(range(600))
        for wrong in (0, -1):  # libpcap takes them for "without end"
            with pytest.raises(LinkError, match="max_packets is 1 or more"):
                link.read(wrong)


@pytest.mark.parametrize("immediate", [False, True])
def test_a_frame_that_is_cut_tells_its_length(
    immediate: bool, room: Room, peer: socket.socket
) -> None:
    with LiveLink(room.device, snaplen=60, immediate=immediate, filter="udp") as link:
        for size in (50, 60, 61, 1514):
            peer.send(frame(5, size))
        frames = collect(link, 4)
        assert [data for _, data, _ in frames] == [frame(5, n)[:60] for n in (50, 60, 61, 1514)]
        assert [wire for _, _, wire in frames] == [None, None, 61, 1514]
        assert link.unsure_lengths == 0


def test_a_length_that_no_one_tells_is_counted(fresh_room: Room, libpcap: str) -> None:
    """pypcap in immediate mode: a frame may be longer than what libpcap was asked for."""
    fresh_room.client.ip("link set eth0 mtu 9000")
    fresh_room.server.ip("link set eth0 mtu 9000")
    with (
        LiveLink("eth0", snaplen=60, immediate=True, filter="udp") as link,
        fresh_room.raw_socket(fresh_room.server) as peer,
    ):
        peer.send(frame(5, 9000))
        [(_, data, wire)] = collect(link, 1)
        assert data == frame(5, 9000)[:60]
        assert wire is not None
        if libpcap == "pypcap":
            assert 1514 < wire < 9000
            assert link.unsure_lengths == 1
        else:
            assert (wire, link.unsure_lengths) == (9000, 0)


def test_descriptors_beyond_1024(room: Room) -> None:
    """select() would write outside its set."""
    run_python(
        CHILD
        + """
import resource, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
many = [os.open("/dev/null", os.O_RDONLY) for _ in range(1500)]
with open_link("lo", filter="udp port 4243") as link:
    assert link.fileno() > 1024
    assert not link.wait(0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"far", ("127.0.0.1", 4243))
    assert link.wait(5)
    assert [data[-3:] for _, data, _ in link.read()] == [b"far"]
"""
    )


# Counters, and sending by libpcap


def test_what_is_not_read_in_time_is_counted(room: Room, peer: socket.socket) -> None:
    with LiveLink(room.device, buffer_size=300_000, filter="udp") as link:
        for port in range(5000):
            peer.send(frame(port))
        time.sleep(0.1)
        before = link.stats
        read = len(collect(link, 5000, 0.5))
        assert (before.received, before.dropped) == (5000, 5000 - read)
        assert 0 < before.dropped < 5000
        link.close()
        assert link.stats == before


def test_frames_injected(room: Room) -> None:
    handle = open_live(room.device, Options())
    try:
        with LiveLink(room.device, direction="out", filter="udp") as link:
            handle.inject(frame(11))
            handle.inject(memoryview(frame(12)).tobytes())
            assert ports(collect(link, 2)) == [11, 12]
        with pytest.raises(LinkError, match="Message too long"):
            handle.inject(bytes(70_000))
        into: list[Frame] = []
        handle.read(into, 10)
        assert ports(into) == []  # a handle does not see its own
    finally:
        handle.close()


@pytest.mark.needs("tc")
def test_a_full_queue_would_block(fresh_room: Room) -> None:
    fresh_room.client.run(*"tc qdisc add dev eth0 root tbf rate 8kbit burst 2k latency 50s".split())
    handle = open_live("eth0", Options())
    try:
        with pytest.raises(WouldBlock):  # noqa: PT012
            for _ in range(5000):
                handle.inject(frame(1, 1400))
    finally:
        handle.close()
