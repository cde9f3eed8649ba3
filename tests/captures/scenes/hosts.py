"""Two hosts that talk: echo, names, addresses, pages."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.captures.lab import Lab, run
from tests.captures.scene import scene


@scene("first.pcapng")
def first(lab: Lab, file: Path) -> None:
    """What the quickstart explains: `ping -c 2`, `dig` and `curl` of one client, ARP first."""
    client, server = lab.pair()
    (lab.folder / "index.html").write_text("<h1>Hello from the other namespace</h1>\n")
    server.start(sys.executable, "-m", "http.server", "--bind", "10.0.0.2", "80")
    server.python("dns_server.py", "10.0.0.2")
    with client.dumpcap(file, "eth0", "arp or icmp or tcp or udp"):
        client.run("ping", "-c", "2", "10.0.0.2")
        client.run("dig", "+tries=1", "@10.0.0.2", "www.example.test", "A")
        client.run("curl", "-s", "http://10.0.0.2/")


@scene("ping.pcap")
def ping(lab: Lab, file: Path) -> None:
    """`ping -c 3 10.0.0.2` after an empty neighbour table: ARP, then ICMP echo."""
    client, _ = lab.pair()
    with client.recording(file, "eth0", "arp or icmp"):
        client.run("ping", "-c", "3", "10.0.0.2")


@scene("ping6.pcap")
def ping6(lab: Lab, file: Path) -> None:
    """`ping -6 -c 3 fd00::2`: neighbour solicitation and advertisement, then ICMPv6 echo."""
    client, _ = lab.pair()
    with client.recording(file, "eth0", "icmp6"):
        client.run("ping", "-6", "-c", "3", "fd00::2")


@scene("ping-options.pcap")
def ping_options(lab: Lab, file: Path) -> None:
    """`ping -R` (record route), `ping -T tsonly` and `-T tsandaddr` (timestamps): IPv4 options."""
    client, _, _ = lab.routed()
    with client.recording(file, "eth0", "icmp"):
        for option in ("-R", "-Ttsonly", "-Ttsandaddr"):
            client.run("ping", "-c", "1", option, "10.0.1.2")


@scene("arp.pcap")
def arp(lab: Lab, file: Path) -> None:
    """`arping`: requests, duplicate detection (`-D`), gratuitous ones (`-U`) and answers (`-A`)."""
    client, _ = lab.pair()
    with client.recording(file, "eth0", "arp"):
        for arguments in ("10.0.0.2", "-D 10.0.0.3", "-U 10.0.0.1", "-A 10.0.0.1"):
            client.run("arping", "-c", "2", "-I", "eth0", *arguments.split(), check=False)


@scene("http.pcap")
def http(lab: Lab, file: Path) -> None:
    """`curl` twice against `python -m http.server`, IPv4 and IPv6: TCP with options, HTTP."""
    client, server = lab.pair()
    (lab.folder / "index.html").write_text("<p>umpa</p>\n" * 300)
    server.start(sys.executable, "-m", "http.server", "--bind", "::", "8080")
    with client.recording(file, "eth0", "tcp"):
        client.run("curl", "-s", "http://10.0.0.2:8080/index.html")
        client.run("curl", "-s", "http://[fd00::2]:8080/missing")


@scene("tls.pcap")
def tls(lab: Lab, file: Path) -> None:
    """`curl -k https://10.0.0.2` against `openssl s_server -www`, TLS 1.2 and TLS 1.3."""
    client, server = lab.pair()
    key, certificate = f"{lab.folder}/key.pem", f"{lab.folder}/certificate.pem"
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=www.example.test"
    run(*request.split(), "-keyout", key, "-out", certificate)
    server.start(
        *("openssl", "s_server", "-accept", "443", "-www", "-key", key, "-cert", certificate)
    )
    with client.recording(file, "eth0", "tcp"):
        client.run("curl", "-sk", "--tls-max", "1.2", "https://10.0.0.2/")
        client.run("curl", "-sk", "https://10.0.0.2/")


@scene("dns.pcap")
def dns(lab: Lab, file: Path) -> None:
    """`dig` for A, AAAA, CNAME, MX, NS, TXT and a missing name, over UDP and once over TCP."""
    client, server = lab.pair()
    server.python("dns_server.py", "10.0.0.2")
    with client.recording(file, "eth0", "port 53"):
        for question in (
            "www.example.test A|www.example.test AAAA|alias.example.test A|example.test MX|"
            "example.test NS|example.test TXT|missing.example.test A|+tcp www.example.test A"
        ).split("|"):
            client.run("dig", "+tries=1", "@10.0.0.2", *question.split())


@scene("dhcp.pcap")
def dhcp(lab: Lab, file: Path) -> None:
    """`udhcpc` asks `udhcpd`: discover, offer, request, acknowledge."""
    client, server = lab.pair()
    client.ip("addr flush dev eth0")
    configuration = lab.folder / "udhcpd.conf"
    configuration.write_text(
        "start 10.0.0.100\nend 10.0.0.110\ninterface eth0\n"
        f"lease_file {lab.folder}/leases\npidfile {lab.folder}/udhcpd.pid\n"
        "option subnet 255.255.255.0\noption router 10.0.0.2\noption dns 10.0.0.2\n"
        "option domain example.test\noption lease 3600\n"
    )
    (lab.folder / "leases").touch()
    server.start("udhcpd", "-f", str(configuration))
    with client.recording(file, "eth0", "udp"):
        client.run(
            *"udhcpc -f -q -R -n -i eth0 -s /bin/true -x hostname:client".split(), check=False
        )


@scene("sctp.pcap")
def sctp(lab: Lab, file: Path) -> None:
    """usrsctp's `client` against its `discard_server`: association, data, heartbeat, shutdown."""
    client, server = lab.pair()
    server.start("/usr/lib/usrsctp/discard_server", wait=1)
    command = "{ sleep 1; echo hello; sleep 1; seq 400; sleep 1; } | "
    with client.recording(file, "eth0", "ip proto 132 or ip6 proto 132"):
        for address in ("10.0.0.2", "fd00::2"):
            ask = command + f"timeout 8 /usr/lib/usrsctp/client {address} 9"
            client.run("sh", "-c", ask, check=False)


@scene("multicast.pcap")
def multicast(lab: Lab, file: Path) -> None:
    """A program joins and leaves a group under IGMPv3, v2 and v1, and under MLDv2 and v1."""
    client, _ = lab.pair()
    join = (
        "import socket as s, time; "
        "four = s.socket(s.AF_INET, s.SOCK_DGRAM); six = s.socket(s.AF_INET6, s.SOCK_DGRAM); "
        "four.setsockopt(s.IPPROTO_IP, s.IP_ADD_MEMBERSHIP, "
        "s.inet_aton('239.1.2.3') + s.inet_aton('10.0.0.1')); "
        "six.setsockopt(s.IPPROTO_IPV6, s.IPV6_JOIN_GROUP, "
        "s.inet_pton(s.AF_INET6, 'ff15::123') + s.if_nametoindex('eth0').to_bytes(4, 'little')); "
        "time.sleep(1.5)"
    )
    with client.recording(file, "eth0", "igmp or ip6"):
        for igmp, mld in ((0, 0), (2, 1), (1, 1)):
            client.run("sysctl", "-qw", f"net.ipv4.conf.all.force_igmp_version={igmp}")
            client.run("sysctl", "-qw", f"net.ipv6.conf.all.force_mld_version={mld}")
            client.run(sys.executable, "-c", join)
            time.sleep(1)
