"""An address that a template claims: who else has it, what it answers, what it leaves to others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.template.stage import OURS, THEIRS, Stage, echo, nothing, segment, udp, write
from umpa import ARP, ICMP, TCP, UDP, Ethernet, ICMPv6, IPv6, Packet
from umpa.errors import TemplateError
from umpa.template import discovery, kernel, load
from umpa.template.endpoints import Endpoint
from umpa.template.testing import TemplateTest

CODE = """
    from umpa.template import endpoint
    machine = endpoint("10.0.0.5", "02:00:0a:00:00:05", tcp={80: "web"})
    machine6 = endpoint("fd00::5", "02:00:0a:00:00:05")
    """


def claim(address: str) -> str:
    return f"""
    from umpa.template import endpoint
    endpoint("{address}", "{OURS}")
    """


@pytest.mark.parametrize("address", ["10.0.0.5", "fd00::5"])
def test_it_asks_three_times_and_then_announces(tmp_path: Path, address: str) -> None:
    with TemplateTest(write(tmp_path, claim(address))) as template:
        template.sleep(0.1)
        *probes, announced = [bytes(packet) for packet in template.packets]
        assert probes == [bytes(discovery.probe(address, OURS))] * 3
        assert announced == bytes(discovery.announcement(address, OURS))
        template.sleep(5)
        assert [bytes(packet) for packet in template.packets[4:]] == [announced]


@pytest.mark.parametrize("address", ["10.0.0.5", "fd00::5"])
@pytest.mark.parametrize("how", ["answers", "probes too"])
def test_an_address_that_somebody_has_is_not_claimed(
    tmp_path: Path, address: str, how: str
) -> None:
    """Neither one that somebody is about to claim."""
    stage = Stage(tmp_path, claim(address))
    probe = discovery.probe(address, OURS if how == "answers" else THEIRS)
    said = discovery.answer(probe, THEIRS) if how == "answers" else probe
    stage.far.send(said)
    with pytest.raises(TemplateError, match=f"{THEIRS} has this address already, on near"):
        stage.play(nothing)


def test_it_answers_for_its_addresses(tmp_path: Path) -> None:
    with TemplateTest(write(tmp_path, CODE)) as template:
        template.send(discovery.probe("10.0.0.5", THEIRS))
        answer = template.expect(ARP.opcode == 2)[ARP]
        assert (answer.src_hw_mac, answer.src_proto_ipv4) == (OURS, "10.0.0.5")
        template.send(discovery.probe("fd00::5", THEIRS))
        told = template.expect(ICMPv6.type == 136)
        assert (told[IPv6].dst, told[ICMPv6].nd_na_flag_s) == ("ff02::1", False)
        template.send(echo())
        assert template.expect(ICMP.type == 0)[Ethernet].src == OURS
        template.send(discovery.probe("10.0.0.6", THEIRS), discovery.probe("fd00::6", THEIRS))
        template.expect_nothing(within=1)


def test_what_it_does_not_answer_is_left_to_the_rules_below(tmp_path: Path) -> None:
    code = """
    from umpa.template import endpoint
    endpoint("10.0.0.5", "02:00:0a:00:00:05", echo=False, tcp={80: "web"})

    @on(ICMP.type == "echo-request")
    def mine(packet, context):
        return packet.reply(ICMP(type="echo-reply", code=7))

    @on(UDP.dstport == 5)
    def also_mine(packet, context):
        return packet.reply(UDP(), b"mine")
    """
    with TemplateTest(write(tmp_path, code)) as template:
        template.send(echo())
        assert template.expect(ICMP.type == 0)[ICMP].code == 7
        template.send(udp(5))
        assert template.expect().payload == b"mine"
        template.send(segment("SYN", dstport=81))
        assert template.expect()[TCP].flags == 0x14


def test_without_services_connections_are_left_alone(tmp_path: Path) -> None:
    with TemplateTest(write(tmp_path, claim("10.0.0.5"))) as template:
        template.sleep(5)
        template.send(segment("SYN"), udp(9))
        template.expect_nothing(lambda packet: ARP not in packet)


def test_it_defends_its_address_now_and_then(tmp_path: Path) -> None:
    """RFC 5227, 2.4: one announcement in ten seconds, lest two defenders shout for ever."""
    with TemplateTest(write(tmp_path, claim("10.0.0.5"))) as template:
        template.sleep(5)
        before = len(template.packets)
        for _ in range(4):
            template.send(discovery.announcement("10.0.0.5", THEIRS))
            template.sleep(1)
        assert len(template.packets) == before + 1
        assert f"{THEIRS} claims the address 10.0.0.5 too" in template.log[0]
        assert dict(template.status.resources)["Endpoint"]["conflicts"] == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("'10.0.0', mac", "expected such as 10.0.0.1"),
        ("'224.0.0.1', mac", "no address of one machine"),
        ("'10.0.0.5', 'nonsense'", "nonsense"),
        ("'10.0.0.5', '01:00:00:00:00:01'", "the address of a group"),
        ("'10.0.0.5', mac, tcp={70000: 'x'}", "expected a number from 1 to 65535"),
        ("'10.0.0.5', mac, personality='dos'", "no personality 'dos'"),
    ],
)
def test_mistakes_are_found_when_the_file_is_loaded(
    tmp_path: Path, arguments: str, says: str
) -> None:
    code = f"""
    from umpa.template import endpoint
    mac = "{OURS}"
    endpoint({arguments})
    """
    with pytest.raises(TemplateError, match=says):
        load(write(tmp_path, code))


def test_an_address_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, unless the kernel is kept out of it, which ends with the run in any case."""
    filters: list[FakeFilter] = []

    class FakeFilter:
        def __init__(self, device: str, address: str) -> None:
            self.what, self.open = (device, address), True
            filters.append(self)

        def close(self) -> None:
            self.open = False

    monkeypatch.setattr("umpa.template.endpoints.owner_of", lambda link, address: "eth0")
    monkeypatch.setattr("umpa.template.endpoints.KernelFilter", FakeFilter)
    with pytest.raises(TemplateError, match=r"this machine owns it \(eth0\).*--guard"):
        Stage(tmp_path, claim("10.0.0.5")).play(nothing)

    async def look(stage: Stage) -> None:
        assert [one.open for one in filters] == [True]
        engine = stage.template.engine
        assert engine is not None
        stage.answers()
        engine.version.link_changed("up")
        assert [one.open for one in filters] == [False, True]
        await asyncio.sleep(0.01)
        announced = discovery.announcement("10.0.0.5", OURS)
        assert [bytes(packet) for packet in stage.answers()] == [bytes(announced)]

    Stage(tmp_path, claim("10.0.0.5")).play(look, guard=True)
    assert {one.what for one in filters} == {("near", "10.0.0.5")}
    assert [one.open for one in filters] == [False, False]
    asked = claim("10.0.0.5").replace(")", ", guard=True)", 1)
    broken = asked + "\n    class Bad(Resource):\n        def start(self, context): 1 / 0\n"
    assert isinstance(load(write(tmp_path, asked)).declarations.resources[0], Endpoint)
    with pytest.raises(ZeroDivisionError):
        Stage(
            tmp_path,
            "from umpa.template import Resource\n"
            "from umpa.template.declare import current\n"
            + broken.replace("\n    ", "\n")
            + "current('here').add_resource(Bad())\n",
        ).play(nothing)
    assert [one.open for one in filters] == [False, False, False]


def test_a_link_without_a_kernel_owns_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path, claim("127.0.0.2").replace("127.0.0.2", "10.0.0.5"))
    assert kernel.owner_of(stage.near, "127.0.0.1") is None


def test_the_rules_of_the_filter() -> None:
    assert kernel._rules("10.0.0.5") == ["ip daddr 10.0.0.5 drop", "arp daddr ip 10.0.0.5 drop"]
    assert kernel._rules("fd00::12:3456") == [
        "ip6 daddr fd00::12:3456 drop", "ip6 daddr ff02::1:ff12:3456 drop"
    ]  # fmt: skip


def test_claims_are_told_from_questions() -> None:
    """Who asks for an address, having one, does not claim it."""
    who_has = ARP(src_hw_mac=THEIRS, src_proto_ipv4="10.0.0.1", dst_proto_ipv4="10.0.0.5")
    asking: Packet = Ethernet(src=THEIRS) / who_has
    assert discovery.claimed_by(asking, "10.0.0.5", OURS) is None
    assert discovery.claimed_by(asking, "10.0.0.1", OURS) == THEIRS
    assert discovery.claimed_by(discovery.announcement("10.0.0.5", OURS), "10.0.0.5", OURS) is None
    routed = discovery.announcement("fd00::5", THEIRS)
    routed[IPv6].hlim = 254
    assert discovery.claimed_by(routed, "fd00::5", OURS) is None


def test_two_that_answer_each_other_end_soon(tmp_path: Path) -> None:
    """A datagram between two echo services goes round and round, but not for long."""
    code = CODE.replace('tcp={80: "web"}', "udp={7: lambda said: said}")
    with TemplateTest(write(tmp_path, code)) as template:
        template.sleep(3)
        template.packets.clear()
        template.send(udp(7, b"round and round", srcport=7))
        for rounds in range(20):
            template.sleep(0.01)
            if len(template.packets) == rounds:
                break
            answer = template.packets[-1]
            template.send(answer.reply(UDP(), answer.payload))
        assert 0 < len(template.packets) <= 5
