"""Filters on a device: from its first frame on, changed at any time, refused with reasons."""

from __future__ import annotations

import socket
import time

import pytest

from tests.link.child import CHILD
from tests.link.frames import collect, frame, ports
from tests.live.room import Room, run_python
from umpa.errors import FilterError
from umpa.link.live import LiveLink

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs("ip", "ethtool"),
    pytest.mark.usefixtures("libpcap"),
]


def test_nothing_from_before_the_filter_gets_in(room: Room, peer: socket.socket) -> None:
    for _ in range(5):
        for _ in range(100):
            peer.send(frame(1))
        with LiveLink(room.device, filter="udp port 2") as link:
            peer.send(frame(1))
            peer.send(frame(2))
            assert ports(collect(link, 1)) == [2]


def test_a_filter_can_be_changed(room: Room, peer: socket.socket) -> None:
    with LiveLink(room.device, filter="udp port 2") as link:
        link.set_filter("udp port 3")
        for port in (2, 3):
            peer.send(frame(port))
        assert ports(collect(link, 1)) == [3]
        link.set_filter("")
        peer.send(frame(4))
        assert ports(collect(link, 1)) == [4]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("udp prot 2", "syntax error: in the filter 'udp prot 2', for link type 1"),
        ("host 300.1.1.1", "300.1.1.1"),
        ("tcp and udp", "expression rejects all packets"),
        ("udp\0", "ASCII text without NUL"),
        ("ü", "ASCII text without NUL"),
    ],
)
def test_a_bad_filter(text: str, words: str, room: Room, peer: socket.socket) -> None:
    with pytest.raises(FilterError, match=words):
        LiveLink(room.device, filter=text)
    with LiveLink(room.device, filter="udp port 2") as link:
        with pytest.raises(FilterError, match=words):
            link.set_filter(text)
        for port in (1, 2):
            peer.send(frame(port))
        assert ports(collect(link, 1)) == [2]  # the filter of before stays


def test_what_is_no_text_does_not_reach_libpcap(room: Room) -> None:
    """pypcap frees its memory twice on these."""
    done = run_python(
        CHILD
        + """
with open_link("lo") as link:
    for wrong in (b"udp", None, 5):
        try:
            link.set_filter(wrong)
        except TypeError:
            print("refused")
"""
    )
    assert done.stdout.split() == ["refused"] * 3


def test_a_long_filter_is_compiled_in_a_moment(room: Room, peer: socket.socket) -> None:
    hosts = " or ".join(f"ip src 10.0.{n >> 8}.{n & 255}" for n in range(500))
    start = time.monotonic()
    with LiveLink(room.device, filter=hosts) as link:
        assert time.monotonic() - start < 3
        peer.send(frame(6))  # from 10.0.0.2
        assert ports(collect(link, 1)) == [6]


def test_a_filter_that_is_too_long_for_the_kernel_holds_all_the_same(room: Room) -> None:
    """Beyond 4096 instructions libpcap filters by itself, and says so on standard error."""
    done = run_python(
        CHILD
        + """
from tests.link.frames import frame, ports
text = " or ".join(f"ip src 10.{n >> 8}.1.{n & 255}" for n in range(2100)) + " or udp dst port 6"
with open_link("lo", filter=text) as link:
    for number in (5, 6, 7):
        link.send(frame(number))
    frames = []
    while not frames and link.wait(2):
        frames += link.read()
print(ports(frames), link.stats.dropped)
"""
    )
    assert done.stdout == "[6] 0\n"
    assert "Kernel filter failed" in done.stderr


def test_filters_on_a_device_without_ipv4(fresh_room: Room) -> None:
    """cypcap looks for the netmask, prints it, and fails where there is none."""
    fresh_room.client.ip("addr flush dev eth0")
    done = run_python(CHILD + "open_link('eth0', filter='udp').close()")
    assert done.stdout == ""
