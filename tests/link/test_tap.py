"""An interface made by us: what the kernel sends is read, what is sent the kernel receives."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
import threading
from typing import Any

import pytest

from tests.live.room import Room, room, run_python
from umpa import ARP, ICMP, IP, Ethernet, Packet
from umpa.errors import EncodeError, LinkClosed, LinkDown, LinkError, PermissionDenied
from umpa.link.aio import readable
from umpa.link.tap import TapLink

__all__ = ["room"]

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool", "ping")]


@pytest.fixture(autouse=True)
def _in_the_room(room: Room) -> None:
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("platform: no /dev/net/tun")


def answer(link: TapLink, stop: threading.Event) -> None:
    """A simulated host 10.9.0.2 that answers ARP and echo requests."""
    while not stop.is_set() and not link.closed:
        if not link.wait(0.1):
            continue
        for _, data, _ in link.read():
            packet = Packet.dissect(data, link.linktype)
            arp, icmp = packet.get(ARP), packet.get(ICMP)
            if arp is not None and arp.dst_proto_ipv4 == "10.9.0.2":
                mac = "02:00:00:00:00:99"
                reply = ARP(opcode="reply", src_hw_mac=mac, src_proto_ipv4="10.9.0.2")
                link.send(packet.reply(reply))
            elif icmp is not None and icmp.type == 8:
                link.send(packet.reply(ICMP(type="echo-reply")))


@pytest.mark.parametrize("tun", [False, True])
def test_the_kernel_pings_a_simulated_host(room: Room, tun: bool) -> None:
    stop = threading.Event()
    with TapLink("umpa%d", tun=tun, address="10.9.0.1/24", mtu=1400) as link:
        assert link.name == "umpa0"
        assert link.mtu == 1400
        assert link.linktype == (101 if tun else 1)
        thread = threading.Thread(target=answer, args=(link, stop))
        thread.start()
        try:
            said = room.client.run("ping", "-c2", "-i0.2", "-W5", "10.9.0.2")
        finally:
            stop.set()
            thread.join(10)
        assert " 0% packet loss" in said
        assert link.stats.received >= 2
        assert link.stats.sent >= 2
    assert "umpa0" not in [name for _, name in socket.if_nameindex()]


def test_an_address_of_ipv6(room: Room) -> None:
    with TapLink("umpa6", address="fd99::1/64") as link:
        assert "fd99::1/64" in room.client.ip(f"addr show {link.name}")
        assert link.mtu == 1500


def test_a_loop_waits_for_it() -> None:
    async def main() -> None:
        with (
            TapLink("umpa7", address="10.9.1.1/24") as link,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        ):
            sock.sendto(b"x", ("10.9.1.2", 9))
            assert await readable(link, 10)
            assert link.read()

    asyncio.run(main())


def test_what_is_no_frame_is_refused() -> None:
    with TapLink("umpa8") as link:
        with pytest.raises(EncodeError, match="umpa8 takes 1514 bytes"):
            link.send(bytes(1515))
        with pytest.raises(EncodeError, match="link type"):
            link.send(IP() / ICMP())
        link.send(Ethernet() / ARP())
        assert link.stats.sent == 1
        assert link.stats.refused == 2
        assert link.wait_writable(0)
        link.wakeup()
        assert link.wait(5)
        link.read()
        with pytest.raises(TypeError, match="has a descriptor"):
            link.on_ready(None)


def test_down_and_closed(room: Room) -> None:
    link = TapLink("umpa9")
    room.client.ip("link set umpa9 down")
    with pytest.raises(LinkDown, match="umpa9 is down; to bring it up"):
        link.send(bytes(60))
    timer = threading.Timer(0.05, link.close)
    timer.start()
    while not link.closed:
        link.wait(10)
    timer.join()
    link.close()
    for call in (lambda: link.send(bytes(60)), link.read, link.fileno):
        with pytest.raises(LinkClosed):
            call()


def test_names_that_cannot_be() -> None:
    for name in ("", "x" * 16, "a/b", "a\0b"):
        with pytest.raises(LinkError, match="no name of an interface"):
            TapLink(name)
    with pytest.raises(LinkError, match="'lo' exists already and is of another kind"):
        TapLink("lo")
    with TapLink("umpa10"), pytest.raises(LinkError, match="'umpa10' exists already"):
        TapLink("umpa10")
    with pytest.raises(ValueError, match=r"'10\.9\.0'"):
        TapLink("umpa11", address="10.9.0")
    with pytest.raises(LinkError, match="refuses this MTU"):
        TapLink("umpa11", mtu=1)
    assert not any(name.startswith("umpa1") for _, name in socket.if_nameindex())


def test_a_machine_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*args: Any) -> int:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(os, "open", missing)
    with pytest.raises(LinkError, match=r"/dev/net/tun: No such file.*modprobe tun.*--device"):
        TapLink("umpa12")
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(LinkError, match="on Linux only"):
        TapLink("umpa12")


def test_without_privileges() -> None:
    done = run_python(
        """
        import os
        from umpa.errors import PermissionDenied
        from umpa.link.tap import TapLink
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
        try:
            TapLink("umpa13")
        except PermissionDenied as error:
            print(error)
        """
    )
    assert "setcap cap_net_admin" in done.stdout
    assert "ip tuntap add tap0 mode tap user" in done.stdout
    assert issubclass(PermissionDenied, LinkError)
