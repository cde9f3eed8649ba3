"""Captures that are kept between two calls of `sr`; by both bindings of libpcap."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import umpa
from tests.exchange.kinds import OWN
from tests.live.room import Room
from umpa import ICMP, IP, TCP, Ethernet
from umpa.errors import FilterError, LinkDown, LinkError, NoSuchDevice
from umpa.exchange.captures import Armed, Captures

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs("ip", "ethtool"),
    pytest.mark.usefixtures("libpcap"),
]

PING = OWN / ICMP(ident=9)


@pytest.fixture
def captures() -> Iterator[Captures]:
    made = Captures()
    yield made
    made.close()


def use(
    captures: Captures, device: str = "eth0", text: str = "icmp", promisc: bool = False
) -> Armed:
    with captures.armed(device, text, promisc) as capture:
        assert not capture.link.closed
    return capture


def test_the_next_call_takes_it_again(room: Room, captures: Captures) -> None:
    first = use(captures)
    assert not first.link.closed
    assert use(captures, text="tcp") is first
    captures.close()
    assert first.link.closed


def test_a_promiscuous_one_is_not_kept(room: Room, captures: Captures) -> None:
    assert use(captures, promisc=True).link.closed
    flags = room.client.ip("-d link show eth0")
    use(captures)
    assert "promiscuity 0" in flags
    assert "promiscuity 0" in room.client.ip("-d link show eth0")


def test_it_is_deaf_between_two_calls(room: Room, captures: Captures) -> None:
    kept = use(captures)
    before = kept.link.stats.received
    room.server.run("ping", "-c3", "-i0.01", "10.0.0.1")
    assert kept.link.stats.received == before
    with captures.armed("eth0", "icmp", False) as again:
        assert again is kept
        assert again.link.read() == []
        room.server.run("ping", "-c1", "10.0.0.1")
        assert again.link.wait(2)
        assert len(again.link.read()) == 1


def test_two_at_once_have_one_each(room: Room, captures: Captures) -> None:
    with captures.armed("eth0", "icmp", False) as one, captures.armed("eth0", "tcp", False) as two:
        assert one is not two
    assert [one.link.closed, two.link.closed] == [True, False]


def test_one_that_failed_is_closed(room: Room, captures: Captures) -> None:
    kept = use(captures)
    with pytest.raises(FilterError), captures.armed("eth0", "no filter", False):
        pass
    assert kept.link.closed
    with pytest.raises(RuntimeError), captures.armed("eth0", "icmp", False) as other:
        raise RuntimeError
    assert other.link.closed


def test_few_are_kept_and_none_for_ever(
    fresh_room: Room, captures: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        fresh_room.client.ip(f"link add d{number} type veth peer name p{number}")
        fresh_room.client.ip(f"link set p{number} up")
        fresh_room.client.ip(f"link set d{number} up")
    kept = [use(captures, f"d{number}") for number in range(5)]
    assert [one.link.closed for one in kept] == [True, False, False, False, False]
    monkeypatch.setattr("umpa.exchange.captures._IDLE", 0)
    use(captures, "lo")
    assert all(one.link.closed for one in kept)


def test_a_device_that_was_made_again_gets_another(fresh_room: Room, captures: Captures) -> None:
    def make() -> None:
        fresh_room.client.ip("link add again type veth peer name other")
        fresh_room.client.ip("link set other up")
        fresh_room.client.ip("link set again up")

    make()
    kept = use(captures, "again")
    fresh_room.client.ip("link del again")
    with pytest.raises(NoSuchDevice):
        use(captures, "again")
    make()
    assert use(captures, "again") is not kept
    assert kept.link.closed
    fresh_room.client.ip("link set again down")
    with pytest.raises(LinkDown):
        use(captures, "again")


def test_quick_calls_do_not_take_answers_of_the_one_before(room: Room) -> None:
    """All requests are alike, so an old answer would fit; but it is older than its request."""
    for _ in range(100):
        answers = umpa.sr([PING, PING], device="eth0", timeout=1, retry=1)
        times = [one.rtt for one in answers.answered]
        assert len(times) == 2
        assert all(rtt is None or rtt > 0 for rtt in times), times


def test_a_foreign_hardware_address_is_heard_too(room: Room) -> None:
    room.server.ip("neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0")
    foreign = Ethernet(src="02:00:00:00:00:09", dst="02:00:00:00:00:02")
    request = foreign / IP(src="10.0.0.9", dst="10.0.0.2") / TCP(dstport=9, flags="SYN")
    assert umpa.sr1(request, device="eth0", retry=1) is not None


def test_a_fork_asks_with_its_own(room: Room) -> None:
    assert umpa.sr1(PING, device="eth0", retry=1) is not None
    child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if umpa.sr1(PING, device="eth0", retry=1) is not None else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert umpa.sr1(PING, device="eth0", retry=1) is not None


def test_one_that_was_kept_is_refused_in_a_fork(room: Room, captures: Captures) -> None:
    kept = use(captures)
    child = os.fork()
    if not child:
        try:
            kept.link.read()
        except LinkError:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert use(captures) is kept
