"""GRE."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.core.status import checksum_status
from umpa.protocols import ARP, ERSPAN, ERSPAN3, GRE, ICMP, IP, PPP, UDP, Ethernet, PPPControl


def test_plain() -> None:
    # IPv4 in GRE, nothing optional
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / GRE()
        / IP(src="10.1.0.1", dst="10.1.0.2", id=2)
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500003400010000402f66980a0000010a000002000008004500"
        "001c00020000400166db0a0100010a0100020800f7f700070001",
        gre__flags_and_version=0,
        gre__proto=2048,
        gre__key=None,
    )


def test_key_and_number() -> None:
    # Key 42, number 7, Ethernet
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / GRE(key=42, sequence_number=7)
        / Ethernet(dst=M2, src=M1)
        / ARP(),
        "02000000000202000000000108004500004a00010000402f66820a0000010a000002300065580000"
        "002a0000000702000000000202000000000108060001080006040001000000000000000000000000"
        "0000000000000000",
        gre__flags_key=True,
        gre__flags_sequence_number=True,
        gre__key=42,
        gre__sequence_number=7,
        gre__proto=25944,
    )


def test_pptp() -> None:
    # Version 1 with an acknowledgment: PPP
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / GRE(flags_version=1, key=0x00080001, sequence_number=1, flags_ack=True, ack_number=3)
        / PPP()
        / PPPControl(identifier=1),
        "02000000000202000000000108004500002a00010000402f66a20a0000010a0000023081880b0008"
        "00010000000100000003c02101010004",
        gre__ack_number=3,
        gre__proto=34827,
    )


def test_erspan() -> None:
    # ERSPAN type II, session 7, VLAN 5
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / GRE(sequence_number=1)
        / ERSPAN(vlan=5, spanid=7)
        / Ethernet(dst=M2, src=M1)
        / ARP(),
        "02000000000202000000000108004500004e00010000402f667e0a0000010a000002100088be0000"
        "00011005000700000000020000000002020000000001080600010800060400010000000000000000"
        "000000000000000000000000",
        gre__proto=35006,
        erspan__vlan=5,
        erspan__spanid=7,
    )


def test_erspan_3() -> None:
    # ERSPAN type III with the platform's part
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / GRE(sequence_number=1)
        / ERSPAN3(spanid=7, o=True, platform=bytes(8))
        / Ethernet(dst=M2, src=M1)
        / ARP(),
        "02000000000202000000000108004500005a00010000402f66720a0000010a000002100022eb0000"
        "00012000000700000000000000010000000000000000020000000002020000000001080600010800"
        "060400010000000000000000000000000000000000000000",
        gre__proto=8939,
        erspan3__spanid=7,
    )


def test_a_checksum_is_computed_where_there_is_one() -> None:
    packet = IP() / GRE(flags_checksum=True) / IP() / ICMP()
    assert packet.gre.is_auto("checksum")
    found = Packet.dissect(bytes(packet), 228)
    assert found.gre.flags_checksum
    assert found.gre.reserved1 == 0
    assert checksum_status(found.gre) == "good"
    assert "checksum " in str(packet)
    assert bytes(Packet.from_dict(packet.to_dict())) == bytes(packet)
    assert checksum_status(Packet.dissect(bytes(IP() / GRE() / IP()), 228).gre) == "absent"


def test_a_flag_may_lie_about_the_checksum() -> None:
    lying = IP() / GRE(flags_checksum=True, checksum=None, reserved1=None) / IP()
    assert bytes(lying.gre).hex() == "80000800"
    assert len(GRE(checksum=7)) == 8  # the word behind it belongs to it


def test_erspan_type_1_has_no_header() -> None:
    packet = Packet.dissect(bytes(IP() / GRE(proto="ERSPAN") / bytes(Ethernet() / ARP())), 228)
    assert [layer.name for layer in packet.layers] == ["ip", "gre", "eth", "arp"]
    packet.ip.ttl = 3
    assert packet.gre.proto == 0x88BE


def test_another_version_is_an_error() -> None:
    packet = Packet.dissect(bytes(IP() / GRE(flags_version=2)), 228)
    assert str(packet.error) == "gre at offset 20: version 2 instead of 0 or 1"


def test_an_acknowledgment_sets_its_flag_as_other_parts_do() -> None:
    gre = GRE(flags_version=1, key=7, ack_number=5)
    assert gre.flags_ack
    for packet in (IP() / gre / IP() / UDP(), Packet(gre)):
        for _ in range(10):
            header = bytes(packet[GRE])
            assert header[:2] == b"\x20\x81"
            assert packet[GRE].flags_and_version == 0x2081
            assert header[-4:] == bytes([0, 0, 0, 5])
    again = Packet.dissect(bytes(IP() / gre / IP()), 228)
    assert (again.gre.ack_number, again.gre.flags_and_version) == (5, 0x2081)
    assert repr(gre) == "GRE(flags_version=1, key=7, ack_number=5)"
    assert repr(GRE(ack_number=5, flags_recursion_control=2)) == (
        "GRE(ack_number=5, flags_recursion_control=2)"
    )
    assert not GRE(ack_number=5, flags_ack=False).flags_ack
