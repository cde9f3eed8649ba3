"""What lies below and around IP: tags, labels, tunnels, frames with a length."""

from __future__ import annotations

import time
from pathlib import Path

from tests.captures.lab import Lab
from tests.captures.scene import scene
from tests.captures.switch import Fabric


@scene("vlan.pcap")
def vlan(lab: Lab, file: Path) -> None:
    """`ping` and `curl` (refused) between ports of VLAN 5, recorded on the trunk (802.1Q)."""
    fabric = Fabric(lab)
    fabric.access("tag=5")
    with fabric.left.host.recording(file, "trunk", "vlan 5"):
        fabric.client.run("ping", "-c", "2", "10.0.0.2")
        fabric.client.run("ping", "-6", "-c", "1", "fd00::2")
        fabric.client.run("curl", "-sm3", "http://10.0.0.2/", check=False)


TAGS = (("0x8100", "0x1005"), ("0x88a8", "0x1064"))


@scene("qinq.pcap")
def qinq(lab: Lab, file: Path) -> None:
    """`ping` with a customer tag 5 (802.1Q) inside a service tag 100 (802.1ad)."""
    fabric = Fabric(lab)
    for switch in (fabric.left, fabric.right):
        switch.bridge("br0", "port0", "trunk")
        switch.control("set", "Open_vSwitch", ".", "other_config:vlan-limit=2")
        tags = [f"push_vlan:{kind},set_field:{tag}->vlan_vid" for kind, tag in TAGS]
        switch.flow("br0", f"in_port=port0,actions={','.join(tags)},output:trunk")
        switch.flow("br0", "in_port=trunk,dl_vlan=100,actions=pop_vlan,goto_table:1")
        switch.flow("br0", "table=1,dl_vlan=5,actions=pop_vlan,output:port0")
    with fabric.left.host.recording(file, "trunk"):
        fabric.client.run("ping", "-c", "2", "10.0.0.2")


@scene("mpls.pcap")
def mpls(lab: Lab, file: Path) -> None:
    """`ping`, IPv4 under two MPLS labels (16 inside 100)."""
    fabric = Fabric(lab)
    labels = "push_mpls:0x8847,set_field:16->mpls_label,push_mpls:0x8847,set_field:100->mpls_label"
    for switch in (fabric.left, fabric.right):
        switch.bridge("br0", "port0", "trunk")
        switch.flow("br0", f"in_port=port0,ip,actions={labels},output:trunk")
        switch.flow("br0", "in_port=trunk,mpls,mpls_label=100,actions=pop_mpls:0x8847,goto_table:1")
        switch.flow("br0", "table=1,mpls,actions=pop_mpls:0x0800,output:port0")
    with fabric.left.host.recording(file, "trunk", "arp or mpls"):
        fabric.client.run("ping", "-c", "2", "10.0.0.2")


def tunnel(lab: Lab, file: Path, kind: str, options: str) -> None:
    """The same traffic inside one kind of tunnel, recorded outside."""
    fabric = Fabric(lab)
    fabric.tunnel(kind, options)
    with fabric.left.host.recording(file, "trunk"):
        fabric.client.run("ping", "-c", "1", "10.0.0.2")
        fabric.client.run("ping", "-6", "-c", "1", "fd00::2")
        fabric.client.run("curl", "-sm3", "http://10.0.0.2/", check=False)


@scene("gre.pcap")
def gre(lab: Lab, file: Path) -> None:
    """`ping` and `curl` (refused) inside Ethernet inside GRE with a key and a checksum."""
    tunnel(lab, file, "gre", "options:key=7 options:csum=true")


@scene("gre-plain.pcap")
def gre_plain(lab: Lab, file: Path) -> None:
    """`ping` and `curl` (refused) inside Ethernet inside GRE with nothing optional, over IPv6."""
    tunnel(lab, file, "ip6gre", "")


@scene("vxlan.pcap")
def vxlan(lab: Lab, file: Path) -> None:
    """`ping` and `curl` (refused) inside VXLAN 42, the kernel's own."""
    client, server = lab.pair()
    for host, own, other in ((client, 1, 2), (server, 2, 1)):
        host.ip(f"link add vx0 type vxlan id 42 remote 10.0.0.{other} dstport 4789 dev eth0")
        host.ip(f"link set vx0 address 02:00:00:00:01:{own:02x}")
        host.up("vx0", f"192.0.2.{own}/24")
    with client.recording(file, "eth0", "udp port 4789"):
        client.run("ping", "-c", "2", "192.0.2.2")
        client.run("curl", "-sm3", "http://192.0.2.2/", check=False)


@scene("geneve.pcap")
def geneve(lab: Lab, file: Path) -> None:
    """`ping` and `curl` (refused) inside Geneve 42."""
    tunnel(lab, file, "geneve", "options:key=42 options:csum=true")


@scene("stp.pcap")
def stp(lab: Lab, file: Path) -> None:
    """A kernel bridge with spanning tree: 802.3 frames with a length, LLC."""
    client, _ = lab.pair()
    client.ip("addr flush dev eth0")
    client.ip("link add br0 type bridge stp_state 1")
    client.ip("link set br0 address 02:00:00:00:00:01")
    client.ip("link set eth0 master br0")
    client.ip("link set br0 up")
    with client.recording(file, "eth0", "stp"):
        time.sleep(6)


@scene("discovery.pcap")
def discovery(lab: Lab, file: Path) -> None:
    """`lldpd` announces itself by LLDP, CDP (LLC with SNAP), EDP, FDP and SONMP."""
    client, _ = lab.pair()
    command = (
        f"lldpd -d -k -u {lab.folder}/socket -S umpa -P umpa -I eth0 -C eth0 -l -cc -ff -ss -ee"
    )
    with client.recording(file, "eth0", "not ip and not ip6 and not arp"):
        client.start("unshare", "-u", "sh", "-c", f"hostname client; exec {command}", wait=5)


@scene("pppoe.pcap")
def pppoe(lab: Lab, file: Path) -> None:
    """`pppoe-discovery` against `pppoe-server`: discovery with tags, then a session that opens."""
    client, server = lab.pair()
    server.start(*"pppoe-server -F -I eth0 -C concentrator -S internet -q /bin/cat".split())
    with client.recording(file, "eth0", "ether proto 0x8863 or ether proto 0x8864"):
        client.run(*"pppoe-discovery -I eth0 -S internet".split(), check=False)
        frames = r"printf '\176\377\175\043\300\041\175\041\175\041\175\040\175\044\321\065\176'"
        session = f"{{ {frames}; sleep 2; }} | timeout 4 pppoe -I eth0 -S internet -U -m 1412"
        client.run("sh", "-c", session, check=False)
