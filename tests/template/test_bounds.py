"""However much comes, memory stays where it is."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.template.stage import OURS, THEIRS, Stage
from umpa import IP, UDP, Ethernet
from umpa.template.sequences import sequence
from umpa.template.values import counter

SIXTEEN = """
from pathlib import Path
from umpa import ICMP, IP, Ethernet
from umpa.link import MemoryLink
from umpa.schedule import VirtualClock
from umpa.template import load
from umpa.template.sequences import sequence
from umpa.template.values import hosts

clock = VirtualClock()
near, far = MemoryLink.pair(clock=clock)
template = load("sixteen.py")
request = sequence(
    Ethernet(src="02:00:00:00:00:99", dst="02:75:6d:70:61:01"),
    IP(src="10.0.0.1", dst=hosts("10.1.0.0/16")), ICMP(), bytes(32),
)
asked = set()
for number, frame in zip(range(65_534), request.frames()):
    far.send(frame)
    asked.add(frame[30:34])
status = template.run(near, clock=clock, seconds=5)
answered = {data[26:30] for _, data, _ in far.read(70_000) if data[34] == 0}
assert answered == asked and len(asked) == 65_534, (len(answered), len(asked))
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.slow
def test_every_host_of_a_sixteen_in_128_megabytes(tmp_path: Path) -> None:
    """All are asked at once, and the frames of this test are in the same memory."""
    network = (
        "from umpa.template import Network\nNetwork().router('10.0.0.254').subnet('10.1.0.0/16')"
    )
    (tmp_path / "sixteen.py").write_text(network)
    command = (sys.executable, "-c", SIXTEEN)
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 128


@pytest.mark.slow
def test_flows_that_ended_leave_nothing(tmp_path: Path) -> None:
    """Ever new conversations: memory is as large after five times as many."""
    stage = Stage(
        tmp_path,
        """
        @on_flow(has(UDP), idle=5, limit=50_000)
        async def conversation(flow, context):
            async for packet in flow:
                flow.reply(b"answer")
        """,
    )
    numbered = UDP(srcport=counter(1024), dstport=7)
    packets = sequence(Ethernet(src=THEIRS, dst=OURS), IP(src="10.0.0.1", dst="10.0.0.5"), numbered)
    blocks: list[int] = []
    answered = 0

    async def play(stage: Stage) -> None:
        nonlocal answered
        frames = iter(packets.frames())
        for _ in range(5):
            for _ in range(40):
                for frame in islice(frames, 250):
                    stage.far.send(frame)
                await asyncio.sleep(0.5)
                answered += len(stage.far.read(1000))
            gc.collect()
            blocks.append(sys.getallocatedblocks())

    status = stage.play(play, seconds=10_000)
    assert answered == status.rules[0].matched == 50_000
    assert max(blocks[2:]) < 1.03 * min(blocks[2:]), (
        blocks
    )  # from when tables with a bound are full
