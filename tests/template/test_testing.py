"""The helper for tests of templates: time, expectations, and what a failure says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.template.stage import echo, udp, write
from umpa import ICMP, UDP
from umpa.errors import TemplateError
from umpa.template.testing import TemplateTest

CODE = """
    name = param("name", "umpa", help="what it says")
    count = persistent("count", 0)

    @on(ICMP.type == "echo-request")
    def ping(packet, context):
        count.value += 1
        return packet.reply(ICMP(type="echo-reply"))

    @on(UDP.dstport == 1)
    async def later(packet, context):
        await context.sleep(5)
        return packet.reply(UDP(), name.encode())

    @on(UDP.dstport == 2)
    def bug(packet, context):
        raise RuntimeError("a bug")

    @every(3600)
    def tick(context):
        context.log("tick")
    """


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path, CODE)


def test_an_answer_and_its_time(path: Path) -> None:
    with TemplateTest(path, latency=0.01, name="hello") as template:
        template.send(echo())
        answer = template.expect(ICMP.type == "echo-reply", within=0.1)
        assert template.now == pytest.approx(0.02)
        assert answer.time_ns == template.clock.time_ns()
        template.send([udp(1), echo(2)])
        assert template.expect(UDP.srcport == 1, within=6).payload == b"hello"
        assert template.now == pytest.approx(5.04)
        assert len(template.packets) == 3  # the echo reply was passed over


def test_weeks_take_no_time(path: Path) -> None:
    with TemplateTest(path) as template:
        template.expect_nothing(within=4 * 7 * 86400)
        assert template.now == 4 * 7 * 86400
        assert len(template.log) == 4 * 7 * 24
        assert template.status.timers[0].calls == 4 * 7 * 24


def test_what_a_failure_says(path: Path) -> None:
    with TemplateTest(path) as template:
        template.send(echo())
        with pytest.raises(AssertionError) as caught:
            template.expect(UDP.srcport == 9, within=0.5)
        assert "nothing within 0.5 s passes" in str(caught.value)
        assert "now is 0.500000 s; it sent 1 packets" in str(caught.value)
        assert "ICMP echo reply" in str(caught.value)
        template.send(echo())
        with pytest.raises(AssertionError, match=r"a packet passed every match: .*echo reply"):
            template.expect_nothing()


def meet_the_bug(path: Path) -> None:
    with TemplateTest(path) as template:
        template.send(udp(2))
        template.sleep(1)


def test_an_error_of_a_handler_is_the_test_s(path: Path) -> None:
    with pytest.raises(TemplateError, match="RuntimeError: a bug"):
        meet_the_bug(path)
    with TemplateTest(path, strict=False) as template:
        template.send(udp(2))
        template.expect_nothing()
        assert "RuntimeError: a bug" in template.log[0]


def test_a_restart_finds_its_state(path: Path, tmp_path: Path) -> None:
    for before in (0, 2):
        with TemplateTest(path, state=tmp_path / "state.sqlite") as template:
            assert template.template.module.count.value == before
            template.send(echo(1), echo(2))
            template.sleep(1)


def test_the_same_seed_gives_the_same_run(path: Path) -> None:
    def run(seed: int) -> list[bytes]:
        with TemplateTest(path, seed=seed, loss=0.5) as template:
            template.send(*(echo(number) for number in range(100)))
            template.sleep(1)
            return [bytes(packet) for packet in template.packets]

    assert run(1) == run(1) != run(2)


def test_forgotten_packets_are_not_expected(path: Path) -> None:
    with TemplateTest(path) as template:
        template.send(echo())
        template.sleep(1)
        template.forget()
        template.expect_nothing()


def test_mistakes(path: Path) -> None:
    with pytest.raises(TemplateError, match="no parameter 'nome'; did you mean 'name'"):
        TemplateTest(path, nome="x")
    with pytest.raises(TemplateError, match="with TemplateTest"):
        TemplateTest(path).stop()
