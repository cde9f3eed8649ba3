"""Sending and asking on a real wire, with the kernel and tshark at the other end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import umpa
from tests.exchange.kinds import LINK, OWN
from tests.live.room import Room, standing_in
from umpa import (
    ARP,
    ICMP,
    IP,
    TCP,
    UDP,
    Ethernet,
    ICMPv6,
    IPv6,
    Packet,
    aio,
)
from umpa.__main__ import main
from umpa.errors import EncodeError, LinkError, NoSuchDevice
from umpa.exchange.answers import Answers
from umpa.exchange.sender import shared_sender
from umpa.exchange.way import Ways
from umpa.sniffing import Capture

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]


def in_a_loop(*arguments: Any, **options: Any) -> Answers:
    return asyncio.run(aio.sr(*arguments, **options))


Face = Callable[..., Answers]
each_face = pytest.mark.parametrize("face", [umpa.sr, in_a_loop])


@pytest.mark.parametrize(
    "request_",
    [
        IP(dst="10.0.0.2") / ICMP(ident=3),
        IPv6(dst="fd00::2") / ICMPv6(echo_identifier=3),
        IP(dst="127.0.0.1") / ICMP(ident=3),
        IPv6(dst="::1") / ICMPv6(echo_identifier=3),
        IP(dst="10.0.0.1") / ICMP(ident=3),
        IP(dst="10.0.0.2") / UDP(srcport=40000, dstport=9) / b"abc",
        IP(dst="10.0.0.2") / TCP(srcport=40000, dstport=9, flags="SYN"),
        OWN / ICMP(ident=4),
        LINK / IPv6(src="fd00::1", dst="fd00::2") / ICMPv6(echo_identifier=3),
    ],
    ids=lambda packet: packet.summary(),
)  # fmt: skip
def test_one_answer_of_the_kernel(room: Room, request_: Packet) -> None:
    answer = umpa.sr1(request_, timeout=2, retry=1)
    assert answer is not None
    assert answer.interface in ("eth0", "lo")
    assert asyncio.run(aio.sr1(request_, timeout=2, retry=1)) is not None


@each_face
def test_an_arp_and_a_neighbour_solicitation(room: Room, face: Face) -> None:
    who = Ethernet(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff") / ARP(
        src_hw_mac="02:00:00:00:00:01", src_proto_ipv4="10.0.0.1", dst_proto_ipv4="10.0.0.2"
    )
    answers = face(who, device="eth0")
    assert answers.answered[0].answer.arp.src_hw_mac == "02:00:00:00:00:02"
    ask = IPv6(src="fd00::1", dst="ff02::1:ff00:2", hlim=255) / ICMPv6(
        type=135, nd_ns_target_address="fd00::2"
    )
    answers = face(ask, device="eth0")
    assert answers.answered[0].answer.icmpv6.nd_na_target_address == "fd00::2"


@each_face
def test_echo_of_a_thousand_addresses(room: Room, face: Face) -> None:
    """Each is asked for its hardware address first, all of them at once."""
    room.server.ip("route add local 10.8.0.0/22 dev lo")
    room.client.ip("route add 10.8.0.0/22 via 10.0.0.2")
    try:
        hosts = [f"10.8.{n >> 8}.{n & 255}" for n in range(1, 1001)]
        requests = [IP(dst=host) / ICMP(ident=7, seq=n) for n, host in enumerate(hosts)]
        answers = face(requests, timeout=2, retry=1)
        assert [one.answer.ip.src for one in answers.answered] == hosts
        assert all(one.answer.icmp.seq == one.request.icmp.seq for one in answers.answered)
        assert answers.stats.dropped == 0
    finally:
        room.client.ip("route del 10.8.0.0/22")
        room.server.ip("route del local 10.8.0.0/22 dev lo")


def test_many_neighbours_are_asked_at_once(fresh_room: Room) -> None:
    for n in range(50):
        fresh_room.server.ip(f"addr add 10.0.0.{n + 10}/24 dev eth0")
    requests = [IP(dst=f"10.0.0.{n + 10}") / ICMP() for n in range(50)]
    answers = umpa.sr([*requests, IP(dst="10.0.0.250") / ICMP()], timeout=2, retry=1)
    assert len(answers.answered) == 50
    assert [packet.ip.dst for packet in answers.unanswered] == ["10.0.0.250"]
    (why,) = answers.stats.errors
    assert why == "10.0.0.250 did not answer on eth0: it is down, or not on this network"


@each_face
def test_ten_thousand_ports(fresh_room: Room, face: Face) -> None:
    """Open, closed and, on an address that the server throws away, filtered ones."""
    room = fresh_room
    room.server.ip("route add blackhole 10.9.0.1/32")
    room.client.ip("route add 10.9.0.0/24 via 10.0.0.2")
    room.server.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    open_ports = [22, 80, 443, 8080, 9999]
    script = (
        "import socket, time\n"
        f"kept = [socket.create_server(('10.0.0.2', p)) for p in {open_ports}]\n"
        "time.sleep(60)"
    )
    room.server.start("python3", "-c", script, wait=1)
    requests = [OWN / TCP(srcport=40000, dstport=p, flags="SYN") for p in range(1, 10001)]
    silent = IP(src="10.0.0.1", dst="10.9.0.1")
    requests += [LINK / silent / TCP(srcport=40000, dstport=p, flags="SYN") for p in range(1, 101)]
    answers = face(requests, device="eth0", timeout=1, retry=1)
    assert len(answers.answered) + len(answers.unanswered) == 10100
    kinds: dict[str, list[int]] = {}
    for one in answers.answered:
        assert one.answer.tcp.srcport == one.request.tcp.dstport
        kinds.setdefault(str(one.answer.tcp.flags), []).append(one.request.tcp.dstport)
    assert kinds["SYN,ACK"] == open_ports
    assert len(kinds["RST,ACK"]) == 10000 - len(open_ports)
    assert {packet.ip.dst for packet in answers.unanswered} == {"10.9.0.1"}
    assert len(answers.unanswered) == 100
    assert answers.stats.dropped == 0


@each_face
@pytest.mark.parametrize(
    "request_",
    [
        IP(dst="10.0.0.2") / ICMP(ident=5) / bytes(1400),
        IPv6(dst="fd00::2") / ICMPv6(echo_identifier=5) / bytes(1400),
    ],
    ids=["ip", "ipv6"],
)
def test_an_answer_in_fragments(fresh_room: Room, face: Face, request_: Packet) -> None:
    """The other end's way back takes 1280 bytes, so its kernel answers in pieces."""
    fresh_room.server.ip("route add 10.0.0.1/32 dev eth0 src 10.0.0.2 mtu lock 1280")
    fresh_room.server.ip("-6 route add fd00::1/128 dev eth0 mtu 1280")
    answers = face(request_, timeout=1, multi=True, retry=1)
    assert len(answers.answered) == 1, (answers, answers.unmatched)
    assert answers.stats.fragments == len(answers.fragments) == 1
    assert answers.fragments[0].request is answers.answered[0].request
    assert answers.unmatched == []
    assert "; 1 later fragments" in str(answers)


@each_face
def test_answers_to_fragments(room: Room, face: Face) -> None:
    """A request in pieces is answered at its first one."""
    whole = bytes(OWN / ICMP(ident=6) / bytes(400))[14:]
    body = whole[20:]
    pieces = [
        LINK / IP(src="10.0.0.1", dst="10.0.0.2", proto=1, id=77, flags_mf=True) / body[:104],
        LINK / IP(src="10.0.0.1", dst="10.0.0.2", proto=1, id=77, frag_offset=13) / body[104:],
    ]
    answers = face(pieces, device="eth0", timeout=1)
    assert [one.request.ip.frag_offset for one in answers.answered] == [0]
    assert answers.answered[0].answer.icmp.type == 0


def test_what_a_device_never_takes_is_an_error(fresh_room: Room) -> None:
    """A veth pair says "queue full" for frames that its other end is too small for."""
    fresh_room.server.ip("link set eth0 mtu 1280")
    requests = [OWN / ICMP(ident=8, seq=n) / bytes(n % 2 * 1400) for n in range(6)]
    answers = umpa.sr(requests, device="eth0", timeout=0.3)
    assert [one.request.icmp.seq for one in answers.answered] == [0, 2, 4]
    (why,) = answers.stats.errors
    assert why == "eth0 took nothing for as long as an answer is waited for"
    assert answers.stats.would_block > 0


def test_layer_three_finds_its_way(room: Room) -> None:
    packet = IP(dst="10.0.0.2") / UDP(srcport=40000, dstport=40003) / b"abc"
    with standing_in(room.server):
        import socket

        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("10.0.0.2", 40003))
        sock.settimeout(5)
    with sock:
        report = umpa.send(packet, count=3)
        assert [sock.recvfrom(100) for _ in range(3)] == [(b"abc", ("10.0.0.1", 40000))] * 3
    assert report.sent == 3
    assert packet.ip.src == "0.0.0.0"  # the user's own stays as it was


def test_groups_need_no_neighbour(room: Room) -> None:
    for destination in ("224.0.0.5", "10.0.0.255", "255.255.255.255"):
        assert umpa.send(IP(dst=destination) / UDP(), device="eth0").sent == 1
    assert umpa.send(IPv6(dst="ff02::5") / UDP(), device="eth0").sent == 1


def test_sockets_stay_open(room: Room) -> None:
    umpa.send(OWN / UDP(), device="eth0")
    sender = shared_sender()
    link = sender.link("eth0")
    umpa.send(OWN / UDP(), device="eth0")
    assert shared_sender() is sender
    assert sender.link("eth0") is link


def test_each_namespace_has_its_own(room: Room) -> None:
    here = shared_sender()
    with standing_in(room.server):
        assert shared_sender() is not here
        answers = umpa.sr(IP(dst="10.0.0.1") / ICMP(), retry=1)
        assert len(answers.answered) == 1, (answers.stats, answers.unmatched)
    assert shared_sender() is here


def test_a_device_that_was_made_again(fresh_room: Room) -> None:
    for _ in range(2):
        fresh_room.client.ip("link add other0 type veth peer name other1")
        fresh_room.client.ip("link set other0 up")
        fresh_room.client.ip("link set other1 up")
        assert umpa.send(OWN / UDP(), device="other0").sent == 1
        fresh_room.client.ip("link del other0")
    with pytest.raises(NoSuchDevice):
        assert umpa.send(OWN / UDP(), device="other0").sent == 1


def test_what_cannot_be_sent_says_why(room: Room) -> None:
    with pytest.raises(NoSuchDevice, match=r"no device 'eth9'.*there are: .*eth0"):
        umpa.send(OWN / UDP(), device="eth9")
    with pytest.raises(NoSuchDevice, match="eth0"):
        umpa.sr1(OWN / ICMP(), device="eth9")
    with pytest.raises(EncodeError, match="1500"):
        umpa.send(IP(dst="10.0.0.2") / UDP() / bytes(1500))
    with pytest.raises(LinkError, match=r"no route to 192.0.2.1"):
        umpa.send(IP(dst="192.0.2.1") / UDP())
    with pytest.raises(LinkError, match=r"name the device; there are: .*eth0"):
        umpa.send(LINK / ARP())
    with pytest.raises(LinkError, match=r"10.0.0.99 did not answer on eth0"):
        umpa.send(IP(dst="10.0.0.99") / UDP())


def test_two_exchanges_side_by_side(room: Room) -> None:
    async def both() -> list[Answers]:
        requests = [[IP(dst="10.0.0.2") / ICMP(ident=i, seq=n) for n in range(50)] for i in (1, 2)]
        return list(await asyncio.gather(*(aio.sr(some, retry=1) for some in requests)))

    assert [len(answers.answered) for answers in asyncio.run(both())] == [50, 50]


def test_threads_send_side_by_side(room: Room) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            umpa.send(OWN / UDP(), device="eth0", count=500)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    before = shared_sender().link("eth0").stats.sent
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert shared_sender().link("eth0").stats.sent - before >= 2000


def test_the_command_replays_a_capture(
    room: Room, first_capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["send", str(first_capture), "-i", "eth0", "--loop", "2"]) == 0
    count = 2 * sum(1 for _ in umpa.read(first_capture))
    assert capsys.readouterr().out.startswith(f"sent          {count} packets")
    assert (
        main(["send", str(first_capture), "-i", "10.0.0.1", "--at", "capture", "--count", "3"]) == 0
    )
    assert "3 packets" in capsys.readouterr().out
    assert main(["send", str(first_capture), "-i", "eth0", "--rate", "1000", "--count", "5"]) == 0
    assert "rate asked    1000/s" in capsys.readouterr().out
    assert main(["send", str(first_capture), "-i", "eth9"]) == 2
    assert "there are: " in capsys.readouterr().err


def test_a_device_without_link_headers_takes_none(fresh_room: Room) -> None:
    """A frame of Ethernet on a tunnel of IP would be taken for a packet of IP, of version 0."""
    fresh_room.client.ip("tuntap add mode tun name tun0")
    fresh_room.client.up("tun0", "10.8.0.1/24")
    framed = LINK / IP(dst="10.8.0.2") / ICMP()
    for call in (umpa.send, umpa.sr):
        with pytest.raises(EncodeError, match=r"tun0 takes frames of link type 101 .raw IP.*Ether"):
            call(framed, device="tun0")
    assert umpa.send(IP(dst="10.8.0.2") / ICMP()).sent == 1
    assert umpa.send(framed, device="eth0").sent == 1


def test_a_neighbour_is_asked_once_in_a_minute(fresh_room: Room) -> None:
    """A raw socket teaches the kernel nothing, so it is remembered here."""
    client = fresh_room.client
    with Capture("eth0", filter="arp[6:2] == 1 and arp src host 10.0.0.1", timeout=0.2) as asking:
        for answers in umpa.srloop(IP(dst="10.0.0.2") / ICMP(), interval=1.1, count=3, timeout=1):
            assert answers
            client.ip("neigh flush dev eth0")
        assert len(list(asking)) == 1


def test_what_the_kernel_learns_of_a_neighbour_is_used(fresh_room: Room) -> None:
    """A gateway that is another machine now, which told so: the kernel's table has it at once."""
    ping = IP(dst="10.0.0.2") / ICMP()
    assert umpa.sr1(ping, timeout=1) is not None
    fresh_room.server.ip("link set eth0 address 02:00:00:00:00:77")
    fresh_room.client.ip("neigh replace 10.0.0.2 lladdr 02:00:00:00:00:77 dev eth0")
    time.sleep(1.1)  # ways are remembered for a second
    assert umpa.sr1(ping, timeout=1) is not None


def test_a_source_that_is_set_chooses_the_way_as_the_kernel_lets_it(fresh_room: Room) -> None:
    """A machine with two providers routes by the source: each takes its own addresses only."""
    client = fresh_room.client
    client.ip("link add left0 type veth peer name right0")
    client.ip("link set right0 up")
    client.up("left0", "172.16.0.1/24", "fd00:16::1/64")
    for family in ("-4", "-6"):
        source = "172.16.0.1" if family == "-4" else "fd00:16::1"
        client.ip(f"{family} rule add from {source} table 100")
        client.ip(f"{family} route add default dev left0 table 100")
        client.ip(f"{family} route add default dev eth0")
    ways = Ways()
    elsewhere = IP(dst="198.51.100.9") / ICMP(), IPv6(dst="2001:db8::9") / ICMPv6()
    from_there = (
        IP(src="172.16.0.1", dst="198.51.100.9") / ICMP(),
        IPv6(src="fd00:16::1", dst="2001:db8::9") / ICMPv6(),
    )
    nobodys = IP(src="192.0.2.77", dst="198.51.100.9") / ICMP()
    assert [ways.ready(packet).way.device for packet in (*elsewhere, nobodys)] == ["eth0"] * 3
    assert [ways.ready(packet).way.device for packet in from_there] == ["left0"] * 2
    assert ways.ready(LINK / from_there[0]).way.device == "left0"
    ways.close()


def test_what_a_router_takes_is_for_the_router_to_say(fresh_room: Room) -> None:
    """The kernel remembers path MTUs; who wants to find them has to send more all the same."""
    fresh_room.client.ip("route add 10.9.0.0/24 via 10.0.0.2 mtu 1300")
    fresh_room.client.ip("neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0")
    long = IP(dst="10.9.0.1", flags_df=True) / UDP()
    assert umpa.send(long / bytes(1472)).sent == 1
    with pytest.raises(EncodeError, match=r"1501 bytes, and the way through eth0 takes 1500"):
        umpa.send(long / bytes(1473))
