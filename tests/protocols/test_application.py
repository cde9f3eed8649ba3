"""Applications."""

from __future__ import annotations

import pytest

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import (
    BGP,
    CDP,
    HSRP,
    HTTP,
    IP,
    LLC,
    NTP,
    RADIUS,
    RIP,
    RPC,
    RTCP,
    RTP,
    SIP,
    STP,
    STUN,
    TCP,
    TFTP,
    TLS,
    TPKT,
    UDP,
    AoE,
    Diameter,
    Ethernet,
    NetFlow,
)


def test_http_request() -> None:
    # GET /x of example.com
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / TCP(srcport=1024, dstport="http", flags="PSH,ACK")
        / HTTP(data=b"GET /x HTTP/1.1\r\nHost: example.com\r\n\r\n"),
        "02000000000202000000000108004500004e00010000400666a70a0000010a000002040000500000"
        "0000000000005018ffff8cf80000474554202f7820485454502f312e310d0a486f73743a20657861"
        "6d706c652e636f6d0d0a0d0a",
        http__request_method="GET",
        http__request_uri="/x",
        http__host="example.com",
        http__response_code=None,
    )


def test_http_response() -> None:
    # 404 Not Found
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / TCP(srcport="http", dstport=1024, flags="PSH,ACK")
        / HTTP(data=b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\numpa"),
        "020000000002020000000001080045000059000100004006669c0a0000010a000002005004000000"
        "0000000000005018ffffa6180000485454502f312e3120343034204e6f7420466f756e640d0a436f"
        "6e74656e742d4c656e6774683a20340d0a0d0a756d7061",
        http__response_code=404,
        http__response_phrase="Not Found",
        http__content_length="4",
        http__request_method=None,
    )


def test_sip() -> None:
    # INVITE of b
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="sip")
        / SIP(
            data=b"INVITE sip:b@example.com SIP/2.0\r\n"
            b"v: SIP/2.0/UDP 10.0.0.1\r\nCall-ID: 1@a\r\n\r\n"
        ),
        "02000000000202000000000108004500006700010000401166830a0000010a000002040013c40053"
        "8297494e56495445207369703a62406578616d706c652e636f6d205349502f322e300d0a763a2053"
        "49502f322e302f5544502031302e302e302e310d0a43616c6c2d49443a203140610d0a0d0a",
        sip__method="INVITE",
        sip__r_uri="sip:b@example.com",
        sip__call_id="1@a",
        sip__via="SIP/2.0/UDP 10.0.0.1",
    )


def test_tls_alert() -> None:
    # Fatal: handshake failure; then a change of cipher in the same segment
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / TCP(srcport=1024, dstport="https", flags="PSH,ACK")
        / TLS(record_content_type="alert", data=b"\x02\x28")
        / TLS(record_content_type="change cipher spec", data=b"\x01"),
        "02000000000202000000000108004500003500010000400666c00a0000010a000002040001bb0000"
        "0000000000005018ffff4fe5000015030300020228140303000101",
        tls__record_content_type=21,
        tls__record_length=2,
    )


def test_ntp() -> None:
    # A client asks
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="ntp")
        / NTP(xmt=0xE000000000000000),
        "02000000000202000000000108004500004c000100004011669e0a0000010a0000020400007b0038"
        "e3ff2300000000000000000000000000000000000000000000000000000000000000000000000000"
        "0000e000000000000000",
        ntp__flags_vn=4,
        ntp__flags_mode=3,
    )


def test_rtp() -> None:
    # PCMU, packet 1
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="rtp")
        / RTP(seq=1, timestamp=160, ssrc=7, cc=1, csrc=bytes(4))
        / b"voice",
        "02000000000202000000000108004500003100010000401166b90a0000010a0000020400138c001d"
        "0daa81000001000000a00000000700000000766f696365",
        rtp__version=2,
        rtp__p_type=0,
        rtp__csrc=b"\x00\x00\x00\x00",
    )


def test_tftp() -> None:
    # Read a file, octets
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="tftp")
        / TFTP(opcode="read request", data=b"file\0octet\0"),
        "02000000000202000000000108004500002900010000401166c10a0000010a000002040000450015"
        "4b55000166696c65006f6374657400",
        tftp__source_file="file",
        tftp__type="octet",
    )


def test_radius() -> None:
    # Access request of umpa
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="radius")
        / RADIUS(id=7, attributes=[("user_name", "umpa"), ("nas_port", 3)]),
        "02000000000202000000000108004500003c00010000401166ae0a0000010a000002040007140028"
        "f38201070020000000000000000000000000000000000106756d7061050600000003",
        radius__length=32,
        radius__id=7,
    )


def test_stun() -> None:
    # Binding request
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="stun")
        / STUN(id=bytes(range(12)), attributes=[("software", b"umpa!")]),
        "02000000000202000000000108004500003c00010000401166ae0a0000010a00000204000d960028"
        "6f890001000c2112a442000102030405060708090a0b80220005756d706121000000",
        stun__length=12,
        stun__type=1,
    )


def test_bgp() -> None:
    # Keepalive
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / TCP(srcport=1024, dstport="bgp", flags="PSH,ACK")
        / BGP(type="keepalive"),
        "02000000000202000000000108004500003b00010000400666ba0a0000010a000002040000b30000"
        "0000000000005018ffff92f10000ffffffffffffffffffffffffffffffff001304",
        bgp__length=19,
        bgp__type=4,
    )


def test_rip() -> None:
    # Request of everything
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=520, dstport=520)
        / RIP(command="request", data=bytes(19) + b"\x10"),
        "02000000000202000000000108004500003400010000401166b60a0000010a000002020802080020"
        "e689010200000000000000000000000000000000000000000010",
        rip__command=1,
        rip__version=2,
    )


def test_hsrp() -> None:
    # 10.0.0.254 is active here
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="224.0.0.2", ttl=1)
        / UDP(srcport=1985, dstport=1985)
        / HSRP(virt_ip="10.0.0.254"),
        "020000000002020000000001080045000030000000000111cfba0a000001e000000207c107c1001c"
        "9afe000010030a640000636973636f0000000a0000fe",
        hsrp__state=16,
        hsrp__virt_ip="10.0.0.254",
    )


def test_stp() -> None:
    # Configuration of the spanning tree
    check(
        Ethernet(dst="01:80:c2:00:00:00", src=M1)
        / LLC(dsap="STP", ssap="STP")
        / STP(root_hw=M1, bridge_hw=M1, port=0x8001),
        "0180c200000002000000000100264242030000000000800002000000000100000000800002000000"
        "000180010000140002000f00",
        stp__root_hw="02:00:00:00:00:01",
        stp__max_age=5120,
    )


@pytest.mark.parametrize(
    ("transport", "data"),
    [
        (TCP(dstport=80), b"no request at all"),
        (TCP(dstport=443), b"\x17\x07\x07umpa"),
        (TCP(dstport=179), bytes(19)),
        (UDP(dstport=5060), b"umpa"),
        (UDP(dstport=123), bytes(48)),
        (UDP(dstport=69), b"umpa"),
        (UDP(dstport=3478), bytes(20)),
        (UDP(dstport=1812), bytes(20)),
        (UDP(dstport=5004), bytes(12)),
        (UDP(dstport=520), bytes(24)),
    ],
)
def test_a_port_alone_makes_no_application(transport: TCP | UDP, data: bytes) -> None:
    packet = Packet.dissect(bytes(IP() / transport / data), 228)
    assert [layer.name for layer in packet.layers][2:] == ["data"]


def test_a_head_that_goes_on_in_the_next_segment() -> None:
    start = b"GET /far HTTP/1.1\r\nHost: umpa.example\r\nUser-Ag"
    found = Packet.dissect(bytes(IP() / TCP(dstport=80) / start), 228).http
    assert (found.request_method, found.request_uri) == ("GET", "/far")
    assert (found.host, found.user_agent) == ("umpa.example", None)


@pytest.mark.parametrize(
    ("head", "method", "host", "agent"),
    [
        (b"GET /a HTTP/1.1\r\nno header\r\nX Y: z\r\nHost: a\r\n\r\n", "GET", "a", None),
        (b"GET /a HTTP/1.1\r\nHOST:a\r\nHost: b\r\nUser-Agent: c\r\n d\r\n\r\n", "GET", "a", "c d"),
        (b"GET /a HTTP/1.1\nHost: a\n\nUser-Agent: in the body\n", "GET", "a", None),
        (b"GET /an-address-longer-than-the-segm", "GET", None, None),
    ],
)
def test_a_head_says_what_it_has(
    head: bytes, method: str, host: str | None, agent: str | None
) -> None:
    found = HTTP(data=head)
    assert (found.request_method, found.host, found.user_agent) == (method, host, agent)
    assert found.request_uri in ("/a", None)


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1", b"HTTP/1.1 2000", b"HTTP/1.1 ab OK", b"HTTP/ " + b"9" * 9000]
)
def test_a_response_without_a_code(line: bytes) -> None:
    assert HTTP(data=line + b"\r\n\r\n").response_code is None


def test_of_a_very_long_head_the_start_is_read() -> None:
    lines = b"".join(b"X-%d: 1\r\n" % number for number in range(5000))
    start = b"GET / HTTP/1.1\r\nHost: umpa.example\r\n" + lines + b"\r\n"
    found = Packet.dissect(bytes(IP() / TCP(dstport=80) / start), 228).http
    assert found.host == "umpa.example"


def test_a_record_that_goes_on_in_the_next_segment() -> None:
    start = b"\x17\x03\x03\x40\x00" + bytes(100)
    packet = Packet.dissect(bytes(IP() / TCP(srcport=443) / start), 228)
    assert packet.error is None
    assert len(packet.tls.data) == 100
    packet.ip.ttl = 3
    assert packet.tls.record_length == 0x4000


def udp(sport: int, dport: int) -> Packet:
    low = Ethernet(dst=M2, src=M1) / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
    return low / UDP(srcport=sport, dstport=dport)


def test_rtcp_receiver_report() -> None:
    # receiver report without blocks, SSRC 11223344
    check(
        udp(5005, 5005) / RTCP(pt="receiver report", senderssrc=0x11223344),
        "02000000000202000000000108004500002400010000401166c60a0000010a000002"
        "138d138d0010ff8080c9000111223344",
        rtcp__pt=201,
        rtcp__length=1,
        rtcp__senderssrc=0x11223344,
    )


def test_netflow() -> None:
    # version 5, one record, one second after the exporter started
    check(
        udp(9, 2055) / NetFlow(sysuptime=1000, unix_secs=1700000000, data=bytes(12 + 48)),
        "02000000000202000000000108004500006400010000401166860a0000010a000002000908070050"
        "88f900050001000003e86553f1000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000",
        cflow__version=5,
        cflow__count=1,
        cflow__sysuptime=1000,
    )


def test_rpc_call() -> None:
    # NFS version 3, NULL
    call = bytes.fromhex("00000002000186a30000000300000000") + bytes(16)
    check(
        udp(9, 2049) / RPC(xid=0x1234, data=call),
        "02000000000202000000000108004500004400010000401166a60a0000010a000002"
        "0009080100304aa4000012340000000000000002000186a30000000300000000"
        "00000000000000000000000000000000",
        rpc__xid=0x1234,
        rpc__msgtyp=0,
    )


def test_tpkt() -> None:
    # a COTP data unit of three bytes
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / TCP(srcport=1024, dstport=102, flags="PSH,ACK")
        / TPKT()
        / bytes.fromhex("02f080"),
        "02000000000202000000000108004500002f00010000400666c60a0000010a000002"
        "0400006600000000000000005018ffff116600000300000702f080",
        tpkt__length=7,
    )


def test_diameter_watchdog() -> None:
    avp = bytes.fromhex("000001070000000c61626364")
    asked = IP() / TCP(dstport=3868) / Diameter(hopbyhopid=5, data=avp)
    assert bytes(asked.diameter).hex() == "0100002080000118000000000000000500000000" + avp.hex()
    two = Packet.dissect(bytes(asked / Diameter(flags_request=False)), 228)
    assert [layer.name for layer in two.layers] == ["ip", "tcp", "diameter", "diameter"]
    assert (two.diameter.length, two["diameter.cmd.code"]) == (32, 280)


def test_ata_over_ethernet() -> None:
    frame = bytes(Ethernet() / AoE(cmd="query config information", tag=7))
    assert frame[12:].hex() == "88a21000ffffff0100000007"
    assert Packet.dissect(frame).aoe.tag == 7


def test_a_checksum_of_cdp_has_its_own_odd_byte() -> None:
    """As Cisco's devices compute it: the last byte is a word, with the sign of a byte."""
    even, odd, negative = (CDP(data=data).checksum for data in (b"ab", b"abc", b"ab\xf0"))
    assert even - odd == ord("c")
    assert negative - even == 0x10
