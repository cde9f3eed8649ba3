"""What a simulated machine answers, and how it keeps its connections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.template.stage import OURS, THEIRS, write
from umpa import IP, TCP, UDP, Ethernet, Packet
from umpa.template import connections
from umpa.template.testing import TemplateTest

CODE = """
    from umpa.template import endpoint

    def web(said):
        return b"page" * 1000 if said.endswith(b"\\n") else None

    def broken(said):
        raise RuntimeError("a bug of the service")

    endpoint("10.0.0.5", "02:00:0a:00:00:05", tcp={80: web, 22: "SSH-2.0-umpa\\r\\n", 66: broken},
             udp={7: lambda said: said, 66: broken, 67: lambda said: None, 68: "hi"})
    """
SEQ = 0xFFFFFFF0


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[TemplateTest]:
    with TemplateTest(write(tmp_path, CODE), strict=False) as made:
        made.sleep(3)
        made.forget()  # how it claimed its address
        yield made


def segment(
    port: int, flags: str, seq: int, ack: int = 0, data: bytes = b"", srcport: int = 4000
) -> Packet:
    tcp = TCP(srcport=srcport, dstport=port, flags=flags, seq=seq % 2**32, ack=ack % 2**32,
              options=[("mss", 1460)] if flags == "SYN" else b"")  # fmt: skip
    return Ethernet(src=THEIRS, dst=OURS) / IP(src="10.0.0.1", dst="10.0.0.5") / tcp / data


def opened(template: TemplateTest, port: int, srcport: int = 4000) -> int:
    """Open a connection; the machine's next sequence number."""
    template.send(segment(port, "SYN", SEQ, srcport=srcport))
    answer = template.expect(TCP.dstport == srcport)[TCP]
    assert (answer.flags, answer.ack) == (0x12, SEQ + 1)
    assert answer.options["mss"] == 1460
    template.send(segment(port, "ACK", SEQ + 1, answer.seq + 1, srcport=srcport))
    return answer.seq + 1


def connections_of(template: TemplateTest) -> object:
    return dict(template.status.resources)["Endpoint"]["connections"]


def test_a_page_in_segments_and_the_end(machine: TemplateTest) -> None:
    request = b"GET\n"
    ours = opened(machine, 80)
    machine.send(segment(80, "PSH,ACK", SEQ + 1, ours, request))
    said, after = b"", SEQ + 1 + len(request)
    while len(said) < 4000:
        part = machine.expect(TCP.srcport == 80)
        assert part[TCP].ack == after % 2**32
        said += part.payload
    assert said == b"page" * 1000
    assert machine.expect(TCP.flags.has("FIN"))[TCP].seq == (ours + 4000) % 2**32
    machine.send(segment(80, "ACK", after, ours + 4001))
    machine.expect_nothing(within=5)  # it waits for the client's FIN
    machine.send(segment(80, "FIN,ACK", after, ours + 4001))
    last = machine.expect()[TCP]
    assert (last.flags, last.ack) == (0x10, (after + 1) % 2**32)
    assert connections_of(machine) == 0


def test_both_ends_in_one_segment(machine: TemplateTest) -> None:
    """A client that acknowledges our FIN in its own, as most do, gets its acknowledgement."""
    ours = opened(machine, 80)
    machine.send(segment(80, "PSH,ACK", SEQ + 1, ours, b"\n"))
    machine.expect(TCP.flags.has("FIN"))
    machine.send(segment(80, "FIN,ACK", SEQ + 2, ours + 4001))
    assert machine.expect()[TCP].flags == 0x10
    assert connections_of(machine) == 0


def test_what_is_lost_is_repeated_and_at_last_given_up(machine: TemplateTest) -> None:
    machine.send(segment(22, "SYN", SEQ))
    first = machine.expect()
    again = machine.expect(within=0.6)
    assert first[TCP].seq == again[TCP].seq
    machine.expect(TCP.flags == "RST", within=100)
    assert connections_of(machine) == 0
    machine.expect_nothing(within=1000)


def test_a_client_that_never_ends_is_forgotten(machine: TemplateTest) -> None:
    ours = opened(machine, 80)
    machine.send(segment(80, "PSH,ACK", SEQ + 1, ours, b"\n"))
    machine.expect(TCP.flags.has("FIN"))
    machine.send(segment(80, "ACK", SEQ + 2, ours + 4001))
    machine.expect_nothing(within=59)
    assert connections_of(machine) == 1
    machine.sleep(2)
    assert connections_of(machine) == 0


def test_a_reset_ends_a_connection(machine: TemplateTest) -> None:
    opened(machine, 80)
    machine.send(segment(80, "RST", SEQ + 1))
    machine.expect_nothing(TCP.flags.has("RST"))
    assert connections_of(machine) == 0


def test_closed_ports_say_what_rfc_9293_says(machine: TemplateTest) -> None:
    machine.send(segment(81, "SYN", SEQ, data=b"abc"))
    answer = machine.expect()[TCP]
    assert (answer.flags, answer.seq, answer.ack) == (0x14, 0, (SEQ + 4) % 2**32)
    machine.send(segment(80, "ACK", 5, 77))
    answer = machine.expect()[TCP]
    assert (answer.flags, answer.seq, answer.ack) == (0x04, 77, 0)


def test_a_service_with_a_bug_ends_its_connection_only(machine: TemplateTest) -> None:
    for srcport in range(4000, 4015):
        ours = opened(machine, 66, srcport)
        machine.send(segment(66, "PSH,ACK", SEQ + 1, ours, b"?", srcport))
        assert machine.expect()[TCP].flags == 0x14
    machine.send(udp(66), udp(7, b"still here"))
    assert machine.expect().payload == b"still here"
    assert opened(machine, 22)
    assert "RuntimeError: a bug of the service" in machine.log[0]
    assert "template.py:" in machine.log[0]
    assert dict(machine.status.resources)["Endpoint"]["failed"] == 15


def test_there_is_a_bound_for_connections(
    machine: TemplateTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was silent longest goes."""
    monkeypatch.setattr(connections, "_MOST", 3)
    ours = [opened(machine, 80, srcport) for srcport in range(4000, 4004)][-1]
    assert connections_of(machine) == 3
    machine.send(segment(80, "PSH,ACK", SEQ + 1, ours, b"\n", 4003))
    assert machine.expect(TCP.dstport == 4003).payload
    machine.send(segment(80, "PSH,ACK", SEQ + 1, 1, b"\n", 4000))
    assert machine.expect(TCP.dstport == 4000)[TCP].flags == 0x04


def test_datagrams(machine: TemplateTest) -> None:
    machine.send(udp(7, b"hello"))
    assert machine.expect(UDP.srcport == 7).payload == b"hello"
    machine.send(udp(68))
    assert machine.expect().payload == b"hi"
    machine.send(udp(67))
    machine.expect_nothing()
    machine.send(udp(9))
    assert machine.expect().icmp.type == 3


def test_padding_is_no_data(machine: TemplateTest) -> None:
    """Short frames are padded to 60 bytes; a service never hears that."""
    ours = opened(machine, 80)
    machine.send(bytes(segment(80, "ACK", SEQ + 1, ours)).ljust(60, b"\n"))
    machine.expect_nothing(within=0.3)
    machine.send(bytes(udp(7, b"a")).ljust(60, b"\0"))
    assert machine.expect(UDP.srcport == 7).payload == b"a"


def udp(port: int, data: bytes = b"?") -> Packet:
    ip = IP(src="10.0.0.1", dst="10.0.0.5")
    return Ethernet(src=THEIRS, dst=OURS) / ip / UDP(srcport=4000, dstport=port) / data
