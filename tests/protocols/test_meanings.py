"""What numbers stand for: shown, set and asked for by name."""

from __future__ import annotations

import pytest

from umpa import Packet
from umpa.errors import FieldError
from umpa.protocols import DHCP, DNS, ICMP, IP, UDP, ICMPv6, IPv6


def test_the_code_of_an_icmp_message() -> None:
    packet = IP() / ICMP(type="unreachable", code="port-unreach") / b""
    assert "code                3 (port unreachable)" in str(packet)
    assert "ICMP destination unreachable (port unreachable)" in packet.summary()
    assert (IP() / ICMP()).summary() == "IP 0.0.0.0 > 0.0.0.0 / ICMP echo request ident=0 seq=0"
    assert "(address unreachable)" in (IPv6() / ICMPv6(type=1, code=3)).summary()


def test_the_type_of_a_dns_question() -> None:
    packet = IP() / UDP(dstport=53) / DNS(data=DNS.question("a.test", "AAAA"))
    assert "28 (AAAA)" in str(packet)
    assert (DNS.qry_type == "aaaa")(packet)
    assert (DNS.qry_type != "A")(packet)
    assert DNS.qry_type.is_in(["A", "AAAA"])(packet)
    with pytest.raises(FieldError, match=r"'AAA' does not fit.* did you mean 'aaaa'"):
        DNS.qry_type == "AAA"  # noqa: B015


def test_the_kind_of_a_dhcp_message() -> None:
    packet = Packet(DHCP(options=[("dhcp", "Force renew"), "end"]))
    assert "option_dhcp         9 (force-renew)" in str(packet)
    assert (DHCP.option_dhcp == "force-renew")(packet)
    with pytest.raises(FieldError, match=r"cannot hold 'discovr'; .* did you mean 'discover'"):
        DHCP(options=[("dhcp", "discovr")])


def test_the_class_of_service_over_ipv6_as_over_ipv4() -> None:
    for packet in (IP(dsfield=0xB9) / b"", IPv6(tclass=0xB9) / b""):
        assert "46 (EF)" in str(packet)
        assert "1 (ECT(1))" in str(packet)
    assert IPv6(tclass_dscp="EF").tclass == 0xB8
