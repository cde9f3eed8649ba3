"""Captures of devices: armed on entry, told what becomes of the device, and what was lost."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.link.frames import frame
from tests.live.room import ROOT, Room, run_python
from umpa import ICMP, IP, TCP, UDP, VLAN, Ethernet, Packet
from umpa.errors import CaptureWarning, FilterError, LinkDown, NoSuchDevice
from umpa.link import RawLink
from umpa.sniffing import Capture, available_devices, receive, receive_one

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]
MINE = "udp and dst host 127.1.1.1"


def ports(packets: object) -> list[int]:
    return [packet.udp.dstport for packet in packets]  # type: ignore[attr-defined]


# Armed


ARMED = """
import socket, sys
from umpa.sniffing import Capture
port = int(sys.argv[1])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    for number in range(250):
        with Capture("eth0", filter=f"udp dst port {port}", timeout_ms=1) as capture:
            sender.sendto(b"%d" % number, ("10.0.0.2", port))
            packet = capture.next(5)
        assert packet is not None, number
        assert packet.payload == b"%d" % number, number
"""


@pytest.mark.slow
def test_armed_on_entry_a_thousand_times(room: Room) -> None:
    """Opening and closing a device takes the kernel 50 ms: so four processes share the work."""
    room.client.ip("neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0")
    commands = [[sys.executable, "-c", ARMED, str(port)] for port in range(4301, 4305)]
    children = [subprocess.Popen(command, cwd=ROOT) for command in commands]
    try:
        assert [child.wait(120) for child in children] == [0, 0, 0, 0]
    finally:
        for child in children:
            child.kill()
            child.wait()


def test_armed_on_entry_of_the_other_face(room: Room) -> None:
    async def main() -> None:
        with room.raw_socket(room.server) as peer:
            for number in range(30):
                async with Capture(room.device, filter=MINE, timeout_ms=1) as capture:
                    peer.send(frame(number))
                    packet = await capture.next(5)
                assert packet is not None
                assert packet.udp.dstport == number

    asyncio.run(main())


def test_what_a_packet_knows(room: Room) -> None:
    with (
        room.raw_socket(room.server) as peer,
        Capture(room.device, filter=MINE, snaplen=50) as capture,
    ):
        before = time.time_ns()
        peer.send(frame(1, 700))
        packet = capture.next(5)
    assert packet is not None
    assert (packet.interface, packet.linktype, len(packet), packet.wire_length) == (
        "eth0", 1, 50, 700,
    )  # fmt: skip
    assert abs((packet.time_ns or 0) - before) < 5 * 10**9


# Filters


def test_a_match_is_a_filter_of_the_kernel_too(room: Room) -> None:
    with (
        room.raw_socket(room.server) as peer,
        Capture(room.device, filter=UDP.dstport == 7, timeout=5, count=3) as capture,
    ):
        for port in (6, 7, 8, 7, 9):
            peer.send(frame(port))
        peer.send(frame(7))
        assert ports(capture) == [7, 7, 7]
        assert capture.stats.received - capture.stats.rejected == 3
        assert capture.stats.received < 6  # most of the others did not come so far


def test_a_tagged_frame_passes_the_sieve(room: Room) -> None:
    with (
        room.raw_socket(room.server) as peer,
        Capture(room.device, filter=UDP.dstport == 7, timeout=5, count=1) as capture,
    ):
        inner = Packet.dissect(frame(7))
        tags = Ethernet(dst=inner.eth.dst) / VLAN(id=5, etype=0x800)
        peer.send(bytes(tags / frame(7)[14:]))
        (packet,) = capture
    assert packet.udp.dstport == 7
    assert packet.vlan.id == 5


def test_mistakes_are_told_at_once(room: Room) -> None:
    with pytest.raises(FilterError, match="syntax error"):
        receive_one(room.device, filter="tcp prot 80")
    with pytest.raises(NoSuchDevice, match=r"no device 'eth1'; did you mean 'eth0'\?; there are"):
        receive_one("eth1")
    assert [one.name for one in available_devices()] == ["lo", "eth0"]


# Sources


def test_an_address_any_and_several(room: Room) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as local:
        for source in ("127.0.0.1", "any", ["lo", "eth0"]):
            with Capture(source, filter="udp port 4299", timeout_ms=1) as capture:
                local.sendto(b"x", ("127.0.0.1", 4299))
                packet = capture.next(5)
                assert packet is not None
                assert packet.interface == ("any" if source == "any" else "lo")
    with room.raw_socket(room.server) as peer, Capture(["lo", "eth0"], filter=MINE) as capture:
        peer.send(frame(3))
        packet = capture.next(5)
        assert packet is not None
        assert packet.interface == "eth0"


def test_the_default_is_the_device_that_is_up(room: Room) -> None:
    with Capture() as capture:
        assert capture.name == "eth0"


def test_action_and_reaction(room: Room) -> None:
    """The kernel of the server refuses: nobody listens there."""
    request = (
        Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src="10.0.0.99", dst="10.0.0.2")
        / TCP(srcport=40000, dstport=81, flags="SYN")
    )
    room.server.ip("neigh replace 10.0.0.99 lladdr 02:00:00:00:00:01 dev eth0")
    seen: list[str] = []
    with Capture(room.device, timeout_ms=1) as capture:
        capture.on(TCP.flags == "SYN,ACK", lambda packet: seen.append("opened"), answers=request)
        capture.on(TCP.flags.has("RST"), lambda packet: seen.append("closed"), answers=request)
        capture.send(request)
        assert capture.dispatch(timeout=5, count=1) == 1
    assert seen == ["closed"]


CLOSING = """
import asyncio, sys
from tests.link.frames import frame
from umpa.errors import LinkClosed
from umpa.link import RawLink
from umpa.sniffing import Capture

def closed(call):
    try:
        call()
    except LinkClosed as error:
        print(error)

def blocking():
    with Capture("eth0", direction="out") as capture, RawLink("eth0") as link:
        capture.on(None, lambda packet: capture.close())
        link.send_many([frame(n) for n in range(100)])
        capture.dispatch(timeout=5)

async def awaited():
    async with Capture("eth0", direction="out") as capture:
        with RawLink("eth0") as link:
            async def close(packet):
                capture.close()
            capture.on(None, close)
            link.send_many([frame(n) for n in range(100)])
            await capture.dispatch(timeout=5)

closed(blocking)
closed(lambda: asyncio.run(awaited()))
"""


def test_a_callback_may_close_the_capture(room: Room) -> None:
    """Inside libpcap's own callback that would be the end of the process."""
    said = run_python(CLOSING).stdout.splitlines()
    assert said == ["the capture of eth0 was closed: make a new one"] * 2


# What becomes of the device


def test_the_other_face_is_told_as_well(fresh_room: Room) -> None:
    """libpcap would stay silent for ever."""

    async def main() -> None:
        soon = asyncio.get_running_loop().call_later
        async with Capture("eth0", filter=MINE, timeout=10) as capture:
            soon(0.05, fresh_room.client.ip, "link set eth0 down")
            with pytest.raises(LinkDown, match="'eth0' was brought down"):
                await capture.next()
            fresh_room.client.ip("link set eth0 up")
            assert await capture.next(0.05) is None
            soon(0.05, fresh_room.client.ip, "link del eth0")
            with pytest.raises(LinkDown, match="'eth0' was removed"):
                await capture.next()

    asyncio.run(asyncio.wait_for(main(), 20))


def test_a_device_that_goes_is_reported_as_what_it_is(fresh_room: Room) -> None:
    with Capture("eth0", filter=MINE, timeout=10) as capture:
        with fresh_room.raw_socket(fresh_room.server) as peer:
            peer.send(frame(1))
        assert capture.next(5) is not None
        fresh_room.client.ip("link set eth0 down")
        with pytest.raises(LinkDown, match="'eth0' was brought down"):
            capture.next()
        fresh_room.client.ip("link set eth0 up")
        with fresh_room.raw_socket(fresh_room.server) as peer:
            peer.send(frame(2))
        assert ports([capture.next(5)]) == [2]
        fresh_room.client.ip("link del eth0")
        with pytest.raises(LinkDown, match="'eth0' was removed"):
            list(capture)


@pytest.mark.parametrize("face", ["blocking", "asyncio"])
def test_reconnecting_goes_on_by_itself(face: str, fresh_room: Room) -> None:
    def remake() -> None:
        fresh_room.client.ip("link del eth0")
        fresh_room.wire(fresh_room.client, "eth0", fresh_room.server, "eth0")
        fresh_room.client.up("eth0", "10.0.0.1/24")
        fresh_room.server.up("eth0", "10.0.0.2/24")

    def send_again() -> None:
        with fresh_room.raw_socket(fresh_room.server) as peer:
            peer.send(frame(2))

    async def main() -> None:
        async with Capture("eth0", filter=MINE, reconnect=True) as capture:
            remake()
            assert await capture.next(1.0) is None
            send_again()
            assert ports([await capture.next(5)]) == [2]
            assert capture.stats.interruptions == 1

    async def blocking() -> None:
        with Capture("eth0", filter=MINE, reconnect=True) as capture:
            remake()
            assert capture.next(1.0) is None
            send_again()
            assert ports([capture.next(5)]) == [2]
            assert capture.stats.interruptions == 1

    with pytest.warns(CaptureWarning, match=r"'eth0' was removed.*; the capture goes on"):
        asyncio.run(main() if face == "asyncio" else blocking())


def test_losses_are_told(room: Room) -> None:
    """A ring of a few hundred frames, and nobody who reads."""
    capture = Capture(room.device, filter=MINE, buffer_size=1 << 18, timeout_ms=1).open()
    with room.raw_socket(room.server) as peer:
        for number in range(20_000):
            peer.send(frame(number, 200))
    time.sleep(0.05)
    words = (
        r"eth0: of 20000 packets \d+ were lost, \d+ because they were not read in time: "
        r"give a larger ring, buffer_size=16 << 20; give a filter"
    )
    with pytest.warns(CaptureWarning, match=words):
        capture.close()
    stats = capture.stats
    assert stats.received == 20_000
    assert 0 < stats.dropped < 20_000


# Ctrl-C


@pytest.mark.parametrize(
    "waits",
    [
        "Capture('lo', filter='udp port 1').open().next()",
        "list(Capture(['lo', 'eth0'], filter='udp port 1').open())",
        "Capture('lo', filter='udp port 1').open().dispatch()",
        "asyncio.run(main())",
    ],
)
def test_ctrl_c_on_a_quiet_link(waits: str, room: Room) -> None:
    code = f"""
import asyncio
from umpa.sniffing import Capture
async def main():
    async with Capture('lo', filter='udp port 1') as capture:
        async for packet in capture: ...
print("ready", flush=True)
{waits}
"""
    took = []
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(0.3)
            start = time.monotonic()
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=10)
            took.append(time.monotonic() - start)
        assert b"KeyboardInterrupt" in said
    assert min(took) < 0.2  # the whole interpreter's end included


def test_a_fork_is_refused(room: Room) -> None:
    run_python(
        """
import os, warnings; warnings.simplefilter("ignore")
from umpa.errors import LinkError
from umpa.sniffing import Capture
with Capture("lo", filter="udp port 1") as capture:
    if os.fork() == 0:
        try: capture.next(1)
        except LinkError as error: os._exit(7 if "fork" in str(error) else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
"""
    )


def test_descriptors_do_not_leak(room: Room) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        assert receive(timeout=0.01, device=["lo", "eth0"], filter="udp port 1") == []
        with pytest.raises(NoSuchDevice):
            receive_one(["lo", "eth0", "eth7"])
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_packet_of_ip_is_sent_by_the_captures_own_sender(room: Room, asynchronous: bool) -> None:
    """It may have been opened by root, and privileges were dropped since."""
    room.client.ip("neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0")
    ping = IP(dst="10.0.0.2") / ICMP(ident=77)
    sender = RawLink("eth0")

    async def ask() -> Packet | None:
        async with Capture("eth0", filter=ICMP.type == 0, sender=sender) as capture:
            await capture.send(ping)
            return await capture.next(2)

    if asynchronous:
        answer = asyncio.run(ask())
    else:
        with Capture("eth0", filter=ICMP.type == 0, sender=sender) as capture:
            capture.send(ping)
            answer = capture.next(2)
    assert answer is not None
    assert answer.icmp.ident == 77
    assert sender.stats.sent == 1
