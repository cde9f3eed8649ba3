"""Whatever the bytes: no face of a packet raises, and what is drawn is well formed."""

from __future__ import annotations

from functools import cache
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import CAPTURES
from umpa import Packet
from umpa.core.registry import linktypes
from umpa.link.file import read


@cache
def frames() -> list[tuple[bytes, int]]:
    """Some frames of every bundled capture."""
    paths = sorted(CAPTURES.glob("*.pcap*"))
    return [(bytes(p), p.linktype) for path in paths for p in read(path, count=12)]


def faces(packet: Packet) -> None:
    for text in (str(packet), packet.summary(), packet.hexdump(), packet.hexdump(fields=True)):
        assert text.replace("\n", "").isprintable()
    ElementTree.fromstring(packet.svg())
    ElementTree.fromstring(packet._repr_html_().replace("<br>", "<br/>"))


@given(data=st.binary(max_size=200), linktype=st.sampled_from(sorted(linktypes.classes)))
def test_any_bytes(data: bytes, linktype: int) -> None:
    faces(Packet.dissect(data, linktype))


@settings(max_examples=300)
@given(data=st.data())
def test_real_frames_with_wrong_bytes(data: st.DataObject) -> None:
    frame, linktype = data.draw(st.sampled_from(frames()))
    changed = bytearray(frame)
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(frame) - 1), st.integers(0, 255)), max_size=6)
    ):
        changed[at] = value
    del changed[data.draw(st.integers(0, len(frame))) or len(frame) :]
    cut = data.draw(st.none() | st.integers(len(changed), len(changed) + 100))
    packet = Packet.dissect(changed, linktype, wire_length=cut)
    faces(packet)
    packet._touch()
    faces(packet)
