"""Another version of a template takes over: connections of simulated machines stay open."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.template.stage import Stage, write
from umpa import IP, TCP, Ethernet, Packet

SYN, SYN_ACK = 2, 18
ENDPOINT = """
from umpa.template import endpoint
endpoint("10.0.0.5", "02:00:0a:00:00:05", tcp={{80: lambda data: "{version} " + data.decode()}})
"""
NETWORK = """
from umpa.template import Network
router = Network(mac="02:00:0a:00:00:05").router("10.0.0.254")
router.subnet("10.0.0.0/29", tcp={{80: lambda data: "{version} " + data.decode()}})
"""


class Client:
    """The far end of one connection, which hears everything in order."""

    def __init__(self, stage: Stage, port: int) -> None:
        self.stage, self.port = stage, port
        self.seq = self.ack = 0

    async def say(self, flags: str, data: bytes = b"") -> list[Packet]:
        """Send a segment; the segments that come back."""
        head = Ethernet(src="02:00:00:00:00:99", dst="02:00:0a:00:00:05")
        segment = TCP(srcport=self.port, dstport=80, flags=flags, seq=self.seq, ack=self.ack)
        packet: Packet = head / IP(src="10.0.0.1", dst="10.0.0.5") / segment / data
        self.seq += len(data) + ("SYN" in flags)
        found = [one for one in await self.stage.give(packet) if TCP in one]
        for one in found:
            self.ack = one.tcp.seq + len(one.payload) + bool(int(one.tcp.flags) & SYN)
        return found

    async def open(self) -> None:
        (packet,) = await self.say("SYN")
        assert int(packet.tcp.flags) == SYN_ACK
        await self.say("ACK")

    async def ask(self) -> bytes:
        return b"".join(one.payload for one in await self.say("PSH,ACK", b"hello"))


@pytest.mark.parametrize("code", [ENDPOINT, NETWORK], ids=["endpoint", "network"])
def test_connections_go_on_as_they_began(tmp_path: Path, code: str) -> None:
    stage = Stage(tmp_path, code.format(version="old"))

    async def play(stage: Stage) -> None:
        await asyncio.sleep(2)  # the endpoint asks first whether anybody has its address
        before = Client(stage, 1)
        await before.open()
        write(tmp_path, code.format(version="new"))
        engine = stage.template.engine
        assert engine is not None
        await engine.reload(engine.version.template.again({}))
        stage.answers()
        assert await before.ask() == b"old hello"
        after = Client(stage, 2)
        await after.open()
        assert await after.ask() == b"new hello"

    assert stage.play(play).reloads == 1
