"""What is not answered: what is malformed, sent to all, an error, our own, a loop, or too much."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.template.stage import OURS, THEIRS, Stage, answers, drops, echo, segment, udp, write
from umpa import ARP, ICMP, IP, UDP, Ethernet, ICMPv6, IPv6, Packet
from umpa.link import MemoryLink
from umpa.schedule import VirtualClock, run
from umpa.template import Limits, Status, load

ETHERNET = Ethernet(src=THEIRS, dst=OURS)
ALL_V6 = Ethernet(src=THEIRS, dst="33:33:00:00:00:01")
REPLY = """
@on({match})
def rule(packet, context):
    return packet.reply()
"""


def test_malformed_packets_reach_no_handler(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path,
        """
        @observe()
        def see(packet, context): context.count("seen")

        @on()
        def rule(packet, context): return packet.reply()
        """,
    )
    whole = bytes(udp(53, bytes.fromhex("000101000001000000000000")))
    cut = [whole[:n] for n in range(1, len(whole)) if n != 14]  # of 14 bytes is a whole frame
    found, status = answers(stage, *cut)
    assert found == []
    assert drops(status) == {"malformed": len(cut)}
    assert status.counts == {}


@pytest.mark.parametrize(
    ("packet", "cause"),
    [
        (echo(to="ff:ff:ff:ff:ff:ff"), "sent to all"),
        (ETHERNET / IP(src="10.0.0.1", dst="224.0.0.1") / UDP(), "sent to all"),
        (ETHERNET / IP(src="10.0.0.1", dst="255.255.255.255") / ICMP(), "sent to all"),
        (ALL_V6 / IPv6(dst="ff02::1") / ICMPv6(type=128), "sent to all"),
        (segment("RST"), "error or reset"),
        (segment("RST,ACK"), "error or reset"),
        (ETHERNET / IP(src="10.0.0.1", dst="10.0.0.5") / ICMP(type=3)
         / bytes(udp(7))[14:], "error or reset"),
        (ETHERNET / IPv6(src="fd00::1", dst="fd00::5") / ICMPv6(type=1), "error or reset"),
        (Ethernet(src="ff:ff:ff:ff:ff:ff", dst=OURS) / IP(dst="10.0.0.5") / UDP(), "malformed"),
        (ETHERNET / IP(src="10.0.0.5", dst="10.0.0.5") / UDP(), "malformed"),
    ],
)  # fmt: skip
def test_nothing_is_answered_by_accident(tmp_path: Path, packet: Packet, cause: str) -> None:
    stage = Stage(tmp_path, "@on()\ndef rule(packet, context): return udp\nudp = b'x' * 60")
    found, status = answers(stage, packet)
    assert found == []
    assert drops(status) == {cause: 1}


@pytest.mark.parametrize(
    ("match", "packet"),
    [
        ("has(UDP), answers_broadcast=True", udp(7, to="ff:ff:ff:ff:ff:ff")),
        ("Ethernet.dst == 'ff:ff:ff:ff:ff:ff'", udp(7, to="ff:ff:ff:ff:ff:ff")),
        ("ARP.opcode == 1", Ethernet(src=THEIRS) / ARP(opcode=1)),
        ("UDP.dstport == 67", udp(67, to="ff:ff:ff:ff:ff:ff")),
        ("has(TCP), answers_errors=True", segment("RST")),
        ("TCP.flags.has('RST')", segment("RST")),
        ("ICMP.type == 3", ETHERNET / IP(dst="10.0.0.5") / ICMP(type=3)
         / bytes(udp(7))[14:]),
    ],
)  # fmt: skip
def test_what_is_meant_is_answered(tmp_path: Path, match: str, packet: Packet) -> None:
    stage = Stage(tmp_path, f"@on({match})\ndef rule(packet, context): context.count('asked')")
    _, status = answers(stage, packet)
    assert status.counts == {"asked": 1}


def test_frames_from_a_source_that_we_send_from_are_our_own(tmp_path: Path) -> None:
    stage = Stage(tmp_path, REPLY.format(match="has(UDP)"))
    mirror = Ethernet(src=OURS, dst=THEIRS) / IP(src="10.0.0.5", dst="10.0.0.1") / UDP()
    found, status = answers(stage, udp(7), mirror)
    assert len(found) == 1
    assert drops(status) == {"own frame": 1}


def test_the_same_frame_over_and_over_again_is_answered_four_times(tmp_path: Path) -> None:
    stage = Stage(tmp_path, REPLY.format(match="has(UDP)"))
    found, status = answers(stage, *[udp(7)] * 20)
    assert len(found) == 4
    assert drops(status) == {"repeated frame, a loop?": 16}


def test_once_a_second_the_same_frame_is_answered_for_ever(tmp_path: Path) -> None:
    stage = Stage(tmp_path, REPLY.format(match="has(UDP)"))
    found, _ = answers(stage, *[udp(7)] * 50, wait=1.01)
    assert len(found) == 50


def test_too_many_of_a_peer_and_of_all_are_left_out(tmp_path: Path) -> None:
    stage = Stage(tmp_path, REPLY.format(match="has(UDP)"))
    limits = Limits(peer=10, all=15)

    async def play(stage: Stage) -> None:
        for peer in range(2):
            for n in range(12):
                packet = udp(7, b"%d" % n)
                packet.eth.src = f"02:00:00:00:01:{peer:02x}"
                stage.far.send(packet)
        await asyncio.sleep(0.5)
        assert len(stage.answers()) == 13  # 10, and of the fuse's 15 the two refused were counted
        await asyncio.sleep(1)
        assert len(await stage.give(udp(7))) == 1

    status = stage.play(play, limits=limits)
    assert drops(status) == {"limit of a peer": 4, "limit of all": 7}


@pytest.mark.parametrize("latency", [0.0, 0.01])
@pytest.mark.parametrize("match", ["", "has(UDP), patch=True"])
def test_two_that_answer_everything_facing_each_other_stop_by_themselves(
    tmp_path: Path, latency: float, match: str
) -> None:

    path = write(tmp_path, REPLY.format(match=match))
    clock = VirtualClock()
    left, right = MemoryLink.pair(clock=clock, latency=latency)

    async def main() -> list[Status]:
        both = asyncio.gather(
            load(path, seed=1).serve(left, seconds=60), load(path, seed=2).serve(right, seconds=60)
        )
        await asyncio.sleep(1)
        left.send(udp(7, b"trigger"))
        return list(await both)

    one, other = run(main(), clock=clock)
    assert 1 <= one.sent + other.sent <= 10


@pytest.mark.parametrize("data", [b"GET / HTT", b"\x16\x03\x01\x02", b"\0" * 20])
def test_a_piece_of_a_stream_is_not_malformed(tmp_path: Path, data: bytes) -> None:
    stage = Stage(tmp_path, "@on(has(TCP))\ndef rule(packet, context): context.count('asked')")
    _, status = answers(stage, *(segment("ACK", dstport=port) / data for port in (80, 443)))
    assert status.counts == {"asked": 2}
