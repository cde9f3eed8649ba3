"""Routes, as the kernel takes them."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.live.room import Room
from umpa.errors import LinkError
from umpa.net import Route, RouteTable, route
from umpa.net.elsewhere import read_route

MACOS = """\
   route to: 8.8.8.8
destination: default
       mask: default
    gateway: 192.168.1.1
  interface: en0
      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING,GLOBAL>
 recvpipe  sendpipe  ssthresh  rtt,msec    rttvar  hopcount      mtu     expire
       0         0         0         0         0         0      1400         0
"""


def test_the_answer_of_route_8() -> None:
    to = ip_address("127.0.0.9")
    found = read_route(to, MACOS)
    assert (found.interface, str(found.gateway), found.mtu) == ("en0", "192.168.1.1", 1400)
    direct = MACOS.replace("gateway: 192.168.1.1", "gateway: link#4")
    assert read_route(to, direct).gateway is None
    with pytest.raises(LinkError, match=r"no route to 127\.0\.0\.9: not in table"):
        read_route(to, "", "not in table")


def test_names_are_no_addresses() -> None:
    for wrong in ("localhost", "10.0.0", "10.0.0.0/24", ""):
        with pytest.raises(ValueError, match="does not appear to be"):
            route(wrong)


@pytest.mark.live
@pytest.mark.needs("ip", "ethtool")
class TestLive:
    @pytest.fixture(autouse=True)
    def _ways(self, fresh_room: Room) -> None:
        ip = fresh_room.client.ip
        ip("route add 198.51.100.0/24 via 10.0.0.2 mtu 1300")
        ip("-6 route add 2001:db8::/32 via fd00::2")
        ip("route add 203.0.113.0/24 via inet6 fd00::2 dev eth0")
        ip("route add unreachable 192.0.2.0/25")
        ip("route add prohibit 192.0.2.128/25")
        ip("-6 route add unreachable 2001:db8:dead::/48")
        ip("route add 10.7.0.0/16 dev eth0 src 10.0.0.1")

    def test_every_kind_of_way(self) -> None:
        one, six = ip_address("10.0.0.1"), ip_address("fd00::1")
        local, loop6 = ip_address("127.0.0.1"), ip_address("::1")
        via, via6 = ip_address("10.0.0.2"), ip_address("fd00::2")
        assert route("10.0.0.2") == Route("eth0", one, None, 1500)
        assert route("198.51.100.7") == Route("eth0", one, via, 1300)
        assert route("203.0.113.1") == Route("eth0", one, via6, 1500)
        assert route("10.0.0.255") == Route("eth0", one, None, 1500, "broadcast")
        assert route("127.0.0.1") == Route("lo", local, None, 65536, "local")
        assert route("10.0.0.1").kind == route(six).kind == "local"
        assert route("10.7.8.9").gateway is None
        assert route("fd00::2") == Route("eth0", six, None, 1500)
        assert route("2001:db8::1") == Route("eth0", six, via6, 1500)
        assert route(loop6).interface == "lo"
        assert route("ff02::1%eth0").kind == "multicast"
        linked = route("fe80::99%eth0")
        assert linked.interface == "eth0"
        assert linked.source is not None
        assert linked.source.is_link_local

    @pytest.mark.parametrize(
        "to", ["8.8.8.8", "192.0.2.1", "192.0.2.200", "2001:db8:dead::1", "2001:470::1",
               "fe80::1%eth7"],
    )  # fmt: skip
    def test_no_route_is_an_error_that_says_where_to(self, to: str) -> None:
        with pytest.raises(LinkError, match=f"no route to {to}: "):
            route(to)

    def test_one_socket_serves_many_questions(self) -> None:
        with RouteTable() as table:
            for _ in range(200):
                assert table.route("10.0.0.2").interface == "eth0"
            with pytest.raises(LinkError):
                table.route("8.8.8.8")
            assert table.route("fd00::2").interface == "eth0"
