"""Captures of what others send, and of what answers what was sent."""

from __future__ import annotations

import asyncio

import pytest

from tests.live.room import Room
from umpa import IP, TCP, Packet
from umpa.sniffing import Capture

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool")]


@pytest.mark.needs("nping")
def test_what_nping_sends(room: Room) -> None:
    """Another tool's probes, of four kinds, are seen as that tool says it made them."""
    kinds = {
        "--udp -p 9999 -g 7777 --data-length 20": "udp.dstport == 9999",
        "--tcp -p 9999 -g 7777 --flags syn,fin --seq 5": "tcp.seq == 5",
        "--icmp --icmp-type 13": "icmp.type == 13",
        "--udp -p 9999 --ttl 3 --id 77": "ip.ttl == 3",
    }
    with Capture(room.device, filter="src host 10.0.0.2", direction="in", timeout_ms=1) as capture:
        for options, wanted in kinds.items():
            room.server.run("nping", "-c", "2", "--rate", "50", *options.split(), "10.0.0.1")
            field, value = wanted.split(" == ")
            seen: list[Packet] = []
            while (packet := capture.next(0.5)) is not None:
                name = field.partition(".")[0]
                if getattr(packet, name, None) is not None and packet[field] == int(value):
                    seen.append(packet)
            assert len(seen) == 2, options
            assert all(packet.error is None for packet in seen)
        assert capture.stats.lost == 0


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asyncio"])
def test_a_packet_that_begins_with_ip_finds_its_way(room: Room, asynchronous: bool) -> None:
    """Send A, expect B: the next hop and its hardware address are found by `capture.send`."""
    room.client.ip("neigh flush dev eth0")
    syn = IP(src="10.0.0.1", dst="10.0.0.2") / TCP(srcport=4001, dstport=9, flags="SYN", seq=7)
    seen: list[Packet] = []

    async def by_asyncio() -> int:
        async with Capture(room.device, filter="tcp", timeout_ms=1) as capture:
            capture.on(TCP.flags.has("RST"), seen.append, answers=syn)
            await capture.send(syn)
            return await capture.dispatch(timeout=5, count=1)

    if asynchronous:
        assert asyncio.run(by_asyncio()) == 1
    else:
        with Capture(room.device, filter="tcp", timeout_ms=1) as capture:
            capture.on(TCP.flags.has("RST"), seen.append, answers=syn)
            capture.send(syn)
            assert capture.dispatch(timeout=5, count=1) == 1
    assert seen[0].tcp.ack == 8
