"""Hardware addresses: computed, from the kernel, asked for, remembered."""

from __future__ import annotations

import math
import threading
from ipaddress import ip_interface

import pytest

from tests.link.ticking import TickingClock
from tests.live.room import Room
from umpa import ARP, Ethernet, ICMPv6, IPv6, Packet
from umpa.errors import LinkError
from umpa.link.memory import MemoryLink
from umpa.net import (
    Interface,
    NeighbourCache,
    find_mac,
    group_mac,
    interface,
    neighbour,
    resolve,
)
from umpa.net.neighbours import answer_of, question

OWN, PEER = "02:00:00:00:00:01", "02:00:00:00:00:77"
ETH = Interface(
    "eth0", 2, addresses=(ip_interface("10.0.0.1/24"), ip_interface("10.1.0.1/31")), mac=OWN
)


@pytest.mark.parametrize(
    ("address", "mac"),
    [
        ("224.0.0.1", "01:00:5e:00:00:01"),
        ("239.255.1.2", "01:00:5e:7f:01:02"),
        ("224.129.1.2", "01:00:5e:01:01:02"),
        ("ff02::1", "33:33:00:00:00:01"),
        ("ff02::1:ff12:3456", "33:33:ff:12:34:56"),
        ("255.255.255.255", "ff:ff:ff:ff:ff:ff"),
        ("10.0.0.255", "ff:ff:ff:ff:ff:ff"),
        ("10.1.0.1", None),  # a /31 has no broadcast (RFC 3021)
        ("10.0.0.2", None),
        ("fd00::2", None),
    ],
)
def test_groups_have_addresses_of_their_own(address: str, mac: str | None) -> None:
    assert group_mac(address, ETH) == mac


def test_the_question_of_ipv4() -> None:
    packet = question("10.0.0.2", "10.0.0.1", OWN)
    assert packet[Ethernet].dst == "ff:ff:ff:ff:ff:ff"
    assert packet[ARP].dst_proto_ipv4 == "10.0.0.2"
    reply = packet.reply(ARP(opcode="reply", src_hw_mac=PEER, src_proto_ipv4="10.0.0.2"))
    assert answer_of(reply, "10.0.0.2") == PEER
    assert answer_of(reply, "10.0.0.3") is None
    assert answer_of(packet, "10.0.0.1") is None  # a question is no answer


def advertisement(target: str = "fd00::2", hlim: int = 255, option: bool = True) -> Packet:
    head = Ethernet(dst=OWN, src=PEER) / IPv6(src="fd00::2", dst="fd00::1", hlim=hlim)
    packet = head / ICMPv6(type="neighbor-advertisement", nd_na_target_address=target)
    if option:
        from umpa.protocols.icmpv6_nd import NDOptions

        packet = packet / NDOptions(options=[("target_lladdr", "02:00:00:00:00:78")])
    return Packet.dissect(bytes(packet))


def test_the_question_of_ipv6() -> None:
    packet = question("fd00::2%eth0", "fd00::1", OWN)
    assert packet[Ethernet].dst == "33:33:ff:00:00:02"
    assert packet[IPv6].dst == "ff02::1:ff00:2"
    assert packet[IPv6].hlim == 255
    assert Packet.dissect(bytes(packet)).error is None
    assert answer_of(advertisement(), "fd00::2") == "02:00:00:00:00:78"
    assert answer_of(advertisement(option=False), "fd00::2") == PEER
    assert answer_of(advertisement(hlim=64), "fd00::2") is None  # it was routed
    assert answer_of(advertisement("fd00::3"), "fd00::2") is None
    assert answer_of(packet, "fd00::2") is None
    with pytest.raises(ValueError, match="cannot ask for"):
        question("fd00::2", "10.0.0.1", OWN)


def test_no_bytes_raise() -> None:
    whole = bytes(advertisement())
    for end in range(len(whole)):
        answer_of(Packet.dissect(whole[:end]), "fd00::2")


def test_asking_goes_on_until_somebody_answers() -> None:
    left, right = MemoryLink.pair(seed=1)

    def peer() -> None:
        asked = 0
        while asked < 2 and right.wait(10):
            for _, data, _ in right.read():
                asked += 1
                packet = Packet.dissect(data)
                right.send(bytes(60))  # something else on the way
                if asked == 2:
                    right.send(packet.reply(ARP(opcode="reply", src_hw_mac=PEER)))

    thread = threading.Thread(target=peer)
    thread.start()
    assert resolve(left, "10.0.0.2", "10.0.0.1", timeout=0.2, retries=20) == PEER
    thread.join(10)


def test_nobody_answers() -> None:
    clock = TickingClock()
    left, right = MemoryLink.pair(clock=clock)
    with pytest.raises(LinkError, match=r"10\.0\.0\.2 did not answer on left: asked 3 times, 1 s"):
        resolve(left, "10.0.0.2", "10.0.0.1")
    assert clock.now == 3_000_000_000
    assert right.stats.received == 3
    with pytest.raises(ValueError, match="retries is -1"):
        resolve(left, "10.0.0.2", "10.0.0.1", retries=-1)
    with pytest.raises(ValueError, match="timeout is nan"):
        resolve(left, "10.0.0.2", "10.0.0.1", timeout=math.nan)
    raw, _ = MemoryLink.pair(linktype=101)
    with pytest.raises(LinkError, match="no hardware address"):
        resolve(raw, "10.0.0.2", "10.0.0.1")


def test_the_cache_has_a_bound_and_an_age() -> None:
    clock = TickingClock()
    cache = NeighbourCache(limit=3, age=10, clock=clock)
    for number in range(5):
        cache.put("eth0", f"10.0.0.{number}", PEER)
    assert len(cache) == 3
    assert cache.get("eth0", "10.0.0.1") is None
    assert cache.get("eth0", "10.0.0.4") == PEER
    assert cache.get("eth1", "10.0.0.4") is None
    clock.now += 9_000_000_000
    cache.put("eth0", "10.0.0.4", OWN)
    clock.now += 2_000_000_000
    assert cache.get("eth0", "10.0.0.3") is None
    assert cache.get("eth0", "10.0.0.4") == OWN
    cache.clear()
    assert len(cache) == 0
    for wrong in ({"limit": 0}, {"age": -1}):
        with pytest.raises(ValueError, match="expected a number above 0"):
            NeighbourCache(**wrong)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.live
@pytest.mark.needs("ip", "ethtool", "ping")
class TestLive:
    def test_the_kernel_knows_whom_it_talked_to(self, room: Room) -> None:
        room.client.ip("neigh flush all")
        assert neighbour("eth0", "10.0.0.2") is None
        room.client.run("ping", "-c1", "-W5", "10.0.0.2")
        room.client.run("ping", "-c1", "-W5", "fd00::2")
        wanted = json_mac(room)
        assert neighbour("eth0", "10.0.0.2") == wanted
        assert neighbour(interface("eth0"), "fd00::2") == wanted
        room.client.run("ping", "-c1", "-W1", "10.0.0.99", check=False)
        assert neighbour("eth0", "10.0.0.99") is None

    @pytest.mark.parametrize(("to", "own"), [("10.0.0.2", "10.0.0.1"), ("fd00::2", "fd00::1")])
    def test_a_real_kernel_answers(self, room: Room, to: str, own: str) -> None:
        from umpa.link.live import LiveLink

        wanted = json_mac(room)
        with LiveLink("eth0", filter="arp or icmp6") as link:
            assert resolve(link, to, own, timeout=2) == wanted
            room.client.ip("neigh flush all")
            cache = NeighbourCache()
            assert find_mac(interface("eth0"), to, link=link, cache=cache) == wanted
            room.client.ip("neigh flush all")
            assert find_mac(interface("eth0"), to, cache=cache) == wanted
        room.client.ip("neigh flush all")
        with pytest.raises(LinkError, match="not known to the kernel"):
            find_mac(interface("eth0"), to)
        assert find_mac(interface("eth0"), "224.0.0.5") == "01:00:5e:00:00:05"


def json_mac(room: Room) -> str:
    """The server's own hardware address."""
    shown = room.server.ip("-br link show eth0").split()
    return shown[2]
