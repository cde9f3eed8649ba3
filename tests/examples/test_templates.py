"""The templates among the examples: each runs without root, and does what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from umpa import ARP, DNS, ICMP, IP, TCP, UDP, Ethernet, Packet
from umpa.link import MemoryLink
from umpa.link.aio import Watch
from umpa.schedule import VirtualClock, run
from umpa.template import load
from umpa.template.engine import Options
from umpa.template.testing import TemplateTest

pytestmark = pytest.mark.examples

FOLDER = ROOT / "examples" / "templates"
TEMPLATES = sorted(FOLDER.glob("*.py"))
ME = "02:00:00:00:00:99"


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`umpa simulate` in the folder of the templates."""
    return subprocess.run(
        (sys.executable, "-W", "error", "-m", "umpa", "simulate", *arguments),
        cwd=FOLDER, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip


def frame(mac: str, address: str, ttl: int = 64) -> Packet:
    return Ethernet(src=ME, dst=mac) / IP(src="10.0.0.1", dst=address, ttl=ttl)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_it_runs_and_its_docstring_says_how(template: Path) -> None:
    assert f"umpa run examples/templates/{template.name}" in template.read_text() or (
        template.stem == "flaky"
    )
    assert "simulate" in template.read_text()
    assert f"{template.name}: " in simulate(template.name, "--for", "10s", "--strict").stderr


def test_host() -> None:
    with TemplateTest(FOLDER / "host.py") as template:
        mac = "02:00:0a:00:00:05"
        template.send(frame(mac, "10.0.0.5") / ICMP(type="echo-request"))
        template.expect(ICMP.type == "echo-reply", within=0.1)
        for port, flags in ((80, "SYN,ACK"), (81, "RST,ACK")):
            template.send(frame(mac, "10.0.0.5") / TCP(srcport=9, dstport=port, flags="SYN"))
            template.expect((TCP.srcport == port) & (TCP.flags == flags), within=0.1)


@pytest.mark.parametrize(
    ("name", "kind", "address", "rcode"),
    [
        ("www.umpa.test", "A", ("10.0.0.80",), 0),
        ("www.umpa.test", "AAAA", None, 0),
        ("ftp.umpa.test", "A", None, 3),
    ],
)
def test_names(name: str, kind: str, address: tuple[str, ...] | None, rcode: int) -> None:
    query = frame("02:00:0a:00:00:35", "10.0.0.53") / UDP(srcport=1024, dstport=53)
    query.include(DNS(id=7, data=DNS.question(name, kind)))
    with TemplateTest(FOLDER / "names.py") as template:
        template.send(query)
        reply = template.expect(DNS.qry_name == name, within=0.1)
        assert reply.answers(query)
        assert (reply.dns.a, reply.dns.flags_rcode) == (address, rcode)
        assert reply.dns.qry_type == query.dns.qry_type


def test_subnet() -> None:
    """Every host is asked: a thousand are up."""
    mac = "02:75:6d:70:61:01"
    with TemplateTest(FOLDER / "subnet.py") as template:
        for number in range(1, 1023):
            address = f"10.1.{number // 256}.{number % 256}"
            template.send(frame(mac, address) / ICMP(type="echo-request"))
        template.sleep(1)
        kinds = [packet[ICMP].type for packet in template.packets]
        assert (kinds.count(0), kinds.count(3)) == (1000, 22)


def test_reaction() -> None:
    said = simulate("reaction.py", "--ports", "22,23", "--target", "10.0.0.5", "--peer", "host.py")
    assert "port 22: open\n" in said.stdout
    assert "port 23: closed\n" in said.stdout


def probing(state: Path, hours: int, seed: int = 7) -> tuple[list[str], list[bytes]]:
    """The probe against a wire that loses half of all for the second hour: its log, its frames."""
    clock = VirtualClock()
    near, far = MemoryLink.pair(latency=0.002, clock=clock, seed=seed)
    probe = load(FOLDER / "probe.py", seed=seed)
    log: list[str] = []
    sent: list[bytes] = []

    def answer() -> None:
        for _, data, _ in far.read():
            sent.append(data)
            packet = Packet.dissect(data)
            bad = 3600 <= clock.monotonic_ns() / 1e9 < 7200
            if ARP in packet and packet[ARP].dst_proto_ipv4 == "10.0.0.5":
                far.send(packet.reply(ARP(opcode="reply", src_hw_mac=ME)))
            elif ICMP in packet and not (bad and packet[ICMP].seq % 2):
                far.send(packet.reply(ICMP(type="echo-reply")))

    async def main() -> None:
        watch = Watch(far, answer)
        # the state is written each hour: each time costs what it costs in real time
        options = Options(
            seconds=hours * 3600, state=str(state), strict=True, flush_interval=3600,
            log=lambda level, line: log.append(line),
        )  # fmt: skip
        await probe.serve_with(near, options)
        watch.close()

    with near, far:
        run(main(), clock=clock)
    return log, sent


def test_probe(tmp_path: Path) -> None:
    """Alarms rise and clear around a fault; one seed gives one run; counters survive a restart."""
    log, sent = probing(tmp_path / "one.sqlite", 3)
    assert [line.split(":")[0].split(" ", 1)[1] for line in log[:2]] == [
        "alarm raised", "alarm cleared"
    ]  # fmt: skip
    raised, cleared = (float(line.split()[0]) for line in log[:2])
    assert 3600 < raised < 3660
    assert 7200 < cleared < 7260
    again, sent_again = probing(tmp_path / "two.sqlite", 3)
    assert (again, sent_again) == (log, sent)
    assert "asked=10800 lost=1800 " in log[-1]
    after, _ = probing(tmp_path / "one.sqlite", 3)
    assert "asked=21600 lost=3600 " in after[-1]
    assert "alarms=2" in after[-1]


def test_run_sh_simulates_templates() -> None:
    command = (str(ROOT / "examples" / "run.sh"), "first", "--for", "5s")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "first.py: " in done.stderr
