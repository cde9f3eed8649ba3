"""Names load when they are used: each of them works alone, in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

ALONE = {
    "a layer": "from umpa import IP; assert IP(ttl=3).ttl == 3 and len(bytes(IP())) == 20",
    "stacking": "from umpa import IP, UDP; assert len(IP() / UDP()) == 28",
    "stacking bytes": "from umpa import UDP; assert (b'' / UDP() if 0 else UDP() / b'x').payload",
    "from the room": "from umpa.protocols import IP, UDP; assert len(IP() / UDP()) == 28",
    "from the file": "from umpa.protocols.ip import IP; assert len(IP() / b'x') == 21",
    "a module": "import umpa; assert len(umpa.IP() / umpa.UDP()) == 28",
    "a packet": "from umpa import Packet; assert Packet.dissect(bytes(34)).layers",
    "dissecting ip": "from umpa import Packet; p = Packet.dissect(b'E' + bytes(50), 228); p.layers",
    "accessors": (
        "from umpa import Packet; p = Packet.dissect(bytes(12) + b'\\x08\\0E\\0\\0\\x1c' + bytes(5)"
        " + b'\\x11' + bytes(18)); assert p.ip.len == 28 and p.udp.dstport == 0, p.layers"
    ),
    "matching": "from umpa import TCP; assert repr(TCP.dstport == 'http') == 'tcp.dstport == 80'",
    "has": "from umpa import has, ARP; assert repr(has(ARP)) == 'arp'",
    "reading": (
        "import umpa; p = list(umpa.read('examples/captures/first.pcapng'));"
        " assert len(p) == 20 and p[6].dns.qry_name"
    ),
    "errors": "import umpa; assert issubclass(umpa.errors.FieldError, ValueError)",
    "savefile": "import umpa; assert umpa.savefile.Reader",
    "json": (
        "from umpa import Packet; Packet.from_dict({'linktype': 1, 'layers':"
        " [{'layer': 'eth'}, {'layer': 'ip'}]}).ip.ttl"
    ),
    "own protocol": (
        "from umpa import Protocol, IP\n"
        "from umpa.core.field import U8\n"
        "class Mine(Protocol, name='mine', follows={'ip.proto': 200}):\n"
        "    number: U8 = U8(doc='A number.')\n"
        "assert (IP() / Mine()).ip.proto == 200"
    ),
    "reading needs no code that writes": (
        "from umpa import Packet; from umpa.protocols.ip import IP\n"
        "p = Packet.dissect(b'E' + bytes(50), 228); str(p); bytes(p.copy())\n"
        "assert 'unpack' in IP._functions and 'construct' not in IP._functions\n"
        "p.ip.ttl = 3; assert p.ip.ttl == 3 and 'construct' in IP._functions"
    ),
    "names of DNS need not all of dpkt": (
        "import sys; from umpa import Packet, DNS, UDP, IP\n"
        "p = Packet.dissect(bytes(IP() / UDP(dstport=53) / "
        "DNS(data=DNS.question('a.example'))), 228)\n"
        "assert p.dns.qry_name == 'a.example' and 'dpkt' not in sys.modules\n"
        "import dpkt; assert dpkt.dns.DNS.__module__ == 'dpkt.dns'"
    ),
    "an order that dissection found loads no list of what else may stand there": (
        "import sys; from umpa import IP, ICMP, UDP, Packet\n"
        "quote = bytes(IP() / UDP())[:24]\n"
        "p = Packet.dissect(bytes(IP() / ICMP(type=3) / quote), 228).copy(); p.ip.ttl = 9\n"
        "bytes(p); assert p.layers[-1].quoted and 'umpa.protocols.bgp' not in sys.modules"
    ),
    "everything": "from umpa import *; assert len(Ethernet() / VLAN() / IPv6() / ICMPv6()) == 66",
    "dir": "import umpa; assert {'IP', 'Packet', 'read', 'errors'} <= set(dir(umpa))",
}


@pytest.mark.parametrize("name", ALONE)
def test_alone(name: str) -> None:
    command = [sys.executable, "-W", "error", "-c", ALONE[name]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_pickled_packet_comes_back_in_an_interpreter_that_knows_nothing_yet() -> None:
    import pickle

    from umpa import IP, UDP

    data = pickle.dumps(IP(ttl=3) / UDP() / b"x")
    code = f"import pickle; p = pickle.loads({data!r}); assert p.ip.ttl == 3 and len(p) == 29"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_unknown_names() -> None:
    import umpa

    with pytest.raises(AttributeError, match="'umpa' has no attribute 'TPC'"):
        getattr(umpa, "TPC")  # noqa: B009  # checkers refuse the name, too
