"""What a capture may be told about its device."""

from __future__ import annotations

import importlib.util
import json
import time

import pytest

from tests.link.frames import frame
from tests.live.room import Room
from umpa.errors import LinkError
from umpa.link import LiveLink
from umpa.sniffing import Capture

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]
MINE = "udp and dst host 127.1.1.1"


def promiscuity(room: Room) -> int:
    """How many want all frames of the device, as its kernel counts them."""
    (device,) = json.loads(room.client.run("ip", "-d", "-j", "link", "show", "eth0"))
    return int(device["promiscuity"])


def test_promiscuous_only_where_asked_for(room: Room) -> None:
    for promisc in (True, False):
        with Capture("eth0", promisc=promisc):
            assert promiscuity(room) == promisc
    assert promiscuity(room) == 0


def test_monitor_mode_is_for_radios(room: Room) -> None:
    with (
        pytest.raises(LinkError, match=r"'eth0': .*monitor|monitor mode"),
        Capture("eth0", monitor=True),
    ):
        pass


def test_packets_are_cut_and_know_their_length(room: Room) -> None:
    with (
        Capture("eth0", filter=MINE, snaplen=100) as capture,
        room.raw_socket(room.server) as peer,
    ):
        peer.send(frame(1, 1000))
        packet = capture.next(5)
    assert packet is not None
    assert (len(packet), packet.wire_length) == (100, 1000)


@pytest.mark.parametrize("immediate", [True, False])
def test_immediate_mode_does_not_gather(immediate: bool, room: Room) -> None:
    """Otherwise the kernel tells of frames when a block is full, or its time is over."""
    with (
        Capture("eth0", filter=MINE, immediate=immediate, timeout_ms=300) as capture,
        room.raw_socket(room.server) as peer,
    ):
        took = []
        for number in range(3):
            start = time.monotonic()
            peer.send(frame(number))
            assert capture.next(5) is not None
            took.append(time.monotonic() - start)
    assert (min(took) < 0.05) == immediate


@pytest.mark.filterwarnings("ignore::umpa.errors.CaptureWarning")
def test_a_larger_ring_holds_more(room: Room) -> None:
    lost = []
    for size in (1 << 20, 16 << 20):
        with Capture("eth0", filter=MINE, buffer_size=size, timeout=0.3) as capture:
            with room.raw_socket(room.server) as peer:
                for number in range(20_000):
                    peer.send(frame(number, 200))
            list(capture)
            lost.append(capture.stats.dropped)
    assert lost[0] > lost[1] == 0


@pytest.mark.skipif(not importlib.util.find_spec("pcap"), reason="platform: pypcap has no build")
def test_pypcap_is_preferred(room: Room) -> None:
    with LiveLink("eth0") as link:
        assert type(link._handle).__module__ == "umpa.link.libpcap.pypcap"
