"""Coroutines of a template: driven by umpa, and yet at home in asyncio."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.template.stage import Stage, echo, nothing, udp

WAITS = """
import asyncio

target = Ethernet(src="02:00:0a:00:00:05", dst="02:00:00:00:00:99") / IP(
    src="10.0.0.5", dst="10.0.0.1") / ICMP(ident=1)
"""


def played(tmp_path: Path, code: str, seconds: float = 100) -> list[str]:
    """What a template without packets logs."""
    stage = Stage(tmp_path, WAITS + code)

    async def play(stage: Stage) -> None:
        await asyncio.sleep(seconds)

    stage.play(play, seconds=seconds)
    return stage.log


@pytest.mark.skipif(not hasattr(asyncio, "timeout"), reason="platform: Python 3.11 has it first")
def test_a_timeout_of_asyncio_ends_what_it_is_around(tmp_path: Path) -> None:
    code = """
@on_start
async def start(context):
    async with asyncio.timeout(2):
        await context.sleep(1)
    context.log("in time")
    try:
        async with asyncio.timeout(2):
            await context.ask(target, timeout=50)
    except TimeoutError:
        context.log("too late")
    await context.sleep(1)
    context.log("goes on")
"""
    log = played(tmp_path, code)
    assert log == ["1.000000 in time", "3.000000 too late", "4.000000 goes on"]


@pytest.mark.skipif(
    not hasattr(asyncio, "eager_task_factory"), reason="platform: Python 3.12 has it first"
)
def test_a_task_that_begins_at_once_may_wait_too(tmp_path: Path) -> None:
    """It is stepped from within a coroutine of the run, and is none itself."""
    code = """
@on_start
async def start(context):
    loop = asyncio.get_running_loop()
    task = asyncio.eager_task_factory(loop, context.sleep(1))
    context.log("begun")
    await task
    context.log("slept")
"""
    assert played(tmp_path, code) == ["0.000000 begun", "1.000000 slept"]


def test_tasks_of_asyncio_may_wait_for_what_umpa_has(tmp_path: Path) -> None:
    code = """
@on_start
async def start(context):
    found = await asyncio.gather(context.ask(target, timeout=3), context.sleep(2),
                                 asyncio.sleep(1))
    context.log(f"{found}")
    try:
        await asyncio.wait_for(context.sleep(50), 2)
    except asyncio.TimeoutError:
        context.log("too late")
    await asyncio.sleep(0)
    await asyncio.create_task(context.sleep(1))
    context.log("goes on")
"""
    log = played(tmp_path, code)
    assert log == ["3.000000 [None, None, None]", "5.000000 too late", "6.000000 goes on"]


def test_what_is_no_awaitable_is_an_error_there(tmp_path: Path) -> None:
    code = """
class Nonsense:
    def __await__(self):
        yield 7

@on_start
async def start(context):
    await Nonsense()
"""
    assert "RuntimeError: a coroutine waits for 7" in played(tmp_path, code)[0]


def test_restart_cancels_before_anything_else_is_waited_for(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        import asyncio

        @on(UDP.dstport == 7, mode="restart")
        async def f(packet, context):
            try:
                await (context.sleep(5) if packet.payload == b"a" else asyncio.sleep(5))
                context.log("through " + packet.payload.decode())
            except asyncio.CancelledError:
                context.log("cancelled " + packet.payload.decode())
                raise
        """,
    )

    async def play(stage: Stage) -> None:
        await stage.give(udp(7, b"a"), udp(7, b"b"), udp(7, b"c"))
        await asyncio.sleep(10)

    stage.play(play)
    said = [line.partition(" ")[2] for line in stage.log]
    assert said == ["cancelled a", "cancelled b", "through c"]


def test_an_answer_is_there_before_the_packet_behind_it(tmp_path: Path) -> None:
    code = """
@on_start
async def start(context):
    await context.expect(UDP.dstport == 7, timeout=5)
    context.log("first")

@on(UDP.dstport == 8)
def behind(packet, context):
    context.log("second")
"""
    stage = Stage(tmp_path, WAITS + code)

    async def play(stage: Stage) -> None:
        stage.far.send(udp(7))
        stage.far.send(udp(8))
        await asyncio.sleep(0.01)

    stage.play(play)
    assert [line.partition(" ")[2] for line in stage.log] == ["first", "second"]


def test_the_end_cancels_what_waits(tmp_path: Path) -> None:
    code = """
@on_start
async def start(context):
    try:
        await context.sleep(1000)
    finally:
        context.log("cleaned up")
"""
    stage = Stage(tmp_path, code)
    stage.play(nothing)
    assert [line.partition(" ")[2] for line in stage.log] == ["cleaned up"]


def test_a_turn_of_its_own_for_what_something_foreign_resumes(tmp_path: Path) -> None:
    """Frames that are sent after a wait for asyncio's own things leave at once."""
    code = """
import asyncio

@on(ICMP.type == "echo-request")
async def f(packet, context):
    await asyncio.sleep(0.001)
    context.send(packet.reply())
"""
    stage = Stage(tmp_path, code)

    async def play(stage: Stage) -> None:
        assert len(await stage.give(echo())) == 1

    stage.play(play)


def test_each_coroutine_has_context_variables_of_its_own(tmp_path: Path) -> None:
    code = """
from contextvars import ContextVar

name = ContextVar("name", default="nobody")

@on_start
async def first(context):
    name.set("first")
    await context.sleep(2)
    context.log(name.get())

@on_start
async def second(context):
    await context.sleep(1)
    context.log(name.get())
"""
    assert played(tmp_path, code) == ["1.000000 nobody", "2.000000 first"]
