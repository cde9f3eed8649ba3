"""Record the captures of this folder anew, from real programs, between network namespaces.

    sudo python -m tests.captures.record [NAME ...]

Each scene's docstring becomes its line in README.md. Needs root and Debian's tcpdump, tshark
(dumpcap, editcap), iproute2, ethtool, iputils-ping, iputils-arping, traceroute, curl, dnsutils,
openssl, openvswitch-switch, udhcpc, udhcpd, lldpd, radvd, pppoe and libusrsctp-examples.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from tests.captures.lab import HERE, Lab
from tests.captures.scene import SCENES, without_machine
from tests.captures.scenes import hosts, records, routers, wires

__all__ = ["hosts", "main", "records", "routers", "wires"]

FIRST = HERE.parent.parent / "examples" / "captures" / "first.pcapng"


def readme() -> str:
    """The text of README.md: one line a file, from the scenes' docstrings."""
    lines = [
        f"| `{name}` | {' '.join((made.__doc__ or '').split())} |"
        for name, made in SCENES.items()
        if name != FIRST.name
    ]
    return (
        "# Captures\n\n"
        "Recorded by the authors from real programs, between network namespaces of one machine,\n"
        "by `sudo python -m tests.captures.record [NAME ...]`; under the project's licence.\n"
        "`tcpdump` writes the `.pcap` files (nanoseconds unless said otherwise), `dumpcap`\n"
        "the `.pcapng` ones. Client and server are 10.0.0.1 fd00::1 02:00:00:00:00:01 and\n"
        "10.0.0.2 fd00::2 02:00:00:00:00:02; behind a router the server is 10.0.1.2 fd00:1::2.\n"
        "Offloads are off, so that frames are as on a real wire.\n\n"
        "| file | what was done |\n|---|---|\n" + "\n".join(lines) + "\n\n"
        f"`examples/captures/{FIRST.name}` is made by the same script: "
        f"{SCENES[FIRST.name].__doc__}\n"
    )


def main(names: list[str]) -> None:
    for name in names or list(SCENES):
        target = FIRST if name == FIRST.name else HERE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary, Lab(Path(temporary)) as lab:
            lab.folder.chmod(0o755)
            made = lab.folder / f"made-{name}"
            SCENES[name](lab, made)
            target.write_bytes(without_machine(made.read_bytes()))
        print(f"{target.stat().st_size:7} {name}", flush=True)
    (HERE / "README.md").write_text(readme())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    main(sys.argv[1:])
