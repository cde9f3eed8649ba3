"""A template on a stage: written in the test, in virtual time, on a wire in memory."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from umpa import ICMP, IP, TCP, UDP, Ethernet, Packet
from umpa.link import MemoryLink
from umpa.schedule import VirtualClock, run
from umpa.template import Status, Template, load

__all__ = [
    "OURS",
    "THEIRS",
    "Stage",
    "answers",
    "drops",
    "echo",
    "nothing",
    "segment",
    "udp",
    "write",
]

OURS, THEIRS = "02:00:0a:00:00:05", "02:00:00:00:00:99"

HEAD = """
from umpa import ARP, ICMP, IP, TCP, UDP, Ethernet, IPv6, Packet, has
from umpa.template import (PASS, action, alarm, at, every, load, observe, on, on_flow, on_link,
    on_start, on_stop, param, persistent, rng, window)
"""


def write(folder: Path, code: str, name: str = "template.py") -> Path:
    """A template file; its first line is the fifth."""
    path = folder / name
    path.write_text(HEAD + textwrap.dedent(code))
    return path


def frame(to: str = OURS) -> Packet:
    return Ethernet(src=THEIRS, dst=to) / IP(src="10.0.0.1", dst="10.0.0.5")


def echo(seq: int = 1, to: str = OURS) -> Packet:
    """An echo request."""
    return frame(to) / ICMP(type="echo-request", ident=7, seq=seq) / b"umpa"


def udp(port: int, data: bytes = b"", srcport: int = 4000, to: str = OURS) -> Packet:
    """A datagram."""
    return frame(to) / UDP(srcport=srcport, dstport=port) / data


def segment(flags: str, srcport: int = 4000, dstport: int = 80) -> Packet:
    """A segment of TCP."""
    return frame() / TCP(srcport=srcport, dstport=dstport, flags=flags)


class Stage:
    """Runs a template; the test plays the other end of the wire."""

    def __init__(self, folder: Path, code: str, **parameters: object) -> None:
        self.path = write(folder, code)
        self.clock = VirtualClock()
        self.near, self.far = MemoryLink.pair(clock=self.clock, names=("near", "far"))
        self.template: Template = load(self.path, parameters, seed=1)
        self.log: list[str] = []

    def play(
        self,
        play: Callable[[Stage], Awaitable[Any]],
        *,
        seconds: float = 1000.0,
        **options: Any,
    ) -> Status:
        """Run, let the test play, end."""

        async def main() -> Status:
            options.setdefault("log", lambda level, line: self.log.append(line))
            task = asyncio.ensure_future(self.template.serve(self.near, seconds=seconds, **options))
            await asyncio.sleep(0.001)
            try:
                if not task.done():
                    await play(self)
            finally:
                if self.template.engine is not None:
                    self.template.engine.stop()
            return await task

        return run(main(), clock=self.clock)

    async def give(self, *packets: Packet | bytes, wait: float = 0.01) -> list[Packet]:
        """Send packets to the template, one after the other; what it answered to them."""
        for packet in packets:
            self.far.send(packet)
            await asyncio.sleep(wait)
        return self.answers()

    def answers(self) -> list[Packet]:
        """What the template sent since this was asked last."""
        return [Packet.dissect(data, time_ns=time) for time, data, _ in self.far.read(65536)]


def drops(status: Status) -> dict[str, int]:
    """What was dropped, but for packets that no rule is for."""
    return {cause: n for cause, n in status.dropped.items() if cause != "no rule"}


def answers(
    stage: Stage, *packets: Packet | bytes, wait: float = 0.01
) -> tuple[list[Packet], Status]:
    """What a template answers to packets, and its status."""
    found: list[Packet] = []

    async def play(stage: Stage) -> None:
        found.extend(await stage.give(*packets, wait=wait))

    status = stage.play(play)
    return found, status


async def nothing(stage: Stage) -> None:
    """A play in which nothing happens."""
