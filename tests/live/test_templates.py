"""Templates at work: what real clients see of simulated machines and networks."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.room import ROOT, Room
from umpa import ARP, ICMP, IP, TCP, Ethernet, Packet, read

pytestmark = pytest.mark.live

TEMPLATES = ROOT / "examples" / "templates"
MAC = "02:00:0a:00:00:05"
PATIENCE = 10.0

SESSIONS = """
import socket, sys, threading, time
address, port, number, crowd = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), 20
done, failed = [], []

def client(share):
    for _ in range(share):
        try:
            with socket.create_connection((address, port), timeout=20) as there:
                said = b""
                while part := there.recv(4096):
                    said += part
                    if said == b"SSH-2.0-umpa\\r\\n":
                        there.shutdown(socket.SHUT_WR)
            (done if said == b"SSH-2.0-umpa\\r\\n" else failed).append(said)
        except OSError as error:
            failed.append(error)

threads = [threading.Thread(target=client, args=(number // crowd,)) for _ in range(crowd)]
start = time.perf_counter()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(done), len(failed), round(time.perf_counter() - start, 3), failed[:3])
"""


@contextmanager
def running(room: Room, name: str | Path, *arguments: str, awaits: str) -> Iterator[None]:
    """`umpa run` in the room, until the body is through; `awaits` is an address that answers.

    At the end it is told to stop, and has to do so in good order.
    """
    command = (sys.executable, "-m", "umpa", "run", str(TEMPLATES / name), "-i", room.device)
    with subprocess.Popen(
        (*command, *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers_ping(room, awaits):
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline, "it does not answer"
            yield
            process.terminate()
            said = process.communicate(timeout=PATIENCE)[0]
            assert process.returncode == 0, said
            assert "failed:" not in said
        finally:
            process.kill()


def answers_ping(room: Room, address: str) -> bool:
    said = room.server.run("ping", "-n", "-c1", "-W0.2", address, check=False)
    return "1 received" in said


@pytest.mark.needs("ip", "ethtool", "tcpdump", "ping", "arping", "traceroute", "curl", "nmap")
def test_a_machine(room: Room, tmp_path: Path) -> None:
    """What every client sees of host.py; the kernel beside it says nothing."""
    client = room.server.run
    recorded = tmp_path / "host.pcap"
    with running(room, "host.py", awaits="10.0.0.5"), room.server.recording(recorded, "eth0"):
        assert "5 received" in client("ping", "-c5", "-i0.01", "10.0.0.5")
        assert "3 received" in client("ping", "-c3", "-i0.01", "fd00::5")
        assert client("arping", "-c2", "-w3", "-I", "eth0", "10.0.0.5").count(MAC.upper()) == 2
        for options in ((), ("-I",), ("-T", "-p80")):
            said = client("traceroute", "-n", "-q1", "-w1", *options, "10.0.0.5")
            assert re.findall(r"^ *\d+ +(\S+)", said, re.MULTILINE)[-1:] == ["10.0.0.5"], said
        assert "Nobody lives here" in client("curl", "-sS", "-m5", "http://10.0.0.5/")
        assert "Nobody lives here" in client("curl", "-sS", "-m5", "http://[fd00::5]/")
        assert "404" in client("curl", "-sS", "-m5", "-o/dev/null", "-w%{http_code}",
                               "http://10.0.0.5/else")  # fmt: skip
        scan = client("nmap", "-sS", "-n", "-T4", "-p20-100", "10.0.0.5")
    assert re.findall(r"^(\d+)/tcp open", scan, re.MULTILINE) == ["22", "80"], scan
    assert "79 closed tcp ports (reset)" in scan
    sent = [packet for packet in read(recorded) if IP in packet and packet.ip.src == "10.0.0.5"]
    assert len(sent) > 100
    assert {packet[Ethernet].src for packet in sent} == {MAC}
    resets = {p.tcp.srcport for p in sent if TCP in p and p.tcp.flags & 4 and ICMP not in p}
    assert not resets & {22, 80}


@pytest.mark.needs("ip", "ethtool", "ping")
def test_two_thousand_connections(room: Room) -> None:
    with running(room, "host.py", awaits="10.0.0.5"):
        said = room.server.run(sys.executable, "-c", SESSIONS, "10.0.0.5", "22", "2000")
    done, failed = said.split()[:2]
    assert (int(done), int(failed)) == (2000, 0), said


@pytest.mark.needs("ip", "ethtool", "ping")
def test_wrong_packets_never_stop_it(room: Room) -> None:
    """Whatever comes, cut, garbled or senseless: afterwards it still answers."""
    base = Ethernet(src="02:00:00:00:00:02", dst=MAC) / IP(src="10.0.0.2", dst="10.0.0.5")
    syn = TCP(dstport=80, flags="SYN", options=[("mss", 1460)])
    whole = [bytes(base / ICMP() / bytes(32)), bytes(base / syn)]
    own = Ethernet(src=MAC, dst=MAC) / IP(src="10.0.0.5", dst="10.0.0.5") / ICMP()
    frames = [frame[:length] for frame in whole for length in range(14, len(frame))]
    frames += [f[:n] + bytes((f[n] ^ 0xFF,)) + f[n + 1 :] for f in whole for n in range(12, len(f))]
    frames += [bytes(own), bytes(14), b"\xff" * 200]
    with running(room, "host.py", awaits="10.0.0.5"):
        with room.raw_socket(room.server) as sender:
            for frame in frames:
                sender.send(frame)
        # it may have hundreds of them before it yet, on a machine that is busy
        assert any(answers_ping(room, "10.0.0.5") for _ in range(20))


@pytest.mark.needs("ip", "ethtool", "ping", "nmap", "traceroute", "curl")
def test_a_subnet(room: Room) -> None:
    """A thousand hosts behind two routers: those that are up, and no others."""
    client = room.server.run
    room.server.ip("route add 10.1.0.0/16 via 10.0.0.254")
    holes = {f"10.1.{n // 256}.{n % 256}" for n in (*range(47, 1022, 47), 1022)}
    every = {f"10.1.{n // 256}.{n % 256}" for n in range(1, 1023)}
    try:
        with running(room, "subnet.py", awaits="10.0.0.254"):
            scan = client("nmap", "-sn", "-n", "-T5", "--min-rate", "5000", "10.1.0.0/22")
            assert set(re.findall(r"report for (\S+)", scan)) == every - holes
            assert len(every - holes) == 1000
            took = re.search(r"scanned in ([\d.]+) seconds", scan)
            assert took is not None
            assert float(took[1]) < 2
            way = client("traceroute", "-n", "-q1", "-w1", "10.1.2.3")
            hops = re.findall(r"^ *\d+ +(\S+)", way, re.MULTILINE)
            assert hops == ["10.0.0.254", "10.9.0.1", "10.1.2.3"], way
            assert "A page" in client("curl", "-sS", "-m5", "http://10.1.0.80/")
            assert "Unreachable" in client("ping", "-c1", "-W1", "10.1.0.47", check=False)
    finally:
        room.server.ip("route del 10.1.0.0/16")


@pytest.mark.needs("ip", "ethtool", "ping")
def test_an_address_that_somebody_has(room: Room) -> None:
    done = start(room, "first.py", "--address", "10.0.0.2")
    assert done.returncode != 0
    assert "02:00:00:00:00:02 has this address already, on eth0" in done.stderr


@pytest.mark.needs("ip", "ethtool", "ping", "nft", "tcpdump")
def test_an_address_of_this_machine(room: Room, tmp_path: Path) -> None:
    """It is refused; with --guard its kernel is kept out, and let in again at the end."""
    room.client.ip("addr add 10.0.0.77/24 dev eth0")
    recorded = tmp_path / "guard.pcap"
    try:
        refused = start(room, "host.py", "--address", "10.0.0.77")
        assert refused.returncode != 0
        assert "this machine owns it (eth0)" in refused.stderr
        assert "--guard" in refused.stderr
        room.server.ip("neigh flush dev eth0")
        given = ("--address", "10.0.0.77", "--guard")
        with running(room, "host.py", *given, awaits="10.0.0.77"):
            await_tables(room, 1)  # the kernel may have answered so far
            with room.server.recording(recorded, "eth0", "host 10.0.0.77"):
                said = room.server.run("curl", "-sS", "-m5", "http://10.0.0.77/")
            assert "Nobody lives here" in said
        sources = {p[Ethernet].src for p in read(recorded) if _source(p) == "10.0.0.77"}
        assert sources == {MAC}
        assert room.client.run("nft", "list", "tables") == ""
        room.server.ip("neigh flush dev eth0")
        assert answers_ping(room, "10.0.0.77")
    finally:
        room.client.ip("addr del 10.0.0.77/24 dev eth0")


@pytest.mark.needs("ip", "ethtool", "ping", "nft")
def test_the_kernel_gets_its_address_back_from_a_killed_run(room: Room) -> None:
    room.client.ip("addr add 10.0.0.78/24 dev eth0")
    try:
        path, given = str(TEMPLATES / "host.py"), ("--address", "10.0.0.78", "--guard")
        with subprocess.Popen(
            (sys.executable, "-m", "umpa", "run", path, "-i", room.device, *given),
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            await_tables(room, 1)
            process.kill()
        await_tables(room, 0)
    finally:
        room.client.ip("addr del 10.0.0.78/24 dev eth0")


@pytest.mark.needs("ip", "ethtool", "nft")
def test_ports_told_apart(room: Room) -> None:
    """Open, closed, unreachable and filtered ports of the namespace at the other end."""
    room.server.start(sys.executable, "-m", "http.server", "8000")
    rules = {8001: "drop", 8002: "reject with icmp type port-unreachable"}
    with filtering(room, rules):
        done = start(room, "reaction.py", "--ports", "8000,8001,8002,8003")
    assert done.returncode == 0, done.stderr
    assert re.findall(r"port (\d+): (\w+)", done.stdout) == [
        ("8000", "open"), ("8001", "filtered"), ("8002", "unreachable"), ("8003", "closed")
    ]  # fmt: skip


def _source(packet: Packet) -> str:
    if ARP in packet:
        return packet[ARP].src_proto_ipv4
    return packet[IP].src if IP in packet else ""


def start(room: Room, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`umpa run` of a template that ends by itself."""
    command = (sys.executable, "-m", "umpa", "run", str(TEMPLATES / name), "-i", room.device)
    return subprocess.run(
        (*command, *arguments), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )


def await_tables(room: Room, number: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while room.client.run("nft", "list", "tables").count("table netdev") < number or (
        number == 0 and room.client.run("nft", "list", "tables")
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def filtering(room: Room, ports: dict[int, str]) -> Iterator[None]:
    """What the other end's kernel does with segments for these ports."""
    rules = "; ".join(f"tcp dport {port} {what}" for port, what in ports.items())
    room.server.run(
        "nft",
        f"add table ip test {{ chain in {{ type filter hook input priority 0; {rules}; }}; }}",
    )
    try:
        yield
    finally:
        room.server.run("nft", "delete table ip test")
