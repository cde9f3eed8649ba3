"""IGMP."""

from __future__ import annotations

from tests.protocols.golden import M1, M2, check
from umpa import Packet
from umpa.protocols import IGMP, IP, Ethernet, IGMPQuery, IGMPRecord, IGMPReport


def test_report_v2() -> None:
    # 239.1.2.3 is listened to, version 2
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="239.1.2.3", ttl=1, options=[("ra", 0)])
        / IGMP(type="report", maddr="239.1.2.3"),
        "02000000000202000000000108004600002000000000010229d30a000001ef010203940400001600"
        "f8faef010203",
        igmp__type=22,
        igmp__maddr="239.1.2.3",
    )


def test_query_v3() -> None:
    # Who listens? Within 10 s, version 3
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="224.0.0.1", ttl=1, options=[("ra", 0)])
        / IGMP(type="query", max_resp=100)
        / IGMPQuery(saddr=["10.0.0.7"]),
        "0200000000020200000000010800460000280000000001023ace0a000001e0000001940400001164"
        "e21600000000027d00010a000007",
        igmp__max_resp=100,
        igmp_query__qrv=2,
        igmp_query__num_src=1,
    )


def test_report_v3() -> None:
    # Two records, version 3
    check(
        Ethernet(dst=M2, src=M1)
        / IP(src="10.0.0.1", dst="224.0.0.22", ttl=1, options=[("ra", 0)])
        / IGMP(type="report-v3")
        / IGMPReport()
        / IGMPRecord(maddr="239.1.2.3", saddr=["10.0.0.7"])
        / IGMPRecord(maddr="239.1.2.4"),
        "0200000000020200000000010800460000340000000001023aad0a000001e0000016940400002200"
        "e9ea0000000204000001ef0102030a00000704000000ef010204",
        igmp_report__num_grp_recs=2,
        igmp_record__saddr=("10.0.0.7",),
    )


def test_a_query_of_versions_1_and_2_has_eight_bytes() -> None:
    packet = Packet.dissect(bytes(Ethernet() / IP() / IGMP(type="query")) + bytes(18))
    assert [layer.name for layer in packet.layers] == ["eth", "ip", "igmp", "padding"]
