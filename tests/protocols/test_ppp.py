"""PPP, and PPP over Ethernet."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import ICMP, IP, PPP, Ethernet, PPPControl, PPPoED, PPPoES


def test_ppp() -> None:
    # PPP, IPv4
    check(
        PPP() / IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP(ident=7, seq=1),
        "00214500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=9,
        ppp__protocol=33,
        ppp__framing=b"",
    )


def test_hdlc_like() -> None:
    # With address and control: LCP configure request
    check(
        PPP(framing=b"\xff\x03")
        / PPPControl(code="configure request", identifier=1, data=bytes.fromhex("010405dc")),
        "ff03c02101010008010405dc",
        linktype=50,
        ppp__protocol=49185,
        lcp__length=8,
        lcp__identifier=1,
    )


def test_discovery() -> None:
    # PADI: any service, host 0011
    check(
        Ethernet(dst=M2, src=M1)
        / PPPoED(code="padi", tags=[("service_name", ""), ("host_uniq", "0011")]),
        "020000000002020000000001886311090000000a01010000010300020011",
        pppoed__code=9,
        pppoed__payload_length=10,
    )


def test_session() -> None:
    # Session 17, IPv4
    check(
        Ethernet(dst=M2, src=M1)
        / PPPoES(session_id=17)
        / PPP()
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "020000000002020000000001886411000011001e00214500001c00010000400166de0a0000010a00"
        "00020800f7f700070001",
        pppoes__session_id=17,
        pppoes__payload_length=30,
    )


def test_a_compressed_protocol_number_stays_one() -> None:
    frame = b"\x21" + bytes(IP(src="10.0.0.1", dst="10.0.0.2") / ICMP())
    packet = Packet.dissect(frame, 9)
    assert packet.ppp.protocol == 0x21
    packet.ppp.auto("protocol")
    packet.ip.id = 0
    assert bytes(packet) == frame


def test_tags_read_as_they_were_written() -> None:
    layer = PPPoED(tags=[("ac_name", "umpa"), ("max_payload", 1500)])
    assert layer.tags["ac_name"] == "umpa"
    assert layer.tags["max_payload"] == 1500


def test_a_session_bounds_what_it_carries() -> None:
    packet = Packet.dissect(bytes(Ethernet() / PPPoES() / PPP() / IP()) + bytes(20))
    assert [layer.name for layer in packet.layers][-2:] == ["ip", "padding"]
