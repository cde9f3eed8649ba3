"""Templates at work: echo replies over a veth, virtual time, flows, TCP sessions, sequences.

python -m tests.bench.template            # as root; in network namespaces of its own
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from tests.live.room import Room, _made, standing_in
from umpa import ICMP, IP, UDP, Ethernet
from umpa.link import MemoryLink
from umpa.link.live import LiveLink
from umpa.link.raw import RawLink
from umpa.schedule import VirtualClock, run
from umpa.template import Limits, Status, counter, hosts, load, sequence
from umpa.template.status import memory

HEAD = "from umpa import *\nfrom umpa.template import on, on_flow, every, param\n"

ECHO = """
@on(ICMP.type == "echo-request", IP.dst == "10.0.0.5", patch={patch})
def ping(packet, context):
    return packet.reply(ICMP(type="echo-reply"))
"""

PROBE = """
probe = Ethernet(src="02:00:00:00:00:aa", dst="02:00:0a:00:00:05") / IP(
    src="10.0.0.1", dst="10.0.0.5") / ICMP(type="echo-request", ident=7) / bytes(56)

@every(1)
async def ask(context):
    probe.icmp.seq = int(context.now) & 0xFFFF
    answer = await context.ask(probe, timeout=0.9)
    context.count("answer" if answer else "nothing")
"""

FLOWS = """
@on_flow(has(UDP), idle=5, limit=50_000)
async def conversation(flow, context):
    async for packet in flow:
        flow.reply(b"answer")
"""

SERVER = """
from itertools import count
numbers = count(1)

@on(ARP.opcode == "request", ARP.dst_proto_ipv4 == "10.0.0.5")
def who_has(packet, context):
    return packet.reply(
        ARP(opcode="reply", src_hw_mac="02:00:0a:00:00:05", src_proto_ipv4="10.0.0.5"))

@on_flow(TCP.flags == "SYN", IP.dst == "10.0.0.5", limit=10_000)
async def serve(flow, context):
    mine = next(numbers) * 64000 & 0xFFFFFFFF
    syn = await flow.receive()
    expected = syn.tcp.seq + 1 & 0xFFFFFFFF
    flow.reply(TCP(flags="SYN,ACK", seq=mine, ack=expected))
    mine += 1
    await flow.receive()
    flow.reply(TCP(flags="PSH,ACK", seq=mine, ack=expected), b"hello")
    flow.reply(TCP(flags="FIN,ACK", seq=mine + 5, ack=expected))
    async for packet in flow:
        if packet.tcp.flags & 1:
            flow.reply(TCP(flags="ACK", seq=mine + 6, ack=packet.tcp.seq + 1 & 0xFFFFFFFF))
            return
"""


def template(code: str) -> Path:
    """A file with that code."""
    path = Path(tempfile.mkdtemp()) / "bench.py"
    path.write_text(HEAD + code)
    return path


def echo_rate(patch: bool, count: int) -> str:
    """Echo replies over a veth: a burst of requests, each with its own sequence number."""
    with room() as made:
        frames = [
            bytes(
                Ethernet(src="02:00:00:00:00:02", dst="02:00:0a:00:00:05")
                / IP(src="10.0.0.2", dst="10.0.0.5")
                / ICMP(type="echo-request", ident=n >> 16, seq=n & 0xFFFF)
                / bytes(56)
            )
            for n in range(count)
        ]
        sender = multiprocessing.get_context("fork").Process(target=flood, args=(made, frames))
        loaded = load(template(ECHO.format(patch=patch)), seed=1)
        limits = Limits(peer=10**9, all=10**9)

        async def main() -> tuple[Status, float, float]:
            with LiveLink("eth0", direction="in", buffer_size=256 << 20, timeout_ms=1) as link:
                task = asyncio.ensure_future(loaded.serve(link, limits=limits))
                await asyncio.sleep(0.2)
                sender.start()
                began, used, first = 0.0, 0.0, 0
                sent, engine = -1, loaded.engine
                assert engine is not None
                while engine.counts.sent != sent or not sent:
                    sent = engine.counts.sent
                    if sent and not began:
                        began, used = time.monotonic(), time.process_time()
                        first = sent
                    await asyncio.sleep(0.1)
                wall = time.monotonic() - began - 0.1
                cpu = time.process_time() - used
                engine.stop()
                return await task, (sent - first) / wall, (sent - first) / cpu

        status, rate, cpu_rate = asyncio.run(main())
        sender.join(20)
        return (
            f"{rate:,.0f} replies/s, {cpu_rate:,.0f} a CPU-second; "
            f"received {status.received}, sent {status.sent}, lost {status.lost}"
        )


def flood(made: Room, frames: list[bytes]) -> None:
    """Send from the other end, a little faster than they are answered."""
    with standing_in(made.server), RawLink("eth0") as link:
        for start in range(0, len(frames), 256):
            link.send_many(frames[start : start + 256])
            time.sleep(0.0005)


def sessions(count: int) -> str:
    """TCP sessions with the kernel's clients."""
    with room() as made:
        loaded = load(template(SERVER), seed=1)
        context = multiprocessing.get_context("fork")
        pipe, far = context.Pipe()

        def clients() -> None:
            results: list[bytes] = []
            with standing_in(made.server):
                seconds = asyncio.run(connect_all(count, results))
            far.send((len(results), seconds))

        worker = context.Process(target=clients)

        async def main() -> Status:
            with LiveLink("eth0", direction="in", timeout_ms=1) as link:
                task = asyncio.ensure_future(loaded.serve(link))
                await asyncio.sleep(0.2)
                await asyncio.to_thread(worker.join)
                assert loaded.engine is not None
                loaded.engine.stop()
                return await task

        worker.start()
        asyncio.run(main())
        good, seconds = pipe.recv()
        return f"{good} of {count} sessions complete, {good / seconds:,.0f}/s"


async def connect_all(count: int, results: list[bytes]) -> float:
    """So many sessions, 200 at a time; the seconds they took."""
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(200)
    await asyncio.sleep(0.5)
    began = time.monotonic()

    async def one() -> None:
        async with gate:
            with socket.socket() as sock:
                sock.setblocking(False)
                await loop.sock_connect(sock, ("10.0.0.5", 80))
                said = await loop.sock_recv(sock, 100)
                if said == b"hello" and await loop.sock_recv(sock, 100) == b"":
                    results.append(said)

    await asyncio.gather(*(one() for _ in range(count)))
    return time.monotonic() - began


def virtual(hours: float) -> str:
    """A probe at 1 Hz and a host, both in virtual time."""
    clock = VirtualClock()
    near, far = MemoryLink.pair(clock=clock)
    probe = load(template(PROBE), seed=1)
    host = load(template(ECHO.format(patch=True)), seed=2)
    seconds = hours * 3600 + 0.5

    async def main() -> Status:
        other = asyncio.ensure_future(host.serve(far, seconds=seconds))
        status = await probe.serve(near, seconds=seconds)
        await other
        return status

    began = time.process_time()
    status = run(main(), clock=clock)
    used = time.process_time() - began
    exchanges = status.counts["answer"]
    return (
        f"{exchanges} exchanges, {used / exchanges * 1e6:.0f} µs each: "
        f"a week in {604_800 * used / exchanges:.0f} s of CPU; memory {status.memory / 1e6:.0f} MB"
    )


def flow_memory(packets: int) -> str:
    """Packets of ever new conversations: what remains in memory."""
    clock = VirtualClock()
    near, far = MemoryLink.pair(clock=clock)
    loaded = load(template(FLOWS), seed=1)
    base = bytearray(
        bytes(Ethernet(src="02:00:00:00:00:99") / IP(src="10.0.0.1", dst="10.0.0.5") / UDP() / b"x")
    )
    base[40:42] = b"\0\0"  # no checksum
    base[0:6] = bytes.fromhex("02000a000005")
    figures: list[str] = []

    async def main() -> None:
        task = asyncio.ensure_future(loaded.serve(near, log=lambda level, line: None))
        for number in range(packets):
            base[30:34] = (0x0A000000 + (number >> 3) % 16_000_000 + 5).to_bytes(4, "big")
            base[42:43] = bytes([number & 7])
            far.send(bytes(base))
            if number % 100 == 99:
                await asyncio.sleep(0.05)
                far.read(65536)
            if number % (packets // 5) == packets // 5 - 1:
                gc.collect()
                figures.append(f"{memory() / 1e6:.0f}")
        assert loaded.engine is not None
        loaded.engine.stop()
        figures.append(f"sent {(await task).sent}")

    began = time.process_time()
    run(main(), clock=clock)
    each = (time.process_time() - began) / packets * 1e6
    return f"{packets} packets, {each:.0f} µs each; MB after each fifth: {', '.join(figures)}"


def sequences(count: int) -> str:
    """Packets made on demand, an address and a port of them changing."""
    made = sequence(
        Ethernet(src="02:00:00:00:00:01"), IP(dst=hosts("10.0.0.0/8")),
        UDP(dstport=counter()), bytes(18), count=count,
    )  # fmt: skip
    rates = []
    for stream in (made.frames(), iter(made)):
        began = time.process_time()
        assert sum(1 for _ in stream) == count
        rates.append(count / (time.process_time() - began))
    return f"{rates[0]:,.0f} frames and {rates[1]:,.0f} packets a CPU-second"


@contextmanager
def room():  # type: ignore[no-untyped-def]  # what _made gives
    """Two namespaces with a wire; this thread stands in one of them."""
    with tempfile.TemporaryDirectory() as folder, _made(Path(folder)) as made:
        yield made


TASKS: dict[str, Callable[[], str]] = {
    "echo, built": lambda: echo_rate(False, 200_000),
    "echo, patched": lambda: echo_rate(True, 600_000),
    "virtual day": lambda: virtual(24),
    "flows": lambda: flow_memory(500_000),
    "sessions": lambda: sessions(2000),
    "sequence": lambda: sequences(1_000_000),
}


LONG: dict[str, Callable[[], str]] = {"flows, long": lambda: flow_memory(10_000_000)}
"""What is measured only where it is asked for."""


def main() -> None:
    """Measure what was asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", choices=[*TASKS, *LONG, []])
    for name in parser.parse_args().tasks or TASKS:
        print(f"{name}: {(TASKS | LONG)[name]()}", flush=True)


if __name__ == "__main__":
    assert threading.active_count() == 1
    main()
