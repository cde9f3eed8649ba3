"""Streams of packets: the values in turn, patched or built, always what building would give."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umpa import IP, SCTP, TCP, UDP, VLAN, Ethernet, IPv6, Packet
from umpa.core.vary import RANDOMNESS
from umpa.errors import FieldError, LayerError
from umpa.template.sequences import PacketSequence, sequence
from umpa.template.values import choice, counter, cycle, hosts, payload, ports, random

LOW = Ethernet(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def built(packets: PacketSequence, number: int) -> list[bytes]:
    """The same packets, built one by one."""
    words = zip(*packets._words(), strict=False)
    return [bytes(packets._build(word)) for word in islice(words, number)]


@pytest.mark.parametrize(
    ("layers", "patched"),
    [
        ((LOW, IP(dst=hosts("10.0.0.0/28")), UDP(srcport=counter(1), dstport=9), b"odd"), True),
        ((LOW, IPv6(dst=hosts("fd00::/124")), TCP(seq=random(0, 2**32 - 1, seed=1))), True),
        ((LOW, VLAN(id=counter(4090, 4096), priority=3), IP(), UDP()), True),
        ((LOW, IP(ttl=counter(1), id=random(0, 65535, seed=1)), UDP(), payload(31, seed=2)), True),
        ((IP(options=cycle([b"", ["nop", ("ra", 0)]])), UDP()), False),
        ((IP(), UDP(), payload([1, 2, 3], seed=1)), False),
        ((IP(), SCTP(srcport=counter(1))), False),
        ((IP(dsfield_dscp=counter(0, 64), dsfield_ecn=cycle([0, 1])), UDP()), False),
    ],
    ids=["v4", "v6", "bits", "header", "options", "lengths", "crc", "shared byte"],
)
def test_patching_gives_what_building_gives(layers: tuple[Any, ...], patched: bool) -> None:
    packets = sequence(*layers)
    assert packets.patched is patched
    assert list(islice(packets.frames(), 300)) == built(packets, 300)


@given(
    st.integers(0, 2**32 - 1), st.integers(0, 65535), st.integers(1, 65535), st.binary(max_size=9)
)
def test_any_start_and_step(address: int, port: int, step: int, data: bytes) -> None:
    varied = UDP(srcport=counter(port, step=step), dstport=cycle([0, 1, 65535, 256]))
    packets = sequence(IP(src=address, dst=random(0, 2**32 - 1, seed=step)), varied, data)
    assert packets.patched
    assert list(islice(packets.frames(), 20)) == built(packets, 20)


def test_a_checksum_of_zero_is_written_as_building_does() -> None:
    """RFC 768: zero means none, so it is sent as 0xffff; the patch must not lose that."""
    packets = sequence(IP(src="10.0.0.1", dst="10.0.0.2"), UDP(srcport=counter(0, 65536)))
    frames = list(packets.frames())
    assert frames == built(packets, 65536)
    assert not any(frame[26:28] == b"\0\0" for frame in frames)


def test_in_step_until_the_shortest_ends() -> None:
    packets = sequence(IP(dst=hosts("10.0.0.0/30")), UDP(dstport=ports("1-9")))
    assert [(p.ip.dst, p.udp.dstport) for p in packets] == [("10.0.0.1", 1), ("10.0.0.2", 2)]
    assert packets.count == 2


def test_every_combination_the_last_field_fastest() -> None:
    packets = sequence(IP(dst=hosts("10.0.0.0/30")), UDP(dstport=ports([7, 9])), combine="product")
    assert packets.count == 4
    assert [(p.ip.dst[-1], p.udp.dstport) for p in packets] == [
        ("1", 7), ("1", 9), ("2", 7), ("2", 9),
    ]  # fmt: skip


def test_it_begins_anew_each_time() -> None:
    packets = sequence(IP(id=random(0, 65535, seed=4)), UDP(), count=5)
    first, second = list(packets.frames()), list(packets.frames())
    assert first == second
    assert len(first) == packets.count == 5


def test_packets_know_their_layers_and_are_right() -> None:
    packet = next(iter(sequence(LOW, IP(dst=hosts("10.0.0.0/8")), TCP(dstport=counter(80)))))
    assert isinstance(packet, Packet)
    assert (packet.ip.dst, packet.tcp.dstport) == ("10.0.0.1", 80)
    assert packet.ip.checksum_status == packet.tcp.checksum_status == "good"


def test_a_counter_wraps_at_the_end_of_its_field() -> None:
    packets = sequence(IP(ttl=counter(254)), UDP(), count=4)
    assert [packet.ip.ttl for packet in packets] == [254, 255, 0, 1]


def test_one_value_is_a_sequence_too() -> None:
    packets = sequence(IP(dst=hosts("10.0.0.1/32")), UDP())
    assert [packet.ip.dst for packet in packets] == ["10.0.0.1"]


def test_the_seed_of_a_run_decides_what_is_drawn() -> None:
    from random import Random

    def drawn(seed: int) -> list[bytes]:
        token = RANDOMNESS.set(Random(seed))
        try:
            varied = UDP(srcport=choice(range(9999)), dstport=random(1, 9999))
            return list(sequence(IP(), varied, count=20).frames())
        finally:
            RANDOMNESS.reset(token)

    assert drawn(7) == drawn(7) != drawn(8)


@pytest.mark.parametrize(
    ("network", "first", "number"),
    [
        ("10.0.0.0/24", "10.0.0.1", 254),
        ("10.0.0.0/31", "10.0.0.0", 2),
        ("10.9.8.7", "10.9.8.7", 1),
        ("fd00::/120", "fd00::1", 255),
    ],
)
def test_hosts_are_those_of_ipaddress(network: str, first: str, number: int) -> None:
    values = list(hosts(network).values())
    assert (values[0], len(values), hosts(network).count) == (first, number, number)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: hosts("10.0.0.1/24"), "has host bits set"),
        (lambda: ports("80-70"), "'80-70' is no port"),
        (lambda: ports("http"), "'http' is no port"),
        (lambda: choice([]), "choice: got no values"),
        (lambda: counter(1, step=0), "leads nowhere"),
        (lambda: random(2, 1), "no number"),
        (lambda: sequence(IP(), UDP(dstport=ports("70000"))), "70000 does not fit"),
        (lambda: sequence(IP(ttl=counter(300)), UDP()), "300 does not fit"),
        (lambda: sequence(IP(dst=hosts("fd00::/64")), UDP()), r"IP\.dst: 'fd00::1' does not fit"),
        (lambda: sequence(IP(ttl=counter(1)), combine="both"), "expected 'zip' or 'product'"),
        (
            lambda: sequence(IP(ttl=counter(1), id=counter(1)), UDP(), combine="product"),
            "only the first field",
        ),
        (lambda: sequence(IP(ttl=counter(1)), count=-1), "count=-1"),
    ],
)
def test_what_is_wrong_is_said_at_the_call(wrong: Any, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        wrong()


def test_layers_that_vary_are_for_sequences() -> None:
    with pytest.raises(LayerError, match=r"IP\.dst varies from packet to packet"):
        IP(dst=hosts("10.0.0.0/8")) / UDP()
    with pytest.raises(LayerError, match="nothing varies"):
        sequence(IP(), UDP())
    with pytest.raises(LayerError, match="got a packet"):
        sequence(IP() / UDP(), b"")
    ip = IP()
    with pytest.raises(FieldError, match=r"IP\.ttl: values that vary are for sequence"):
        ip.ttl = counter(1)
