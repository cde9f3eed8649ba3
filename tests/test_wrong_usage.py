"""What a person may get wrong: each is told where it happens, with what was expected.

The mistakes that one function alone can make are tested with that function.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import umpa
from umpa import ICMP, IP, TCP, UDP, Ethernet, Packet, has
from umpa.errors import (
    EncodeError,
    FieldError,
    FileError,
    FilterError,
    LayerError,
    NoSuchDevice,
    ScheduleError,
)
from umpa.link import MemoryLink, RawLink
from umpa.savefile import Writer
from umpa.sniffing import Capture, receive_loop

FILE = "examples/captures/first.pcapng"
any_: Any = None  # what type checkers would refuse


@pytest.fixture
def packet() -> Packet:
    return Ethernet() / IP(dst="10.0.0.2") / TCP(dstport=80)


def test_a_packet_answers_to_wiresharks_names_wherever_it_does_to_classes(packet: Packet) -> None:
    for one in (packet, Packet.dissect(bytes(packet)), packet.copy()):
        assert "tcp" in one
        assert "udp" not in one
        assert one.get("ip") is one.ip
        assert has("tcp")(one)
        assert not has("udp")(one)
        with pytest.raises(LayerError, match="no protocol 'tpc'; did you mean 'tcp'"):
            "tpc" in one  # noqa: B015


@pytest.mark.parametrize("wrong", [5, None, 1.5, b"tcp"], ids=repr)
def test_what_is_no_protocol_is_not_just_absent(packet: Packet, wrong: Any) -> None:
    for one in (packet, Packet.dissect(bytes(packet))):
        with pytest.raises(FieldError, match="is no protocol; expected a class such as TCP"):
            one.get(wrong)
    with pytest.raises(FieldError, match="is no protocol"):
        has(wrong)
    if not isinstance(wrong, int):
        with pytest.raises(FieldError, match="is no protocol"):
            packet[wrong]


@pytest.mark.parametrize("wrong", [None, b"bytes", 5], ids=repr)
def test_what_is_no_packet_is_said_to_be_none(packet: Packet, wrong: Any) -> None:
    for question in (packet.diff, packet.answers):
        with pytest.raises(FieldError, match=r"is no packet; expected a Packet$"):
            question(wrong)
    with pytest.raises(TypeError, match=r"is no packet; expected a Packet$"):
        (TCP.dstport == 80)(wrong)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: TCP.dstport.is_in(any_or(80)), FieldError, r"expected several .* \[80\]"),
        (lambda: umpa.read(FILE, filter=any_or(TCP)), FilterError, r"that have one: has\(TCP\)"),
        (lambda: umpa.read(FILE, count=any_or("3")), ValueError, "count is '3'"),
        (lambda: umpa.read(FILE, count=any_or(1.5)), ValueError, "count is 1.5"),
        (lambda: umpa.read(""), FileError, "^'': no such file"),
        (lambda: Packet.dissect(b"", any_or("ethernet")), FieldError, "linktype is 'ethernet'"),
        (lambda: Packet.dissect(b"", -1), FieldError, "linktype is -1"),
        (lambda: umpa.send(b"", device=any_or(5)), NoSuchDevice, "^5 is no device"),
        (lambda: umpa.link.open(any_or(None)), NoSuchDevice, "^None is no device"),
        (lambda: umpa.send(b"", link=any_or("lo")), ScheduleError, "by name it is device="),
        (lambda: Capture(any_or(5)), TypeError, "5 is no device, capture file or link"),
        (lambda: Capture(["lo", any_or(5)]), TypeError, "5 is no device"),
        (lambda: Capture("lo", snaplem=5), TypeError, "no option snaplem=; did you mean 'snaplen'"),  # type: ignore[call-arg]
        (lambda: Capture("lo", filter=any_or(TCP)), FilterError, r"has\(TCP\)"),
        (lambda: Capture("lo", count=any_or("x")), ValueError, "count is 'x'"),
        (lambda: receive_loop(any_or(None), "lo"), TypeError, "None cannot be called"),
        (lambda: umpa.flows(any_or(None)), TypeError, "None is neither a path nor packets"),
        (lambda: umpa.table(FILE, any_or(None)), FieldError, "columns are a list of names"),
        (lambda: umpa.fragment(IP() / UDP(), any_or("x")), FieldError, "mtu='x'"),
        (lambda: umpa.srloop(IP() / UDP(), count=-1), ScheduleError, "count is -1"),
        (lambda: umpa.srloop(IP() / UDP(), interval=-1), ScheduleError, "interval is -1"),
        (lambda: umpa.DNS.question(any_or(None)), FieldError, "None is no name"),
        (
            lambda: umpa.DNS.record("a", "MX", "b"),
            FieldError,
            r"type MX; expected \(preference, name\)",
        ),
        (
            lambda: umpa.DNS.record("a", "A", "b"),
            FieldError,
            "type A; expected an address such as 10.0.0.1",
        ),
    ],
)
def test_a_mistake_is_told(call: Callable[[], Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        call()


def any_or(value: Any) -> Any:
    """A value of a type that the function does not take."""
    return value


def test_a_link_to_no_device_leaves_no_socket_open(recwarn: pytest.WarningsRecorder) -> None:
    with pytest.raises(NoSuchDevice, match="None is no device"):
        RawLink(any_)
    assert not recwarn.list


def test_writing_what_is_no_packet(tmp_path: Path) -> None:
    for wrong in (None, 5, [None], ["x"], [b"frame"]):
        with pytest.raises(EncodeError, match=r"is no packet; expected a Packet$"):
            umpa.write(tmp_path / "out.pcap", any_or(wrong))
    with pytest.raises(FieldError, match="linktype is 'raw'"):
        Writer(tmp_path / "out.pcap", linktype=any_or("raw"))
    assert not list(tmp_path.iterdir())


def test_a_decorator_without_parentheses_is_told_before_packets_pass_it_by() -> None:
    near, _ = MemoryLink.pair()
    with Capture(near) as capture:

        @capture.on
        def pong(packet: Packet) -> None: ...

        with pytest.raises(TypeError, match=r"capture\.on declared nothing"):
            capture.dispatch(timeout=0)
        capture.on(has(ICMP))(print)
        assert capture.dispatch(timeout=0) == 0


def test_a_misspelt_name_of_the_package_is_suggested() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Ip'; did you mean 'IP'"):
        umpa.Ip  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'ICMPV6'; did you mean 'ICMPv6'"):
        umpa.ICMPV6  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: TCP(window=1), "did you mean 'window_size_value'"),  # type: ignore[call-arg]
        (lambda: TCP(port=1), "did you mean 'srcport' or 'dstport'"),  # type: ignore[call-arg]
        (lambda: TCP(Seq=1), "did you mean 'seq'"),  # type: ignore[call-arg]
        (lambda: IP(flags=1), "it is read from flags_rb, flags_df and flags_mf; set those"),
        (lambda: umpa.ARP(op=1), "did you mean 'opcode'"),  # type: ignore[call-arg]
        (lambda: ICMP(id=1), "did you mean 'ident'"),  # type: ignore[call-arg]
        (lambda: UDP(dport=1), "did you mean 'dstport'"),  # type: ignore[call-arg]
    ],
)
def test_what_somebody_may_have_meant(wrong: Callable[[], Any], said: str) -> None:
    with pytest.raises(FieldError, match=said):
        wrong()


def test_classes_are_no_layers(packet: Packet) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: any_or(IP) / TCP(),
        lambda: any_or(IP) / any_or(TCP),
        lambda: IP() / any_or(TCP),
        lambda: Packet(IP(), any_or(TCP)),
        lambda: packet / any_or(TCP),
        lambda: packet.include(any_or(TCP)),
    ]
    for attempt in attempts:
        with pytest.raises(FieldError, match=r"(IP|TCP)\(\)"):
            attempt()


@pytest.mark.parametrize("wrong", [(IP, None), (IP, 0, 1), (IP,), (5, 0), int], ids=repr)
def test_an_index_that_is_none(packet: Packet, wrong: Any) -> None:
    with pytest.raises(
        FieldError, match=r"no class and place, as in packet\[IP, 1\]|is no protocol"
    ):
        packet[wrong]


def test_what_cannot_be_assigned(packet: Packet) -> None:
    with pytest.raises(LayerError, match="`ip` is not replaced; set its fields"):
        packet.ip = IP()
    with pytest.raises(FieldError, match="names no field; expected Wireshark's name"):
        packet[any_or(IP)] = IP()
    with pytest.raises(FieldError, match="5 is no field's name"):
        packet.ip[any_or(5)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"time_ns": "now"}, "time_ns is 'now'; expected nanoseconds, a whole number"),
        ({"time_ns": 1.5}, "time_ns is 1.5; expected nanoseconds"),
        ({"wire_length": "60"}, "wire_length is '60'; expected bytes, a whole number"),
        ({"wire_length": -1}, "wire_length is -1; expected bytes, a whole number"),
    ],
)
def test_what_a_capture_cannot_say_of_bytes(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError) as caught:
        Packet.dissect(b"", **arguments)
    assert message in str(caught.value)


def test_flags_are_a_set() -> None:
    assert TCP(flags=any_or(["SYN", 0x12, 0x10])).flags == "SYN,ACK"
    for wrong in (["SYN", None], ["SYN", ("ACK",)], "0x", "0x1g", [1.5]):
        with pytest.raises(FieldError, match=r"TCP\.flags: .* does not fit; expected"):
            TCP(flags=any_or(wrong))
