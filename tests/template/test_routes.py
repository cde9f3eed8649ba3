"""Packets that take a route are answered, dropped and counted as those that go the usual way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.template.stage import Stage, answers, drops, echo, segment, udp
from umpa import ICMP, IP, TCP, Ethernet, Packet
from umpa.template import Limits, Status, routes
from umpa.template.routes import Route, Routes

TEMPLATE = """
@on(ICMP.type == "echo-request", IP.dst == "10.0.0.5", patch={patch})
def ping(packet, context):
    return packet.reply(ICMP(type="echo-reply"))

@on(TCP.flags == "SYN", patch={patch})
def closed(packet, context):
    return packet.reply(TCP(flags="RST,ACK", ack=packet.tcp.seq + 1 & 0xFFFFFFFF))

@on(ICMP.type == "echo-request")
def others(packet, context):
    context.count("others")
"""


def requests(number: int) -> list[bytes]:
    """Requests that are mostly alike, and whatever is nearly so among them."""
    chance = Random(3)
    base = bytes(echo(1))
    found: list[bytes] = []
    for seq in range(number):
        data = bytearray(bytes(echo(seq)))
        what = chance.randrange(40)
        if what == 0:  # to all
            data[0:6] = b"\xff" * 6
        elif what == 1:  # from where it goes to
            data[26:30] = data[30:34]
        elif what == 2:  # to somebody else
            data[33] = 6
        elif what == 3:  # with a part of the frame as padding
            data[16:18] = (len(data) - 14 - 3).to_bytes(2, "big")
        elif what == 4:  # a reply, and an error
            data[34] = chance.choice((0, 3))
        elif what == 5:  # of another length
            data = bytearray(bytes(echo(seq) / b"more"))
        elif what == 6:  # a fragment
            data[21] = 1
        elif what == 7:  # the same frame again
            data = bytearray(base)
        elif what == 8:
            data = bytearray(bytes(segment("SYN", srcport=seq + 1)))
        elif what == 9:
            data = bytearray(bytes(udp(53)))
        elif what == 10:  # from a group
            data[6] = 1
        elif what == 11:
            data = data[: chance.randrange(15, len(data))]
        found.append(bytes(data))
    return found


def said(tmp_path: Path, patch: bool, limits: Limits) -> tuple[list[bytes], Status]:
    tmp_path.mkdir()
    stage = Stage(tmp_path, TEMPLATE.format(patch=patch))
    found: list[bytes] = []

    async def play(stage: Stage) -> None:
        found.extend(map(bytes, await stage.give(*requests(1500), wait=0.001)))

    return found, stage.play(play, limits=limits)


@pytest.mark.parametrize("patch", [False, True])
@pytest.mark.parametrize("limits", [Limits(), Limits(peer=700, all=10_000), Limits(all=300)])
def test_both_ways_say_and_count_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits, patch: bool
) -> None:
    quick, status = said(tmp_path / "quick", patch, limits)
    monkeypatch.setattr(Routes, "learn", lambda *_: None)
    slow, usual = said(tmp_path / "slow", False, limits)
    assert quick == slow
    assert drops(status) == drops(usual) != {}
    assert status.counts == usual.counts
    for one, other in zip(status.rules, usual.rules, strict=True):
        assert replace(one, patched=0, place="") == replace(other, patched=0, place="")


@pytest.mark.parametrize("patch", [False, True])
def test_most_of_them_take_a_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patch: bool
) -> None:
    taken: list[bool] = []
    find = Routes.find

    def counted(self: Routes, data: bytes) -> Route | None:
        found = find(self, data)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(Routes, "find", counted)
    said(tmp_path / "quick", patch, Limits())
    assert sum(taken) > 900


def test_a_rule_that_leaves_packets_to_patched_ones_is_asked_each_time(tmp_path: Path) -> None:
    code = """
@on(ICMP.type == "echo-request")
def asleep(packet, context):
    return None if packet.icmp.seq >= 50 else PASS
""" + TEMPLATE.format(patch=True)
    found, _ = answers(Stage(tmp_path, code), *(echo(n) for n in range(100)), wait=0.001)
    assert [packet.icmp.seq for packet in found] == list(range(50))


def test_a_protocol_that_comes_meanwhile_is_found(tmp_path: Path) -> None:
    code = """
@on(IP.proto == 201)
def see(packet, context):
    context.count(packet.layers[-1].name)
    if packet.ip.id == 3:
        from umpa import Protocol
        from umpa.core.field import U8

        class Late(Protocol, name="test.meanwhile", follows={"ip.proto": 201}):
            number = U8()
"""
    frames = [
        Ethernet(src="02:00:00:00:00:07", dst="02:00:00:00:00:05")
        / IP(src="10.0.0.1", dst="10.0.0.5", proto=201, id=n)
        / bytes([n])
        for n in range(6)
    ]
    _, status = answers(Stage(tmp_path, code), *frames, wait=0.001)
    assert (status.counts, status.dropped) == ({"data": 4, "test.meanwhile": 2}, {})


def test_routes_that_nobody_takes_are_not_made_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_MOST_ROUTES", 64)
    routes_of_packets: list[Route] = []
    learn = Routes.learn

    def counted(self: Routes, data: bytes, packet: Packet, route: Route, suspect: Any) -> None:
        learn(self, data, packet, route, suspect)
        routes_of_packets.append(route)

    monkeypatch.setattr(Routes, "learn", counted)
    code = "".join(
        f"@on(UDP.dstport == {port})\ndef _{port}(packet, context): return bytes(60)\n"
        for port in range(1000, 1400)
    )
    found, _ = answers(Stage(tmp_path, code), *map(udp, range(1000, 1400)), wait=0.001)
    assert len(found) == 400
    assert sum(route.shape is not None for route in routes_of_packets) == 64


def test_waiting_and_observing_change_nothing_for_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = """
@on_start
async def wait(context):
    await context.expect(ICMP.seq == 70000 % 65536, timeout=900)

@observe(TCP.dstport == 80)
def see(packet, context): context.count("seen")
"""
    monkeypatch.setattr("tests.template.test_routes.TEMPLATE", TEMPLATE + more)
    quick, status = said(tmp_path / "quick", False, Limits())
    monkeypatch.setattr(Routes, "learn", lambda *_: None)
    slow, usual = said(tmp_path / "slow", False, Limits())
    assert quick == slow
    assert drops(status) == drops(usual)
    assert status.counts == usual.counts != {}


def test_who_observes_sees_every_packet(tmp_path: Path) -> None:
    code = (
        TEMPLATE.format(patch=True)
        + "\n@observe()\ndef see(packet, context): context.count('seen')"
    )
    found, status = answers(Stage(tmp_path, code), *(echo(n) for n in range(100)))
    assert len(found) == status.counts["seen"] == 100


def test_an_answer_that_somebody_waits_for_is_not_taken_away(tmp_path: Path) -> None:
    code = (
        TEMPLATE.format(patch=True)
        + """
@at(0.5)
async def wait(context):
    found = await context.expect(ICMP.seq == 77, timeout=5)
    context.count("found", found is not None)
"""
    )
    found, status = answers(Stage(tmp_path, code), *(echo(n) for n in range(200)))
    assert len(found) == 200
    assert status.counts["found"] == 1


def test_a_rule_that_began_to_answer_otherwise_is_asked_again(tmp_path: Path) -> None:
    code = """
asked = 0

@on(ICMP.type == "echo-request", patch=True)
def ping(packet, context):
    global asked
    asked += 1
    return packet.reply(ICMP(type="echo-reply"), b"late" if asked > 9 else packet.payload)
"""
    found, status = answers(Stage(tmp_path, code), *(echo(n) for n in range(4500)), wait=0.001)
    late = [n for n, packet in enumerate(found) if packet.payload == b"late"]
    assert late == list(range(late[0], 4500))  # from the next comparison on, and never before
    assert late[0] < 4200
    assert status.rules[0].patterns_refused == 1


def test_frames_of_the_run_itself_are_dropped_on_a_route_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path, TEMPLATE.format(patch=True))
    own = Ethernet(src="02:00:0a:00:00:05", dst="02:00:0a:00:00:05") / IP(dst="10.0.0.5") / ICMP()
    found, status = answers(stage, *(echo(n) for n in range(100)), *[own] * 5)
    assert len(found) == 100
    assert drops(status) == {"own frame": 5}
    assert TCP not in found[0]
