"""The life of a run: start, timers, reloading, a link that goes away, and the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.template.stage import Stage, echo, nothing, udp, write
from umpa import Packet
from umpa.errors import LinkDown, TemplateError
from umpa.link import MemoryLink
from umpa.link.base import Frame
from umpa.schedule import VirtualClock
from umpa.template import Resource, load


async def _long(stage: Stage) -> None:
    await asyncio.sleep(5000)


def times(stage: Stage, text: str) -> list[float]:
    """When a line was logged."""
    return [float(line.split(" ", 1)[0]) for line in stage.log if line.split(" ", 1)[1] == text]


def test_start_and_stop(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on_start
        def start(context):
            context.log("start", state=context.link_state, x=context.parameters["x"])

        @on_start
        async def main(context):
            await context.sleep(3)
            context.log("main")

        @on_stop
        async def stop(context):
            await context.sleep(1)
            context.log("stop")
            context.send(b"b" * 60)

        x = param("x", 1)
        """,
        x=5,
    )

    async def play(stage: Stage) -> None:
        await asyncio.sleep(10)

    stage.play(play, seconds=5)
    assert stage.log == ["0.000000 start state=up x=5", "3.000000 main", "6.000000 stop"]
    assert [bytes(packet) for packet in stage.answers()] == [b"b" * 60]


def test_a_stop_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on_stop
        async def stop(context):
            await context.sleep(1000)

        @on_start
        async def stubborn(context):
            try:
                await context.sleep(1000)
            finally:
                context.log("cancelled")
        """,
    )
    status = stage.play(nothing)
    assert 5 <= status.seconds <= 11
    assert times(stage, "cancelled")


def test_a_template_may_end_its_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "@at(7)\ndef end(context): context.stop()")

    async def play(stage: Stage) -> None:
        await asyncio.sleep(100)

    assert stage.play(play).seconds == 7.0


def test_an_error_of_a_start_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path, "@on_start\nasync def f(context):\n    await context.sleep(1)\n    1 / 0"
    )

    async def play(stage: Stage) -> None:
        await asyncio.sleep(5)

    status = stage.play(play, seconds=4)
    assert status.seconds == 4.0
    assert "template.py:8: f failed: ZeroDivisionError" in stage.log[0]


# Resources.


class Recorded(Resource):
    said: list[str]

    def __init__(self, said: list[str], name: str, fails: bool = False) -> None:
        self.said, self.name, self.fails = said, name, fails

    async def start(self, context: Any) -> None:
        await context.sleep(1)
        if self.fails:
            raise TemplateError(f"{self.name} is taken")
        self.said.append(f"start {self.name}")

    def stop(self, context: Any) -> None:
        self.said.append(f"stop {self.name}")

    def status(self) -> dict[str, object]:
        return {"name": self.name}


def test_resources_start_in_order_and_stop_in_reverse(tmp_path: Path) -> None:
    stage, said = Stage(tmp_path, ""), list[str]()
    for name in "ab":
        stage.template.declarations.add_resource(Recorded(said, name))

    async def play(stage: Stage) -> None:
        await asyncio.sleep(10)

    status = stage.play(play)
    assert said == ["start a", "start b", "stop b", "stop a"]
    assert status.resources == (("Recorded", {"name": "a"}), ("Recorded", {"name": "b"}))


def test_a_resource_that_cannot_start_ends_the_run_before_anything_is_sent(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "@on_start\ndef start(context): context.send(b'x' * 60)")
    said: list[str] = []
    for name in "ab":
        stage.template.declarations.add_resource(Recorded(said, name, fails=name == "b"))

    async def play(stage: Stage) -> None:
        await asyncio.sleep(10)

    with pytest.raises(TemplateError, match="b is taken"):
        stage.play(play)
    assert said == ["start a", "stop b", "stop a"]
    assert stage.near.stats.sent == 0


# Persistent values.


def test_persistent_values_survive_a_restart(tmp_path: Path) -> None:
    code = """
        count = persistent("count", 0)

        @every(1)
        def f(context): count.value += 1
        """
    for runs in (1, 2, 3):
        stage = Stage(tmp_path, code)
        stage.play(_long, seconds=10.5, state=tmp_path / "state")
        assert stage.template.module.count.value == 10 * runs


def test_they_are_written_at_an_interval_of_real_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, "count = persistent('count', 0)\n@every(1)\n"
                            "def f(context): count.value += 1")  # fmt: skip
    passed = [0]
    monkeypatch.setattr(
        "umpa.template.engine.REAL", SimpleNamespace(monotonic_ns=lambda: passed[0] * 10**9)
    )
    found: list[list[str]] = []

    async def play(stage: Stage) -> None:
        engine = stage.template.engine
        assert engine is not None
        database: Any = engine.store._database
        for seconds in (0, 4, 5):
            passed[0] = seconds
            await asyncio.sleep(17)
            found.append([row[0] for row in database.execute("SELECT json FROM value")])

    stage.play(play, state=tmp_path / "state")
    assert found == [[], [], ["34"]]  # at 35 s the transaction came before the tick


# Reloading.

VERSION = """
count = persistent("count", 0)

@on(has(UDP), UDP.dstport == 7)
def rule(packet, context):
    count.value += 1
    return packet.reply(b"{version}")

@on_flow(TCP.flags == "SYN")
async def flow(flow, context):
    async for packet in flow:
        flow.reply(b"{version}")

@every(10)
def tick(context):
    context.log("tick {version}")

@on_start
def start(context):
    context.log("start {version}")

@on_stop
def stop(context):
    context.log("stop {version}")
"""


async def reload(stage: Stage, code: str) -> None:
    """Write another version, and go on with it."""
    write(stage.path.parent, code)
    engine = stage.template.engine
    assert engine is not None
    kept = engine.version.declarations.persistents
    await engine.reload(engine.version.template.again(kept))


def test_another_version_takes_over(tmp_path: Path) -> None:
    from tests.template.stage import segment

    stage = Stage(tmp_path, VERSION.format(version=1))

    async def play(stage: Stage) -> None:
        assert (await stage.give(udp(7, b"a")))[0].payload == b"1"
        assert (await stage.give(segment("SYN", srcport=1)))[0].payload == b"1"
        await asyncio.sleep(15)
        await reload(stage, VERSION.format(version=2))
        assert (await stage.give(udp(7, b"b")))[0].payload == b"2"
        # a conversation that runs goes on with the old version, a new one gets the new one
        assert (await stage.give(segment("ACK", srcport=1)))[0].payload == b"1"
        assert (await stage.give(segment("SYN", srcport=2)))[0].payload == b"2"
        await asyncio.sleep(15)
        engine = stage.template.engine
        assert engine is not None
        assert engine.version.template.module.count is stage.template.module.count
        assert stage.template.module.count.value == 2

    status = stage.play(play)
    said = [line.partition(" ")[2] for line in stage.log]
    assert said == ["start 1", "tick 1", "stop 1", "start 2", "tick 2", "stop 2"]
    assert status.reloads == 1


@pytest.mark.parametrize(
    "code",
    ["def f(:", "1 / 0", "@on(TCP.dstport == 99999)\ndef f(p, c): ...", "persistent('count', 'x')"],
)
def test_a_version_that_does_not_load_changes_nothing(tmp_path: Path, code: str) -> None:
    stage = Stage(tmp_path, VERSION.format(version=1))

    async def play(stage: Stage) -> None:
        with pytest.raises(TemplateError, match=r"template\.py:"):
            await reload(stage, code)
        assert (await stage.give(udp(7)))[0].payload == b"1"

    assert stage.play(play).reloads == 0


# The link.


class Fragile(MemoryLink):
    """A link that can be taken down."""

    down = False

    def read(self, max_packets: int = 256) -> list[Frame]:
        if self.down:
            raise LinkDown("the cable was pulled")
        return super().read(max_packets)

    def send_many(self, packets: Sequence[Packet | bytes]) -> int:
        if self.down:
            raise LinkDown("the cable was pulled")
        return super().send_many(packets)


def test_a_link_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @on_link("down")
        def down(context): context.log("down", state=context.link_state)

        @on_link()
        async def changed(context):
            await context.sleep(0.5)
            context.log("changed")

        @every(10)
        def tick(context):
            context.log("tick")
            context.send(b"x" * 60)

        @on(ICMP.type == "echo-request")
        def ping(packet, context): return packet.reply(ICMP(type="echo-reply"))
        """,
    )
    stage.near.__class__ = Fragile

    async def play(stage: Stage) -> None:
        assert isinstance(stage.near, Fragile)
        assert len(await stage.give(echo(1))) == 1
        await asyncio.sleep(4)
        stage.near.down = True
        assert await stage.give(echo(2)) == []
        await asyncio.sleep(25)
        stage.near.down = False
        await asyncio.sleep(2)
        stage.answers()
        assert len(await stage.give(echo(3))) == 1

    status = stage.play(play)
    said = [line.partition(" ")[2] for line in stage.log]
    assert said[:4] == [
        "the cable was pulled; the run goes on when it is back",
        "down state=down",
        "changed",
        "tick",
    ]
    assert said[said.index("near is back") :].count("changed") == 1
    assert said.count("tick") == 3
    assert status.dropped["link down"] == 2
    assert status.state == "up"


def test_a_link_that_is_closed_ends_the_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "")

    async def play(stage: Stage) -> None:
        stage.near.close()
        await asyncio.sleep(5)

    assert stage.play(play).seconds < 1


def test_a_full_queue_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "@on_start\ndef f(context): context.send(b'%060d' % n for n in range(300))",
    )
    clock = VirtualClock()
    near, far = MemoryLink.pair(clock=clock, bandwidth=1e6, queue=100)
    status = load(path).run(near, clock=clock, seconds=10)
    assert (status.sent, status.waiting) == (300, 0)
    assert far.stats.received == 300 or near.stats.sent == 300
