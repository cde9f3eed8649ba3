"""libpcap's filters on bytes, by both bindings, against tcpdump's own answer."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from umpa.errors import FilterError
from umpa.link.libpcap.filter import compile_filter, compile_with_length, uses_length
from umpa.savefile import Reader

BINDINGS = [name for name in ("pcap", "cypcap") if importlib.util.find_spec(name)]
TCP_80 = bytes(12) + bytes.fromhex("0800 4500 0028 0000 0000 4006 0000 0a000001 0a000002 0050 1234")


@pytest.fixture(params=BINDINGS)
def binding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each binding in turn, as if it were the only one."""
    for name in BINDINGS:
        if name != request.param:
            monkeypatch.setitem(sys.modules, name, None)
    return str(request.param)


def test_a_filter_is_a_test_of_bytes(binding: str) -> None:
    accept = compile_filter("tcp src port 80")
    assert accept(TCP_80)
    assert not accept(TCP_80[:34] + b"\0\x51" + TCP_80[36:])
    assert not accept(b"")
    assert compile_filter("")(b"")
    assert not compile_filter("not tcp", optimize=False)(TCP_80)


@pytest.mark.parametrize(
    ("text", "linktype", "words"),
    [
        ("tcp prot 80", 1, "syntax error"),
        ("host 300.1.1.1", 1, "300.1.1.1"),
        ("wlan type mgt", 1, "802.11"),
        ("tcp", 189, "USB link-layer type filtering not implemented"),
        ("tcp and udp", 1, "expression rejects all packets"),
    ],
)
def test_a_bad_filter_has_libpcap_s_words(
    text: str, linktype: int, words: str, binding: str
) -> None:
    with pytest.raises(FilterError) as info:
        compile_filter(text, linktype)
    assert words in str(info.value)
    assert f"in the filter '{text}', for link type {linktype}" in str(info.value)
    assert "\n" not in str(info.value)


@pytest.mark.parametrize("text", ["tcp\0", "\0", "tcp port ü", "\udc80"])
def test_text_that_no_filter_is(text: str, binding: str) -> None:
    with pytest.raises(FilterError, match="a filter is ASCII text without NUL"):
        compile_filter(text)


def test_link_types_are_those_of_capture_files(binding: str) -> None:
    ip = TCP_80[14:]
    assert compile_filter("src host 10.0.0.1 and tcp", 101)(ip)
    assert not compile_filter("udp", 101)(ip)
    assert compile_filter("tcp", 113)(bytes(14) + b"\x08\0" + ip)
    assert compile_filter("tcp", 276)(b"\x08\0" + bytes(18) + ip)


def test_the_length_on_the_wire(binding: str) -> None:
    whole, cut = compile_with_length("greater 100")
    assert not whole(TCP_80)
    assert not cut(TCP_80, 99)
    assert cut(TCP_80, 100)
    assert not compile_with_length("tcp[100] = 0").cut(TCP_80, 1500)  # that byte was not kept
    assert compile_with_length("tcp", optimize=False).cut(TCP_80, 1500)


def test_which_filters_ask_for_the_length() -> None:
    for text in ("len > 5", "tcp and greater 5", "(less 5)", "ip and len<=5"):
        assert uses_length(text)
    for text in ("tcp", "host lenny", "ip[2:2] > 5"):
        assert not uses_length(text)


def test_long_filters_are_compiled_without_the_optimiser(binding: str) -> None:
    hosts = " or ".join(f"ip src 10.0.{n >> 8}.{n & 255}" for n in range(300))
    accept, cut = compile_with_length(hosts)  # optimised, this takes seconds
    assert accept(TCP_80)
    assert cut(TCP_80, 60)
    assert not accept(TCP_80[:26] + b"\x0b" + TCP_80[27:])


def test_filters_outlive_what_made_them(binding: str) -> None:
    filters = [compile_with_length(f"tcp src port {n}") for n in range(70, 90)]
    assert [n for n, f in enumerate(filters, 70) if f.whole(TCP_80) and f.cut(TCP_80, 60)] == [80]


def test_filters_in_threads(binding: str) -> None:
    results: list[bool] = []

    def work() -> None:
        for _ in range(50):
            f = compile_with_length("tcp port 80 and greater 100")
            results.append(not f.whole(TCP_80) and bool(f.cut(TCP_80, 100)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 200


def test_without_a_binding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pcap", None)
    monkeypatch.setitem(sys.modules, "cypcap", None)
    with pytest.raises(FilterError, match="no binding to libpcap can be imported: pip install"):
        compile_filter("tcp")


FILTERS = [
    "tcp",
    "udp port 53",
    "icmp or icmp6",
    "arp",
    "ip broadcast or ip multicast",
    "host 10.0.0.1 and not port 80",
    "src net 10.0.0.0/24",
    "ip6",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "greater 100",
    "less 80",
    "len >= 66 and tcp",
    "vlan",
    "ip[8] = 64",
    "portrange 1-1023",
]


@pytest.mark.needs("tcpdump")
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["ping.pcap", "tls.pcap", "dns.pcap", "snaplen.pcap", "vlan.pcap", "raw-ip.pcap", "sll2.pcap"],
)
def test_tcpdump_picks_the_same_packets(
    name: str, binding: str, captures: Path, tmp_path: Path
) -> None:
    path, out = captures / name, tmp_path / "out.pcap"
    packets = list(Reader(path))
    for text in FILTERS:
        tcpdump = ["tcpdump", "-r", str(path), "-w", str(out), "--time-stamp-precision=nano", text]
        done = subprocess.run(tcpdump, capture_output=True, text=True)
        if done.returncode:  # no VLANs on raw IP, and the like
            with pytest.raises(FilterError) as info:
                compile_filter(text, packets[0].linktype)
            assert str(info.value).split(":")[0] in done.stderr
            continue
        cut = compile_with_length(text, packets[0].linktype).cut
        got = [p.time_ns for p in packets if cut(bytes(p), p.wire_length)]
        assert got == [p.time_ns for p in Reader(out)], text
