"""Tables of pcapng files by blocks hold what their packets hold, and end as reading them ends."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import umpa
from tests.savefile.craft import block, enhanced, interface, obsolete, option, section, simple
from umpa import ICMP, IP, TCP, Ethernet
from umpa.analysis import records, table
from umpa.analysis.gather import Gatherer
from umpa.analysis.records import Block
from umpa.errors import FileError
from umpa.savefile import pcapng

FIELDS = ["frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "ip.src", "tcp.dstport"]
PING = bytes(Ethernet() / IP(src="10.0.0.1") / ICMP())
SYN = bytes(Ethernet() / IP(src="10.0.0.2") / TCP(dstport=80))
BARE = bytes(IP(src="10.0.0.3") / TCP(dstport=81))
MICRO = 1_790_000_000_000_000
COMMENT = option(1, b"a comment")
RESOLUTIONS = [b"", option(9, b"\x09"), option(9, b"\x03"), option(9, b"\x8a"),
               option(14, struct.pack("<q", -5))]  # fmt: skip


@pytest.fixture(autouse=True, params=[0, 4])
def small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """So that small files go by blocks: all of their packets, or only where several follow."""
    monkeypatch.setattr(records, "_FEW", request.param)
    monkeypatch.setattr(pcapng, "_SINGLY", request.param)
    monkeypatch.setattr(table, "BLOCK", 500)
    monkeypatch.setattr(table, "LEAST", 100)


def same(path: Path, data: bytes) -> tuple[int, FileError | None]:
    """Both ways give the same cells, or end with the same error; how many rows, and the error."""
    path.write_bytes(data)
    packets, error = [], None
    try:
        for packet in umpa.read(path):
            packets.append(packet)
    except FileError as caught:
        error = caught
    picked = umpa.table(iter(packets), FIELDS)
    if error is None:
        blocked = umpa.table(path, FIELDS)
        assert [list(column) for column in blocked.values()] == [
            list(column) for column in picked.values()
        ]
    else:
        with pytest.raises(FileError) as found:
            umpa.table(path, FIELDS)
        assert str(found.value) == str(error)
    return len(packets), error


packets = st.builds(
    lambda make, data, stamp, index, cut, comment: make(
        data[:cut], stamp, index, len(data), COMMENT if comment else b""
    ),
    st.sampled_from([enhanced, enhanced, enhanced, obsolete]),
    st.sampled_from([PING, SYN, BARE]),
    st.integers(0, 1 << 34).map(lambda n: MICRO + n),
    st.integers(0, 2),
    st.sampled_from([99, 99, 40, 20, 0]),
    st.booleans(),
)
others = st.sampled_from(
    [simple(SYN), block(4, bytes(8)), block(0x0BAD, b"ours"), interface(options=RESOLUTIONS[1])]
)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(RESOLUTIONS), min_size=3, max_size=3),
    st.lists(st.one_of(packets, packets, packets, others), max_size=60),
)
def test_whatever_blocks_there_are(
    tmp_path_factory: pytest.TempPathFactory, times: list[bytes], blocks: list[bytes]
) -> None:
    head = section() + interface(options=times[0]) + interface(options=times[1])
    data = head + interface(101, options=times[2]) + b"".join(blocks)
    assert same(tmp_path_factory.mktemp("ng") / "a.pcapng", data)[1] is None


def test_sections_of_both_byte_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together: list[int] = []
    add = Gatherer.add

    def counted(self: Gatherer, count: int, blocks: Iterable[Block]) -> None:
        together.append(count)
        add(self, count, blocks)

    monkeypatch.setattr(Gatherer, "add", counted)
    parts = [
        section(order) + interface(order=order) + enhanced(PING, MICRO + n, order=order) * 5
        for n, order in enumerate("<><>")
    ]
    assert same(tmp_path / "a.pcapng", b"".join(parts)) == (20, None)
    assert together[0] == 5


@pytest.mark.parametrize(
    "damage",
    [
        enhanced(SYN, MICRO)[:-4] + bytes(4),
        enhanced(SYN, MICRO, 7),
        enhanced(SYN, MICRO)[:20] + b"\xff\0\0\0" + enhanced(SYN, MICRO)[24:],
        enhanced(SYN, MICRO, options=struct.pack("<HH", 1, 9)),
        enhanced(SYN, MICRO)[:-9],
        struct.pack("<II", 6, 0xFFFFFFFC) + bytes(40),
        struct.pack("<II", 6, 20) + bytes(8) + struct.pack("<I", 20),
    ],
)
def test_damage_is_the_same_error(tmp_path: Path, damage: bytes) -> None:
    good = section() + interface() + enhanced(PING, MICRO) * 9
    count, error = same(tmp_path / "a.pcapng", good + damage)
    assert count == 9
    assert error is not None
