"""What fields read as, what they can be set from, and what is refused."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import pytest

from tests.core.states import tcp
from umpa import Packet
from umpa.errors import FieldError, LayerError, UmpaError
from umpa.protocols import ARP, ICMP, IP, TCP, UDP, VLAN, Ethernet, IPv6


@pytest.mark.parametrize(
    "value",
    ["10.0.0.2", b"\x0a\0\0\2", 0x0A000002, (10, 0, 0, 2), ipaddress.IPv4Address("10.0.0.2")],
)
def test_ipv4_addresses(value: Any) -> None:
    assert IP(dst=value).dst == "10.0.0.2"
    ip = IP()
    ip.dst = value
    assert ip.dst == "10.0.0.2"
    assert bytes(ip)[16:20] == b"\x0a\0\0\2"


@pytest.mark.parametrize(
    "value",
    [
        "2001:db8::1",
        "2001:0DB8:0:0:0:0:0:1",
        bytes.fromhex("20010db8000000000000000000000001"),
        0x20010DB8000000000000000000000001,
        tuple(bytes.fromhex("20010db8000000000000000000000001")),
        ipaddress.IPv6Address("2001:db8::1"),
    ],
)
def test_ipv6_addresses(value: Any) -> None:
    assert IPv6(dst=value).dst == "2001:db8::1"
    assert bytes(IPv6(dst=value))[24:40].hex() == "20010db8000000000000000000000001"


@pytest.mark.parametrize(
    "value",
    [
        "02:00:00:00:00:0a",
        "02-00-00-00-00-0A",
        "0200.0000.000a",
        "2:0:0:0:0:a",
        b"\2\0\0\0\0\x0a",
        (2, 0, 0, 0, 0, 10),
        0x02000000000A,
    ],
)
def test_hardware_addresses(value: Any) -> None:
    assert Ethernet(dst=value).dst == "02:00:00:00:00:0a"
    assert ARP(src_hw_mac=value).src_hw_mac == "02:00:00:00:00:0a"


def test_enumerations_by_name() -> None:
    assert TCP(dstport="http").dstport == 80
    assert UDP(dstport="dns").dstport == UDP(dstport="domain").dstport == 53
    assert IP(ttl="windows").ttl == 128
    assert IP(ttl="LINUX").ttl == 64
    assert ICMP(type="echo-request").type == ICMP(type="Echo Request").type == 8
    assert ICMP(type="echo_reply").type == 0
    assert ARP(opcode="reply").opcode == 2
    assert IP(proto="udp").proto == 17
    assert Ethernet(type="ipv6").type == 0x86DD
    assert TCP(dstport="8080").dstport == 8080
    assert TCP(dstport="0x50").dstport == 80


def test_numbers_read_as_int() -> None:
    for value in (IP(ttl="windows").ttl, TCP(dstport="http").dstport, VLAN(id=5).id):
        assert type(value) is int


def test_flags() -> None:
    for value in ("SYN,ACK", "syn, ack", ["SYN", "ACK"], ("ACK", "SYN"), 0x12, "SYN|ACK"):
        flags = TCP(flags=value).flags
        assert flags == 0x12
        assert str(flags) == "SYN,ACK"
        assert "SYN" in str(flags)
    flags = TCP(flags="SYN,ACK").flags
    assert flags & 0x02
    assert type(flags).SYN in flags
    assert type(flags).FIN not in flags
    assert TCP(flags="").flags == 0
    assert TCP(flags=0xFFF).flags == 0xFFF
    tcp_ = TCP(flags="SYN")
    tcp_.flags |= type(tcp_.flags).ACK
    assert tcp_.flags == 0x12
    assert IP(flags_df=True).flags_df is True
    assert IP().flags_df is False


def test_units() -> None:
    assert IP().hdr_len == 20
    assert TCP(hdr_len=32).hdr_len == 32
    assert bytes(TCP(hdr_len=32))[12] == 0x80
    assert bytes(IP(frag_offset=185))[6:8] == (185).to_bytes(2, "big")


def test_neighbours_in_a_byte_do_not_disturb_each_other() -> None:
    ip = IP(dsfield=0xFF, flags_rb=True, flags_df=True, flags_mf=True, frag_offset=8191)
    ip.flags_df = False
    assert (ip.flags_rb, ip.flags_mf, ip.frag_offset) == (True, True, 8191)
    assert bytes(ip)[6:8] == b"\xbf\xff"
    vlan = VLAN(priority=7, dei=True, id=4095)
    vlan.dei = False
    assert (vlan.priority, vlan.id) == (7, 4095)
    ip.dsfield_ecn = 0
    assert (ip.dsfield, ip.dsfield_dscp) == (0xFC, 63)


def test_a_field_of_its_own_kind_fits() -> None:
    packet = tcp()
    packet.ip.src = packet.ip.dst
    packet.tcp.flags = packet.tcp.flags
    packet.tcp.options = packet.tcp.options
    packet.tcp.dstport = packet.tcp.srcport
    assert packet.ip.src == "10.0.0.2"
    assert packet.tcp.dstport == 40000


TOO_MUCH: list[tuple[Any, dict[str, Any], str]] = [
    (IP, {"ttl": 256}, "IP.ttl: 256 does not fit; expected a number from 0 to 255"),
    (IP, {"ttl": -1}, "IP.ttl: -1 does not fit; expected a number from 0 to 255"),
    (IP, {"ttl": 1.5}, "IP.ttl: 1.5 does not fit; expected a number from 0 to 255"),
    (IP, {"ttl": None}, "IP.ttl: None does not fit; expected a number from 0 to 255"),
    (IP, {"ttl": b"64"}, "IP.ttl: b'64' does not fit; expected a number from 0 to 255"),
    (IP, {"ttl": "widows"}, "did you mean 'windows'?"),
    (IP, {"len": 65536}, "IP.len: 65536 does not fit; expected a number from 0 to 65535"),
    (IP, {"frag_offset": 8192}, "expected a number from 0 to 8191"),
    (IP, {"flags_df": 2}, "IP.flags_df: 2 does not fit; expected True or False"),
    (IP, {"dst": "10.0.0.256"}, "four decimal numbers from 0 to 255, as in '10.0.0.1'"),
    (IP, {"dst": "10.0.0"}, "IP.dst: '10.0.0' does not fit"),
    (IP, {"dst": "10.0.0.01"}, "IP.dst: '10.0.0.01' does not fit"),
    (IP, {"dst": "example.org"}, "IP.dst: 'example.org' does not fit"),
    (IP, {"dst": ""}, "IP.dst: '' does not fit"),
    (IP, {"dst": b"\1\2\3"}, "IP.dst: b'\\x01\\x02\\x03' does not fit"),
    (IP, {"dst": (1, 2, 3, 256)}, "IP.dst: (1, 2, 3, 256) does not fit"),
    (IP, {"dst": (1, 2, 3)}, "IP.dst: (1, 2, 3) does not fit"),
    (IP, {"dst": 1 << 32}, "IP.dst: 4294967296 does not fit; expected a number of 32 bits"),
    (IP, {"dst": ["10.0.0.1"]}, "IP.dst: ['10.0.0.1'] does not fit"),
    (IP, {"dst": None}, "IP.dst: None does not fit"),
    (IP, {"dst": ipaddress.IPv6Address("::1")}, "IP.dst: IPv6Address('::1') does not fit"),
    (IPv6, {"dst": "::g"}, "IPv6.dst: '::g' does not fit; expected an IPv6 address, as in '2001:"),
    (IPv6, {"dst": "1::2::3"}, "IPv6.dst: '1::2::3' does not fit"),
    (IPv6, {"dst": "10.0.0.1"}, "IPv6.dst: '10.0.0.1' does not fit"),
    (IPv6, {"dst": "fe80::1%eth0"}, "IPv6.dst: 'fe80::1%eth0' does not fit"),
    (Ethernet, {"dst": "02:00:00:00:00"}, "six pairs of hexadecimal digits, as in '02:00:00:00"),
    (Ethernet, {"dst": "02:00:00:00:00:0g"}, "Ethernet.dst: '02:00:00:00:00:0g' does not fit"),
    (Ethernet, {"dst": "hello"}, "Ethernet.dst: 'hello' does not fit"),
    (TCP, {"dstport": 65536}, "TCP.dstport: 65536 does not fit"),
    (TCP, {"dstport": "htpp"}, "did you mean 'http'?"),
    (TCP, {"flags": "SIN"}, "did you mean 'SYN'?"),
    (TCP, {"flags": 0x1000}, "TCP.flags: 4096 does not fit"),
    (TCP, {"flags": 1.5}, "TCP.flags: 1.5 does not fit"),
    (TCP, {"flags": None}, "TCP.flags: None does not fit"),
    (TCP, {"hdr_len": 21}, "TCP.hdr_len: 21 does not fit; expected a multiple of 4"),
    (TCP, {"hdr_len": 64}, "TCP.hdr_len: 64 does not fit"),
    (TCP, {"options": [("mmss", 3)]}, "did you mean 'mss'?"),
    (TCP, {"options": [("mss", "x")]}, "option 'mss' cannot hold 'x'"),
    (TCP, {"options": [("mss", 1 << 16)]}, "option 'mss' cannot hold 65536"),
    (TCP, {"options": 3}, "TCP.options: 3 does not fit"),
    (TCP, {"options": "mss"}, "TCP.options: 'mss' does not fit"),
    (TCP, {"dport": 80}, "TCP has no field 'dport'; did you mean 'dstport'?"),
    (UDP, {"nonsense": 80}, "UDP has no field 'nonsense'; its fields are srcport, dstport, length"),
    (ARP, {"opcode": "replay"}, "did you mean 'reply'?"),
    (ARP, {"src_proto_ipv4": "10.0.0.256"}, "ARP.src_proto_ipv4: '10.0.0.256' does not fit"),
    (ICMP, {"type": "echo-requst"}, "did you mean 'echo-request'?"),
    (VLAN, {"id": 4096}, "VLAN.id: 4096 does not fit; expected a number from 0 to 4095"),
]


@pytest.mark.parametrize(("protocol", "arguments", "message"), TOO_MUCH, ids=lambda x: str(x)[:40])
def test_refused(protocol: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError) as caught:
        protocol(**arguments)
    assert message in str(caught.value)
    layer = protocol()
    before = bytes(layer)
    ((name, value),) = arguments.items()
    with pytest.raises(FieldError) as caught:
        setattr(layer, name, value)
    assert message in str(caught.value)
    with pytest.raises(FieldError):
        layer[name] = value
    assert bytes(layer) == before


def test_errors_are_of_umpa_and_of_the_usual_kinds() -> None:
    assert {UmpaError, ValueError, AttributeError} < set(FieldError.__mro__)
    assert {UmpaError, LookupError, AttributeError} < set(LayerError.__mro__)


def test_fields_are_given_by_name() -> None:
    with pytest.raises((FieldError, TypeError), match="name"):
        IP("10.0.0.2")  # type: ignore[call-arg,arg-type]  # the mistake


def test_unknown_names_are_refused_wherever_they_are_written() -> None:
    packet = tcp()
    message = "TCP has no field 'dport'; did you mean 'dstport'?"
    attempts: list[Callable[[], object]] = [
        lambda: setattr(packet.tcp, "dport", 1),
        lambda: packet.tcp["dport"],
        lambda: packet["tcp.dport"],
        lambda: packet.__setitem__("tcp.dport", 1),
        lambda: getattr(TCP, "dport"),  # noqa: B009  # the name is unknown to checkers
    ]
    for attempt in attempts:
        with pytest.raises(FieldError) as caught:
            attempt()
        assert str(caught.value) == message


def test_reading_an_unknown_attribute_is_python_s_own_error() -> None:
    """A hook for it would slow down every read; Python adds "Did you mean: 'dstport'?" itself."""
    packet = tcp()
    with pytest.raises(AttributeError, match="dport"):
        getattr(packet.tcp, "dport")  # noqa: B009  # the name is unknown to checkers
    with pytest.raises(AttributeError, match="tcpp"):
        getattr(packet, "tcpp")  # noqa: B009  # the same
    assert "dstport" in dir(packet.tcp)
    assert "tcp" in dir(packet)


def test_hasattr_and_getattr_work_as_everywhere() -> None:
    assert not hasattr(TCP(), "dport")
    assert getattr(tcp().tcp, "dport", None) is None
    assert not hasattr(tcp(), "udp")
    assert not hasattr(tcp(), "no_such_protocol")
    assert hasattr(tcp(), "ip")


@pytest.mark.parametrize("key", ["udp", "udp.dstport", UDP])
def test_layers_that_are_not_there(key: Any) -> None:
    for packet in (tcp(), Packet.dissect(bytes(tcp()))):
        with pytest.raises(LayerError, match="which has eth, ip, tcp, data"):
            packet[key]
        with pytest.raises(LayerError, match="which has eth, ip, tcp, data"):
            packet.udp  # noqa: B018  # the access is what is tested
        with pytest.raises(LayerError, match="did you mean 'tcp'"):
            packet["tcpp.dstport"]
        with pytest.raises(AttributeError, match="tcpp"):
            getattr(packet, "tcpp")  # noqa: B009  # the name is unknown to checkers
        with pytest.raises(LayerError, match="IP layers here: 1, counted from 0; none at 1"):
            packet[IP, 1]
        with pytest.raises(LayerError):
            packet[4]
        with pytest.raises(LayerError):
            packet[-5]


def test_attributes_cannot_be_invented() -> None:
    packet = tcp()
    with pytest.raises(AttributeError):
        packet.comment_of_mine = "x"  # type: ignore[attr-defined]  # the mistake
    with pytest.raises(FieldError, match="did you mean 'ttl'"):
        packet.ip.tll = 3  # type: ignore[attr-defined]  # the mistake
    for word in ("w_ttl", "_x"):
        with pytest.raises(AttributeError):
            setattr(packet.ip, word[1:], 3)


def test_fields_cannot_be_deleted() -> None:
    packet = tcp()
    with pytest.raises(AttributeError):
        del packet.ip.ttl
    assert packet.ip.ttl == 17


def test_a_wrong_value_leaves_a_packet_from_the_wire_untouched() -> None:
    packet = Packet.dissect(bytes(tcp()))
    with pytest.raises(FieldError):
        packet.tcp.dstport = 70000
    assert packet.untouched
    with pytest.raises(FieldError):
        packet.tcp.options.append(("mss", 1 << 20))
    assert packet.untouched


def test_the_constructor_does_no_io(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*arguments: object) -> None:
        raise AssertionError("I/O")

    for name in ("getaddrinfo", "gethostbyname", "socket"):
        monkeypatch.setattr(socket, name, refuse)
    with pytest.raises(FieldError):
        IP(dst="localhost")
    assert bytes(Ethernet() / IP(dst="10.0.0.1") / TCP(dstport="http"))


def test_flags_are_compared_by_name() -> None:
    flags = TCP(flags="SYN,ACK").flags
    assert flags == "SYN,ACK"
    assert flags == "ack|syn"
    assert flags != "SYN"
    assert flags == type(flags)(0x12)
    assert hash(flags) == hash(0x12)
    assert "SYN" in flags
    assert "SYN,ACK" in flags
    assert "SYN,FIN" not in flags
    with pytest.raises(FieldError, match=r"'SNY' is none; expected some of .* did you mean 'SYN'"):
        flags == "SNY"  # noqa: B015
