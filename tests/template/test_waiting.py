"""Asking, expecting, actions with reactions, and conversations."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.template.stage import OURS, THEIRS, Stage, drops, segment, udp
from umpa import ICMP, IP, TCP, UDP, Ethernet, Packet
from umpa.errors import TemplateError

ASK = """
probe = Ethernet(src="02:00:0a:00:00:05", dst="02:00:00:00:00:99") / IP(
    src="10.0.0.5", dst="10.0.0.1") / UDP(srcport=9, dstport=4000) / b"ask"

@on_start
async def start(context):
    answer = await context.ask(probe, timeout=2, retries=1)
    context.log(f"answer {answer and answer.summary()}")

@on(has(UDP))
def rule(packet, context):
    context.count("rule")
"""


def words(stage: Stage) -> list[str]:
    """The log, without times."""
    return [line.partition(" ")[2] for line in stage.log]


def test_an_answer_goes_to_who_asked_and_to_no_rule(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ASK)

    async def play(stage: Stage) -> None:
        (request,) = stage.answers()
        assert request.payload == b"ask"
        await stage.give(udp(8), request.reply(b"answer"), request.reply(b"again"))

    status = stage.play(play)
    assert words(stage) == [
        "answer Ethernet / IP 10.0.0.1 > 10.0.0.5 / UDP 4000 > 9 / Payload 6 bytes"
    ]
    assert status.counts == {"rule": 2}
    assert status.asked == 0


def test_an_icmp_error_that_quotes_the_request_is_an_answer(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ASK)

    async def play(stage: Stage) -> None:
        (request,) = stage.answers()
        error = Ethernet(src=THEIRS, dst=OURS) / IP(src="10.0.0.254", dst="10.0.0.5")
        await stage.give(error / ICMP(type=3, code=3) / bytes(request)[14:])

    stage.play(play)
    assert "ICMP" in words(stage)[0]


def test_without_an_answer_it_is_asked_again_and_then_given_up(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ASK)

    async def play(stage: Stage) -> None:
        await asyncio.sleep(10)
        times = [(packet.time_ns or 0) % 10**12 // 10**9 for packet in stage.answers()]
        assert [time - times[0] for time in times] == [0, 2]

    stage.play(play)
    assert stage.log == ["4.000000 answer None"]


def test_expect_waits_for_a_packet_which_goes_its_way_too(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on_start
        async def start(context):
            for timeout in (5, 1):
                found = await context.expect(UDP.dstport == 9, timeout=timeout)
                context.log(found and found.summary())

        @on(has(UDP))
        def rule(packet, context):
            context.count("rule")
        """,
    )

    async def play(stage: Stage) -> None:
        await stage.give(udp(8), udp(9))
        await asyncio.sleep(3)

    status = stage.play(play)
    assert words(stage) == ["Ethernet / IP 10.0.0.1 > 10.0.0.5 / UDP 4000 > 9", "None"]
    assert status.counts == {"rule": 2}


@pytest.mark.parametrize("arguments", ["packet, timeout=0", "packet, retries=-1", "b'frame'"])
def test_what_cannot_be_asked(tmp_path: Path, arguments: str) -> None:
    stage = Stage(
        tmp_path,
        f"""
        @on(has(UDP))
        async def rule(packet, context):
            await context.ask({arguments})
        """,
    )

    async def play(stage: Stage) -> None:
        await stage.give(udp(7))

    with pytest.raises(TemplateError, match=r"template\.py:8"):
        stage.play(play, strict=True)


# Actions.

SCAN = """
@action(timeout=2, retries=1)
def syn(context, port):
    return Ethernet(src="02:00:0a:00:00:05", dst="02:00:00:00:00:99") / IP(
        src="10.0.0.5", dst="10.0.0.1") / TCP(srcport=30000 + port, dstport=port, flags="SYN")

@syn.reaction(TCP.flags == "SYN,ACK")
def opened(packet, context):
    return "open"

@syn.reaction(TCP.flags.has("RST"))
async def closed(packet, context, port):
    await context.sleep(0.5)
    return f"{port} closed"

@syn.reaction(ICMP.type == "dest-unreach")
def unreachable(packet, context):
    return "unreachable"

@syn.on_timeout
def filtered(context, port):
    return f"{port} filtered"
"""


def kernel(request: Packet) -> Packet | None:
    """What a host answers to a SYN: by the last digit of the port."""
    port = request.tcp.dstport
    if port % 10 == 1:
        return request.reply(TCP(flags="SYN,ACK", ack=1))
    if port % 10 == 2:
        return request.reply(TCP(flags="RST,ACK", ack=1))
    if port % 10 == 3:
        error = Ethernet(src=THEIRS, dst=OURS) / IP(src="10.0.0.254", dst="10.0.0.5")
        return error / ICMP(type=3, code=13) / bytes(request)[14:42]
    return None


def test_one_of_several_reactions_runs(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        SCAN
        + """
@on_start
async def start(context):
    for port in (1, 2, 3, 4):
        context.log(await syn.run(context, port))
""",
    )

    async def play(stage: Stage) -> None:
        for _ in range(20):
            for request in stage.answers():
                answer = kernel(request)
                if answer is not None:
                    stage.far.send(answer)
            await asyncio.sleep(0.5)

    stage.play(play)
    assert words(stage) == ["open", "2 closed", "unreachable", "4 filtered"]


def test_thousands_in_flight_each_with_its_own_reaction(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        SCAN
        + """
import asyncio

@on_start
async def start(context):
    results = await asyncio.gather(*(syn.run(context, port) for port in range(1, 3001)))
    for result in results:
        context.count(result.rpartition(" ")[2])
    context.stop()
""",
    )

    async def play(stage: Stage) -> None:
        await asyncio.sleep(0.5)
        for request in reversed(stage.answers()):
            answer = kernel(request)
            if answer is not None:
                stage.far.send(answer)
        await asyncio.sleep(60)

    status = stage.play(play)
    assert status.counts == {"open": 300, "closed": 300, "unreachable": 300, "filtered": 2100}
    assert status.seconds == pytest.approx(4.0, abs=0.6)


def test_an_answer_that_no_reaction_wants_is_not_the_end(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @action(timeout=2)
        def ask(context):
            return Ethernet(src="02:00:0a:00:00:05") / IP(src="10.0.0.5", dst="10.0.0.1") / UDP(
                srcport=9, dstport=4000)

        @ask.reaction(lambda packet: packet.payload == b"right")
        def right(packet, context): return "right"

        @ask.reaction()
        def other(packet, context): return PASS

        @on_start
        async def start(context): context.log(await ask.run(context))
        """,
    )

    async def play(stage: Stage) -> None:
        (request,) = stage.answers()
        await stage.give(request.reply(b"wrong"), request.reply(b"right"))

    stage.play(play)
    assert words(stage) == ["right"]


def test_an_action_that_makes_no_packet(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @action()
        def ask(context): return 5

        @on_start
        async def start(context): await ask.run(context)
        """,
    )

    async def play(stage: Stage) -> None: ...

    with pytest.raises(TemplateError, match=r"the action ask made 5; expected a packet"):
        stage.play(play, strict=True)


# Conversations.

ECHO = """
@on_flow(TCP.flags == "SYN")
async def serve(flow, context):
    context.log(f"begin {flow.first.tcp.srcport}")
    async for packet in flow:
        flow.reply(TCP(flags="ACK"), packet.payload or b"-")
        if packet.tcp.flags & 1:
            break
    context.log(f"end {flow.first.tcp.srcport} {flow.received} {flow.ended}")
"""


def test_each_conversation_has_a_coroutine_of_its_own(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ECHO)

    async def play(stage: Stage) -> None:
        for port in (1, 2):
            assert len(await stage.give(segment("SYN", srcport=port))) == 1
        for port in (2, 1):
            (answer,) = await stage.give(segment("ACK", srcport=port) / b"data")
            assert (answer.tcp.dstport, answer.payload) == (port, b"data")
        assert await stage.give(segment("ACK", srcport=3)) == []
        await stage.give(segment("FIN,ACK", srcport=1))
        await stage.give(segment("ACK", srcport=1) / b"late")

    status = stage.play(play)
    assert words(stage)[:3] == ["begin 1", "begin 2", "end 1 3 False"]
    assert status.rules[0].matched == 2
    assert status.rules[0].running == 0


def test_both_directions_are_one_conversation(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "@on_flow(has(UDP))\nasync def f(flow, context):\n"
                            "    async for packet in flow: context.count('seen')")  # fmt: skip

    async def play(stage: Stage) -> None:
        back = Ethernet(src="02:00:00:00:00:98", dst=THEIRS) / IP(src="10.0.0.5", dst="10.0.0.1")
        await stage.give(udp(7), back / UDP(srcport=7, dstport=4000))

    status = stage.play(play)
    assert (status.rules[0].matched, status.counts) == (1, {"seen": 2})


def test_an_idle_flow_ends_by_itself(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ECHO.replace('"SYN"', '"SYN", idle=10'))

    async def play(stage: Stage) -> None:
        await stage.give(segment("SYN"))
        await asyncio.sleep(8)
        await stage.give(segment("ACK"))
        await asyncio.sleep(30)

    stage.play(play)
    assert words(stage) == ["begin 4000", "end 4000 2 True"]
    assert 18 <= float(stage.log[1].partition(" ")[0]) <= 22


def test_a_flow_that_does_not_end_is_cancelled(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on_flow(has(UDP), idle=10)
        async def serve(flow, context):
            try:
                await context.sleep(10_000)
            finally:
                context.log("cancelled")
        """,
    )

    async def play(stage: Stage) -> None:
        await stage.give(udp(7))
        await asyncio.sleep(100)

    status = stage.play(play)
    assert words(stage) == ["cancelled"]
    assert status.rules[0].running == 0


def test_a_limit_of_flows(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ECHO.replace('"SYN"', '"SYN", limit=2'))

    async def play(stage: Stage) -> None:
        await stage.give(*(segment("SYN", srcport=port) for port in range(1, 6)))

    status = stage.play(play)
    assert (status.rules[0].matched, status.rules[0].left_out) == (5, 3)


def test_a_flow_that_fails_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on_flow(has(UDP))
        async def serve(flow, context):
            async for packet in flow:
                flow.reply(b"%d" % (1 // len(packet.payload)))
        """,
    )

    async def play(stage: Stage) -> None:
        assert len(await stage.give(udp(7, b"a", srcport=1), udp(7, b"", srcport=2))) == 1
        assert len(await stage.give(udp(7, b"b", srcport=1))) == 1

    status = stage.play(play)
    assert drops(status) == {"failed": 1}
    assert "template.py:9: serve failed: ZeroDivisionError" in stage.log[0]


def test_receive_with_a_timeout(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on_flow(has(UDP))
        async def serve(flow, context):
            await flow.receive()
            context.log(await flow.receive(timeout=3), ended=flow.ended)
        """,
    )

    async def play(stage: Stage) -> None:
        await stage.give(udp(7))
        await asyncio.sleep(5)

    stage.play(play)
    assert stage.log == ["3.001000 None ended=False"]
