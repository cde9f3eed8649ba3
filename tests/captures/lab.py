"""A laboratory of network namespaces: hosts, wires between them, and a recorder on any of them.

Everything is made when a `Lab` is entered and removed when it is left. Nothing leaves the machine:
the namespaces know no other network. Needs root, iproute2, ethtool and tcpdump.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).parent
# Names differ from process to process, so that two laboratories never meet.
PREFIX = f"umpa{os.getpid()}"
# A quiet kernel: no router solicitations and no duplicate detection unless a scene is about them.
SETTINGS = (
    "net.ipv6.conf.all.accept_dad=0",
    "net.ipv6.conf.default.accept_dad=0",
    "net.ipv6.conf.default.router_solicitations=0",
    "net.ipv4.ping_group_range=0 2147483647",
)


def run(*command: str, check: bool = True, timeout: float = 60) -> str:
    """Run a program to its end and return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Host:
    """One network namespace."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.namespace = f"{PREFIX}-{name}"
        run("ip", "netns", "add", self.namespace)
        for setting in SETTINGS:
            self.run("sysctl", "-qw", setting)
        self.ip("link set lo up")

    def ip(self, arguments: str) -> str:
        """`ip` inside the namespace."""
        return run("ip", "-n", self.namespace, *arguments.split())

    def run(self, *command: str, check: bool = True) -> str:
        """A program inside the namespace, to its end."""
        return run("ip", "netns", "exec", self.namespace, *command, check=check)

    def start(self, *command: str, wait: float = 0.5) -> subprocess.Popen[bytes]:
        """A program inside the namespace, ended with the laboratory."""
        process = subprocess.Popen(
            ("ip", "netns", "exec", self.namespace, *command),
            cwd=self.lab.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.lab.programs.append(process)
        time.sleep(wait)
        return process

    def python(self, script: str, *arguments: str) -> subprocess.Popen[bytes]:
        """One of the small servers beside this file."""
        return self.start(sys.executable, str(HERE / script), *arguments)

    def up(self, device: str, *addresses: str) -> None:
        """Bring a device up with addresses, IPv6 ones without duplicate detection."""
        for address in addresses:
            self.ip(f"addr add {address} dev {device}{' nodad' if ':' in address else ''}")
        self.ip(f"link set {device} up")

    @contextlib.contextmanager
    def recording(
        self, file: Path, device: str, expression: str = "", options: str = ""
    ) -> Iterator[None]:
        """Record a device with tcpdump, nanoseconds, while the body runs."""
        command = f"tcpdump -i {device} -Z root --immediate-mode -U -w {file} {options}"
        if "--time-stamp-precision" not in options:
            command += " --time-stamp-precision=nano"
        with self._recorder(command.split() + expression.split(), b"listening on"):
            yield

    @contextlib.contextmanager
    def dumpcap(self, file: Path, devices: str, expression: str = "") -> Iterator[None]:
        """Record several devices into one pcapng file with dumpcap."""
        command = f"dumpcap -q -w {file}".split()
        for device in devices.split():
            command += ["-i", device, *(["-f", expression] if expression else [])]
        with self._recorder(command, b"File:"):
            yield

    @contextlib.contextmanager
    def _recorder(self, command: list[str], ready: bytes) -> Iterator[None]:
        full = ["ip", "netns", "exec", self.namespace, *command]
        with subprocess.Popen(full, stderr=subprocess.PIPE) as recorder:
            assert recorder.stderr is not None
            said = b""
            while ready not in said:
                line = recorder.stderr.readline()
                if not line:
                    raise RuntimeError(f"{' '.join(command)}: {said.decode()}")
                said += line
            time.sleep(0.3)
            try:
                yield
                time.sleep(0.5)
            finally:
                recorder.send_signal(signal.SIGINT)
                recorder.communicate(timeout=10)


class Lab:
    """Hosts and wires, in a temporary folder, for the time of one scene."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts: dict[str, Host] = {}
        self.programs: list[subprocess.Popen[bytes]] = []
        self.devices = 0

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self.programs):
            process.terminate()
            process.wait(10)
        for host in self.hosts.values():
            run("ip", "netns", "del", host.namespace)

    def host(self, name: str) -> Host:
        """A new host without any wire."""
        self.hosts[name] = Host(self, name)
        return self.hosts[name]

    def wire(self, left: Host, a: str, right: Host, b: str, offload: bool = False) -> None:
        """A veth pair between two hosts; without offloads, so that frames are as on a real wire."""
        left.ip(f"link add {a} type veth peer name {b} netns {right.namespace}")
        for host, device in ((left, a), (right, b)):
            self.devices += 1
            host.ip(f"link set {device} address 02:00:00:00:00:{self.devices:02x}")
            if not offload:
                settings = "tx off rx off tso off gso off gro off sg off".split()
                host.run("ethtool", "-K", device, *settings)

    def pair(self, offload: bool = False) -> tuple[Host, Host]:
        """The usual two: client 10.0.0.1 fd00::1 and server 10.0.0.2 fd00::2, on eth0 of each."""
        client, server = self.host("client"), self.host("server")
        self.wire(client, "eth0", server, "eth0", offload)
        client.up("eth0", "10.0.0.1/24", "fd00::1/64")
        server.up("eth0", "10.0.0.2/24", "fd00::2/64")
        time.sleep(0.2)
        return client, server

    def routed(self, mtu: int = 1500) -> tuple[Host, Host, Host]:
        """Client 10.0.0.1 fd00::1, router .254 on both sides, server 10.0.1.2 fd00:1::2."""
        client, router, server = (self.host(name) for name in ("client", "router", "server"))
        self.wire(client, "eth0", router, "eth0")
        self.wire(router, "eth1", server, "eth0")
        router.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        client.up("eth0", "10.0.0.1/24", "fd00::1/64")
        router.up("eth0", "10.0.0.254/24", "fd00::fe/64")
        router.ip(f"link set eth1 mtu {mtu}")
        router.up("eth1", "10.0.1.254/24", "fd00:1::fe/64")
        server.up("eth0", "10.0.1.2/24", "fd00:1::2/64")
        client.ip("route add default via 10.0.0.254")
        client.ip("-6 route add default via fd00::fe")
        server.ip("route add default via 10.0.1.254")
        server.ip("-6 route add default via fd00:1::fe")
        time.sleep(0.2)
        return client, router, server
