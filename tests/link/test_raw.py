"""Sending by raw sockets, seen by the machine at the other end of the wire."""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.captures.lab import Host
from tests.live.room import Room, fresh_room, room, run_python
from umpa import ICMP, IP, UDP, Ethernet, ICMPv6, IPv6
from umpa.errors import (
    EncodeError,
    LinkClosed,
    LinkDown,
    LinkError,
    NoSuchDevice,
    PermissionDenied,
    WouldBlock,
)
from umpa.link.batch import AT_ONCE, Batch
from umpa.link.raw import RawIPLink, RawLink
from umpa.savefile import Reader

__all__ = ["fresh_room", "room"]

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]

PEER = "02:00:00:00:00:02"


def frame(number: int = 0, size: int = 60) -> bytes:
    return (
        bytes.fromhex("020000000002 020000000001 88b5")
        + number.to_bytes(4, "big")
        + bytes(size - 18)
    )


def arrived(host: Host) -> int:
    """Packets that the server's eth0 has received."""
    said = host.ip("-s link show eth0")
    found = re.search(r"RX:.*\n\s+\d+\s+(\d+)", said)
    assert found is not None, said
    return int(found[1])


def send_again_and_again(link: RawLink) -> None:
    for _ in range(1000):
        link.send(frame(size=1000))


@pytest.fixture
def link(room: Room) -> Iterator[RawLink]:
    with RawLink(room.device) as made:
        yield made


def test_it_knows_its_device(link: RawLink) -> None:
    assert (link.name, link.linktype, link.mtu) == ("eth0", 1, 1500)
    assert link.mac is not None
    assert link.mac.startswith("02:00:00:00:00:")


@pytest.mark.needs("tcpdump")
def test_frames_arrive_as_they_were_sent(room: Room, link: RawLink, tmp_path: Path) -> None:
    path = tmp_path / "seen.pcap"
    packet = Ethernet(dst=PEER) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dstport=9) / b"hello"
    with room.server.recording(path, "eth0", "udp port 9 or ether proto 0x88b5"):
        link.send(packet)
        link.send(frame(1))
        assert link.send_many([frame(n) for n in range(2, 1000)]) == 998
        assert link.send_many([packet, frame(1000), bytearray(frame(1001))]) == 3  # type: ignore[list-item]  # taken too
    got = [bytes(p) for p in Reader(path)]
    wanted = [bytes(packet), *(frame(n) for n in range(1, 1000))]
    assert got == [*wanted, bytes(packet), frame(1000), frame(1001)]
    assert link.stats.sent == 1003
    assert link.stats.refused == 0


@pytest.mark.needs("tcpdump")
def test_batches_of_any_lengths_one_after_the_other(
    room: Room, link: RawLink, tmp_path: Path
) -> None:
    """What the last batch left in the arrays is not taken for the next one's."""

    class Own(bytes):
        """Bytes of a class of their own."""

    batches = [
        [frame(n) for n in range(10)],
        [frame(n, 64) for n in range(5)],
        [frame(n, 64) for n in range(AT_ONCE + 7)],
        [frame(n, 60 + n % 9) for n in range(AT_ONCE - 1)],
        [frame(n, 64) for n in range(AT_ONCE)],
        [frame(1), Own(frame(2, 99)), frame(3)],
        [frame(n) for n in range(3)],
    ]
    path = tmp_path / "seen.pcap"
    with room.server.recording(path, "eth0", "ether proto 0x88b5", "-B 32768"):
        for batch in batches:
            assert link.send_many(batch) == len(batch)
            time.sleep(0.02)  # it is not the reader that is tested
    assert [bytes(packet) for packet in Reader(path)] == [one for batch in batches for one in batch]


def test_where_objects_lie_elsewhere_frames_go_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umpa.link.batch._BEHIND", 0)
    assert Batch.for_this_libc() is None
    monkeypatch.undo()
    monkeypatch.setattr("sys.implementation", SimpleNamespace(name="another"))
    assert Batch.for_this_libc() is None


def test_nothing_is_received(room: Room, link: RawLink) -> None:
    room.server.run("ping", "-c1", "-W1", "10.0.0.1")
    assert link.read() == []
    assert not link.wait(0.01)
    assert link.fileno() == -1
    link.wakeup()
    assert link.wait(5)
    assert link.wait_writable(1)


def test_what_is_no_frame_of_the_device_is_refused(link: RawLink) -> None:
    link.send(frame(size=1514))
    for call in (lambda: link.send(frame(size=1515)), lambda: link.send_many([frame(size=1515)])):
        with pytest.raises(EncodeError, match=r"eth0 takes 1514 bytes \(MTU 1500.*has 1515"):
            call()
    for wrong in (b"", b"short"):
        with pytest.raises(EncodeError, match="eth0"):
            link.send(wrong)
    with pytest.raises(EncodeError, match="link type"):
        link.send(IP(dst="10.0.0.2") / ICMP())
    assert link.send_many([frame(), frame(size=2000), frame()]) == 1
    assert link.send_many([]) == 0
    assert link.stats.sent == 2
    assert link.stats.refused == 5


def test_an_mtu_that_is_raised_meanwhile(room: Room, link: RawLink) -> None:
    for host in (room.client, room.server):
        host.ip("link set eth0 mtu 2000")
    try:
        link.send(frame(size=2014))
        assert link.send_many([frame(size=2014)] * 3) == 3
        assert link.mtu == 2000
    finally:
        for host in (room.client, room.server):
            host.ip("link set eth0 mtu 1500")
    with pytest.raises(EncodeError, match="MTU 1500"):
        link.send(frame(size=2014))


def test_without_sendmmsg_frames_go_one_by_one(room: Room, link: RawLink) -> None:
    link._batch = None
    before = arrived(room.server)
    assert link.send_many([frame(n) for n in range(300)]) == 300
    assert arrived(room.server) - before >= 300
    assert Batch.for_this_libc() is not None


def test_a_full_queue_would_block(link: RawLink, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> int:
        raise OSError(errno.ENOBUFS, "No buffer space available")

    link._quick.stop()  # from here on all go the way that tells why
    monkeypatch.setattr(link, "_hand_over", full)
    monkeypatch.setattr(link._batch, "send", full)
    with pytest.raises(WouldBlock, match="eth0: the queue is full"):
        link.send(frame())
    assert not link.wait_writable(0)
    assert link.wait_writable(1)
    assert link.send_many([frame()] * 3) == 0
    assert link.stats.refused == 2
    assert link.stats.sent == 0


def test_a_real_queue_that_is_full(fresh_room: Room) -> None:
    fresh_room.client.ip("link set eth0 txqueuelen 5")
    fresh_room.client.run("tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", "100kbit",
                          "burst", "2kb", "limit", "6kb")  # fmt: skip
    with RawLink("eth0") as link:
        with pytest.raises(WouldBlock):
            send_again_and_again(link)
        assert link.stats.refused == 1
        assert link.send_many([frame(size=1000)] * AT_ONCE) < AT_ONCE


def test_a_device_that_goes_down_and_comes_back(fresh_room: Room) -> None:
    with RawLink("eth0") as link:
        fresh_room.client.ip("link set eth0 down")
        for _ in range(2):
            with pytest.raises(LinkDown, match=r"eth0 is down.*ip link set eth0 up"):
                link.send(frame())
            with pytest.raises(LinkDown):
                link.send_many([frame()] * 5)
        fresh_room.client.ip("link set eth0 up")
        time.sleep(0.1)
        link.send(frame())  # the old error is not told again
        assert link.send_many([frame()] * 5) == 5
        fresh_room.client.ip("link del eth0")
        with pytest.raises(LinkDown, match=r"eth0 (disappeared|is down)"):
            link.send(frame())
        with pytest.raises(LinkDown, match="eth0 disappeared"):
            link.send(frame())


def test_a_device_that_is_not_there(room: Room) -> None:
    with pytest.raises(NoSuchDevice, match=r"'eth1'; did you mean 'eth0'\?; there are: lo, eth0"):
        RawLink("eth1")
    for name in ("", "x" * 40, "a\0b"):
        with pytest.raises(NoSuchDevice):
            RawLink(name)
    with pytest.raises(NoSuchDevice):
        RawIPLink("eth1")


def test_closed_is_closed(room: Room) -> None:
    for link in (RawLink("eth0"), RawIPLink()):
        link.close()
        link.close()
        assert link.closed
        for call in (lambda one=link: one.send(frame()), link.read):
            with pytest.raises(LinkClosed):
                call()
        with pytest.raises(LinkClosed):
            link.send_many([frame()])
        assert link.wait(5)
        assert link.wait_writable(5)


def test_the_loopback_device(room: Room) -> None:
    with RawIPLink("lo") as link, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        port = sock.getsockname()[1]
        packet = IP(src="127.0.0.1", dst="127.0.0.1") / UDP(srcport=1, dstport=port) / b"round"
        link.send(packet)
        assert sock.recv(100) == b"round"


def test_a_descriptor_from_elsewhere_serves_without_privileges(room: Room) -> None:
    run_python(
        """
        import os, socket
        import encodings.idna, fcntl, umpa.protocols
        from umpa.errors import PermissionDenied
        from umpa.link.raw import RawIPLink, RawLink
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
        with RawLink.from_fd(sock.detach(), "eth0") as link:
            link.send(bytes(60))
            assert link.send_many([bytes(60)] * 300) == 300
            assert link.stats.sent == 301
        for make in (lambda: RawLink("eth0"), RawIPLink):
            try:
                make()
            except PermissionDenied as error:
                assert "setcap cap_net_raw" in str(error), error
            else:
                raise AssertionError
        """
    )


def test_a_descriptor_that_is_none(room: Room) -> None:
    with socket.socket() as sock:
        with pytest.raises(LinkError, match="no socket of AF_PACKET"):
            RawLink.from_fd(sock.fileno(), "eth0")
        sock.getsockname()  # it was left alone
    with open(os.devnull) as file, pytest.raises(LinkError, match="is no socket"):
        RawLink.from_fd(file.fileno(), "eth0")


def test_another_platform_is_told_what_serves_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(LinkError, match=r"umpa\.link\.open sends them through libpcap"):
        RawLink("en0")


@pytest.mark.needs("tcpdump")
def test_packets_of_ip_are_routed_by_the_kernel(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "seen.pcap"
    with room.server.recording(path, "eth0", "icmp or icmp6"):
        for options in ({}, {"device": "eth0"}):
            with RawIPLink(**options) as link:
                assert link.linktype == 101
                link.send(IP(src="10.0.0.77", dst="10.0.0.2", ttl=33) / ICMP())
                six = IPv6(src="fd00::1", dst="fd00::2", hlim=44)
                link.send(six / ICMPv6(type="echo-request"))
                assert link.stats.sent == 2
    packets = list(Reader(path))
    assert [p.ip.ttl for p in packets if p.get(IP) and p.ip.src == "10.0.0.77"] == [33, 33]
    assert [p.ipv6.hlim for p in packets if p.get(IPv6) and p.ipv6.hlim == 44] == [44, 44]


def test_what_ip_refuses(room: Room) -> None:
    with RawIPLink("eth0") as link:
        with pytest.raises(EncodeError, match=r"eth0 takes 1500 bytes"):
            link.send(IP(dst="10.0.0.2") / UDP() / bytes(1500))
        with pytest.raises(EncodeError, match="neither a packet of IPv4 nor of IPv6"):
            link.send(bytes(40))
    with RawIPLink() as link:
        with pytest.raises(LinkError, match="no route for this packet"):
            link.send(IP(dst="192.0.2.1") / UDP())
        assert link.stats.refused == 1


def test_a_firewall_that_refuses(link: RawLink) -> None:
    denied = link._refusal(OSError(errno.EPERM, "Operation not permitted"), 60)
    assert isinstance(denied, PermissionDenied)
    assert "firewall" in str(denied)
