"""What is written is read back, whatever it is; what is broken is a FileError, whatever it is."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import hypothesis.strategies as st
import pytest
import zstandard
from hypothesis import example, given, settings

from tests.savefile import craft
from tests.savefile.craft import everything, facts, until_error
from umpa import savefile
from umpa.core.origin import Origin
from umpa.core.packet import Packet
from umpa.savefile import Reader

texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
lengths = st.none() | st.integers(0, 2**32 - 1)


@st.composite
def packets(
    draw: st.DrawFn,
    times: st.SearchStrategy[int | None],
    linktypes: st.SearchStrategy[int],
    texts: st.SearchStrategy[str | None],
) -> Packet:
    data = draw(st.binary(max_size=80))
    packet = Packet.dissect(data, time_ns=draw(times))
    wire_length = draw(lengths)
    packet._origin = Origin(
        draw(linktypes), draw(texts), None if wire_length == len(data) else wire_length, draw(texts)
    )
    return packet


@given(
    st.lists(
        packets(st.integers(0, 2**64 - 1), st.sampled_from([1, 101, 0xFFFF]), texts), max_size=8
    )
)
def test_pcapng(originals: list[Packet]) -> None:
    file = io.BytesIO()
    assert savefile.write(file, originals, format="pcapng") == len(originals)
    assert everything(Reader(io.BytesIO(file.getvalue()))) == everything(originals)


@given(st.lists(st.tuples(st.none() | st.integers(0, 2**64 - 1), st.sampled_from([1, 101, 113]))))
def test_pcapng_without_times(kinds: list[tuple[int | None, int]]) -> None:
    originals = [Packet.dissect(b"abcde", kind, time_ns=time) for time, kind in kinds]
    file = io.BytesIO()
    savefile.write(file, originals, format="pcapng")
    assert facts(Reader(io.BytesIO(file.getvalue()))) == facts(originals)


@given(
    st.lists(
        packets(st.integers(0, 2**32 * 10**9 - 1), st.just(0x03FFFFFF), st.none()), max_size=8
    ),
    st.booleans(),
)
def test_pcap(originals: list[Packet], ns: bool) -> None:
    file = io.BytesIO()
    savefile.write(file, originals, 0x03FFFFFF, "pcap", ns)
    if not ns:
        for packet in originals:
            assert packet.time_ns is not None
            packet.time_ns -= packet.time_ns % 1000
    assert facts(Reader(io.BytesIO(file.getvalue()))) == facts(originals)


def samples() -> list[bytes]:
    frame = bytes(range(61))
    pcap = craft.pcap_header() + b"".join(craft.record(frame, n, n, 70) for n in range(4))
    big = craft.pcap_header(">", craft.NANO) + craft.record(frame, 1, 2, order=">") * 3
    pcapng = b"".join(
        craft.section(order)
        + craft.interface(1, 8, craft.option(2, b"eth0", order), order)
        + craft.enhanced(frame, 2**40, order=order)
        + craft.enhanced(frame, 2**40, options=craft.option(1, b"hello", order), order=order)
        + craft.block(4, bytes(20), order)
        + craft.simple(frame[:8], 8, order=order)
        + craft.obsolete(frame, 7, order=order)
        for order in "<>"
    )
    zstd = zstandard.ZstdCompressor(write_checksum=True)
    return [pcap, big, pcapng, gzip.compress(pcapng, mtime=0), zstd.compress(pcapng)]


SAMPLES = samples()
edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["set", "cut", "add", "word"]),
        st.binary(min_size=1, max_size=4),
        st.sampled_from([0, 1, 4, 12, 0x7FFFFFFF, 0xFFFFFFFF]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=2000)
@given(st.sampled_from(SAMPLES), edits)
def test_mutations_are_file_errors_or_packets(
    data: bytes, edits: list[tuple[float, str, bytes, int]]
) -> None:
    mutated = bytearray(data)
    for place, what, value, word in edits:
        at = int(place * len(mutated))
        if what == "set":
            mutated[at : at + len(value)] = value
        elif what == "cut":
            del mutated[at : at + word % 64 + 1]
        elif what == "add":
            mutated[at:at] = value
        else:
            at &= ~3
            mutated[at : at + 4] = word.to_bytes(4, "little")
    until_error(bytes(mutated))


@settings(max_examples=500)
@given(st.sampled_from(SAMPLES).map(lambda data: data[:24]), st.binary(max_size=200))
@example(craft.section(), b"")
def test_noise_after_a_header(head: bytes, noise: bytes) -> None:
    until_error(head + noise)


@given(st.binary(max_size=100))
def test_noise(noise: bytes) -> None:
    until_error(noise)


@pytest.mark.parametrize("data", SAMPLES, ids=["pcap", "big", "pcapng", "gzip", "zstd"])
def test_every_single_byte_changed(data: bytes) -> None:
    for at in range(len(data)):
        for value in (0, 1, 0x7F, 0xFF, data[at] ^ 1, data[at] ^ 0x80):
            until_error(data[:at] + bytes([value]) + data[at + 1 :])


def test_the_bundled_captures_survive_a_rewriting(captures: Path, tmp_path: Path) -> None:
    for path in sorted(captures.glob("*.pcap*")):
        want = everything(Reader(path))
        assert want
        savefile.write(tmp_path / "x.pcapng", savefile.read(path))
        assert everything(Reader(tmp_path / "x.pcapng")) == want
        if path.suffix == ".pcap":
            savefile.write(tmp_path / "x.pcap", savefile.read(path))
            assert (tmp_path / "x.pcap").read_bytes() == path.read_bytes()
            savefile.write(tmp_path / "y.pcap", iter(savefile.Reader(path)))
            assert everything(Reader(tmp_path / "y.pcap")) == want
