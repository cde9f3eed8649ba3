"""Two links in memory: what is sent comes out, as the wire between them says."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.link.ticking import TickingClock
from umpa import ICMP, IP, TCP, UDP, Ethernet, Packet
from umpa.errors import EncodeError, FieldError, LinkClosed, LinkDown, LinkError, WouldBlock
from umpa.link.memory import MemoryLink

MS = 1_000_000


def numbered(count: int) -> list[bytes]:
    return [number.to_bytes(4, "big") for number in range(count)]


def pair(**options: Any) -> tuple[TickingClock, MemoryLink, MemoryLink]:
    """A pair in a time of its own, with raw bytes for frames."""
    clock = TickingClock()
    return clock, *MemoryLink.pair(clock=clock, **options)


def drain(link: MemoryLink, timeout: float = 10) -> list[tuple[int, bytes]]:
    """Everything that arrives, with its time since the clock's start."""
    got = []
    while link.wait(timeout):
        got += [(time_ns - TickingClock.EPOCH, data) for time_ns, data, _ in link.read()]
    return got


def test_what_is_sent_into_one_end_comes_out_of_the_other() -> None:
    _, left, right = pair()
    packet = Ethernet(dst="02:00:00:00:00:02") / IP(dst="10.0.0.2") / UDP(dstport=7) / b"hello"
    left.send(packet)
    right.send(b"answer")
    assert right.read() == [(TickingClock.EPOCH, bytes(packet), None)]
    assert left.read() == [(TickingClock.EPOCH, b"answer", None)]
    assert left.read() == []
    assert (left.name, right.name, left.linktype, left.mtu) == ("left", "right", 1, 1500)
    assert left.mac == "02:00:00:00:00:01"
    assert left.fileno() == -1


def test_reading_is_bounded_and_in_order() -> None:
    _, left, right = pair()
    assert left.send_many(numbered(600)) == 600
    sizes = []
    got: list[bytes] = []
    while frames := right.read():
        sizes.append(len(frames))
        got += [data for _, data, _ in frames]
    assert sizes == [256, 256, 88]
    assert got == numbered(600)
    assert right.read(0) == []


def test_frames_are_stamped_with_their_arrival() -> None:
    clock, left, right = pair(latency=0.25)
    left.send(b"a")
    clock.now += 10 * MS
    left.send(b"b")
    assert right.read() == []
    assert right.due_ns() == 250 * MS
    clock.now = 1000 * MS  # read late, stamped in time
    assert [t - TickingClock.EPOCH for t, _, _ in right.read()] == [250 * MS, 260 * MS]
    assert right.due_ns() is None


def test_bandwidth_lets_frames_leave_one_by_one() -> None:
    _, left, right = pair(bandwidth=8000, latency=0.5)  # 1000 bytes a second
    left.send_many([bytes(100)] * 3)
    assert [t for t, _ in drain(right)] == [600 * MS, 700 * MS, 800 * MS]


def test_a_full_wire_of_limited_bandwidth_would_block() -> None:
    clock, left, right = pair(bandwidth=8000, queue=3)
    assert left.send_many([bytes(100)] * 5) == 3
    with pytest.raises(WouldBlock, match="left: 3 frames are on the way"):
        left.send(bytes(100))
    assert not left.wait_writable(0)
    assert not left.wait_writable(0.05)
    assert left.wait_writable(1)
    assert clock.now == 100 * MS
    left.send(bytes(100))
    assert left.stats.sent == 4
    assert left.stats.refused == 2  # the batch met it, and then the single frame
    assert len(drain(right)) == 4


def test_what_nobody_reads_is_dropped_and_counted() -> None:
    _, left, right = pair(queue=10)
    assert left.send_many(numbered(25)) == 25
    left.send(b"one more")
    assert right.stats.received == 26
    assert right.stats.dropped == 16
    assert [data for _, data, _ in right.read()] == numbered(10)
    _, left, right = pair(queue=10, latency=1)
    left.send_many(numbered(25))
    assert [data for _, data in drain(right)] == numbered(10)
    assert right.stats.received == 25
    assert right.stats.dropped == 15


def test_loss_and_duplication_are_shares_and_counted() -> None:
    _, left, right = pair(loss=0.25, duplicate=0.1, seed=1)
    left.send_many(numbered(10_000))
    got = drain(right)
    stats = right.stats
    assert 2_300 < stats.dropped_by_interface < 2_700
    copies = len(got) - (10_000 - stats.dropped_by_interface)
    assert 650 < copies < 850  # a tenth of what was not lost
    assert stats.received == len(got)
    assert left.stats.sent == 10_000


def test_all_or_nothing() -> None:
    _, left, right = pair(loss=1)
    left.send_many(numbered(100))
    assert drain(right) == []
    _, left, right = pair(duplicate=1)
    left.send(b"x")
    assert [data for _, data in drain(right)] == [b"x", b"x"]


def test_jitter_alone_keeps_the_order() -> None:
    _, left, right = pair(latency=0.1, jitter=0.05, seed=2)
    left.send_many(numbered(500))
    got = drain(right)
    assert [data for _, data in got] == numbered(500)
    assert all(100 * MS <= t <= 150 * MS for t, _ in got)
    assert got[0][0] != got[-1][0]


def test_reordering_lets_later_frames_overtake() -> None:
    clock, left, right = pair(reorder=0.1, seed=3)
    for data in numbered(500):
        left.send(data)
        clock.now += MS // 10
    got = [data for _, data in drain(right)]
    assert got != numbered(500)
    assert sorted(got) == numbered(500)


@given(
    seed=st.integers(0, 1000),
    loss=st.floats(0, 1),
    duplicate=st.floats(0, 1),
    reorder=st.floats(0, 1),
    jitter=st.floats(0, 1),
)
def test_one_seed_one_run(
    seed: int, loss: float, duplicate: float, reorder: float, jitter: float
) -> None:
    runs = []
    for _ in range(2):
        _, left, right = pair(
            seed=seed, loss=loss, duplicate=duplicate, reorder=reorder, jitter=jitter
        )
        left.send_many(numbered(30))
        right.send_many(numbered(30))
        runs.append((drain(right), drain(left), right.stats, left.stats))
    assert runs[0] == runs[1]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.1), st.integers(1, 40))
def test_every_frame_is_accounted_for(
    loss: float, duplicate: float, latency: float, queue: int
) -> None:
    _, left, right = pair(loss=loss, duplicate=duplicate, latency=latency, queue=queue, seed=0)
    left.send_many(numbered(50))
    got = drain(right)
    stats = right.stats
    assert stats.received - stats.dropped == len(got)
    assert stats.received + stats.dropped_by_interface >= left.stats.sent == 50


def test_the_two_directions_have_fates_of_their_own() -> None:
    _, left, right = pair(loss=0.5, seed=4)
    left.send_many(numbered(100))
    right.send_many(numbered(100))
    assert drain(left) != drain(right)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": 2}, "loss is 2, expected a fraction from 0 to 1"),
        ({"loss": math.nan}, "loss is nan"),
        ({"duplicate": -0.1}, "duplicate is -0.1"),
        ({"reorder": "half"}, "reorder is 'half'"),
        ({"latency": -1}, "latency is -1, expected seconds, 0 or more"),
        ({"jitter": math.inf}, "jitter is inf"),
        ({"bandwidth": 0}, "bandwidth is 0, expected a number above 0"),
        ({"bandwidth": math.nan}, "bandwidth is nan"),
        ({"queue": 0}, "queue is 0"),
        ({"queue": 1.5}, "queue is 1.5, expected a whole number"),
        ({"mtu": -1}, "mtu is -1"),
    ],
)
def test_wrong_numbers_are_errors_at_the_call(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MemoryLink.pair(**options)


def test_what_is_no_frame_of_the_link_is_refused() -> None:
    _, left, right = pair(mtu=100)
    left.send(bytes(114))
    left.send(bytes(12) + b"\x81\x00" + bytes(104))  # a VLAN tag on top
    with pytest.raises(EncodeError, match=r"left takes 114 bytes \(MTU 100 and 14 of header\)"):
        left.send(bytes(115))
    with pytest.raises(EncodeError, match="empty"):
        left.send(b"")
    with pytest.raises(EncodeError, match="is no packet; expected a Packet, or bytes"):
        left.send("frame")  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(EncodeError, match=r"link type 1 \(Ethernet\).*link type 228 \(raw IP\)"):
        left.send(IP(dst="10.0.0.2") / ICMP())
    assert left.stats.sent == 2
    assert left.stats.refused == 4
    assert len(right.read()) == 2


def test_a_raw_ip_link_takes_packets_without_ethernet() -> None:
    _, left, right = pair(linktype=101)
    packet = IP(dst="10.0.0.2") / TCP(dstport=80)
    left.send(packet)
    ((_, data, _),) = right.read()
    assert Packet.dissect(data, right.linktype) == Packet.dissect(bytes(packet), 101)
    assert left.mac is None


def test_a_batch_ends_before_what_cannot_be_sent() -> None:
    _, left, right = pair(mtu=100)
    assert left.send_many([b"a", b"b", bytes(200), b"c"]) == 2
    with pytest.raises(EncodeError):
        left.send_many([bytes(200), b"c"])
    assert left.send_many([]) == 0
    assert left.stats.refused == 1
    assert [data for _, data, _ in right.read()] == [b"a", b"b"]


def test_waiting_ends_with_a_frame_a_timeout_or_a_wakeup() -> None:
    left, right = MemoryLink.pair()
    assert not right.wait(0)
    assert not right.wait(0.01)
    right.wakeup()
    assert right.wait(5)
    assert not right.wait(0)
    for act in (lambda: left.send(b"x"), right.wakeup, right.close):
        timer = threading.Timer(0.05, act)
        timer.start()
        started = time.monotonic()
        assert right.wait(10)
        assert time.monotonic() - started < 5
        timer.join()
        if not right.closed:
            right.read()


def test_waiting_for_what_is_held_back_takes_until_it_is_due() -> None:
    clock, left, right = pair(latency=2)
    left.send(b"x")
    assert not right.wait(1)
    assert clock.now == 1000 * MS
    assert right.wait(5)
    assert clock.now == 2000 * MS


def test_an_earlier_frame_ends_a_wait_for_a_later_one() -> None:
    left, right = MemoryLink.pair(latency=0.02)
    timer = threading.Timer(0.02, left.send, (b"x",))
    timer.start()
    assert right.wait(10)
    assert len(right.read()) == 1
    timer.join()


def test_readiness_is_told_to_who_asked() -> None:
    clock, left, right = pair()
    calls: list[int] = []
    right.on_ready(lambda: calls.append(1))
    left.send(b"x")
    assert calls == [1]
    with pytest.raises(LinkError, match="watched already"):
        right.on_ready(lambda: None)
    right.on_ready(None)
    left.send(b"y")
    assert calls == [1]
    due = right.due_ns()
    assert due is not None
    assert due <= clock.monotonic_ns()


def test_a_closed_end_says_so() -> None:
    _, left, right = pair(latency=1)
    left.send(b"last words")
    left.close()
    left.close()
    assert left.closed
    for call in (lambda: left.send(b"x"), left.read):
        with pytest.raises(LinkClosed, match="left: was closed"):
            call()
    assert left.wait(5)
    assert left.stats.sent == 1
    with pytest.raises(LinkDown, match="right: the other end was closed"):
        right.send(b"x")
    assert right.wait(5)
    assert [data for _, data, _ in right.read()] == [b"last words"]
    assert right.wait(5)
    with pytest.raises(LinkDown, match="the other end was closed"):
        right.read()


def test_with_closes() -> None:
    left, right = MemoryLink.pair()
    with left, right:
        left.send(b"x")
    assert left.closed
    assert right.closed


def test_threads_lose_and_invent_nothing() -> None:
    left, right = MemoryLink.pair(queue=10**6)
    got: list[bytes] = []

    def send(start: int) -> None:
        for number in range(start, start + 2000):
            left.send(number.to_bytes(4, "big"))

    def receive() -> None:
        while right.wait(5) and (frames := right.read(7)):
            got.extend(data for _, data, _ in frames)
            if len(got) >= 8000:
                right.wakeup()
                return

    threads = [threading.Thread(target=send, args=(n * 2000,)) for n in range(4)]
    threads += [threading.Thread(target=receive)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(got) == numbered(8000)
    assert left.stats.sent == right.stats.received == 8000


def test_errors_of_a_packet_are_its_own() -> None:
    _, left, _ = pair()
    with pytest.raises((EncodeError, FieldError)):
        left.send(Ethernet() / IP() / bytes(70_000))
