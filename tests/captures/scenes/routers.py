"""Packets that meet a router, a closed port or a small MTU."""

from __future__ import annotations

import time
from pathlib import Path

from tests.captures.lab import Lab
from tests.captures.scene import scene


@scene("traceroute.pcap")
def traceroute(lab: Lab, file: Path) -> None:
    """`traceroute` by UDP, ICMP and TCP past a router, IPv4, IPv6: time exceeded, unreachable."""
    client, _, _ = lab.routed()
    with client.recording(file, "eth0", "icmp or icmp6 or udp or tcp"):
        for way in ("", "-I", "-T -p 9"):
            client.run(*f"traceroute -n -q 1 {way} 10.0.1.2".split())
            client.run(*f"traceroute -6 -n -q 1 {way} fd00:1::2".split())


@scene("path-mtu.pcap")
def path_mtu(lab: Lab, file: Path) -> None:
    """`ping -M do -s 1400` past an MTU of 1280: fragmentation needed, packet too big."""
    client, _, _ = lab.routed(mtu=1280)
    with client.recording(file, "eth0", "icmp or icmp6"):
        client.run(*"ping -c 1 -W 1 -M do -s 1400 10.0.1.2".split(), check=False)
        client.run(*"ping -6 -c 1 -W 1 -M do -s 1400 fd00:1::2".split(), check=False)


@scene("no-route.pcap")
def no_route(lab: Lab, file: Path) -> None:
    """`ping` to a network and a host that the router cannot reach, and past a TTL of 1."""
    client, router, _ = lab.routed()
    router.run("sysctl", "-qw", "net.ipv4.neigh.eth1.retrans_time_ms=50")
    with client.recording(file, "eth0", "icmp or icmp6"):
        for target in ("198.51.100.1", "10.0.1.77", "-t 1 10.0.1.2"):
            client.run(*f"ping -c 1 -W 4 {target}".split(), check=False)
        for target in ("2001:db8::1", "fd00:1::77", "-t 1 fd00:1::2"):
            client.run(*f"ping -6 -c 1 -W 4 {target}".split(), check=False)


@scene("redirect.pcap")
def redirect(lab: Lab, file: Path) -> None:
    """A router sends the packet back on its own wire: ICMP redirect."""
    client, server = lab.pair()
    server.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    client.ip("route add 203.0.113.0/24 via 10.0.0.2")
    client.ip("-6 route add 2001:db8::/64 via fd00::2")
    server.ip("route add 203.0.113.0/24 via 10.0.0.3")
    server.ip("neigh add 10.0.0.3 lladdr 02:00:00:00:00:03 dev eth0")
    server.ip("-6 route add 2001:db8::/64 via fd00::3")
    server.ip("neigh add fd00::3 lladdr 02:00:00:00:00:03 dev eth0")
    with client.recording(file, "eth0", "icmp or icmp6"):
        client.run(*"ping -c 2 -W 1 203.0.113.1".split(), check=False)
        client.run(*"ping -6 -c 2 -W 1 2001:db8::1".split(), check=False)


@scene("tcp-refused.pcap")
def tcp_refused(lab: Lab, file: Path) -> None:
    """`curl` to a port where nobody listens, IPv4 and IPv6: SYN answered by RST,ACK."""
    client, _ = lab.pair()
    with client.recording(file, "eth0", "tcp"):
        client.run("curl", "-s", "http://10.0.0.2:81/", check=False)
        client.run("curl", "-s", "http://[fd00::2]:81/", check=False)


@scene("udp-unreachable.pcap")
def udp_unreachable(lab: Lab, file: Path) -> None:
    """`dig` to a port where nobody listens, IPv4 and IPv6: port unreachable, the query quoted."""
    client, _ = lab.pair()
    with client.recording(file, "eth0", "udp or icmp or (icmp6 and ip6[40] = 1)"):
        for server in ("10.0.0.2", "fd00::2"):
            client.run(*f"dig +tries=1 +time=1 @{server} www.example.test".split(), check=False)


@scene("fragments.pcap")
def fragments(lab: Lab, file: Path) -> None:
    """`ping -s 4000`, IPv4 and IPv6: three fragments each way."""
    client, _ = lab.pair()
    with client.recording(file, "eth0", "ip or ip6"):
        client.run("ping", "-c", "1", "-s", "4000", "10.0.0.2")
        client.run("ping", "-6", "-c", "1", "-s", "4000", "fd00::2")


@scene("ndp.pcap")
def ndp(lab: Lab, file: Path) -> None:
    """A device comes up: duplicate detection, router solicitations, multicast listener reports."""
    client, server = lab.pair()
    client.ip("link del eth0")
    lab.wire(client, "eth1", server, "eth1")
    server.up("eth1")
    for setting in ("accept_dad=1", "router_solicitations=2", "router_solicitation_interval=1"):
        client.run("sysctl", "-qw", f"net.ipv6.conf.eth1.{setting}")
    with server.recording(file, "eth1", "ip6 and ether src 02:00:00:00:00:03"):
        client.ip("addr add fd00::9/64 dev eth1")
        client.ip("link set eth1 up")
        time.sleep(6)


@scene("router-advertisement.pcap")
def router_advertisement(lab: Lab, file: Path) -> None:
    """`radvd` answers a host's solicitation: prefix, route, MTU, DNS servers and search list."""
    client, server = lab.pair()
    server.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
    configuration = lab.folder / "radvd.conf"
    configuration.write_text(
        "interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;\n"
        "AdvLinkMTU 1400; prefix 2001:db8:1::/64 {}; route 2001:db8:2::/48 {};\n"
        "RDNSS fd00::2 {}; DNSSL example.test {}; };\n"
    )
    client.ip("link set eth0 down")
    client.run("sysctl", "-qw", "net.ipv6.conf.eth0.router_solicitations=2")
    server.start("radvd", "-n", "-C", str(configuration), "-p", f"{lab.folder}/radvd.pid")
    with server.recording(file, "eth0", "icmp6"):
        client.ip("link set eth0 up")
        time.sleep(4)
