"""The command line, as a user's shell sees it: output, errors in one line, exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.savefile.craft import enhanced, interface, section
from umpa import IP, TCP, UDP, Ethernet, Packet, pick, write
from umpa.__main__ import main
from umpa.core.registry import all_protocols
from umpa.link.file import read

UMPA = [sys.executable, "-m", "umpa"]


def umpa(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*UMPA, *map(str, arguments)], input=stdin, capture_output=True, timeout=60, check=False
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


@pytest.fixture
def ping(captures: Path) -> Path:
    return captures / "ping.pcap"


# show


def test_a_line_a_packet(ping: Path) -> None:
    done = umpa("show", ping)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:3] == [
        "    1     0.000000000  Ethernet / ARP request 10.0.0.1 > 10.0.0.2",
        "    2     0.000026418  Ethernet / ARP reply 10.0.0.2 > 10.0.0.1",
        "    3     0.000028913  Ethernet / IP 10.0.0.1 > 10.0.0.2 / ICMP echo request "
        "ident=62394 seq=1 / Payload 56 bytes",
    ]


def test_absolute_times(ping: Path) -> None:
    done = umpa("show", ping, "--time", "absolute", "--count", 1)
    assert done.stdout.startswith("    1  2026-11-20T21:19:16.917447003Z  Ethernet / ARP")


def test_a_packet_without_a_time_has_a_dash(tmp_path: Path) -> None:
    simple = (3).to_bytes(4, "little") + (32).to_bytes(4, "little")
    simple += (14).to_bytes(4, "little") + bytes(16) + (32).to_bytes(4, "little")
    path = tmp_path / "x.pcapng"
    path.write_bytes(section() + interface(1) + simple)
    assert umpa("show", path).stdout.startswith("    1               -  Ethernet")


def test_filter_and_count(ping: Path) -> None:
    done = umpa("show", ping, "--filter", "icmp[icmptype] == icmp-echo", "--count", 2)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all("echo request" in line for line in lines)
    assert umpa("show", ping, "--count", 0).stdout == ""


def test_standard_input(ping: Path) -> None:
    assert umpa("show", "-", stdin=ping.read_bytes()).stdout == umpa("show", ping).stdout


def test_tree(ping: Path) -> None:
    packets = list(read(ping, count=2))
    expected = "".join(f"{n}. {packet}\n\n" for n, packet in enumerate(packets, 1))
    assert umpa("show", "--tree", ping, "--count", 2).stdout == expected


def test_json_lines_are_packets_again(ping: Path) -> None:
    done = umpa("show", "--json", ping)
    packets = [Packet.from_dict(json.loads(line)) for line in done.stdout.splitlines()]
    assert packets == list(read(ping))
    assert [p.time_ns for p in packets] == [p.time_ns for p in read(ping)]


def test_fields_as_columns(ping: Path) -> None:
    done = umpa(
        "show", "--fields", "ip.src,icmp.type|arp.opcode,arp.src.hw_mac", ping, "--count", 3
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    expected = pick("ip.src", ("icmp.type", "arp.opcode"), "arp.src.hw_mac")
    assert rows == [
        ["" if value is None else str(value) for value in expected(packet)]
        for packet in read(ping, count=3)
    ]
    assert any(rows[0])


def test_values_as_columns(captures: Path) -> None:
    """Several values have commas between them."""
    asked = "dns.qry.name,dns.a,dns.mx.mail_exchange,dns.mx.preference"
    lines = umpa("show", "--fields", asked, captures / "dns.pcap").stdout.splitlines()
    assert lines[1] == "www.example.test\t10.0.0.2\t\t"
    assert lines[7] == "example.test\t\tmail.example.test\t10"
    asked = "dhcp.option.domain_name_server,dhcp.option.dhcp"
    lines = umpa("show", "--fields", asked, captures / "dhcp.pcap").stdout.splitlines()
    assert lines[1] == "10.0.0.2\t2"


def test_what_the_wire_says_is_no_command_to_the_terminal(tmp_path: Path) -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\x1b[2J\tb\r\n\r\n"
    write(tmp_path / "a.pcap", [Ethernet() / IP() / TCP(dstport=80) / request])
    done = umpa("show", "--fields", "http.host,http.request.uri", tmp_path / "a.pcap")
    assert done.stdout == "a\\x1b[2J\\tb\t/\n"


def test_hex(ping: Path) -> None:
    lines = umpa("show", "--hex", ping, "--count", 1).stdout.splitlines()
    assert lines[0].endswith("ARP request 10.0.0.1 > 10.0.0.2")
    assert lines[1] == "       0000  ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01  " + "." * 16
    assert len(lines) == 5
    assert lines[4] == ""


# What can go wrong.


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "none.pcap"], "none.pcap: no such file"),
        (["show", "."], ".: is a directory, not a capture file"),
        (["show", os.devnull], f"{os.devnull}: is empty, not a capture file"),
        (["show"], "the following arguments are required: FILE; see umpa show --help"),
        (["show", "x", "--count", "-1"],
         "argument --count: '-1' is no number of packets; see umpa show --help"),
        (["show", "x", "--fields", "ip.src,tcp.srcprt"],
         "argument --fields: 'tcp' has no field 'srcprt'; did you mean 'srcport'?; "
         "see umpa show --help"),
        (["show", "x", "--hex", "--tree"],
         "argument --tree: not allowed with argument --hex; see umpa show --help"),
        ([], "the following arguments are required: COMMAND; see umpa --help"),
        (["fields", "tpc"], "no protocol 'tpc'; did you mean 'tcp'?"),
        (["fields", "ip.ttl"], "no protocol 'ip.ttl'; umpa fields ip lists its fields"),
        (["fields", "zzzz"], "no protocol 'zzzz'; umpa fields lists them"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    assert capsys.readouterr() == ("", f"umpa: {line}\n")


def test_a_wrong_filter(ping: Path) -> None:
    done = umpa("show", ping, "--filter", "tcp prot 80")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("umpa: ")
    assert "syntax error" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_damaged_file_ends_after_what_could_be_read(captures: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes((captures / "http.pcap").read_bytes()[:3000])
    done = umpa("show", path)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 9
    assert done.stderr == (
        f"umpa: {path}: at byte 2500: cut: the packet record needs 1530 bytes, got 500; "
        "9 packets before that\n"
    )


def test_a_warning_is_a_line_too(tmp_path: Path) -> None:
    data = section() + interface(1) + interface(147) + enhanced(bytes(60), 1, 1)
    path = tmp_path / "x.pcapng"
    path.write_bytes(data)
    done = umpa("show", path, "--filter", "tcp")
    assert done.returncode == 0
    assert done.stderr.startswith("umpa: ")
    assert done.stderr.endswith("its packets are left out\n")
    assert done.stderr.count("\n") == 1


def test_a_broken_pipe_ends_quietly(captures: Path) -> None:
    command = f"{sys.executable} -m umpa show --tree {captures}/http.pcap | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("1. Packet: ")
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="platform: no /dev/full")
def test_a_full_disk_is_one_line(ping: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*UMPA, "show", ping], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "umpa: standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("closed", "code", "output", "complaint"),
    [
        ("<&-", 2, "", "umpa: standard input: is empty, not a capture file\n"),
        (">&-", 2, "", "umpa: standard input: is empty, not a capture file\n"),
        ("2>&-", 2, "", ""),
    ],
)
def test_a_closed_stream_is_no_traceback(
    closed: str, code: int, output: str, complaint: str
) -> None:
    done = subprocess.run(
        f"{sys.executable} -m umpa show - {closed}",
        shell=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (code, output, complaint)


def test_interrupted_it_ends_quietly(ping: Path) -> None:
    with subprocess.Popen(
        [*UMPA, "show", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(ping.read_bytes())
        process.stdin.flush()
        process.stdout.readline()  # now it is at work
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)  # without an end of the input
        complaint = process.communicate()[1]
    # A shell says 130 for both. Python ends by the signal, quietly, where it came while the text of
    # an `eval` was running (as in making a named tuple), although the interrupt was caught.
    assert process.returncode in (130, -signal.SIGINT)
    assert complaint == b""


LOST = """
import signal, sys, time, weakref
from umpa.__main__ import unraisable
sys.unraisablehook = unraisable
class Lock: pass
lock = Lock()
gone = weakref.ref(lock, lambda _: signal.raise_signal(signal.SIGINT))
try:
    del lock
    time.sleep(30)
except KeyboardInterrupt:
    print("interrupted")
weakref.finalize(Lock(), int, "no number")
"""


def test_what_is_told_of_callbacks_is_as_before_when_a_command_has_run() -> None:
    before = sys.unraisablehook
    main(["fields", "udp"])
    assert sys.unraisablehook is before


def test_an_interrupt_in_a_callback_comes_once_more_and_other_errors_there_are_told() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOST], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "interrupted\n"
    assert "ValueError" in done.stderr
    assert "KeyboardInterrupt" not in done.stderr


# Progress


def at_a_terminal(*arguments: str, stdin: bytes, pause: float) -> tuple[str, str]:
    """Output and what a terminal at standard error shows, with a pause in the middle of input."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*UMPA, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(stdin[:-1])
        process.stdin.flush()
        time.sleep(pause)
        process.stdin.write(stdin[-1:])
        process.stdin.close()
        output = process.stdout.read().decode()
        process.wait(timeout=30)
    shown = b""
    while select.select([ours], [], [], 0)[0]:
        try:
            shown += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    return output, shown.decode()


@pytest.mark.slow
def test_progress_is_shown_after_a_while_and_erased(ping: Path) -> None:
    output, shown = at_a_terminal("show", "-", stdin=ping.read_bytes(), pause=2.5)
    assert output == umpa("show", ping).stdout
    drawn, *_, last = shown.split("\x1b[K")
    assert drawn.startswith("\r")
    assert " packets, " in drawn
    assert drawn.endswith(" MB/s")
    assert last == ""
    assert shown.endswith("\r\x1b[K")


def test_a_short_file_shows_no_progress(ping: Path) -> None:
    output, shown = at_a_terminal("show", str(ping), stdin=b" ", pause=0)
    assert output == umpa("show", ping).stdout
    assert shown == ""


# fields, version, help


def test_the_list_of_protocols(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fields"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "class", "protocol"]
    names = [line.split()[0] for line in lines[1:]]
    assert names == sorted(names)
    assert {"eth", "ip", "ipv6", "tcp", "udp", "arp", "icmp"} <= set(names)
    assert any(line.split()[:2] == ["ip", "IP"] for line in lines)


@pytest.mark.parametrize("name", ["udp", "UDP", "Udp"])
def test_the_fields_of_a_protocol(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fields", name]) == 0
    title, empty, *lines = capsys.readouterr().out.splitlines()
    assert (title, empty) == ("UDP (udp): User Datagram Protocol (RFC 768)", "")
    header, *rows = [re.split(" {2,}", line) for line in lines]
    assert header == ["attribute", "Wireshark's name", "type", "default", "auto", "meaning"]
    assert rows[0] == ["srcport", "udp.srcport", "Enum16", "0", UDP.fields["srcport"].doc]
    assert rows[3][:4] == ["checksum", "udp.checksum", "U16", "transport checksum"]
    assert len(rows) == 4


def test_every_protocol_has_its_list(capsys: pytest.CaptureFixture[str]) -> None:
    for protocol in all_protocols():
        assert main(["fields", protocol.name]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines[3:]] == list(protocol.fields)


def test_defaults_are_as_people_write_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fields", "ethernet"]) == 0
    assert "dst        eth.dst           MAC (48)  ff:ff:ff:ff:ff:ff" in capsys.readouterr().out


def test_version_and_help() -> None:
    assert umpa("--version").stdout.startswith("umpa 1.")
    done = umpa("show", "--help")
    assert done.returncode == 0
    for option in ("--filter", "--count", "--time", "--tree", "--json", "--hex"):
        assert option in done.stdout


def test_startup_is_light() -> None:
    """Nothing of a command is loaded before it is run."""
    code = (
        "import sys, umpa; n = set(sys.modules); import umpa.__main__; print(*set(sys.modules) - n)"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"json", "datetime", "dpkt", "pcap", "cypcap", "socket"} & set(loaded)


def test_standard_input_is_not_sent_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "-", "-i", "lo", "--loop", "2"]) == 2
    said = "umpa: standard input is read once: --loop wants a file by its name\n"
    assert capsys.readouterr().err == said
