"""Agreement with tshark: over the corpus with its scorer, over the bundled captures by asking it.

The numbers are those that the project promises; see `docs/conformance.md` for what differs.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import compare_umpa
from tests.conformance.frames import BUNDLED, CORPUS

pytestmark = pytest.mark.conformance

FIELDS = {
    "eth.src": "eth.src", "eth.type": "eth.type", "ip.src": "ip.src",
    "ip.dst": "ip.dst", "ip.len": "ip.len", "ip.id": "ip.id", "ip.ttl": "ip.ttl",
    "ip.proto": "ip.proto", "ip.checksum": "ip.checksum", "ipv6.src": "ipv6.src",
    "ipv6.dst": "ipv6.dst", "ipv6.plen": "ipv6.plen", "ipv6.hlim": "ipv6.hlim",
    "icmp.type": "icmp.type", "icmp.code": "icmp.code", "icmp.checksum": "icmp.checksum",
    "icmpv6.type": "icmpv6.type", "icmpv6.checksum": "icmpv6.checksum",
    "udp.srcport": "udp.srcport", "udp.length": "udp.length", "udp.checksum": "udp.checksum",
    "tcp.srcport": "tcp.srcport", "tcp.seq_raw": "tcp.seq", "tcp.flags": "tcp.flags",
    "tcp.hdr_len": "tcp.hdr_len", "tcp.checksum": "tcp.checksum", "arp.opcode": "arp.opcode",
    "arp.src.proto_ipv4": "arp.src.proto_ipv4", "sctp.verification_tag": "sctp.verification_tag",
    "gre.proto": "gre.proto", "mpls.label": "mpls.label", "vxlan.vni": "vxlan.vni",
    "geneve.vni": "geneve.vni", "igmp.type": "igmp.type", "llc.dsap": "llc.dsap",
    "stp.type": "stp.type", "pppoe.code": "pppoe.code", "ppp.protocol": "ppp.protocol",
}  # fmt: skip
"""tshark's name, and ours; the outermost occurrence is compared."""


@pytest.mark.skipif(not CORPUS, reason="platform: no corpus, UMPA_CORPUS is not set")
def test_the_corpus_agrees_with_tshark() -> None:
    tools = Path(CORPUS) / "tools"
    sys.path.insert(0, str(tools))
    try:
        score: Any = importlib.import_module("score")
    finally:
        sys.path.remove(str(tools))
    result = score.run(compare_umpa, f"{CORPUS}/dev", f"{CORPUS}/oracle/dev", ext=True)
    clean, dirty = result["tot"]["clean"], result["tot"]["dirty"]
    assert clean["outer"] >= 0.999 * clean["n"]
    assert clean["outer+status"] >= 0.999 * clean["n"]
    assert clean["first"] >= 0.995 * clean["n"]
    assert clean["allocc"] >= 0.995 * clean["n"]
    assert clean["quoted"] == clean["quoted.n"]
    assert dirty["noconf"] >= 0.999 * dirty["n"]
    assert sum(result["macro"]) >= 0.98 * len(result["macro"])
    assert not result["exc"]
    for name, count in result["efld"].items():
        assert result["eok"][name] >= 0.99 * count, name


@pytest.mark.needs("tshark")
@pytest.mark.parametrize("capture", sorted(BUNDLED.glob("*.pcap")), ids=lambda path: path.stem)
def test_the_bundled_captures_agree_with_tshark(capture: Path) -> None:
    theirs = _tshark(capture)
    ours = list(compare_umpa.rows(str(capture)))
    assert len(ours) == len(theirs)
    for row, fields in zip(ours, theirs, strict=True):
        found = _outermost(row)
        for their_name, our_name in FIELDS.items():
            if their_name in fields and our_name in found:
                assert found[our_name] == _value(fields[their_name][0]), (
                    f"{capture.name} packet {row['n']}: {their_name}"
                )


def _tshark(capture: Path) -> list[dict[str, list[str]]]:
    names = [argument for name in FIELDS for argument in ("-e", name)]
    options = ["-o", "tcp.relative_sequence_numbers:FALSE", "-T", "json"]
    tshark = shutil.which("tshark")
    assert tshark
    text = subprocess.run(
        [tshark, "-r", str(capture), *options, *names], capture_output=True, check=True
    ).stdout
    return [packet["_source"]["layers"] for packet in json.loads(text or b"[]")]


def _outermost(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, fields in row["L"]:
        for key, value in fields.items():
            found.setdefault(f"{name}.{key}", value)
    return found


def _value(text: str) -> int | str:
    try:
        return int(text, 0)
    except ValueError:
        return text
