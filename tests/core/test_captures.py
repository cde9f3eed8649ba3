"""Packets of real programs: written as they came, and rebuilt to the same bytes when changed."""

from __future__ import annotations

from pathlib import Path

import pytest

import umpa.savefile
from tests.conftest import CAPTURES
from umpa import Packet

FILES = sorted(CAPTURES.glob("*.pcap*"))
MOST = 300


def clean(packet: Packet) -> bool:
    """Whether nothing is wrong on the wire, so that what is derived must come out the same."""
    status = {layer.checksum_status for layer in packet.layers if not layer.quoted}
    cut = packet.wire_length != len(packet)
    return packet.error is None and not cut and "bad" not in status


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_untouched_packets_are_the_same_bytes(path: Path) -> None:
    for packet in umpa.savefile.read(path, count=MOST):
        before = bytes(packet)
        assert b"".join(bytes(layer) for layer in packet.layers) == before
        assert str(packet)
        assert bytes(packet) == before
        assert packet.untouched


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_changed_packets_are_rebuilt_to_the_same_bytes(path: Path) -> None:
    """With every derived field auto: by a change elsewhere, and by a call for each."""
    for number, packet in enumerate(umpa.savefile.read(path, count=MOST), 1):
        if not clean(packet):
            continue
        before = bytes(packet)
        one, two = packet.copy(), packet.copy()
        one.include(b"")
        assert bytes(one) == before, number
        for layer in two.layers:
            for name in list(layer):
                if layer.is_auto(name) and not layer.quoted:
                    layer.auto(name)
        assert bytes(two) == before, number
        assert not two.untouched or not any(len(layer.fields) > 1 for layer in two.layers)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_most_packets_of_our_captures_are_clean(path: Path) -> None:
    """Or the test above would say little."""
    found = [clean(packet) for packet in umpa.savefile.read(path, count=MOST)]
    if path.stem not in ("offload", "snaplen"):
        assert sum(found) >= len(found) * 0.9
