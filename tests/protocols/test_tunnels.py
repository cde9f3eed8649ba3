"""Tunnels over UDP and IP, and headers between Ethernet and IP."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import (
    AH,
    ARP,
    ESP,
    GTP,
    ICMP,
    IP,
    L2TP,
    MPLS,
    NSH,
    PPP,
    TCP,
    UDP,
    VXLAN,
    VXLANGPE,
    BackboneTag,
    EtherIP,
    Ethernet,
    Geneve,
    ICMPv6,
    IPComp,
    IPv6,
    MACsec,
    Padding,
    PseudowireControl,
    Teredo,
)


def test_vxlan() -> None:
    # VXLAN 42
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="vxlan")
        / VXLAN(vni=42)
        / Ethernet(dst=M2, src=M1)
        / ARP(),
        "02000000000202000000000108004500004e000100004011669c0a0000010a000002040012b5003a"
        "88b30800000000002a00020000000002020000000001080600010800060400010000000000000000"
        "000000000000000000000000",
        vxlan__flags=2048,
        vxlan__flag_i=True,
        vxlan__vni=42,
    )


def test_vxlan_gpe() -> None:
    # VXLAN-GPE 42, IPv4
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="vxlan-gpe")
        / VXLANGPE(vni=42)
        / IP(id=2)
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500004000010000401166aa0a0000010a000002040012b6002c"
        "9edc0c00000100002a004500001c0002000040017ae000000000000000000800f7f700070001",
        vxlan_gpe__next_proto=1,
        vxlan_gpe__vni=42,
    )


def test_geneve() -> None:
    # Geneve 42 with one option
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1024, dstport="geneve")
        / Geneve(vni=42, options=[("openstack", "00000001")])
        / Ethernet(dst=M2, src=M1)
        / ARP(),
        "02000000000202000000000108004500005600010000401166940a0000010a000002040017c10042"
        "a33c0200655800002a00010080010000000102000000000202000000000108060001080006040001"
        "0000000000000000000000000000000000000000",
        geneve__options_len=2,
        geneve__vni=42,
        geneve__proto_type=25944,
    )


def test_mpls() -> None:
    # Labels 100 and 16
    check(
        Ethernet(dst=M2, src=M1)
        / MPLS(label=100, ttl=63)
        / MPLS(label=16, exp=5)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "02000000000202000000000188470006403f00010b404500001c00010000400166de0a0000010a00"
        "00020800f7f700070001",
        mpls__label=100,
        mpls__bottom=0,
        mpls__ttl=63,
    )


def test_pseudowire() -> None:
    # Ethernet over MPLS with a control word
    check(
        Ethernet(dst=M2, src=M1)
        / MPLS(label=100)
        / PseudowireControl(sequence_number=1)
        / Ethernet(dst=M2, src=M1)
        / ARP(),
        "02000000000202000000000188470006414000000001020000000002020000000001080600010800"
        "060400010000000000000000000000000000000000000000",
        mpls__bottom=1,
        pwethcw__sequence_number=1,
    )


def test_ah() -> None:
    # Authentication header, 12 bytes of check value
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / AH(spi=0x100, sequence=1, icv=bytes(range(12)))
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500003400010000403366940a0000010a000002010400000000"
        "010000000001000102030405060708090a0b0800f7f700070001",
        ah__length=4,
        ah__next_header=1,
        ah__spi=256,
    )


def test_esp() -> None:
    # Encapsulating security payload
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ESP(spi=0x100, sequence=1)
        / b"encrypted",
        "02000000000202000000000108004500002500010000403266a40a0000010a000002000001000000"
        "0001656e63727970746564",
        esp__spi=256,
        ip__proto=50,
    )


def test_ipcomp() -> None:
    # A TCP header in a block of DEFLATE that is stored as it is
    segment = bytes(IP(src="10.0.0.1", dst="10.0.0.2") / TCP(srcport=1, dstport=2, flags="SYN"))[
        20:
    ]
    block = b"\x01" + len(segment).to_bytes(2, "little") + b"\xeb\xff" + segment
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / IPComp(next_header="tcp", cpi="DEFLATE")
        / block,
        "02000000000202000000000108004500003100010000406c665e0a0000010a000002060000020114"
        "00ebff0001000200000000000000005002ffff9bdd0000",
        ipcomp__cpi=2,
        ip__proto=108,
    )


def test_etherip() -> None:
    # Ethernet in IP
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / EtherIP()
        / Ethernet(dst=M2, src=M1)
        / ARP(),
        "020000000002020000000001080045000040000100004061665a0a0000010a000002300002000000"
        "0002020000000001080600010800060400010000000000000000000000000000000000000000",
        etherip__ver=3,
        ip__proto=97,
    )


def test_gtp() -> None:
    # GTP-U tunnel 17 with a number
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=2152, dstport=2152)
        / GTP(teid=17, s=True, seq_number=5)
        / IP(id=2)
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500004400010000401166a60a0000010a000002086808680030"
        "a78632ff002000000011000500004500001c0002000040017ae000000000000000000800f7f70007"
        "0001",
        gtp__teid=17,
        gtp__length=32,
        gtp__seq_number=5,
    )


def test_gtp_extension() -> None:
    # GTP-U with an extension header (PDU session container)
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=2152, dstport=2152)
        / GTP(teid=17, e=True, next=0x85, extensions=bytes.fromhex("01100900"))
        / IP(id=2)
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500004800010000401166a20a0000010a000002086808680034"
        "9aea34ff00240000001100000085011009004500001c0002000040017ae000000000000000000800"
        "f7f700070001",
        gtp__next=133,
        gtp__extensions=b"\x01\x10\t\x00",
    )


def test_l2tp() -> None:
    # L2TP data with PPP
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1701, dstport=1701)
        / L2TP(tunnel=1, session=2)
        / PPP(framing=b"\xff\x03")
        / IP(id=2)
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500004200010000401166a80a0000010a00000206a506a5002e"
        "df1b000200010002ff0300214500001c0002000040017ae000000000000000000800f7f700070001",
        l2tp__tunnel=1,
        l2tp__session=2,
        l2tp__length=None,
        ppp__protocol=33,
    )


def test_l2tp_sequence() -> None:
    # L2TP data with numbers and two bytes of offset
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=1701, dstport=1701)
        / L2TP(session=2, Ns=1, Nr=0, offset_size=2, offset_pad=bytes(2))
        / PPP()
        / IP(id=2)
        / ICMP(ident=7, seq=1),
        "02000000000202000000000108004500004800010000401166a20a0000010a00000206a506a50034"
        "d4110a0200000002000100000002000000214500001c0002000040017ae000000000000000000800"
        "f7f700070001",
        l2tp__seq_bit=True,
        l2tp__offset_bit=True,
        l2tp__Ns=1,
    )


def test_nsh() -> None:
    # Network service header, path 5
    check(
        Ethernet(dst=M2, src=M1)
        / NSH(spi=5, si=3)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "020000000002020000000001894f0fc6010100000503000000000000000000000000000000004500"
        "001c00010000400166de0a0000010a0000020800f7f700070001",
        nsh__length=6,
        nsh__nextproto=1,
        nsh__spi=5,
    )


def test_macsec() -> None:
    # Authenticated, not encrypted: 30 bytes, and the integrity check value
    check(
        Ethernet(dst=M2, src=M1)
        / MACsec(sc=True, pn=1, sci=bytes.fromhex("0200000000010001"))
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1)
        / Padding(data=bytes(range(16)), after=2),
        "02000000000202000000000188e5201e00000001020000000001000108004500001c000100004001"
        "66de0a0000010a0000020800f7f700070001000102030405060708090a0b0c0d0e0f",
        macsec__sl=30,
        macsec__pn=1,
        macsec__etype=2048,
    )


def test_macsec_encrypted() -> None:
    # Encrypted
    check(
        Ethernet(dst=M2, src=M1) / MACsec(e=True, c=True, pn=1) / b"encrypted",
        "02000000000202000000000188e50c0000000001656e63727970746564",
        macsec__e=True,
    )


def test_teredo() -> None:
    # Teredo with an origin
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / UDP(srcport=3544, dstport=3544)
        / Teredo(origin=bytes.fromhex("00001234f5fffffe"))
        / IPv6(src="fd00::1", dst="fd00::2")
        / ICMPv6(echo_identifier=7)
        / b"12345678",
        "02000000000202000000000108004500005c000100004011668e0a0000010a0000020dd80dd80048"
        "2d7200001234f5fffffe6000000000103a40fd000000000000000000000000000001fd0000000000"
        "000000000000000000028000b4d4000700003132333435363738",
        teredo__origin=b"\x00\x00\x124\xf5\xff\xff\xfe",
    )


def test_backbone() -> None:
    # Provider backbone bridge, service 7
    check(
        Ethernet(dst=M2, src=M1) / BackboneTag(isid=7) / Ethernet(dst=M2, src=M1) / ARP(),
        "02000000000202000000000188e70000000702000000000202000000000108060001080006040001"
        "0000000000000000000000000000000000000000",
        ieee8021ah__isid=7,
    )


def test_a_length_of_l2tp_is_computed_where_there_is_one() -> None:
    packet = IP() / UDP(dstport=1701) / L2TP(length_bit=True) / PPP() / IP()
    found = Packet.dissect(bytes(packet), 228)
    assert found.l2tp.length_bit
    assert found.l2tp.length == len(bytes(packet)) - 28


def test_what_an_mpls_label_carries_is_guessed() -> None:
    ethernet = Packet.dissect(bytes(Ethernet() / MPLS() / (Ethernet() / ARP())))
    assert [layer.name for layer in ethernet.layers] == ["eth", "mpls", "eth", "arp"]
    unknown = Packet.dissect(bytes(Ethernet() / MPLS() / b"\x20umpa"))
    assert [layer.name for layer in unknown.layers] == ["eth", "mpls", "data"]


def test_what_is_encrypted_is_payload() -> None:
    packet = Packet.dissect(bytes(Ethernet() / MACsec(e=True) / b"encrypted"))
    assert list(packet.macsec)[-1] == "pn"
    assert packet.payload == b"encrypted"
