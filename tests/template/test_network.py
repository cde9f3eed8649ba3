"""Simulated networks: what is behind the device, hop by hop."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.template.stage import THEIRS, write
from umpa import ARP, ICMP, IP, TCP, UDP, Ethernet, ICMPv6, IPv6, Packet
from umpa.errors import TemplateError
from umpa.net.neighbours import question
from umpa.protocols.icmpv6_nd import NDOptions
from umpa.template import load
from umpa.template.testing import TemplateTest

ROUTER = "02:75:6d:70:61:01"
CODE = """
    from umpa.template import Network

    network = Network()
    near = network.router("10.0.0.254", latency=0.001)
    far = near.router("10.9.0.1", latency=0.004)
    hosts = far.subnet("10.1.0.0/24", latency=0.005, down=["10.1.0.7"], tcp={22: "SSH\\r\\n"},
                       udp={7: lambda said: said, 9: "nine"}, filtered=[99])
    hosts.host("10.1.0.80", tcp={80: "web"}, personality="windows")
    quiet = near.subnet("10.2.0.0/30", down=["10.2.0.1"], silent=True)
    lossy = near.subnet("10.3.0.0/24", loss=0.5)
    near6 = network.router("fd00::fe")
    near6.subnet("fd01::/64", down=["fd01::7"], tcp={22: "SSH\\r\\n"})
    """


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return write(tmp_path, CODE)


def to(address: str, ttl: int = 64) -> Packet:
    return Ethernet(src=THEIRS, dst=ROUTER) / IP(src="10.0.0.1", dst=address, ttl=ttl)


def to6(address: str, hlim: int = 64) -> Packet:
    return Ethernet(src=THEIRS, dst=ROUTER) / IPv6(src="fd00::1", dst=address, hlim=hlim)


def ping(address: str, ttl: int = 64, seq: int = 1) -> Packet:
    return to(address, ttl) / ICMP(type="echo-request", ident=7, seq=seq) / b"umpa"


def test_the_router_on_the_link_answers_arp_and_nobody_else(network: Path) -> None:
    with TemplateTest(network) as template:
        for asked in ("10.0.0.254", "10.9.0.1", "10.1.0.1"):
            template.send(
                Ethernet(src=THEIRS)
                / ARP(src_hw_mac=THEIRS, src_proto_ipv4="10.0.0.1", dst_proto_ipv4=asked)
            )
        answer = template.expect(ARP.opcode == 2)
        assert (answer[ARP].src_proto_ipv4, answer[ARP].src_hw_mac) == ("10.0.0.254", ROUTER)
        template.expect_nothing()


def test_a_neighbour_solicitation_is_answered_with_the_hardware_address(network: Path) -> None:
    with TemplateTest(network) as template:
        template.send(question("fd00::fe", "fd00::1", THEIRS))
        answer = template.expect(ICMPv6.type == 136)
        assert answer[IPv6].dst == "fd00::1"
        assert answer[ICMPv6].nd_na_flag_s
        assert answer[ICMPv6].nd_na_flag_r
        assert answer[NDOptions].options["target_lladdr"] == ROUTER


def test_an_answer_comes_after_the_way_there_and_back(network: Path) -> None:
    with TemplateTest(network) as template:
        template.send(ping("10.1.0.5"))
        answer = template.expect(ICMP.type == "echo-reply", within=0.1)
        assert template.now == pytest.approx(0.02)
        assert (answer[IP].src, answer[IP].ttl, answer.payload) == ("10.1.0.5", 62, b"umpa")
        template.send(ping("10.1.0.80"))
        assert template.expect(ICMP.type == "echo-reply")[IP].ttl == 126


def test_patched_answers_are_the_ones_that_were_built(network: Path) -> None:
    """The first answers of a kind are built, later ones patched: only what has to differ does."""
    with TemplateTest(network) as template:
        for seq in range(40):
            template.send(ping("10.1.0.5", seq=seq), ping("10.1.0.80", seq=seq))
        answers: dict[str, list[Packet]] = {"10.1.0.5": [], "10.1.0.80": []}
        for _ in range(80):
            answer = template.expect(ICMP.type == "echo-reply")
            answers[answer[IP].src].append(answer)
        for address, packets in answers.items():
            for seq, answer in enumerate(packets):
                built = ping(address, seq=seq).reply(
                    IP(ttl=answer[IP].ttl, id=answer[IP].id, flags_df=True), ICMP(type="echo-reply")
                )
                assert bytes(answer) == bytes(built)
        assert [p[IP].id for p in answers["10.1.0.80"]] == list(range(1, 41))  # a Windows counts


@pytest.mark.parametrize(
    ("ttl", "says"), [(0, "10.0.0.254"), (1, "10.0.0.254"), (2, "10.9.0.1"), (3, None)]
)
def test_a_router_tells_that_the_ttl_ran_out(network: Path, ttl: int, says: str | None) -> None:
    with TemplateTest(network) as template:
        sent = to("10.1.0.5", ttl) / UDP(srcport=4000, dstport=33434) / b"hello"
        template.send(sent)
        answer = template.expect(ICMP.type > 0)
        if says is None:
            assert (answer[ICMP].type, answer[ICMP].code) == (3, 3)
            assert answer[IP].src == "10.1.0.5"
        else:
            assert (answer[ICMP].type, answer[IP].src) == (11, says)
        assert answer.answers(sent)


def test_a_router_itself_is_reached_with_what_is_left(network: Path) -> None:
    with TemplateTest(network) as template:
        template.send(ping("10.9.0.1", ttl=2))
        assert template.expect()[ICMP].type == 0
        template.send(ping("10.9.0.1", ttl=1))
        assert template.expect()[IP].src == "10.0.0.254"


def test_unreachable_hosts_and_networks(network: Path) -> None:
    with TemplateTest(network) as template:
        template.send(ping("10.1.0.7"))
        down = template.expect()
        assert (down[IP].src, down[ICMP].type, down[ICMP].code) == ("10.9.0.1", 3, 1)
        template.send(ping("192.0.2.1"))
        unknown = template.expect()
        assert (unknown[IP].src, unknown[ICMP].type, unknown[ICMP].code) == ("10.0.0.254", 3, 0)
        template.send(ping("10.2.0.1"), ping("10.1.0.255"), ping("10.1.0.0"))
        answers = [template.expect() for _ in range(2)]  # the ends of a network are no hosts
        assert {answer[ICMP].code for answer in answers} == {0}
        template.expect_nothing()


def test_hosts_go_down_and_come_up_again(network: Path) -> None:
    with TemplateTest(network) as template:
        hosts = template.template.module.hosts
        hosts.set_up("10.1.0.7", True)
        hosts.set_up("10.1.0.8", False)
        template.send(ping("10.1.0.7"))
        assert template.expect()[ICMP].type == 0
        template.send(ping("10.1.0.8"))
        assert template.expect()[ICMP].type == 3


def test_ports_of_tcp_and_udp(network: Path) -> None:
    with TemplateTest(network) as template:
        for port, flags in ((22, 0x12), (23, 0x14)):
            template.send(to("10.1.0.5") / TCP(srcport=4000, dstport=port, flags="SYN", seq=5))
            answer = template.expect(TCP.srcport == port)
            assert (answer[TCP].flags, answer[TCP].ack) == (flags, 6)
        template.send(to("10.1.0.5") / TCP(srcport=4000, dstport=99, flags="SYN"))
        template.expect_nothing(TCP.srcport == 99, within=10)
        template.send(to("10.1.0.5") / UDP(srcport=4000, dstport=7) / b"hello")
        assert template.expect(UDP.srcport == 7).payload == b"hello"
        template.send(to("10.1.0.5") / UDP(srcport=4000, dstport=9) / b"hello")
        assert template.expect(UDP.srcport == 9).payload == b"nine"


def test_a_loss_on_the_way_counts_both_ways(network: Path) -> None:
    with TemplateTest(network) as template:
        template.send(*(ping("10.3.0.5", seq=seq) for seq in range(1000)))
        template.sleep(1)
        assert 200 < len(template.packets) < 300
        figures = dict(template.status.resources)["Network"]
        assert figures["lost"] == 1000 - len(template.packets)


def test_ipv6(network: Path) -> None:
    with TemplateTest(network) as template:
        template.send(to6("fd01::5") / ICMPv6(type="echo-request", echo_identifier=3) / b"umpa")
        answer = template.expect(ICMPv6.type == "echo-reply")
        assert (answer[IPv6].src, answer[IPv6].hlim, answer.payload) == ("fd01::5", 63, b"umpa")
        for address, hlim, kind, code, source in (
            ("fd01::5", 1, 3, 0, "fd00::fe"),
            ("fd01::7", 64, 1, 3, "fd00::fe"),
            ("fd02::1", 64, 1, 0, "fd00::fe"),
            ("fd01::5", 64, 1, 4, "fd01::5"),
        ):
            sent = to6(address, hlim) / UDP(srcport=4000, dstport=33434) / b"hello"
            template.send(sent)
            error = template.expect()
            assert (error[ICMPv6].type, error[ICMPv6].code, error[IPv6].src) == (kind, code, source)
            assert error.answers(sent)
        template.send(to6("fd01::5") / TCP(srcport=4000, dstport=22, flags="SYN", seq=5))
        assert template.expect()[TCP].flags == 0x12


def test_what_is_for_others_is_left_alone(network: Path) -> None:
    """Another machine's frames, groups, errors and resets: nobody says anything."""
    other = Ethernet(src=THEIRS, dst="02:00:00:00:00:55")
    quoted = bytes(ping("10.1.0.5"))[14:42]
    with TemplateTest(network) as template:
        template.send(
            other / IP(src="10.0.0.1", dst="10.1.0.5") / ICMP(),
            Ethernet(src=THEIRS) / IP(src="10.0.0.1", dst="10.1.0.5") / ICMP(),
            to("224.0.0.1") / ICMP(),
            to("10.1.0.5", ttl=1) / ICMP(type="dest-unreach") / quoted,
            to("10.1.0.5") / TCP(srcport=1, dstport=2, flags="RST"),
        )
        template.expect_nothing(within=5)


def test_hosts_on_the_link_have_hardware_addresses_of_their_own(tmp_path: Path) -> None:
    code = """
    from umpa.template import Network
    network = Network(on_link=True)
    network.router("10.0.0.254").subnet("10.0.0.0/24", down=["10.0.0.7"])
    """
    with TemplateTest(write(tmp_path, code)) as template:
        for number in (254, 5, 7):
            template.send(question(f"10.0.0.{number}", "10.0.0.1", THEIRS))
        answers = [template.expect(ARP.opcode == 2)[ARP] for _ in range(2)]
        assert [a.src_hw_mac for a in answers] == [ROUTER, "02:75:0a:00:00:05"]
        template.expect_nothing()
        direct = Ethernet(src=THEIRS, dst="02:75:0a:00:00:05")
        template.send(direct / IP(src="10.0.0.1", dst="10.0.0.5", ttl=1) / ICMP())
        answer = template.expect()
        assert (answer[ICMP].type, answer[IP].ttl) == (0, 64)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("near.router('10.0.0.254')", "two routers have the address 10.0.0.254"),
        ("network.router('10.0.0.253')", "is on the link already"),
        ("near.router('10.0.0')", "expected such as 10.0.0.1"),
        ("near.router('fd00::1')", "of another IP version"),
        ("near.router('10.8.0.1', loss=2)", "expected a fraction from 0 to 1"),
        ("near.router('10.8.0.1', latency=-1)", "expected seconds"),
        ("near.subnet('10.1.0.0/24')", "two subnets are 10.1.0.0/24"),
        ("near.subnet('10.1.0.1/24')", "has host bits set"),
        ("near.subnet('10.8.0.0/24', down=['10.7.0.1'])", "10.7.0.1 is not in the subnet"),
        ("near.subnet('10.8.0.0/24', tcp={0: 'x'})", "expected a number from 1 to 65535"),
        ("near.subnet('10.8.0.0/24', tcp={80: 5})", "5 is no service"),
        ("near.subnet('10.8.0.0/24', personality='lunix')", "did you mean 'linux'"),
        ("Network(mac='nonsense')", "nonsense"),
    ],
)
def test_mistakes_are_found_when_the_file_is_loaded(tmp_path: Path, line: str, says: str) -> None:
    path = write(tmp_path, CODE + line + "\n")
    with pytest.raises(TemplateError, match=says) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:{path.read_text().count(chr(10))}: ")


def test_whatever_comes_no_handler_fails(network: Path) -> None:
    """Frames cut, with bytes changed and put in; an error would be raised here."""
    chance = Random(1)
    whole = [
        ping("10.1.0.5"),
        to("10.1.0.5") / TCP(srcport=5, dstport=22, flags="SYN", options=[("mss", 1460)]),
        to("10.1.0.5", 1) / UDP(srcport=5, dstport=7) / b"abc",
        to6("fd01::5") / ICMPv6(type="echo-request") / b"abc",
        to6("fd01::5") / TCP(srcport=5, dstport=22, flags="SYN"),
        question("fd00::fe", "fd00::1", THEIRS),
        question("10.0.0.254", "10.0.0.1", THEIRS),
    ]
    with TemplateTest(network) as template:
        for number in range(3000):
            data = bytearray(bytes(chance.choice(whole)))
            at = chance.randrange(12, len(data))
            data[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
            cut = len(data) if chance.random() < 0.7 else chance.randrange(14, len(data))
            template.send(bytes(data[:cut]))
            if not number % 50:
                template.sleep(0.1)
        template.sleep(100)
        assert template.status.received == 3000
        assert template.status.sent > 100
