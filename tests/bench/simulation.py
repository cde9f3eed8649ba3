"""Figures of simulated machines and networks, with real clients in network namespaces.

    python -m tests.bench.simulation [echo] [sessions] [subnet] [sixteen] [probe]

Needs root, nmap and ping; all of it takes a few minutes. Nothing leaves the machine.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.captures.lab import Host, Lab
from tests.live.test_templates import SESSIONS
from umpa import ICMP, IP, Ethernet, Packet
from umpa.link import MemoryLink
from umpa.schedule import VirtualClock
from umpa.template import load

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = ROOT / "examples" / "templates"
ROUTER = "02:75:6d:70:61:01"

SIXTEEN = """
    from umpa.template import Network
    Network().router("10.0.0.254").subnet("10.1.0.0/16")
    """


@contextmanager
def serving(host: Host, other: Host, file: Path, awaits: str) -> Iterator[int]:
    """A template on a host's device; its process."""
    command = ("ip", "netns", "exec", host.namespace, sys.executable, "-m", "umpa", "run")
    with subprocess.Popen(
        (*command, str(file), "-i", "eth0"), stderr=subprocess.DEVNULL
    ) as process:
        try:
            while "1 received" not in other.run("ping", "-c1", "-W0.2", awaits, check=False):
                assert process.poll() is None
            yield process.pid
            status = Path(f"/proc/{process.pid}/status").read_text()
            used = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
            memory = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
            print(f"  memory at most {memory / 1024:.0f} MB; CPU {int(used[11]) / 100:.2f} s user, "
                  f"{int(used[12]) / 100:.2f} s system")  # fmt: skip
        finally:
            process.terminate()


@contextmanager
def wire() -> Iterator[tuple[Host, Host]]:
    """A machine for the template, and one for its clients."""
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder)) as lab:
        server, client = lab.pair()
        client.ip("route add 10.1.0.0/16 via 10.0.0.254")
        yield server, client


def sessions() -> None:
    """2000 connections of kernel sockets, three times."""
    with wire() as (server, client), serving(server, client, TEMPLATES / "host.py", "10.0.0.5"):
        for _ in range(3):
            said = client.run(sys.executable, "-c", SESSIONS, "10.0.0.5", "22", "2000")
            done, failed, seconds = said.split()[:3]
            print(f"  {done} done, {failed} failed, {float(done) / float(seconds):.0f}/s")


def scanned(client: Host, network: str) -> None:
    """`nmap -sn`: how many are up, and how long it takes."""
    start = time.perf_counter()
    said = client.run("nmap", "-sn", "-n", "-T5", "--min-rate", "20000", network)
    took = time.perf_counter() - start
    found = re.search(r"\((\d+) hosts? up\) scanned in ([\d.]+)", said)
    print(f"  {network}: {found and found[1]} up, nmap says {found and found[2]} s ({took:.2f} s)")


def subnet() -> None:
    """A thousand hosts behind two routers."""
    with wire() as (server, client), serving(server, client, TEMPLATES / "subnet.py", "10.0.0.254"):
        for _ in range(3):
            scanned(client, "10.1.0.0/22")


def sixteen() -> None:
    """65,536 addresses."""
    with tempfile.TemporaryDirectory() as folder, wire() as (server, client):
        file = Path(folder) / "sixteen.py"
        file.write_text(textwrap.dedent(SIXTEEN))
        with serving(server, client, file, "10.0.0.254"):
            scanned(client, "10.1.0.0/16")


def echo() -> None:
    """Echo replies of a network, by its own CPU time, on a wire in memory."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sixteen.py"
        file.write_text(textwrap.dedent(SIXTEEN))
        clock = VirtualClock()
        near, far = MemoryLink.pair(clock=clock)
        chance, number = Random(1), 60_000
        base = Ethernet(src="02:00:00:00:00:99", dst=ROUTER)
        for n in range(number):
            to = f"10.1.{chance.randrange(256)}.{chance.randrange(1, 255)}"
            packet: Packet = base / IP(src="10.0.0.1", dst=to) / ICMP(seq=n % 65536) / bytes(48)
            far.send(packet)
        template = load(file)
        start = time.process_time()
        status = template.run(near, clock=clock, seconds=1)
        took = time.process_time() - start
    print(f"  {status.sent} of {number} answered, {status.sent / took:.0f} a CPU-second")


def probe() -> None:
    """Four virtual weeks at 1 Hz."""
    start = time.perf_counter()
    command = (sys.executable, "-m", "umpa", "simulate", str(TEMPLATES / "probe.py"), "--for", "4w")
    peer = ("--peer", str(TEMPLATES / "flaky.py"), "--seed", "7")
    done = subprocess.run((*command, *peer), capture_output=True, text=True, check=True)
    print(textwrap.indent(done.stdout, "  "), end="")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"  {time.perf_counter() - start:.1f} s, {memory:.0f} MB at most")


ALL: dict[str, Callable[[], None]] = {
    "echo": echo, "sessions": sessions, "subnet": subnet, "sixteen": sixteen, "probe": probe,
}  # fmt: skip


if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        print(f"{name}: {ALL[name].__doc__}")
        ALL[name]()
