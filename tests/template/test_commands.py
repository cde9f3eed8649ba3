"""umpa check, simulate, replay and run, as a user's shell sees them."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.stage import write
from umpa import Packet, read
from umpa.commands.given import span
from umpa.errors import TemplateError
from umpa.template import load
from umpa.template.review import warnings_of

UMPA = [sys.executable, "-m", "umpa"]

HOST = '''
"""A host that answers pings."""

address = param("address", "10.0.0.2", help="what it is called")
times = param("times", 1)
loud = param("loud", False)

@on(ICMP.type == "echo-request", IP.dst == address)
def ping(packet, context):
    if loud:
        context.log("ping", seq=packet.icmp.seq)
    return [packet.reply(ICMP(type="echo-reply"))] * times
'''

PROBE = """
probe = Ethernet(src="02:00:0a:00:00:05", dst="02:00:00:00:00:99") / IP(
    src="10.0.0.5", dst="10.0.0.2") / ICMP(type="echo-request", ident=7) / b"umpa"

@every(1, jitter=0.1)
async def ask(context):
    probe.icmp.seq += 1
    answer = await context.ask(probe, timeout=0.5)
    context.log("answer" if answer else "nothing", chance=rng.random())
"""


def umpa(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*UMPA, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


# check


def test_check_lists_what_is_declared(tmp_path: Path) -> None:
    path = write(tmp_path, HOST + PROBE)
    done = umpa("check", path, "--times", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{path}:",
        "  --address (str) = '10.0.0.2'  what it is called",
        "  --times (int) = 3",
        "  --loud (bool) = False",
        "  line 12: rule ping: (icmp.type == 8 && ip.dst == 10.0.0.2)",
        "  line 21: timer ask: every 1 s",
    ]


@pytest.mark.parametrize(
    ("first", "second", "warned"),
    [
        ("has(TCP)", "TCP.dstport == 80", True),
        ("", "TCP.dstport == 80", True),
        ("TCP.dstport == 80", "TCP.dstport == 80, IP.ttl > 3", True),
        ("TCP.dstport.is_in(range(100))", "TCP.dstport == 80", True),
        ("(TCP.dstport == 80) | (TCP.dstport == 443)", "TCP.dstport == 443", True),
        ("TCP.flags.has('SYN')", "TCP.flags == 'SYN,ACK'", True),
        ("TCP.dstport == 80", "has(TCP)", False),
        ("TCP.dstport == 80", "TCP.dstport == 81", False),
        ("TCP.dstport == 80", "(TCP.dstport == 80) | (TCP.dstport == 81)", False),
        ("lambda packet: True", "has(TCP)", False),
        ("has(UDP)", "has(TCP)", False),
    ],
)
def test_check_warns_of_rules_that_can_never_match(
    tmp_path: Path, first: str, second: str, warned: bool
) -> None:
    path = write(
        tmp_path,
        f"@on({first})\ndef one(packet, context): ...\n"
        f"@on({second})\ndef two(packet, context): ...",
    )
    found = list(warnings_of(load(path)))
    assert bool(found) == warned
    if warned:
        assert found[0].startswith(f"{path}:7: two can never match: one (line 5)")


def test_check_warns_of_a_template_that_declares_nothing(tmp_path: Path) -> None:
    (warning,) = warnings_of(load(write(tmp_path, "def rule(packet, context): ...")))
    assert "declares nothing" in warning
    assert list(warnings_of(load(write(tmp_path, "@on_start\ndef f(context): ...")))) == []


def test_a_rule_that_may_pass_hides_no_other(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "@on()\ndef one(packet, context): return PASS\n@on()\ndef two(packet, context): ...",
    )
    assert list(warnings_of(load(path))) == []


def test_check_tells_a_mistake_in_one_line(tmp_path: Path) -> None:
    path = write(tmp_path, "@on(TCP.dport == 80)\ndef rule(packet, context): ...")
    done = umpa("check", path)
    assert done.returncode == 2
    assert done.stderr == (
        f"umpa: {path}:5: FieldError: TCP has no field 'dport'; did you mean 'dstport'?\n"
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--adress", "1"], "did you mean 'address'"),
        (["--times", "many"], "'many' is not a whole number"),
        (["loose"], "expected --NAME VALUE"),
    ],
)
def test_wrong_parameters(tmp_path: Path, arguments: list[str], text: str) -> None:
    done = umpa("check", write(tmp_path, HOST), *arguments)
    assert done.returncode == 2
    assert text in done.stderr


def test_the_help_of_a_template_lists_its_parameters(tmp_path: Path) -> None:
    done = umpa("run", write(tmp_path, HOST), "--help")
    assert done.returncode == 0
    assert "A host that answers pings." in done.stdout or "--address STR" in done.stdout
    assert "what it is called (default: '10.0.0.2')" in done.stdout


def test_a_parameter_that_is_an_option_of_umpa(tmp_path: Path) -> None:
    done = umpa("simulate", write(tmp_path, "param('seed', 1)"), "--for", "1s")
    assert done.returncode == 2
    assert "--seed is an option of umpa" in done.stderr


# simulate


def test_the_same_seed_gives_the_same_bytes_and_the_same_log(tmp_path: Path) -> None:
    host, probe = write(tmp_path, HOST, "host.py"), write(tmp_path, PROBE, "probe.py")

    def once(seed: int, name: str) -> tuple[bytes, str]:
        out = tmp_path / name
        done = umpa(
            "simulate", "--for", "1m", probe, "--peer", host, "--seed", seed, "-w", out,
            "--loss", "0.2", "--latency", "5ms",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return out.read_bytes(), done.stdout

    first = once(7, "a.pcapng")
    assert first == once(7, "b.pcapng") != once(8, "c.pcapng")
    assert first[1].count("answer") > 30
    assert first[1].count("nothing") > 5
    packets: list[Packet] = list(read(str(tmp_path / "a.pcapng")))
    assert 60 < len(packets) < 120


def test_simulate_prints_a_status(tmp_path: Path) -> None:
    done = umpa("simulate", write(tmp_path, PROBE), "--for", "10s", "--seed", "1")
    assert "timer ask: called 9, missed 0" in done.stderr or "called 10" in done.stderr
    assert "10.000 s on near (up), seed 1" in done.stderr


# replay


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5h", 5400), ("1h30m", 5400), ("250ms", 0.25), (".5m", 30), ("4w", 2_419_200)],
)
def test_times(text: str, seconds: float) -> None:
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-5", "h", "1h30", "5 m", "1..5s", "3y", "nan"])
def test_texts_that_are_no_times(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected such as"):
        span(text)


def test_replay_shows_what_would_have_been_answered(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "answers.pcapng"
    done = umpa(
        "replay", write(tmp_path, HOST), captures / "ping.pcap", "--address", "10.0.0.2",
        "--loud", "-w", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    requests = [line for line in done.stdout.splitlines() if " < " in line]
    replies = [line for line in done.stdout.splitlines() if " > Ethernet" in line]
    assert requests[0] == (
        "    3  < Ethernet / IP 10.0.0.1 > 10.0.0.2 / ICMP echo request ident=62394 seq=1 / "
        "Payload 56 bytes"
    )
    assert len(requests) == len(replies) == len(list(read(str(out)))) > 0
    assert "ping seq=1" in done.stdout


def test_replay_without_a_capture(tmp_path: Path) -> None:
    done = umpa("replay", write(tmp_path, HOST))
    assert (done.returncode, "the capture is missing" in done.stderr) == (2, True)


# run


def test_run_needs_a_device(tmp_path: Path) -> None:
    done = umpa("run", write(tmp_path, HOST))
    assert (done.returncode, "-i DEVICE" in done.stderr) == (2, True)


def test_loading_twice_in_one_process_is_no_trouble(tmp_path: Path) -> None:
    path = write(tmp_path, HOST)
    assert load(path, {"times": "2"}).parameters["times"] == 2
    with pytest.raises(TemplateError):
        load(path, {"times": "x"})
    assert load(path).parameters["times"] == 1


def test_without_a_file_only_the_file_is_asked_for() -> None:
    done = umpa("check")
    assert (done.returncode, done.stderr) == (
        2, "umpa: the following arguments are required: FILE; see umpa check --help\n",
    )  # fmt: skip
