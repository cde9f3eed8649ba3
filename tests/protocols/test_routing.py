"""Routers among themselves. Each golden frame was accepted by Wireshark, checksums included."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import IP, OSPF, PIM, VRRP, Ethernet, IPv6


def test_ospf_hello() -> None:
    # OSPFv2 hello of router 1.1.1.1 in area 0.0.0.1, checksum f096
    hello = bytes.fromhex("ffffff00000a020100000028000000000a00000100000000")
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1, ttl=1)
        / OSPF(srcrouter="1.1.1.1", area_id="0.0.0.1", data=hello),
        "020000000002020000000001080045000044000100000159a55e0a0000010a000002"
        "020100300101010100000001f09600000000000000000000"
        "ffffff00000a020100000028000000000a00000100000000",
        ospf__msg=1,
        ospf__packet_length=48,
        ospf__srcrouter="1.1.1.1",
        ospf__area_id="0.0.0.1",
        ospf__checksum=0xF096,
        ospf__auth_type=0,
    )


def test_ospf_with_a_digest_has_no_checksum() -> None:
    packet = IP() / OSPF(auth_type="cryptographic", auth=b"\0\0\1\x10\0\0\0\1")
    assert packet.ospf.checksum == 0


def test_the_authentication_does_not_count() -> None:
    plain = IP() / OSPF(auth_type="simple password")
    secret = IP() / OSPF(auth_type="simple password", auth=b"password")
    assert plain.ospf.checksum == secret.ospf.checksum != 0


def test_what_follows_an_ospf_packet_is_not_counted() -> None:
    block = bytes.fromhex("fff600030001000400000001")  # link-local signalling, RFC 5613
    packet = IP() / OSPF(data=bytes(20)) / block
    assert packet.ospf.packet_length == 44
    assert packet.ospf.checksum == (IP() / OSPF(data=bytes(20))).ospf.checksum
    found = Packet.dissect(bytes(packet), 228)
    assert found.ospf.data == bytes(20)
    assert found.ospf.payload == block
    assert "wrong" not in str(found)


def test_an_ospf_length_of_zero_raises_nothing() -> None:
    wire = bytes(IP() / OSPF(packet_length=0, data=bytes(4)))
    assert "ospf" in str(Packet.dissect(wire, 228))


def test_another_version_is_no_ospf() -> None:
    packet = IP() / OSPF(version=4)
    assert "version 4, expected 2 or 3" in str(Packet.dissect(bytes(packet), 228).error)


def test_pim_hello() -> None:
    # PIM hello, hold time 105 s
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1, ttl=1)
        / PIM(type="hello", data=bytes.fromhex("000100020069")),
        "02000000000202000000000108004500001e000100000167a5760a0000010a0000022000df93000100020069",
        pim__version=2,
        pim__type=0,
        pim__cksum=0xDF93,
    )


def test_a_pim_register_leaves_its_packet_out_of_the_checksum() -> None:
    empty = IP() / PIM(type="register", data=bytes(4))
    full = IP() / PIM(type="register", data=bytes(4) + b"a whole packet")
    assert empty.pim.cksum == full.pim.cksum


def test_vrrp_advertisement() -> None:
    # VRRPv2, router 7, priority 200, 10.0.0.254
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1, ttl=255)
        / VRRP(virt_rtr_id=7, prio=200, data=bytes.fromhex("0a0000fe") + bytes(8)),
        "02000000000202000000000108004500002800010000ff70a7620a0000010a000002"
        "2107c80100010bf80a0000fe0000000000000000",
        vrrp__virt_rtr_id=7,
        vrrp__prio=200,
        vrrp__addr_count=1,
        vrrp__checksum=0x0BF8,
    )


def test_vrrp_version_3_has_a_pseudo_header() -> None:
    packet = IP(src="10.0.0.1", dst="224.0.0.18", ttl=255) / VRRP(
        version=3, short_adver_int=100, data=bytes.fromhex("0a0000fe0a0000fd")
    )
    assert packet.vrrp.addr_count == 2
    assert bytes(packet.vrrp)[4:6].hex() == "0064"
    found = Packet.dissect(bytes(packet), 228)
    assert found.vrrp.checksum_status == "good"
    assert "adver_int" not in list(found.vrrp)
    found.ip.src = "10.0.0.2"
    assert found.vrrp.checksum == packet.vrrp.checksum - 1
    over6 = IPv6() / VRRP(version=3, data=bytes(32))
    assert over6.vrrp.addr_count == 2


def test_ospf_version_3() -> None:
    packet = IPv6(src="fe80::1", dst="ff02::5") / OSPF(version=3, instance_id=2, data=b"hello")
    assert len(packet.ospf) == 16 + len(b"hello")
    assert packet.ospf.packet_length == 21
    found = Packet.dissect(bytes(packet), 229)
    assert (found.ospf.instance_id, found.ospf.checksum_status) == (2, "good")
    assert "auth" not in list(found.ospf)
