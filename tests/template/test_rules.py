"""Rules: who is asked about a packet, what becomes of what is returned, and of errors."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.template.stage import Stage, answers, drops, echo, udp
from umpa.errors import TemplateError

REPLY = """
@on({match})
def rule(packet, context):
    return packet.reply()
"""


def test_the_first_rule_in_the_file_wins_and_pass_leaves_it_to_the_next(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on(UDP.dstport == 7, UDP.srcport == 1)
        def odd(packet, context):
            return PASS

        @on(has(UDP))
        def any_port(packet, context):
            return packet.reply(b"any")

        @on(UDP.dstport == 7)
        def never(packet, context):
            return packet.reply(b"never")
        """,
    )
    found, status = answers(stage, udp(7, srcport=1), udp(7, srcport=2))
    assert [packet.payload for packet in found] == [b"any", b"any"]
    assert [rule.matched for rule in status.rules] == [0, 2, 0]


def test_what_may_be_returned(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on(UDP.dstport == 1)
        def one(packet, context): return packet.reply(b"1")

        @on(UDP.dstport == 2)
        def frame(packet, context): return bytes(packet.reply(b"2"))

        @on(UDP.dstport == 3)
        def several(packet, context):
            yield packet.reply(b"3")
            yield bytes(packet.reply(b"3"))

        @on(UDP.dstport == 4)
        def nothing(packet, context): return None

        @on(UDP.dstport == 5)
        async def later(packet, context): return [packet.reply(b"5")]
        """,
    )
    found, status = answers(stage, *(udp(port) for port in range(1, 6)))
    assert [packet.payload for packet in found] == [b"1", b"2", b"3", b"3", b"5"]
    assert [rule.answered for rule in status.rules] == [1, 1, 2, 0, 1]


@pytest.mark.parametrize("value", ["5", "'text'", "[packet, 5]", "object()", "True"])
@pytest.mark.parametrize("prefix", ["", "async "])
def test_nonsense_that_is_returned_is_an_error_with_its_place(
    tmp_path: Path, value: str, prefix: str
) -> None:
    stage = Stage(tmp_path, f"@on(has(UDP))\n{prefix}def f(packet, context): return {value}")
    _, status = answers(stage, udp(7))
    assert status.rules[0].failed == 1
    assert f"{stage.path}:5: f failed: " in stage.log[0]
    assert "a rule returns a packet" in stage.log[0]


def test_a_match_over_several_protocols_and_functions(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        REPLY.format(match="IP.src == '10.0.0.1', UDP.dstport > 5, lambda p: p.payload == b'x'"),
    )
    found, _ = answers(stage, udp(7, b"x"), udp(7, b"y"), udp(5, b"x"))
    assert len(found) == 1


def test_answers_asks_whether_a_packet_answers_another(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        request = Ethernet(src="02:00:00:00:00:98") / IP(src="10.0.0.5", dst="10.0.0.1") / UDP(
            srcport=9, dstport=4000)

        @on(has(UDP), answers=request)
        def answered(packet, context):
            context.count("answered")
        """,
    )
    _, status = answers(stage, udp(9), udp(8))
    assert status.counts == {"answered": 1}


def test_an_observer_sees_everything_and_cannot_answer(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @observe()
        def see(packet, context):
            context.count("seen")

        @observe(UDP.dstport == 8)
        def answer(packet, context):
            return packet.reply()

        @on(has(UDP))
        def rule(packet, context):
            return packet.reply()
        """,
    )
    found, status = answers(stage, udp(7), udp(8), echo(to="ff:ff:ff:ff:ff:ff"))
    assert len(found) == 2
    assert status.counts == {"seen": 3}
    assert "observe returns nothing" in stage.log[0]


def test_a_handler_that_raises_loses_its_packet_and_nothing_else(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on(UDP.dstport == 7)
        def fails(packet, context):
            raise ValueError("no luck")

        @on(has(UDP))
        def works(packet, context):
            return packet.reply()
        """,
    )
    found, status = answers(stage, udp(7), udp(8))
    assert len(found) == 1
    assert drops(status) == {"failed": 1}
    assert stage.log == [
        f"0.001000 {stage.path}:8: fails failed: ValueError: no luck; the packet: "
        "Ethernet / IP 10.0.0.1 > 10.0.0.5 / UDP 4000 > 7"
    ]


def test_a_rule_that_keeps_failing_is_switched_off_and_tried_again(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        broken = True

        @on(UDP.dstport == 7)
        def fails(packet, context):
            if broken:
                raise ValueError("no luck")
            return packet.reply()
        """,
    )
    states: list[bool] = []

    async def play(stage: Stage) -> None:
        await stage.give(*(udp(7, b"%d" % n) for n in range(15)))
        assert stage.template.engine is not None
        states.append(stage.template.engine.status().rules[0].off)
        vars(stage.template.module)["broken"] = False
        await asyncio.sleep(2)
        assert len(await stage.give(udp(7))) == 1
        states.append(stage.template.engine.status().rules[0].off)

    status = stage.play(play)
    assert states == [True, False]
    assert status.rules[0].failed == 10
    assert drops(status) == {"failed": 10, "rule switched off": 5}
    assert "switched off for 1 s" in stage.log[-1]


def test_strict_ends_at_the_first_error(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "@on(has(UDP))\ndef f(packet, context): return 1 / 0")

    async def play(stage: Stage) -> None:
        await stage.give(udp(7))

    with pytest.raises(TemplateError, match=r"template\.py:6: f failed: ZeroDivisionError"):
        stage.play(play, strict=True)


# Modes.


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("parallel", ["begin 0", "begin 1", "begin 2", "end 0", "end 1", "end 2"]),
        ("single", ["begin 0", "end 0"]),
        ("queued", ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]),
        ("restart", ["begin 0", "begin 1", "begin 2", "end 2"]),
    ],
)
def test_what_a_packet_does_while_another_waits(tmp_path: Path, mode: str, said: list[str]) -> None:
    stage = Stage(
        tmp_path,
        f"""
        @on(has(UDP), mode="{mode}")
        async def slow(packet, context):
            number = packet.payload.decode()
            context.log(f"begin {{number}}")
            await context.sleep(5)
            context.log(f"end {{number}}")
        """,
    )

    async def play(stage: Stage) -> None:
        await stage.give(*(udp(7, b"%d" % n) for n in range(3)))
        await asyncio.sleep(30)

    status = stage.play(play)
    assert [line.partition(" ")[2] for line in stage.log] == said
    assert status.rules[0].left_out == (2 if mode == "single" else 0)


def test_a_limit_of_handlers_at_a_time(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on(has(UDP), limit=2)
        async def slow(packet, context):
            await context.sleep(5)
        """,
    )
    _, status = answers(stage, *(udp(7, b"%d" % n) for n in range(5)))
    assert status.rules[0].left_out == 3


def test_an_async_handler_that_never_waits_may_pass(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on(has(UDP))
        async def passes(packet, context):
            return PASS

        @on(has(UDP))
        def answers(packet, context):
            return packet.reply()
        """,
    )
    found, _ = answers(stage, udp(7))
    assert len(found) == 1


def test_replies_of_one_pattern_are_patched(tmp_path: Path) -> None:
    code = """
        @on(ICMP.type == "echo-request", patch={patch})
        def ping(packet, context):
            return packet.reply(ICMP(type="echo-reply"))
        """
    plain, patched = (Stage(tmp_path, code.format(patch=one)) for one in (False, True))
    requests = [echo(seq) for seq in range(50)]
    assert list(map(bytes, answers(plain, *requests)[0])) == list(
        map(bytes, answers(patched, *requests)[0])
    )
    assert patched.template.engine is not None
    assert patched.template.engine.status().rules[0].patched > 30


def test_a_packet_that_is_too_long_is_an_error_of_the_handler(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path, "@on(has(UDP))\ndef f(packet, context): return packet.reply(b'x' * 2000)"
    )
    _, status = answers(stage, udp(7))
    assert status.rules[0].failed == 1
    assert "MTU 1500" in stage.log[0]


def test_a_match_that_fails_ends_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path, REPLY.format(match="lambda packet: 1 // (packet.udp.dstport - 7)"))
    found, status = answers(stage, udp(7), udp(8))
    assert len(found) == 1
    assert drops(status) == {"failed": 1}


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("ARP()", "ARP is a layer, no packet; expected Packet(ARP(...))"),
        ("[packet, IP()]", "IP is a layer, no packet"),
        ("'text'", "expected a packet, bytes or several of them, got 'text'"),
        ("[packet, 5]", "5 is no packet"),
    ],
)
def test_what_is_nothing_to_send_is_said(tmp_path: Path, returned: str, said: str) -> None:
    rule = f"@on(UDP.dstport == 1)\ndef rule(packet, context): return {returned}"
    stage = Stage(tmp_path, rule)
    answers(stage, udp(1))
    assert any(said in line for line in stage.log), stage.log
