"""Dropping privileges: in child processes, since there is no way back."""

from __future__ import annotations

import pytest

from tests.live.room import run_python

pytestmark = pytest.mark.live

STATUS = """
import os
def status():
    found = {}
    for line in open("/proc/self/status"):
        name, _, value = line.partition(":")
        found[name] = value.split()
    return found
"""


def run(code: str) -> str:
    return run_python(
        STATUS + "from umpa.security import *\nfrom umpa.errors import *\n" + code
    ).stdout


def refused(call: str) -> str:
    return run(
        f"try: {call}\nexcept UmpaError as error: print(type(error).__name__, error)"
    ).strip()


def test_nothing_is_left() -> None:
    out = run(
        """
drop_privileges()
now = status()
import pwd
nobody = pwd.getpwnam("nobody")
assert set(now["Uid"]) == {str(nobody.pw_uid)}, now["Uid"]
assert set(now["Gid"]) == {str(nobody.pw_gid)}
assert now["Groups"] == [str(nobody.pw_gid)], now["Groups"]
for name in ("CapPrm", "CapEff", "CapInh", "CapAmb", "CapBnd"):
    assert int(now[name][0], 16) == 0, name
assert now["NoNewPrivs"] == ["1"]
for call in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]),
             lambda: open("/etc/shadow")):
    try: call()
    except PermissionError: continue
    raise AssertionError(call)
print("dropped")
"""
    )
    assert out == "dropped\n"


def test_a_program_run_later_gains_nothing() -> None:
    out = run(
        """
import subprocess
drop_privileges()
print(subprocess.check_output(["sh", "-c", "id -u; grep CapEff /proc/self/status"], text=True))
"""
    )
    number, capabilities = out.strip().splitlines()
    assert int(number) > 0
    assert int(capabilities.split()[1], 16) == 0


def test_what_was_opened_before_works_on() -> None:
    out = run(
        """
import socket
from umpa.sniffing import Capture
with Capture("lo", filter="udp port 4250", timeout=5, count=1) as capture:
    drop_privileges()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", 4250))
    print(*[packet.udp.dstport for packet in capture])
try:
    Capture("lo").open()
except PermissionDenied as error:
    print(error)
"""
    )
    port, refusal = out.splitlines()
    assert port == "4250"
    assert "setcap cap_net_raw" in refusal


def test_one_capability_is_kept() -> None:
    out = run(
        """
from umpa.sniffing import Capture
Capture("lo").open().close()  # imports what nobody may not, where Python is in root's home
drop_privileges(keep=["net_raw", "CAP_NET_ADMIN"])
assert int(status()["CapEff"][0], 16) == 1 << 12 | 1 << 13
assert os.geteuid() > 0
Capture("lo").open().close()
print("opened")
"""
    )
    assert out == "opened\n"


def test_dropping_twice() -> None:
    assert run("drop_privileges()\ndrop_privileges()\nprint('still')") == "still\n"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("drop_privileges('nobdy')", "there is no user 'nobdy'; did you mean 'nobody'?"),
        ("drop_privileges('root')", "SecurityError 'root' is root, or of its group"),
        ("drop_privileges(0)", "SecurityError 0 is root"),
        ("drop_privileges(keep=['net_rwa'])", "no capability 'net_rwa'; did you mean 'net_raw'?"),
        ("drop_privileges(keep=['setuid'])", "setuid would be a way back to all privileges"),
        ("drop_privileges(keep='net_raw')", "keep is a list of capabilities, got 'net_raw'"),
        ("(drop_privileges(), drop_privileges('daemon'))",
         "PermissionDenied this process may not become 'daemon' (Operation not permitted)"),
        ("(drop_privileges(), drop_privileges(keep=['net_raw']))",
         "PermissionDenied the process does not have what it is to keep: net_raw"),
    ],
)  # fmt: skip
def test_mistakes_are_precise(call: str, words: str) -> None:
    assert words in refused(call)


def test_threads_are_refused() -> None:
    out = run(
        """
import threading
done = threading.Event()
thread = threading.Thread(target=done.wait)
thread.start()
try: drop_privileges()
except SecurityError as error: print(error)
done.set(); thread.join()
assert os.geteuid() == 0
"""
    )
    assert out.startswith("2 threads are running")
