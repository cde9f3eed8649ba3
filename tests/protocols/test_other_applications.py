"""Applications that few speak any more, or that stand on a session of their own."""

from __future__ import annotations

import time

import pytest

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import (
    AIM,
    DTP,
    EDP,
    HTTP2,
    IP,
    LLC,
    NBSS,
    OICQ,
    Q931,
    RFB,
    RPC,
    SMB,
    SNMP,
    TCP,
    TNS,
    TPKT,
    UDP,
    YHOO,
    YMSG,
    Ethernet,
    HTTP2Magic,
    NBDatagram,
    Portmap,
    Rx,
    Skinny,
    Telnet,
)

SNMP_GET = bytes.fromhex(
    "302602010104067075626c6963a019020101020100020100300e300c06082b060102010101000500"
)
GETPORT = bytes.fromhex("00000002000186a00000000200000003")


def udp(source: int, destination: int) -> Packet:
    low = Ethernet(dst=M2, src=M1) / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
    return low / UDP(srcport=source, dstport=destination)


def tcp(source: int, destination: int) -> Packet:
    low = Ethernet(dst=M2, src=M1) / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
    return low / TCP(srcport=source, dstport=destination, flags="PSH,ACK")


def snap(oui: int, pid: int) -> Packet:
    return Ethernet(dst="01:00:0c:cc:cc:cc", src=M1) / LLC(oui=oui, pid=pid)


def name(text: str, kind: int) -> bytes:
    """A NetBIOS name, coded (RFC 1001, section 14.1)."""
    coded = bytes(
        half for c in text.ljust(15).encode() + bytes([kind]) for half in (c >> 4, c & 15)
    )
    return b"\x20" + bytes(65 + half for half in coded) + b"\0"


def test_aim() -> None:
    # AOL: frame 7, service 1, message 2, "hello"
    check(
        tcp(1024, 5190) / AIM(seqno=7, data=bytes.fromhex("0001000200000000000a") + b"hello"),
        "02000000000202000000000108004500003d00010000400666b80a0000010a00000204001446000000000000"
        "00005018ffff157800002a020007000f0001000200000000000a68656c6c6f",
        aim__datalen=15,
        aim__fnac_family=1,
        aim__fnac_subtype=2,
        aim__fnac_id=10,
    )


def test_dtp() -> None:
    # Cisco trunking: domain "lab", neighbor 02:00:00:00:00:01
    check(
        snap(0x00000C, 0x2004)
        / DTP(tlvs=[("domain", b"lab\0"), ("neighbor", bytes.fromhex("020000000001"))]),
        "01000ccccccc020000000001001baaaa0300000c200401000100086c6162000004000a020000000001",
        dtp__version=1,
    )


def test_edp() -> None:
    # Extreme discovery: message 27 of 02:00:00:00:00:01, an end marker
    check(
        snap(0x00E02B, 0x00BB) / EDP(seqno=27, midmac=M1) / bytes.fromhex("99000004"),
        "01000ccccccc020000000001001caaaa0300e02b00bb0100001463cb001b000002000000000199000004",
        edp__length=20,
        edp__seqno=27,
        edp__midmac=M1,
    )


def test_q931() -> None:
    # H.225 setup of call 1, bearer capability
    check(
        tcp(1024, 1720)
        / TPKT()
        / Q931(call_ref=b"\x00\x01", message_type="setup", data=bytes.fromhex("04038090a2")),
        "02000000000202000000000108004500003600010000400666bf0a0000010a000002040006b8000000000000"
        "00005018ffffeccc00000300000e080200010504038090a2",
        q931__call_ref_len=2,
        q931__message_type=5,
        tpkt__length=14,
    )


def test_http2() -> None:
    # the magic, empty settings, a ping
    check(
        tcp(1024, 50051) / HTTP2Magic() / HTTP2() / HTTP2(type="PING", data=b"12345678"),
        "02000000000202000000000108004500005a000100004006669b0a0000010a0000020400c383000000000000"
        "00005018ffffb8240000505249202a20485454502f322e300d0a0d0a534d0d0a0d0a00000004000000000000"
        "00080600000000003132333435363738",
        http2__type=4,
        http2__length=0,
    )


def test_smb_over_a_netbios_session() -> None:
    # session message, SMB negotiate, process 0x1234
    check(
        tcp(1024, 139) / NBSS() / SMB(pid=0x1234, mid=1, flags=0x18, flags2=0xC807, data=bytes(3)),
        "02000000000202000000000108004500004f00010000400666a60a0000010a0000020400008b000000000000"
        "00005018ffff9b6c000000000023ff534d4272000000001807c8000000000000000000000000000034120000"
        "0100000000",
        nbss__length=35,
        smb__cmd=0x72,
        smb__pid=0x1234,
        smb__mid=1,
    )


def test_netbios_datagram() -> None:
    # from UMPA<00> to HOME<1d>, SMB transaction
    check(
        udp(138, 138)
        / NBDatagram(dgram_id=7, src_ip="10.0.0.1", names=name("UMPA", 0) + name("HOME", 0x1D))
        / SMB(cmd="trans", data=bytes(3)),
        "02000000000202000000000108004500009100010000401166590a0000010a000002008a008a007daad41102"
        "00070a000001008a00670000204646454e464145424341434143414341434143414341434143414341434141"
        "41002045494550454e454643414341434143414341434143414341434143414341424e00ff534d4225000000"
        "000000000000000000000000000000000000000000000000000000",
        nbdgm__dgram_len=103,
        nbdgm__source_name="UMPA<00>",
        nbdgm__destination_name="HOME<1d>",
    )


def test_oicq() -> None:
    # QQ: heart message 9 of user 12345
    check(
        udp(4000, 8000)
        / OICQ(version=0x1131, command="heart message", seq=9, qqid=12345, data=b"x\x03"),
        "02000000000202000000000108004500002900010000401166c10a0000010a0000020fa01f40001542280211"
        "3100020009000030397803",
        oicq__command=2,
        oicq__qqid=12345,
    )


def test_rx() -> None:
    # AFS: first data packet of call 1, service 1
    check(
        udp(7001, 7000) / Rx(epoch=0x45000000, cid=0x10, seq=1, serviceid=1) / b"call",
        "02000000000202000000000108004500003c00010000401166ae0a0000010a0000021b591b5800289f074500"
        "000000000010000000010000000100000001010100000000000163616c6c",
        rx__callnumber=1,
        rx__serviceid=1,
    )


def test_skinny() -> None:
    # keypad button 5
    check(
        tcp(1024, 2000) / Skinny(messageId=3, data=bytes.fromhex("0500000001000000a0000000")),
        "02000000000202000000000108004500004000010000400666b50a0000010a000002040007d0000000000000"
        "00005018ffffd6e100001000000000000000030000000500000001000000a0000000",
        skinny__data_length=16,
        skinny__messageId=3,
    )


def test_telnet() -> None:
    # do suppress go ahead, will terminal type, "login: "
    check(
        tcp(1024, 23) / Telnet(data=bytes.fromhex("fffd03fffb18") + b"login: "),
        "02000000000202000000000108004500003500010000400666c00a0000010a00000204000017000000000000"
        "00005018ffff367d0000fffd03fffb186c6f67696e3a20",
        telnet__cmd=(253, 251),
        telnet__data_text=("login: ",),
    )


def test_tns() -> None:
    # Oracle: connect
    check(
        tcp(1024, 1521) / TNS(type="connect", data=bytes.fromhex("0134012c000008007fff")),
        "02000000000202000000000108004500003a00010000400666bb0a0000010a000002040005f1000000000000"
        "00005018ffff0656000000120000010000000134012c000008007fff",
        tns__length=18,
        tns__type=1,
    )


def test_vnc_key() -> None:
    # VNC: key "a" down
    check(
        tcp(1024, 5900) / RFB(type=4, data=bytes.fromhex("01000000000061")),
        "02000000000202000000000108004500003000010000400666c50a0000010a0000020400170c000000000000"
        "00005018ffff7c5400000401000000000061",
        vnc__type=4,
    )


def test_vnc_version() -> None:
    # VNC: version 3.8
    check(
        tcp(1024, 5900) / RFB(type=ord("R"), data=b"FB 003.008\n"),
        "02000000000202000000000108004500003400010000400666c10a0000010a0000020400170c000000000000"
        "00005018ffff20b30000524642203030332e3030380a",
        vnc__protocol_version="003.008",
    )


def test_ymsg() -> None:
    # Yahoo: typing notification in session 5
    check(
        tcp(1024, 5050) / YMSG(service=0x4B, session_id=5, data=b"4\xc0\x80umpa\xc0\x80"),
        "02000000000202000000000108004500004500010000400666b00a0000010a000002040013ba000000000000"
        "00005018ffffd28e0000594d5347001000000009004b000000000000000534c080756d7061c080",
        ymsg__len=9,
        ymsg__session_id=5,
    )


def test_yhoo() -> None:
    # Yahoo, old: "hey"
    check(
        tcp(1024, 5050)
        / YHOO(len=108, service=3, nick1=b"umpa".ljust(36, b"\0"), content=b"hey\0"),
        "02000000000202000000000108004500009400010000400666610a0000010a000002040013ba000000000000"
        "00005018ffff43a9000059484f4f312e30006c0000000300000000000000000000000000000000000000756d"
        "7061000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000000000000000068657900",
        yhoo__len=108,
        yhoo__service=3,
    )


def test_snmp() -> None:
    # SNMPv2c get-request 1 of community public: sysDescr.0
    check(
        udp(1024, 161) / SNMP(data=SNMP_GET),
        "02000000000202000000000108004500004400010000401166a60a0000010a000002040000a10030b1b13026"
        "02010104067075626c6963a019020101020100020100300e300c06082b060102010101000500",
        snmp__version=1,
        snmp__community="public",
        snmp__pdu="get-request",
        snmp__request_id=1,
    )


def test_portmap() -> None:
    # portmapper: where is NFS 3 over UDP?
    check(
        udp(1024, 111) / RPC(xid=1, data=GETPORT + bytes(16)) / Portmap(),
        "02000000000202000000000108004500005400010000401166960a0000010a0000020400006f0040d99a0000"
        "00010000000000000002000186a0000000020000000300000000000000000000000000000000000186a30000"
        "00030000001100000000",
        rpc__program=100000,
        rpc__procedure=3,
        portmap__prog=100003,
        portmap__port=0,
    )


def test_http2_on_the_port_of_http_is_known_by_its_magic() -> None:
    packet = Packet.dissect(bytes(tcp(1024, 80) / HTTP2Magic() / HTTP2()), 1)
    assert [layer.name for layer in packet.layers][3:] == ["http2.magic", "http2"]


def test_a_frame_that_goes_on_in_the_next_segment() -> None:
    start = bytes.fromhex("001000 00 00 00000001") + bytes(100)
    packet = Packet.dissect(bytes(tcp(1024, 50051) / start), 1)
    assert packet.error is None
    assert len(packet.http2.data) == 100
    packet.ip.ttl = 3
    assert packet.http2.length == 0x1000


def test_several_messages_in_a_segment_follow_one_another() -> None:
    messages = Skinny(messageId=1) / Skinny(messageId=2, data=bytes(4))
    packet = Packet.dissect(bytes(tcp(1024, 2000) / messages), 1)
    assert [layer["messageId"] for layer in packet.layers[3:]] == [1, 2]


def test_what_pads_a_frame_is_no_part_of_a_call() -> None:
    reply = bytes(udp(111, 1024) / bytes.fromhex("00000001 00000001 00000000"))
    packet = Packet.dissect(reply + bytes(60 - len(reply)), 1)
    assert packet.error is None
    assert [layer.name for layer in packet.layers][3:] == ["rpc", "padding"]


def test_messages_made_to_be_slow_are_not() -> None:
    for transport, data in (
        (UDP(dstport=161), b"\x30\x84\0\0\xff\0\2\1\0" + b"\x30\x80" * 30000),
        (TCP(dstport=23), b"\xff\xfa" * 30000),
        (UDP(dstport=138), b"\x11" + bytes(13) + b"\1A" * 30000),
    ):
        packet = Packet.dissect(bytes(IP() / transport / data), 228)
        started = time.process_time()
        str(packet)
        assert time.process_time() - started < 0.2


@pytest.mark.parametrize("cut", range(len(SNMP_GET)))
def test_a_cut_snmp_message_says_what_it_can(cut: int) -> None:
    packet = Packet.dissect(bytes(udp(1024, 161) / SNMP_GET[:cut]), 1)
    str(packet)
    assert packet.error is None


@pytest.mark.parametrize(
    ("transport", "data"),
    [
        (TCP(dstport=139), bytes([0, 0, 0, 9, 1])),  # longer than the segment
        (TCP(dstport=1521), bytes(8)),
        (TCP(dstport=2000), bytes(12)),
        (TCP(dstport=5050), b"GET / HTTP/1.1"),
        (TCP(dstport=5190), bytes(6)),
        (TCP(dstport=5900), bytes(7)),
        (TCP(dstport=50051), bytes(9)),
        (UDP(dstport=138), bytes(20)),
        (UDP(dstport=161), b"0umpa"),
        (UDP(dstport=7000), bytes(28)),
        (UDP(dstport=8000), b"\x02umpa umpa"),
    ],
)
def test_a_port_alone_makes_none_of_them(transport: TCP | UDP, data: bytes) -> None:
    packet = Packet.dissect(bytes(IP() / transport / data), 228)
    assert [layer.name for layer in packet.layers][2:] == ["data"]
