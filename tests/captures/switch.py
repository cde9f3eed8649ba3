"""Open vSwitch with its user-land datapath: VLAN tags, MPLS labels and tunnels.

Many kernels of test machines have no 8021q, ip_gre, geneve or mpls module; Open vSwitch has all.
"""

from __future__ import annotations

import time
from pathlib import Path

from tests.captures.lab import Host, Lab, run

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


class Switch:
    """One Open vSwitch in a namespace of its own, its state in the laboratory's folder."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.host: Host = lab.host(name)
        self.folder: Path = lab.folder / name
        self.folder.mkdir()
        self.database = f"unix:{self.folder}/db.sock"
        run("ovsdb-tool", "create", f"{self.folder}/conf.db", SCHEMA)
        self._daemon("ovsdb-server", f"--remote=p{self.database}", f"{self.folder}/conf.db")
        self.control("--no-wait", "init")
        self._daemon("ovs-vswitchd", "--disable-system", self.database)

    def _daemon(self, program: str, *arguments: str) -> None:
        files = (f"--unixctl={self.folder}/{program}.ctl", f"--pidfile={self.folder}/{program}.pid")
        where = ("env", f"OVS_RUNDIR={self.folder}", program)
        self.host.start(*where, *files, "-vconsole:off", *arguments, wait=1)

    def control(self, *command: str) -> None:
        """`ovs-vsctl`."""
        run("ovs-vsctl", f"--db={self.database}", "--timeout=10", *command)

    def bridge(self, name: str, *ports: str) -> None:
        """A bridge; each port is a device, with settings after it as `ovs-vsctl` writes them."""
        self.control("add-br", name, "--", "set", "bridge", name, "datapath_type=netdev")
        for port in ports:
            device, *settings = port.split()
            self.control("add-port", name, device, *settings)

    def flow(self, bridge: str, rule: str) -> None:
        """One OpenFlow rule."""
        self.host.run("ovs-ofctl", "-OOpenFlow13", "add-flow", f"{self.folder}/{bridge}.mgmt", rule)


class Fabric:
    """client eth0 - left switch - trunk - right switch - eth0 server; record on `left`, `trunk`."""

    def __init__(self, lab: Lab, mtu: int = 1400) -> None:
        self.client, self.server = lab.host("client"), lab.host("server")
        self.left, self.right = Switch(lab, "left"), Switch(lab, "right")
        lab.wire(self.client, "eth0", self.left.host, "port0")
        lab.wire(self.left.host, "trunk", self.right.host, "trunk")
        lab.wire(self.right.host, "port0", self.server, "eth0")
        for host, number in ((self.client, 1), (self.server, 2)):
            host.ip(f"link set eth0 mtu {mtu}")
            host.up("eth0", f"10.0.0.{number}/24", f"fd00::{number}/64")
        for switch in (self.left, self.right):
            for device in ("port0", "trunk"):
                switch.host.ip(f"link set {device} up")

    def access(self, setting: str) -> None:
        """One bridge on each side; `setting` applies to the port of the host."""
        for switch in (self.left, self.right):
            switch.bridge("br0", f"port0 {setting}", "trunk")
        time.sleep(1)

    def tunnel(self, kind: str, options: str = "") -> None:
        """Frames of the hosts travel in a tunnel between 192.0.2.1 and 192.0.2.2."""
        for switch, own, other in ((self.left, 1, 2), (self.right, 2, 1)):
            switch.bridge("br-phy", "trunk")
            switch.host.up("br-phy", f"192.0.2.{own}/24", f"2001:db8::{own}/64")
            far = f"2001:db8::{other}" if "6" in kind else f"192.0.2.{other}"
            port = f"tun0 -- set interface tun0 type={kind} options:remote_ip={far} {options}"
            switch.bridge("br-int", "port0", port)
        time.sleep(2)
