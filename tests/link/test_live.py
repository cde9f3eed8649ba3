"""A live link: closing, forking, signals, and what becomes of its device; by both bindings."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

import umpa.link
from tests.link.child import CHILD
from tests.link.frames import collect, frame, ports, until_down
from tests.live.room import ROOT, Room, run_python
from umpa.errors import LinkClosed, LinkDown
from umpa.link.live import LiveLink
from umpa.link.memory import MemoryLink

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs("ip", "ethtool"),
    pytest.mark.usefixtures("libpcap"),
]


# Armed, waiting, signals


def test_a_frame_sent_on_the_next_line_is_captured(room: Room) -> None:
    with room.raw_socket(room.server) as peer:
        for port in range(50):
            with umpa.link.open(room.device, filter="udp") as link:
                peer.send(frame(port))
                assert ports(collect(link, 1)) == [port]


def test_its_descriptor_tells_of_frames(room: Room) -> None:
    with LiveLink(room.device, filter="udp") as link, room.raw_socket(room.server) as peer:
        poll = select.poll()
        poll.register(link, select.POLLIN)
        assert poll.poll(50) == []
        peer.send(frame(1))
        assert poll.poll(5000)
        assert ports(link.read()) == [1]
        assert poll.poll(50) == []


def test_a_wait_is_ended_by_another_thread(room: Room) -> None:
    with LiveLink(room.device, filter="udp") as link:
        timer = threading.Timer(0.05, link.wakeup)
        timer.start()
        assert link.wait(10)
        assert link.read() == []
        timer.join()
        link.wakeup()
        assert link.wait(10)  # one that came before counts for the next
        assert not link.wait(0.05)


@pytest.mark.parametrize("immediate", [False, True])
def test_ctrl_c_on_a_quiet_link(immediate: bool, room: Room) -> None:
    code = (
        CHILD
        + f"""
link = open_link("lo", filter="udp port 1", immediate={immediate})
print("ready", flush=True)
link.wait()
"""
    )
    took = []
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(0.05)
            start = time.monotonic()
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=10)
            took.append(time.monotonic() - start)
        assert b"KeyboardInterrupt" in said
    assert min(took) < 0.2  # the whole interpreter's end included


# Closing and forking


def test_calls_after_close(room: Room) -> None:
    link = LiveLink(room.device)
    link.close()
    link.close()
    assert link.closed
    calls = (
        link.read, link.wait, link.fileno, link.wakeup, link.wait_writable,
        lambda: link.send(frame(1)), lambda: link.set_filter(""),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(LinkClosed, match="the link 'eth0' was closed"):
            call()
    assert link.stats.dropped == 0


def test_close_against_readers(room: Room) -> None:
    """In a child process: without care, this crashes."""
    done = run_python(
        CHILD
        + """
import socket, threading, time
from tests.link.frames import frame
before = len(os.listdir("/proc/self/fd"))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for round in range(20):
    link = open_link("lo", filter="udp")
    ended = []
    def work():
        try:
            while True:
                link.wait()
                link.read()
        except LinkClosed:
            ended.append(1)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads: thread.start()
    for _ in range(50): sender.sendto(b"x", ("127.0.0.1", 4244))
    link.close()
    for thread in threads: thread.join(5)
    assert len(ended) == 3, ended
sender.close()
assert len(os.listdir("/proc/self/fd")) == before, os.listdir("/proc/self/fd")
print("fine")
""",
        timeout=60,
    )
    assert done.stdout == "fine\n"


def test_a_signal_s_handler_may_close(room: Room) -> None:
    """Also where it interrupts the very read or wait of that link, in the same thread.

    The wait is bounded, because Python calls no handler for a signal that comes between its last
    look and the system call, until that call returns.
    """
    done = run_python(
        CHILD
        + """
import signal, socket, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
slow = 0
for round in range(30):
    link = open_link("lo", filter="udp")
    signal.signal(signal.SIGALRM, lambda *_: link.close())
    for _ in range(2000): sender.sendto(b"x", ("127.0.0.1", 4244))
    time.sleep(0.03)
    signal.setitimer(signal.ITIMER_REAL, 0.0001 * (round % 10 + 1))
    start = time.monotonic()
    try:
        while True:
            link.read(4096) or link.wait(0.2)
    except LinkClosed:
        slow = max(slow, time.monotonic() - start)
assert slow < 1, slow
print("fine")
""",
        timeout=60,
    )
    assert done.stdout == "fine\n"


def test_a_fork_is_refused(room: Room) -> None:
    done = run_python(
        CHILD
        + """
import warnings; warnings.simplefilter("ignore")
link = open_link("lo", filter="udp port 4245")
pid = os.fork()
if pid == 0:
    for call in (link.read, link.wait, link.fileno, link.wakeup, lambda: link.send(bytes(60))):
        try:
            call()
        except LinkError as error:
            assert "this is a fork of it" in str(error), error
        else:
            os._exit(1)
    link.stats
    link.close()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
from socket import AF_INET, SOCK_DGRAM, socket
with socket(AF_INET, SOCK_DGRAM) as sender:
    sender.sendto(b"parent", ("127.0.0.1", 4245))
assert link.wait(5)
assert [data[-6:] for _, data, _ in link.read()] == [b"parent"]
link.close()
"""
    )
    assert done.stdout == ""


# What becomes of the device


def state(link: LiveLink) -> str:
    """The state now; type checkers believe that an attribute stays what it was."""
    return link.state


def test_down_and_up_again(fresh_room: Room) -> None:
    with LiveLink("eth0", filter="udp") as link, fresh_room.raw_socket(fresh_room.server) as peer:
        peer.send(frame(1))
        assert ports(collect(link, 1)) == [1]
        fresh_room.client.ip("link set eth0 down")
        assert until_down(link) == "'eth0' was brought down"
        assert state(link) == "down"
        assert link.wait()  # at once: there is something to learn
        with pytest.raises(LinkDown, match="brought down"):
            link.read()
        fresh_room.client.ip("link set eth0 up")
        link.read()
        assert state(link) == "up"
        peer.send(frame(2))
        assert ports(collect(link, 1)) == [2]
        assert (link.stats.received, link.reconnects) == (2, 0)


def test_removed(fresh_room: Room) -> None:
    """What was captured before comes first, and all of it."""
    with LiveLink("eth0", filter="udp") as link:
        with fresh_room.raw_socket(fresh_room.server) as peer:
            for port in range(500):
                peer.send(frame(port))
        fresh_room.client.ip("link del eth0")
        assert ports(collect(link, 500)) == list(range(500))
        assert until_down(link) == "'eth0' was removed"
        assert state(link) == "gone"
        assert link.wait()
        with pytest.raises(LinkDown, match="was removed"):
            link.read()
        assert link.stats.received == 500


def test_renamed(fresh_room: Room) -> None:
    with LiveLink("eth0") as link:
        fresh_room.client.ip("link set eth0 down")
        fresh_room.client.ip("link set eth0 name wan0")
        assert until_down(link) == "'eth0' is called 'wan0' now"


def remake(room: Room) -> None:
    """Make the wire again, after it was removed."""
    room.wire(room.client, "eth0", room.server, "eth0")
    room.client.up("eth0", "10.0.0.1/24")
    room.server.up("eth0", "10.0.0.2/24")


def test_removed_and_made_again(fresh_room: Room) -> None:
    with LiveLink("eth0") as link:
        fresh_room.client.ip("link del eth0")
        remake(fresh_room)
        assert until_down(link) == "'eth0' was removed and made again"


def test_reconnecting(fresh_room: Room) -> None:
    with LiveLink("eth0", filter="udp", reconnect=True) as link:
        descriptor = link.fileno()
        with fresh_room.raw_socket(fresh_room.server) as peer:
            peer.send(frame(1))
            assert ports(collect(link, 1)) == [1]
            fresh_room.client.ip("link set eth0 down")
            assert until_down(link) == "'eth0' was brought down"
            assert link.read() == []
            assert not link.wait(0.05)
            fresh_room.client.ip("link set eth0 up")
            assert collect(link, 1, 0.2) == []
            peer.send(frame(2))
            assert ports(collect(link, 1)) == [2]
            assert (state(link), link.reconnects) == ("up", 0)
        for number in (1, 2):
            fresh_room.client.ip("link del eth0")
            assert until_down(link) == "'eth0' was removed"
            assert collect(link, 1, 0.2) == []  # said once
            assert state(link) == "gone"
            remake(fresh_room)
            poll = select.poll()
            poll.register(link, select.POLLIN)
            assert poll.poll(5000)  # for event loops too
            assert collect(link, 1, 0.2) == []
            assert (state(link), link.reconnects, link.fileno()) == ("up", number, descriptor)
            with fresh_room.raw_socket(fresh_room.server) as peer:
                peer.send(frame(3))
                assert ports(collect(link, 1)) == [3]
        assert link.stats.received == 4


def test_a_filter_set_while_the_device_is_gone(fresh_room: Room) -> None:
    with LiveLink("eth0", filter="udp", reconnect=True) as link:
        fresh_room.client.ip("link del eth0")
        until_down(link)
        link.set_filter("udp port 5")
        remake(fresh_room)
        end = time.monotonic() + 5
        while state(link) != "up":
            assert time.monotonic() < end
            link.wait(0.1)
            link.read()
        with fresh_room.raw_socket(fresh_room.server) as peer:
            peer.send(frame(4))
            peer.send(frame(5))
        assert ports(collect(link, 1)) == [5]


def test_where_nobody_tells_what_becomes_of_devices(
    fresh_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on other platforms than Linux: libpcap's words, and trying again from time to time."""
    monkeypatch.setattr("umpa.link.live._LINUX", False)
    monkeypatch.setattr("umpa.link.ready.sys", SimpleNamespace(platform="darwin"))
    with LiveLink("eth0", filter="udp", reconnect=True) as link:
        with fresh_room.raw_socket(fresh_room.server) as peer:
            peer.send(frame(1))
            assert ports(collect(link, 1)) == [1]
        fresh_room.client.ip("link del eth0")
        assert "'eth0' disappeared" in until_down(link)
        assert collect(link, 1, 0.2) == []
        assert state(link) == "gone"
        remake(fresh_room)
        assert collect(link, 1, 1.5) == []
        assert (state(link), link.reconnects) == ("up", 1)
        with fresh_room.raw_socket(fresh_room.server) as peer:
            peer.send(frame(2))
            assert ports(collect(link, 1)) == [2]


# Sending


def test_a_frame_that_is_sent(room: Room) -> None:
    with LiveLink(room.device) as link, LiveLink(room.device, direction="out") as other:
        assert link.wait_writable(1)
        link.send(frame(21))
        assert link.send_many([frame(22), frame(23)]) == 2
        assert ports(collect(other, 3)) == [21, 22, 23]
        assert link.stats.sent == 3
    assert link.stats.sent == 3


def test_sending_by_libpcap_where_there_are_no_raw_sockets(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LiveLink(room.device) as link, LiveLink(room.device, direction="out") as other:
        monkeypatch.setattr("umpa.link.outlet.sys.platform", "darwin")
        try:
            assert link.wait_writable(1)
            link.send(frame(31))
            assert link.send_many([frame(32), frame(33)]) == 2
        finally:
            monkeypatch.undo()
        assert ports(collect(other, 3)) == [31, 32, 33]
        assert (link.stats.sent, link.stats.refused) == (3, 0)


def test_another_link_may_send_for_it(room: Room) -> None:
    sender, far = MemoryLink.pair()
    with far, LiveLink(room.device, sender=sender) as link:
        link.send(frame(41))
        assert ports(far.read()) == [41]
        assert link.stats.sent == 1
    assert sender.closed


def test_the_names_of_the_room() -> None:
    assert "LiveLink" in dir(umpa.link)
    assert umpa.link.LiveLink is LiveLink
    with pytest.raises(AttributeError, match=r"'umpa\.link' has no attribute 'Livelink'"):
        umpa.link.Livelink  # type: ignore[attr-defined] # noqa: B018
