"""Asking over links in memory: the same in both faces, in real and in virtual time."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import umpa
from umpa import ICMP, IP, TCP, UDP, Ethernet, IPv6, Packet, aio
from umpa.errors import EncodeError, ScheduleError
from umpa.exchange.answers import Answers, ExchangeStats
from umpa.exchange.filed import Filed
from umpa.exchange.filters import filter_for
from umpa.exchange.request import Request
from umpa.link import MemoryLink
from umpa.link.aio import Watch
from umpa.schedule import VirtualClock, run

LINK = Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
BASE = LINK / IP(src="10.0.0.1", dst="10.0.0.2")

Respond = Callable[[Packet], "list[Packet]"]


def echo(packet: Packet) -> list[Packet]:
    icmp = packet.get(ICMP)
    if icmp is None or icmp.type != 8:
        return []
    return [packet.reply(ICMP(type="echo-reply"))]


@contextmanager
def responder(link: MemoryLink, respond: Respond) -> Iterator[None]:
    """Another thread that answers."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            link.wait(0.05)
            for _, data, _ in link.read():
                for answer in respond(Packet.dissect(data)):
                    link.send(answer)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def pings(count: int) -> list[Packet]:
    return [BASE / ICMP(ident=1, seq=number) for number in range(count)]


def blocking(packets: Any, respond: Respond, **options: Any) -> Answers:
    here, there = MemoryLink.pair()
    with here, there, responder(there, respond):
        return umpa.sr(packets, link=here, **options)


def in_a_loop(packets: Any, respond: Respond, **options: Any) -> Answers:
    async def main() -> Answers:
        here, there = MemoryLink.pair()

        def answer() -> None:
            for _, data, _ in there.read():
                for packet in respond(Packet.dissect(data)):
                    there.send(packet)

        with here, there:
            watch = Watch(there, answer)
            try:
                return await aio.sr(packets, link=here, **options)
            finally:
                watch.close()

    return asyncio.run(main())


def virtual(packets: Any, respond: Respond, **options: Any) -> Answers:
    clock = VirtualClock()

    async def main() -> Answers:
        here, there = MemoryLink.pair(clock=clock, latency=0.25)

        def answer() -> None:
            for _, data, _ in there.read():
                for packet in respond(Packet.dissect(data)):
                    there.send(packet)

        with here, there:
            watch = Watch(there, answer)
            try:
                return await aio.sr(packets, link=here, **options)
            finally:
                watch.close()

    return run(main(), clock=clock)


Face = Callable[..., Answers]
each_face = pytest.mark.parametrize("face", [blocking, in_a_loop, virtual])


@each_face
def test_every_request_gets_its_answer(face: Face) -> None:
    answers = face(pings(300), echo)
    assert [one.answer.icmp.seq for one in answers.answered] == list(range(300))
    assert [one.request.icmp.seq for one in answers.answered] == list(range(300))
    assert not answers.unanswered
    assert not answers.unmatched
    assert answers.stats.sent == answers.stats.answered == answers.stats.received == 300


def test_round_trips_are_those_of_the_link() -> None:
    answers = virtual(pings(3), echo)
    assert [one.rtt for one in answers.answered] == [0.5, 0.5, 0.5]
    assert str(answers) == "3 asked, 3 answered, 0 not; 500 ms min, 500 ms median, 500 ms max"


@each_face
def test_what_is_not_answered(face: Face) -> None:
    def every_other(packet: Packet) -> list[Packet]:
        return echo(packet) if packet.icmp.seq % 2 else []

    answers = face(pings(10), every_other, timeout=0.6)
    assert [packet.icmp.seq for packet in answers.unanswered] == [0, 2, 4, 6, 8]
    assert len(answers.answered) == 5
    assert answers.stats.sent == 10


@each_face
def test_retries(face: Face) -> None:
    seen: dict[int, int] = {}

    def third_time(packet: Packet) -> list[Packet]:
        seq = packet.icmp.seq
        seen[seq] = seen.get(seq, 0) + 1
        return echo(packet) if seen[seq] == 3 or seq == 0 else []

    answers = face(pings(4), third_time, timeout=0.6, retry=2)
    assert [one.answer.icmp.seq for one in answers.answered] == [0, 1, 2, 3]
    assert seen == {0: 1, 1: 3, 2: 3, 3: 3}
    assert answers.stats.retries == 6
    assert answers.answered[0].rtt is not None
    assert answers.answered[1].rtt is None  # to which of the three was it the answer?


@each_face
def test_any_number_of_answers(face: Face) -> None:
    request = LINK / IP(src="10.0.0.1", dst="224.0.0.1") / ICMP(ident=5)

    def many(packet: Packet) -> list[Packet]:
        return [packet.reply(IP(src=f"10.0.0.{n}"), ICMP(type=0)) for n in (5, 6, 7)]

    answers = face(request, many, timeout=0.6, multi=True)
    assert [one.answer.ip.src for one in answers.answered] == ["10.0.0.5", "10.0.0.6", "10.0.0.7"]
    assert answers.stats.answered == 1
    assert answers.stats.answers == 3
    once = face(request, many, timeout=0.6)
    assert [one.answer.ip.src for one in once.answered] == ["10.0.0.5"]


@each_face
def test_an_error_that_quotes_the_request_answers_it(face: Face) -> None:
    def unreachable(packet: Packet) -> list[Packet]:
        quoted = bytearray(bytes(packet)[14:42])
        quoted[8] -= 1
        return [LINK / IP(src="10.0.0.254", dst="10.0.0.1") / ICMP(type=3, code=1) / bytes(quoted)]

    requests = [BASE / UDP(srcport=4000, dstport=port) for port in (1, 2, 3)]
    answers = face(requests, unreachable, timeout=2)
    assert [one.answer.icmp.code for one in answers.answered] == [1, 1, 1]
    assert [one.answer[UDP, 0].dstport for one in answers.answered] == [1, 2, 3]


@each_face
def test_what_came_unasked_says_why(face: Face) -> None:
    def noise(packet: Packet) -> list[Packet]:
        wrong = packet.reply(IP(src="10.0.0.9"), ICMP(type=0))
        other = LINK / IP(src="10.9.9.9", dst="10.0.0.1") / TCP(srcport=1, dstport=2)
        return [wrong, other, *echo(packet)]

    answers = face(pings(2), noise, timeout=2)
    assert len(answers.answered) == 2
    reasons = [one.reason for one in answers.unmatched]
    assert reasons[:2] == [
        "kind and identifier match, address differs",
        "answers nothing that was asked",
    ]


@each_face
def test_a_window_bounds_what_is_under_way(face: Face) -> None:
    under_way = [0]

    def slow(packet: Packet) -> list[Packet]:
        under_way[0] += 1
        return []

    answers = face(pings(6), slow, timeout=0.2, window=2)
    assert len(answers.unanswered) == 6
    assert answers.stats.duration >= 0.6


def test_a_rate_is_kept() -> None:
    answers = virtual(pings(5), echo, rate=10)
    stamps = [one.answer.time_ns or 0 for one in answers.answered]
    gaps = [(b - a) / 1e9 for a, b in itertools.pairwise(stamps)]
    assert gaps == pytest.approx([0.1] * 4, abs=1e-6)
    assert virtual(pings(3), echo, inter=1).stats.duration == pytest.approx(2.5, abs=1e-6)


def test_requests_that_are_all_alike_are_answered_in_turn() -> None:
    request = BASE / ICMP(ident=1)
    answers = virtual([request, request, request], echo)
    assert len(answers.answered) == 3


def test_progress_is_told_to_a_function() -> None:
    told: list[ExchangeStats] = []
    virtual(pings(2), lambda packet: [], timeout=1, progress=told.append, inter=0.5)
    assert told
    assert told[-1].requests == 2


def test_the_result_in_three_forms() -> None:
    answers = virtual([*pings(1), BASE / UDP(srcport=1, dstport=2)], echo, timeout=1)
    assert "no answer" in answers.table()
    told = answers.to_dict()
    assert told["answered"][0]["rtt"] == 0.5
    assert told["stats"]["requests"] == 2
    assert len(told["unanswered"]) == 1


def test_one_answer() -> None:
    here, there = MemoryLink.pair()
    with here, there, responder(there, echo):
        answer = umpa.sr1(pings(1)[0], link=here)
        assert answer is not None
        assert answer.icmp.type == 0
        assert umpa.sr1(BASE / UDP(), link=here, timeout=0.05) is None


def test_one_answer_in_a_loop() -> None:
    async def main() -> Packet | None:
        here, there = MemoryLink.pair()
        with here, there:
            return await aio.sr1(pings(1)[0], link=here, timeout=0.01)

    assert asyncio.run(main()) is None


def test_again_and_again() -> None:
    here, there = MemoryLink.pair()
    with here, there, responder(there, echo):
        found = [len(one.answered) for one in umpa.srloop(pings(2), 0.01, 3, link=here)]
    assert found == [2, 2, 2]


def test_again_and_again_in_virtual_time() -> None:
    clock = VirtualClock()

    async def main() -> list[int]:
        here, there = MemoryLink.pair(clock=clock)
        starts = []
        with here, there:
            async for _ in aio.srloop(pings(1), 60, 3, timeout=1, link=here):
                starts.append(round(clock.monotonic_ns() / 1e9))
        return starts

    started = clock.monotonic_ns() / 1e9
    assert [at - round(started) for at in run(main(), clock=clock)] == [1, 61, 121]


def test_a_link_in_another_time_than_the_loop_is_refused() -> None:
    clock = VirtualClock()

    async def ask(link: MemoryLink) -> Answers:
        return await asyncio.wait_for(aio.sr(pings(1), link=link), 5)

    here, there = MemoryLink.pair(clock=clock, latency=0.1)
    with here, there, pytest.raises(ScheduleError, match=r"umpa\.schedule\.run\(main\(\), clock"):
        asyncio.run(ask(here))
    here, there = MemoryLink.pair()
    with here, there, pytest.raises(ScheduleError, match="is not on the virtual clock"):
        run(ask(here), clock=clock)


def test_the_filter_for_the_answers_is_made_of_what_differs() -> None:
    """Ten thousand ports of one host make one filter, and alike ones are looked at once."""
    asked = [BASE / TCP(srcport=4000, dstport=n, flags="SYN") for n in range(1, 10_001)]
    asked += [LINK / IPv6(src="fd00::1", dst="fd00::2") / UDP(srcport=5, dstport=n) for n in (1, 2)]
    asked.append(BASE / UDP(srcport=4001))
    start = time.process_time()
    text = filter_for(Filed(bytes(packet), packet.linktype) for packet in asked)
    assert time.process_time() - start < 0.5
    assert text == (
        "(dst host 10.0.0.1 or dst host fd00::1) and (icmp or icmp6 or ip[6:2] & 0x1fff != 0 or "
        "ip6 proto 44 or tcp dst port 4000 or udp dst port 5 or udp dst port 4001)"
    )


def test_send_over_a_link() -> None:
    here, there = MemoryLink.pair()
    with here, there:
        report = umpa.send(pings(3), count=2, link=here)
        assert (report.sent, report.bytes) == (6, 6 * 42)
        assert len(there.read()) == 6
        assert umpa.send(b"\0" * 60, link=here).sent == 1
        assert umpa.send((packet for packet in pings(2)), link=here, rate=1000).sent == 2


def test_send_in_virtual_time() -> None:
    clock = VirtualClock()

    async def main() -> float:
        here, there = MemoryLink.pair(clock=clock)
        with here, there:
            report = await aio.send(pings(1), count=3601, rate=1, link=here)
        return report.duration

    assert run(main(), clock=clock) == pytest.approx(3600)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timeout": -1}, "timeout is -1"),
        ({"timeout": float("nan")}, "timeout is nan"),
        ({"retry": -1}, "retry is -1"),
        ({"window": 0}, "window is 0"),
        ({"rate": 0}, "rate is 0"),
        ({"rate": 1, "inter": 1}, "expected one of them"),
        ({"device": "eth0"}, "expected neither a device nor a filter"),
    ],
)
def test_wrong_numbers(options: dict[str, Any], text: str) -> None:
    here, there = MemoryLink.pair()
    with here, there, pytest.raises(ScheduleError, match=text):
        umpa.sr(pings(1), link=here, **options)
    with here, pytest.raises(ScheduleError, match="expected a Packet"):
        umpa.send(7, link=here)  # type: ignore[arg-type]


def test_requests_leave_no_work_for_the_collector() -> None:
    """They, and the tables they are filed in, know each other only until all is done."""
    gc.collect()
    gc.disable()
    try:
        answers = blocking([*pings(200), BASE / UDP(dstport=9)], echo, timeout=0.2, retry=1)
        left = sum(isinstance(one, Request) for one in gc.get_objects())
    finally:
        gc.enable()
    assert len(answers.answered) == 200
    assert left == 0


def test_a_cancelled_exchange_leaves_nothing_behind() -> None:
    async def main() -> None:
        here, there = MemoryLink.pair()
        with here, there:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(aio.sr(pings(1), link=here), 0.05)
            Watch(here, lambda: None).close()  # nobody watches it any more

    asyncio.run(main())


def test_what_was_answered_is_true() -> None:
    assert blocking(BASE / ICMP(), echo, timeout=2)
    assert not blocking(BASE / ICMP(), lambda packet: [], timeout=0.1)


@pytest.mark.parametrize("call", [umpa.send, umpa.sr, umpa.sr1])
def test_a_packet_without_a_link_header_is_no_frame_of_a_link(call: Any) -> None:
    """Its first bytes would be taken for hardware addresses; the route is found with `device`."""
    here, there = MemoryLink.pair()
    with here, there, pytest.raises(EncodeError, match=r"takes frames of link type 1 .Ethernet"):
        call(IP(dst="10.0.0.2") / ICMP(), link=here)
    assert there.stats.received == 0
