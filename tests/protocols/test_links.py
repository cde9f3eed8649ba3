"""Link types beside Ethernet."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import (
    ARCNET,
    ARP,
    CHDLC,
    ICMP,
    IP,
    LLC,
    PPI,
    WLAN,
    Ethernet,
    FrameRelay,
    IPoIB,
    Juniper,
    LinuxARCNET,
    NFLog,
    Prism,
    Radiotap,
)


def test_chdlc() -> None:
    # Cisco HDLC, IPv4
    check(
        CHDLC() / IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP(ident=7, seq=1),
        "0f0008004500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=104,
        chdlc__address=15,
        chdlc__protocol=2048,
    )


def test_frame_relay() -> None:
    # DLCI 20, RFC 2427, IPv4
    check(
        FrameRelay(upper_dlci=1, second_dlci=4)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "044103cc4500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=107,
        fr__control=b"\x03",
        fr__nlpid=204,
    )


def test_frame_relay_cisco() -> None:
    # DLCI 20, Cisco's encapsulation, IPv4
    check(
        FrameRelay(upper_dlci=1, second_dlci=4, control=b"", chdlctype=0x0800)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "044108004500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=107,
        fr__chdlctype=2048,
    )


def test_frame_relay_snap() -> None:
    # DLCI 20, SNAP, bridged Ethernet
    check(
        FrameRelay(
            upper_dlci=1, second_dlci=4, padding=b"\0", nlpid="SNAP", snap_oui=0x80C2, snap_pid=7
        )
        / Ethernet(dst=M2, src=M1)
        / ARP(),
        "04410300800080c20007020000000002020000000001080600010800060400010000000000000000"
        "000000000000000000000000",
        linktype=107,
        fr__snap_pid=7,
    )


def test_arcnet_linux() -> None:
    # ARCNET as Linux has it, IP of RFC 1201
    check(
        LinuxARCNET(src=1, dst=2) / IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP(ident=7, seq=1),
        "01020000d40000004500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=129,
        arcnet_linux__protID=212,
    )


def test_arcnet() -> None:
    # ARCNET as BSD has it, IP of RFC 1051
    check(
        ARCNET(src=1, dst=2, protID=0xF0)
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "0102f04500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=7,
        arcnet__protID=240,
    )


def test_ipoib() -> None:
    # IP over InfiniBand
    check(
        IPoIB() / IP(src="10.0.0.1", dst="10.0.0.2", id=1) / ICMP(ident=7, seq=1),
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "080000004500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=242,
        ipoib__type=2048,
    )


def test_radiotap() -> None:
    # 802.11 data to the distribution system
    check(
        Radiotap()
        / WLAN(tods=True, addr1=M1, addr2=M2, addr3="02:00:00:00:00:03")
        / LLC()
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "0000080000000000080100000200000000010200000000020200000000030000aaaa030000000800"
        "4500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=127,
        radiotap__length=8,
        wlan__tods=True,
        wlan__addr2="02:00:00:00:00:02",
    )


def test_ppi() -> None:
    # 802.11 QoS data from the distribution system
    check(
        PPI()
        / WLAN(subtype=8, fromds=True, addr1=M1, addr2=M2, addr3="02:00:00:00:00:03", qos=1)
        / LLC()
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "00000800690000008802000002000000000102000000000202000000000300000100aaaa03000000"
        "08004500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=192,
        ppi__dlt=105,
        wlan__qos=1,
    )


def test_prism() -> None:
    # 802.11 data between access points
    check(
        Prism(devname=b"wlan0".ljust(16, b"\0"))
        / WLAN(tods=True, fromds=True, addr1=M1, addr2=M2, addr4=M1)
        / LLC()
        / ARP(),
        "4400000090000000776c616e30000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000008030000020000000001020000000002"
        "0000000000000000020000000001aaaa030000000806000108000604000100000000000000000000"
        "00000000000000000000",
        linktype=119,
        prism__msglen=144,
        wlan__addr4="02:00:00:00:00:01",
    )


def test_juniper() -> None:
    # Juniper's header before Ethernet
    check(
        Juniper() / Ethernet(dst=M2, src=M1) / ARP(),
        "4d474300020000000002020000000001080600010800060400010000000000000000000000000000"
        "000000000000",
        linktype=178,
        juniper__magic_number=5064515,
    )


def test_nflog() -> None:
    # Netfilter log, IPv4
    check(
        NFLog(attributes=bytes.fromhex("20000900"))
        / IP(src="10.0.0.1", dst="10.0.0.2", id=1)
        / ICMP(ident=7, seq=1),
        "02000000200009004500001c00010000400166de0a0000010a0000020800f7f700070001",
        linktype=239,
        nflog__family=2,
    )


def test_protected_frames_are_not_looked_into() -> None:
    packet = Packet.dissect(bytes(WLAN(protected=True) / b"encrypted"), 105)
    assert [layer.name for layer in packet.layers] == ["wlan", "data"]


def test_an_acknowledgment_has_one_address() -> None:
    packet = Packet.dissect(bytes.fromhex("d4000000020000000001"), 105)
    assert packet.wlan.addr1 == M1
    assert "addr2" not in list(packet.wlan)


def test_a_frame_relay_address_of_four_bytes() -> None:
    packet = Packet.dissect(bytes.fromhex("b0003a0103cc") + bytes(IP()), 107)
    assert packet.fr.address_rest == b"\x3a\x01"
    assert IP in packet


def test_inter_switch_link() -> None:
    header = bytes.fromhex("01000c000003 020000000001 0036 aaaa03 00000c 000a 0000 0000")
    packet = Packet.dissect(header + bytes(Ethernet() / ARP()))
    assert [layer.name for layer in packet.layers] == ["eth", "isl", "eth", "arp"]
    assert packet.isl.vlan_id == 5


def test_words_of_802_11_are_little_endian_as_all_of_it_is() -> None:
    frame = WLAN(subtype=8, fromds=True, order=True, seq_control=0x1230, qos=5, htc=0x12345678)
    assert bytes(frame)[-8:] == bytes.fromhex("3012 0500 78563412")
    again = Packet.dissect(bytes(frame / LLC() / IP()), 105)
    assert (again.wlan.seq_control, again.wlan.qos, again.wlan.htc) == (0x1230, 5, 0x12345678)
    several = Packet.dissect(bytes(WLAN(subtype=8, fromds=True, qos=0x85) / bytes(40)), 105)
    assert [layer.name for layer in several.layers] == ["wlan", "data"]  # aggregated frames
