"""How a capture itself may differ: link types, resolution, cut frames, several interfaces."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.captures.lab import Lab, run
from tests.captures.scene import scene


@scene("offload.pcap")
def offload(lab: Lab, file: Path) -> None:
    """`curl` of 20 kB, recorded on a server with offloads: large segments, unfinished checksums."""
    client, server = lab.pair(offload=True)
    (lab.folder / "page").write_bytes(b"0123456789abcdef" * 1250)
    server.start(sys.executable, "-m", "http.server", "--bind", "::", "8080")
    with server.recording(file, "eth0", "tcp"):
        client.run("curl", "-s", "http://10.0.0.2:8080/page")
        client.run("curl", "-s", "http://[fd00::2]:8080/missing")


@scene("snaplen.pcap")
def snaplen(lab: Lab, file: Path) -> None:
    """`curl` recorded with `tcpdump -s 60`: every longer frame is cut."""
    client, server = lab.pair()
    server.start(sys.executable, "-m", "http.server", "--bind", "10.0.0.2", "8080")
    with client.recording(file, "eth0", "tcp", "-s 60"):
        client.run("curl", "-s", "http://10.0.0.2:8080/")


@scene("microseconds.pcap")
def microseconds(lab: Lab, file: Path) -> None:
    """`ping -c 2`, recorded with microseconds."""
    client, _ = lab.pair()
    with client.recording(file, "eth0", "icmp", "--time-stamp-precision=micro"):
        client.run("ping", "-c", "2", "10.0.0.2")


@scene("sll.pcap")
def sll(lab: Lab, file: Path) -> None:
    """`ping` and `ping -6`, recorded on `any` as Linux cooked v1."""
    client, _ = lab.pair()
    with client.recording(file, "any", "arp or icmp or icmp6", "-y LINUX_SLL"):
        client.run("ping", "-c", "1", "10.0.0.2")
        client.run("ping", "-6", "-c", "1", "fd00::2")


@scene("sll2.pcap")
def sll2(lab: Lab, file: Path) -> None:
    """`ping`, `ping -6` and a refused `curl` on loopback, recorded on `any` as Linux cooked v2."""
    client, _ = lab.pair()
    with client.recording(file, "any", "arp or icmp or icmp6 or tcp", "-y LINUX_SLL2"):
        client.run("ping", "-c", "1", "10.0.0.2")
        client.run("ping", "-6", "-c", "1", "fd00::2")
        client.run("curl", "-s", "http://127.0.0.1/", check=False)


def tun_pair(lab: Lab) -> None:
    """Join the two hosts of `Lab.pair` by point-to-point `tun` devices, too."""
    client, server = lab.hosts["client"], lab.hosts["server"]
    client.python("tun_wire.py", client.namespace, "tun0", server.namespace, "tun0")
    client.up("tun0", "10.1.0.1/24", "fd01::1/64")
    server.up("tun0", "10.1.0.2/24", "fd01::2/64")


@scene("raw-ip.pcap")
def raw_ip(lab: Lab, file: Path) -> None:
    """`ping`, `ping -6` and a refused `curl` over a `tun` device: no link layer."""
    client, _ = lab.pair()
    tun_pair(lab)
    with client.recording(file, "tun0", "icmp or (icmp6 and ip6[40] < 130) or tcp"):
        client.run("ping", "-c", "1", "10.1.0.2")
        client.run("ping", "-6", "-c", "1", "fd01::2")
        client.run("curl", "-s", "http://10.1.0.2/", check=False)


@scene("two-interfaces.pcapng")
def two_interfaces(lab: Lab, file: Path) -> None:
    """`dumpcap` on an Ethernet and a `tun` device at once; `editcap` added two comments."""
    client, _ = lab.pair()
    tun_pair(lab)
    raw = lab.folder / "raw.pcapng"
    with client.dumpcap(raw, "eth0 tun0", "icmp"):
        client.run("ping", "-c", "2", "10.0.0.2")
        client.run("ping", "-c", "2", "10.1.0.2")
    comments = ["-a", "1:the first request", "--capture-comment", "Recorded for umpa's tests."]
    run("editcap", *comments, str(raw), str(file))
