"""Captures of links in memory and of files: what they give, when they end, what they refuse."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import umpa
from tests.link.frames import frame
from tests.live.room import run_python
from umpa import IP, TCP, UDP, Packet, has
from umpa.errors import (
    CaptureWarning,
    FileError,
    FilterError,
    LinkClosed,
    LinkDown,
    LinkError,
    NoSuchDevice,
)
from umpa.link.memory import MemoryLink
from umpa.link.savefile import FileLink
from umpa.sniffing import (
    Capture,
    CaptureStats,
    available_devices,
    receive,
    receive_loop,
    receive_one,
)

Wire = tuple[MemoryLink, MemoryLink]


def ports(packets: object) -> list[int]:
    return [packet.udp.dstport for packet in packets]  # type: ignore[attr-defined]


# What comes


def test_packets_of_a_link(wire: Wire) -> None:
    near, far = wire
    with Capture(near, count=3) as capture:
        far.send_many([frame(1), frame(2, 1000), frame(3)])
        packets = list(capture)
    assert ports(packets) == [1, 2, 3]
    first = packets[0]
    assert (first.linktype, first.interface, first.wire_length) == (1, "left", 60)
    assert abs((first.time_ns or 0) - time.time_ns()) < 60 * 10**9
    assert capture.stats == CaptureStats(received=3, captured=3)
    assert not near.closed  # it was not opened here


def test_a_loop_that_is_left_is_taken_up_again(wire: Wire) -> None:
    near, far = wire
    far.send_many([frame(n) for n in range(6)])
    with Capture(near) as capture:
        for packet in capture:
            if packet.udp.dstport == 2:
                break
        assert ports(capture.next(0) for _ in range(2)) == [3, 4]
        for packet in capture:
            assert packet.udp.dstport == 5
            break
        assert capture.next(0) is None


@pytest.mark.parametrize(
    "chosen",
    ["udp port 2 or udp port 4", UDP.dstport.is_in([2, 4]), lambda p: p.udp.dstport in (2, 4)],
    ids=["text", "match", "function"],
)
def test_filters(chosen: umpa.Match, wire: Wire) -> None:
    near, far = wire
    far.send_many([frame(n) for n in range(6)])
    with Capture(near, filter=chosen, count=2) as capture:
        assert ports(capture) == [2, 4]
    assert (capture.stats.captured, capture.stats.rejected) == (2, 3)


def test_lengths_on_the_wire_count_in_filters(captures: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    packets = [Packet.dissect(frame(1)[:50], wire_length=length) for length in (60, 1500)]
    umpa.write(path, packets)
    with FileLink(path) as link:
        assert [p.wire_length for p in receive(device=link, filter="greater 1000")] == [1500]


def test_count_leaves_the_others_where_they_are(wire: Wire) -> None:
    near, far = wire
    far.send_many([frame(n) for n in range(6)])
    assert ports(receive(2, near)) == [0, 1]
    assert ports(receive(2, near, filter=UDP.dstport > 2)) == [3, 4]
    assert ports(receive(1, near)) == [5]
    assert receive(0, near) == []


def test_timeout_and_stop(wire: Wire) -> None:
    near, far = wire
    far.send_many([frame(n) for n in range(6)])
    assert ports(receive(device=near, stop=lambda p: p.udp.dstport == 3)) == [0, 1, 2, 3]
    start = time.monotonic()
    assert receive_one(near, timeout=0.05) is None
    assert receive(device=near, timeout=0.05) == []
    assert 0.1 <= time.monotonic() - start < 5
    far.send(frame(9))
    assert ports(receive(device=near, timeout=0.02)) == [9]


def test_a_list_that_carries_stats(wire: Wire) -> None:
    near, far = wire
    far.send_many([frame(n) for n in range(3)])
    packets = receive(3, near)
    assert isinstance(packets, list)
    assert packets.stats == CaptureStats(received=3, captured=3)
    assert packets.stats.lost == 0


def test_receive_loop(wire: Wire) -> None:
    near, far = wire
    far.send_many([frame(n) for n in range(3)])
    seen: list[Packet] = []
    assert receive_loop(seen.append, near, count=3).captured == 3
    assert ports(seen) == [0, 1, 2]
    far.send(frame(7))
    with pytest.raises(ZeroDivisionError) as raised:
        receive_loop(lambda packet: 1 / 0, near, count=3)
    assert ports([raised.value.packet]) == [7]  # type: ignore[attr-defined]


def test_several_sources_nearly_in_the_order_of_their_times(captures: Path) -> None:
    pairs = [MemoryLink.pair(names=(name, "far")) for name in "abc"]
    for number in range(9):
        pairs[number % 3][1].send(frame(number))
    links = [near for near, _ in pairs]
    with Capture(links, timeout=5) as capture:
        packets = [capture.next() for _ in range(9)]
        assert ports(packets) == list(range(9))
        assert [p.interface for p in packets if p] == ["a", "b", "c"] * 3
        timer = threading.Timer(0.05, pairs[1][1].send, [frame(77)])
        timer.start()
        assert ports([capture.next()]) == [77]
        timer.join()
        assert capture.next(0.02) is None
    assert capture.stats.received == 10
    with Capture([links[0], captures / "ping.pcap"], timeout=1) as capture:
        assert len(capture.linktypes) == 2
        assert capture.next() is not None


def test_a_slow_wire_in_memory_among_others() -> None:
    (near, far), (other, _) = MemoryLink.pair(latency=0.05), MemoryLink.pair()
    with Capture([near, other], timeout=5) as capture:
        far.send(frame(5))
        assert ports([capture.next()]) == [5]


# Files


def test_files(captures: Path) -> None:
    path = captures / "ping.pcap"
    everything = list(umpa.read(path))
    assert list(Capture(path).open()) == everything
    packets = receive(device=str(path), filter="icmp")
    assert packets == [packet for packet in everything if "icmp" in packet.summary().lower()]
    assert packets.stats.captured == packets.stats.received == len(packets)
    assert receive(2, path, filter=has(IP))[0].time_ns


def test_a_damaged_file_gives_what_comes_before(captures: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes((captures / "http.pcap").read_bytes()[:3000])
    seen: list[Packet] = []
    with pytest.raises(FileError, match="at byte 2500: cut"):
        receive_loop(seen.append, path)
    assert len(seen) == 9
    with pytest.raises(FileError, match="no such file"):
        Capture("./none.pcap").open()


def test_a_filter_that_raises_loses_nothing(wire: Wire, captures: Path) -> None:
    def odd(packet: Packet) -> bool:
        if packet.udp.dstport == 2:
            raise KeyError("two")
        return True

    near, far = wire
    far.send_many([frame(n) for n in range(5)])
    with Capture(near, filter=odd) as capture:
        assert ports(capture.next(0) for _ in range(2)) == [0, 1]
        with pytest.raises(KeyError):
            capture.next(0)
        assert ports(capture.next(0) for _ in range(2)) == [3, 4]
    assert (capture.stats.captured, capture.stats.rejected) == (4, 1)


# Ends, from outside


def test_stop_from_another_thread(wire: Wire) -> None:
    near, far = wire
    with Capture([near, MemoryLink.pair()[0]]) as capture:
        for waits in (lambda: list(capture), capture.dispatch, capture.next):
            timer = threading.Timer(0.05, capture.stop)
            timer.start()
            assert not waits()
            timer.join()
        far.send(frame(1))
        assert ports([capture.next(1)]) == [1]


def test_two_threads_on_one_capture(wire: Wire) -> None:
    near, far = wire
    seen: list[int] = []
    with Capture(near, count=4000) as capture:

        def work() -> None:
            seen.extend(ports(capture))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for number in range(0, 4000, 100):
            far.send_many([frame(n) for n in range(number, number + 100)])
        for thread in threads:
            thread.join(10)
    assert sorted(seen) == list(range(4000))


@pytest.mark.parametrize("several", [False, True])
def test_close_against_readers(several: bool, wire: Wire) -> None:
    near, _ = wire
    for _ in range(10):
        capture = Capture([near, MemoryLink.pair()[0]] if several else near).open()
        ends: list[Exception] = []

        def work(capture: Capture = capture, ends: list[Exception] = ends) -> None:
            try:
                list(capture)
            except LinkClosed as error:
                ends.append(error)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.005)
        capture.close()
        for thread in threads:
            thread.join(5)
        assert len(ends) == 3


def test_after_close(wire: Wire) -> None:
    near, _ = wire
    capture = Capture(near)
    with pytest.raises(LinkError, match="is not open: use it by `with`"):
        list(capture)
    with capture, pytest.raises(LinkError, match="is open already"):
        capture.open()
    capture.close()
    calls = (lambda: list(capture), capture.next, capture.dispatch, capture.open,
             lambda: capture.send(frame(1)))  # fmt: skip
    for call in calls:
        with pytest.raises(LinkClosed, match="was closed"):
            call()
    assert capture.stats == CaptureStats()


def test_a_link_that_ends_says_so_behind_its_packets(wire: Wire) -> None:
    near, far = wire
    far.send_many([frame(1), frame(2)])
    far.close()
    seen: list[Packet] = []
    with pytest.raises(LinkDown, match="the other end was closed"):
        receive_loop(seen.append, near)
    assert ports(seen) == [1, 2]


# Losses


def test_a_warning_says_how_many_were_lost_and_what_to_change() -> None:
    near, far = MemoryLink.pair(queue=5)
    far.send_many([frame(n) for n in range(8)])
    assert len(receive(5, near)) == 5  # those were lost before it was opened: no warning
    capture = Capture(near).open()
    far.send_many([frame(n) for n in range(7)])
    assert len([capture.next(0) for _ in range(5)]) == 5
    words = "left: of 7 packets 2 were lost, 2 because they were not read in time: read more"
    with pytest.warns(CaptureWarning, match=words):
        capture.close()
    assert (capture.stats.dropped, capture.stats.lost) == (2, 2)


# What is refused


def test_mistakes(tmp_path: Path, captures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ping = captures / "ping.pcap"
    near = MemoryLink.pair()[0]
    with pytest.raises(FilterError, match="or a function, got int"):
        Capture(near, filter=80)  # type: ignore[arg-type]
    for wrong in (near, ping):
        with pytest.raises(FilterError, match="syntax error"):
            Capture(wrong, filter="tcp prot 80").open()
    with pytest.raises(ValueError, match="count is -1"):
        Capture(near, count=-1)
    with pytest.raises(ValueError, match="timeout is -1"):
        Capture(near, timeout=-1)
    with pytest.raises(LinkError, match="snaplen=, promisc= is for devices"):
        Capture([near, ping], snaplen=60, promisc=False)
    with pytest.raises(ValueError, match="a capture needs a device"):
        Capture([])
    with pytest.raises(NoSuchDevice, match=r"no device 'nowhere0'.*there are: .*lo"):
        receive_one("nowhere0", timeout=1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eth77").write_bytes(ping.read_bytes())
    # pypcap by itself refuses such a name, for it would open the file
    with pytest.raises(LinkError, match=r"for the file of that name, give '\./eth77'|pypcap would"):
        receive_one("eth77")
    assert receive_one("./eth77") is not None
    for sources, words in ((ping, "a capture file cannot be sent into"),
                           ([near, MemoryLink.pair()[0]], "several devices")):  # fmt: skip
        with Capture(sources) as capture, pytest.raises(LinkError, match=words):
            capture.send(frame(1))


def test_a_capture_that_failed_to_open_holds_nothing(wire: Wire, captures: Path) -> None:
    near, far = wire
    capture = Capture([near, captures / "none.pcap"])
    with pytest.raises(FileError):
        capture.open()
    far.send(frame(1))
    assert ports(receive(1, near)) == [1]


# Devices


def test_available_devices() -> None:
    loopback = next(one for one in available_devices() if one.loopback)
    assert loopback.name
    assert (loopback.mtu or 0) > 0


def test_the_import_is_light() -> None:
    """asyncio, json and the bindings of libpcap are loaded when they are needed."""
    code = "import sys, umpa.sniffing; print(*sys.modules)"
    loaded = set(run_python(code).stdout.split())
    assert not loaded & {"asyncio", "json", "dpkt", "pcap", "cypcap"}


def test_tcp_and_udp_are_layers_of_what_comes(wire: Wire) -> None:
    near, far = wire
    far.send(umpa.Ethernet() / IP(dst="10.0.0.2") / TCP(dstport=80))
    packet = receive_one(near)
    assert packet is not None
    assert packet.tcp.dstport == 80


# What is not lost


def test_an_error_has_what_was_received_before(tmp_path: Path) -> None:
    """A device that goes down, or a file that is damaged, after a thousand packets."""
    path = tmp_path / "cut.pcap"
    umpa.write(path, [Packet.dissect(frame(n)) for n in range(5)])
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FileError) as caught:
        receive(device=path)
    assert ports(getattr(caught.value, "packets")) == [0, 1, 2, 3]  # noqa: B009
