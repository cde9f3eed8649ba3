"""`umpa run` on a real device, with a real kernel at the other end of the wire."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.room import ROOT, Room, fresh_room, room
from tests.template.stage import write
from umpa import IP, UDP, Ethernet
from umpa.link import LiveLink
from umpa.template import load

__all__ = ["fresh_room", "room"]

pytestmark = [pytest.mark.live, pytest.mark.needs("ip", "ethtool", "ping")]

HOST = """
@on_start
def start(context): context.log("started")

@on_link()
def link(context): context.log(f"link {context.link_state}")

@on(ARP.opcode == "request", ARP.dst_proto_ipv4 == "10.0.0.5")
def who_has(packet, context):
    return packet.reply(
        ARP(opcode="reply", src_hw_mac="02:00:0a:00:00:05", src_proto_ipv4="10.0.0.5"))

@on(ICMP.type == "echo-request", IP.dst == "10.0.0.5")
def ping(packet, context):
    return packet.reply(ICMP(type="echo-reply"))
"""


@contextmanager
def running(path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "umpa", "run", str(path), *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until(process, "started")
        yield process
    finally:
        process.kill()
        process.communicate()


def until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    assert process.stderr is not None
    raise AssertionError(f"no {text!r}: {process.stderr.read()}")


def test_a_kernel_pings_it(room: Room, tmp_path: Path) -> None:
    with running(write(tmp_path, HOST), "-i", "eth0") as process:
        answer = room.server.run("ping", "-c3", "-i0.2", "-W2", "10.0.0.5")
        assert "3 received" in answer
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "rule ping (line 17): matched 3, answered 3" in err


def test_a_kernel_pings_it_through_a_bridge(fresh_room: Room, tmp_path: Path) -> None:
    """Which drops, as switches do, frames that come from the address of a group."""
    server = fresh_room.server
    for command in (
        "link add br0 type bridge forward_delay 0", "link set br0 up", "link set eth0 master br0",
        "addr flush dev eth0", "addr add 10.0.0.2/24 dev br0",
    ):  # fmt: skip
        server.ip(command)
    with running(write(tmp_path, HOST), "-i", "eth0"):
        assert "2 received" in server.run("ping", "-c2", "-i0.2", "-W2", "10.0.0.5")


def test_a_kernel_pings_it_through_a_tap_device(room: Room, tmp_path: Path) -> None:
    with running(write(tmp_path, HOST), "--tap", "tap7", "--tap-address", "10.0.0.9/29"):
        done = subprocess.run(
            ["ping", "-c2", "-i0.2", "-W2", "-I", "tap7", "10.0.0.5"],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert "2 received" in done.stdout, done.stdout


def test_a_device_that_goes_down_and_comes_back(fresh_room: Room, tmp_path: Path) -> None:
    with running(write(tmp_path, HOST), "-i", "eth0") as process:
        fresh_room.client.run("ip", "link", "set", "eth0", "down")
        until(process, "link down")
        fresh_room.client.run("ip", "link", "set", "eth0", "up")
        until(process, "link up")
        answer = ""
        for _ in range(5):  # a wire may need a moment
            answer = fresh_room.server.run("ping", "-c1", "-W2", "10.0.0.5", check=False)
            if "1 received" in answer:
                break
        assert "1 received" in answer


def test_a_device_that_is_removed_and_made_again(room: Room, tmp_path: Path) -> None:
    """Another device of that name is opened; timers go on meanwhile."""

    def make() -> None:
        room.client.ip("link add umpa0 type veth peer name umpa1")
        for device in ("umpa0", "umpa1"):
            room.client.ip(f"link set {device} up")
        room.client.ip("addr add 10.7.0.1/24 dev umpa1")

    def answers_in_time() -> bool:
        return any(
            "1 received" in room.client.run("ping", "-c1", "-W1", "10.7.0.5", check=False)
            for _ in range(8)  # a wire may need a moment
        )

    timer = "@every(0.2)\ndef tick(context):\n    context.log(f'tick while {context.link_state}')\n"
    path = write(tmp_path, HOST.replace("10.0.0.5", "10.7.0.5") + timer)
    make()
    try:
        with running(path, "-i", "umpa0") as process:
            assert answers_in_time()
            room.client.ip("link del umpa0")
            until(process, "link down")
            until(process, "tick while down")
            make()
            until(process, "link up")
            assert answers_in_time()
    finally:
        room.client.ip("link del umpa0")


def test_a_link_that_sees_its_own_frames_makes_no_loop(room: Room, tmp_path: Path) -> None:
    path = write(tmp_path, "@on(has(UDP))\ndef mirror(packet, context): return packet.reply(b'x')")
    template = load(path)

    async def main() -> int:
        with LiveLink("eth0", timeout_ms=1) as link:  # both directions
            task = asyncio.ensure_future(template.serve(link))
            await asyncio.sleep(0.3)
            request = Ethernet(src="02:00:00:00:00:02", dst="02:00:0a:00:00:05")
            frame = bytes(request / IP(src="10.0.0.2", dst="10.0.0.5") / UDP(dstport=7))
            with room.raw_socket(room.server) as sock:
                sock.send(frame)
                end = time.monotonic() + 10
                while not link.stats.sent and time.monotonic() < end:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            assert template.engine is not None
            template.engine.stop()
            return (await task).sent

    assert asyncio.run(main()) == 1
