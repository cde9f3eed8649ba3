"""Tables: the same cells as the packets give, kept compactly, exact in time."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import umpa
from tests.analysis import tshark
from tests.conftest import CAPTURES
from umpa import ICMP, IP, TCP, UDP, Ethernet, Packet
from umpa.core.registry import all_protocols
from umpa.errors import FieldError, FileError, FilterError

FIRST = CAPTURES.parent.parent / "examples" / "captures" / "first.pcapng"
ENDS = ["ip.src", "ip.dst", "tcp.dstport"]


def udp(number: int) -> Packet:
    """A packet whose identification is its number, and whose time too."""
    packet = Ethernet() / IP(id=number & 0xFFFF, src="10.0.0.1") / UDP(dstport=53)
    return Packet.dissect(bytes(packet), time_ns=number)


def comparable(row: tuple[str, ...]) -> tuple[str, ...]:
    """Without ports where tshark reads those of a quoted packet, or of half a header."""
    _, _, length, kept, icmp, icmpv6, *_ = row
    quotes = icmp in ("3", "11") or icmpv6 in ("1", "3")
    return row[:-5] if quotes or length != kept else row


class TestCells:
    def test_they_are_what_the_packets_say(self, captures: Path) -> None:
        """Of every protocol, every field; three packets of each kind."""
        picks = {p: umpa.pick(*p.fields.values()) for p in all_protocols() if p.fields}
        seen: Counter[Any] = Counter()
        packets = []
        for file in sorted(captures.glob("*.pcap*")):
            for packet in umpa.read(file):
                kind = tuple(type(layer) for layer in packet.layers)
                seen[kind] += 1
                if seen[kind] <= 3:
                    packets.append(packet)
        for protocol, pick in picks.items():
            made = umpa.table(packets, list(protocol.fields.values()))
            rows = list(pick.rows(packets))
            assert list(made) == rows, protocol
            for row, expected in zip(made, rows, strict=True):
                assert list(map(type, row)) == list(map(type, expected)), protocol
            assert [made[i] for i in range(len(made))] == rows

    @pytest.mark.conformance
    @pytest.mark.slow
    @pytest.mark.needs("tshark")
    @pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.pcap*")), ids=lambda p: p.name)
    def test_they_are_what_tshark_says(self, capture: Path) -> None:
        names = ["frame.number", "frame.time_epoch", "frame.len", "frame.cap_len"]
        names += ["icmp.type", "icmpv6.type"]
        names += ["eth.src", "ip.src", "ip.dst", "ip.ttl", "ipv6.src", "arp.src.proto_ipv4"]
        names += ["tcp.srcport", "tcp.dstport", "tcp.seq_raw", "udp.srcport", "udp.length"]
        made = umpa.table(capture, [name.removesuffix("_raw") for name in names])
        columns = list(made.values())
        rows = [tuple(column.text(i) for column in columns) for i in range(len(made))]
        assert [*map(comparable, rows)] == [*map(comparable, tshark.fields(capture, *names))]

    def test_a_packet_without_the_field_has_none(self) -> None:
        made = umpa.table(
            [udp(1), Ethernet() / IP() / TCP(dstport=80)], ["tcp.dstport", UDP.dstport]
        )
        assert list(made) == [(None, 53), (80, None)]
        assert made["tcp.dstport"].missing == b"\1\0"
        assert made["udp.dstport"].missing_count == 1

    def test_of_several_fields_the_first_that_there_is(self) -> None:
        packets = [udp(1), Ethernet() / IP() / TCP(dstport=80)]
        made = umpa.table(packets, [("tcp.dstport", UDP.dstport), (ICMP.type, IP.src)])
        assert made.names == ("tcp.dstport or udp.dstport", "icmp.type or ip.src")
        assert list(made) == [(53, "10.0.0.1"), (80, "0.0.0.0")]

    def test_times_are_exact(self) -> None:
        time = 1_700_000_000_123_456_789  # a float would be off by some 100 ns
        packet = Packet.dissect(bytes(60), time_ns=time)
        early = Packet.dissect(bytes(60), time_ns=-1)
        unknown = Packet.dissect(bytes(60))
        made = umpa.table([packet, early, unknown], ["frame.time_epoch"])
        column = made["frame.time_epoch"]
        assert list(column) == [time, -1, None]
        assert [column.text(i) for i in range(3)] == ["1700000000.123456789", "-0.000000001", ""]

    def test_names_may_have_underscores(self) -> None:
        made = umpa.table([udp(1)], ["ip.flags_df", "ip.frag_offset"])
        assert made.names == ("ip.flags_df", "ip.frag_offset")
        assert made[0] == (False, 0)

    def test_packets_that_were_crafted(self) -> None:
        made = umpa.table(
            [Ethernet() / IP(ttl=3) / TCP(flags="SYN")], ["ip.len", "ip.ttl", "tcp.flags"]
        )
        assert made[0] == (40, 3, umpa.TCP(flags="SYN").flags)


class TestWhichPackets:
    def test_filters_are_those_of_read(self) -> None:
        for chosen in ("tcp port 80", TCP.dstport == 80, lambda packet: TCP in packet):
            made = umpa.table(FIRST, ENDS, filter=chosen)
            expected = umpa.pick(*ENDS).rows(umpa.read(FIRST, filter=chosen))
            assert list(made) == list(expected)
            assert list(umpa.table(umpa.read(FIRST), ENDS, filter=chosen)) == list(made)

    def test_numbers_are_those_of_the_file(self) -> None:
        made = umpa.table(FIRST, ["frame.number", "udp.dstport"], filter="udp", count=2)
        every = enumerate(umpa.read(FIRST), 1)
        expected = [(n, packet.udp.dstport) for n, packet in every if UDP in packet]
        assert list(made) == expected[:2]
        assert list(umpa.table(FIRST, ["frame.number"])["frame.number"]) == list(range(1, 21))

    def test_count_is_the_most(self) -> None:
        assert len(umpa.table(FIRST, ENDS, count=7)) == 7
        assert len(umpa.table(FIRST, ENDS, count=0)) == 0

    def test_files_may_be_open_already(self) -> None:
        with FIRST.open("rb") as file:
            assert umpa.table(file, ENDS) == umpa.table(str(FIRST), ENDS)

    def test_many(self) -> None:
        """More than are handled at once."""
        made = umpa.table(map(udp, range(10_000)), ["frame.time_epoch", "ip.id", "tcp.seq"])
        assert list(made) == [(number, number, None) for number in range(10_000)]


class TestMistakes:
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            (["ip.sorce"], "'ip' has no field 'sorce'; did you mean 'src'?"),
            (
                ["frame.time_epok"],
                "a frame has no field 'frame.time_epok'; did you mean 'frame.time_epoch'?",
            ),
            (["frame.zyxw"], "; it has frame.number, frame.len, frame.cap_len, frame.time_epoch"),
            ("ip.src", "a list of names, as in ['ip.src']"),
            ([], "at least one column"),
            (["ip.src", IP.src], "'ip.src' is asked for twice"),
            ([("frame.number", "ip.id")], "a column of its own"),
            ([7], "7 is no field"),
        ],
    )
    def test_are_said_before_the_file_is_opened(self, fields: Any, said: str) -> None:
        with pytest.raises(FieldError) as error:
            umpa.table("no-such-file.pcap", fields)
        assert said in str(error.value)

    def test_of_files_and_filters(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="no such file"):
            umpa.table(tmp_path / "none.pcap", ENDS)
        for source in (FIRST, list(umpa.read(FIRST))):
            with pytest.raises(FilterError):
                umpa.table(source, ENDS, filter="tcp prot 80")
            with pytest.raises(FilterError, match="got int"):
                umpa.table(source, ENDS, filter=7)  # type: ignore[arg-type]

    def test_a_column_that_is_not_there(self) -> None:
        made = umpa.table([udp(1)], ["ip.src"])
        with pytest.raises(FieldError, match=r"no column 'ip.scr'; did you mean 'ip.src'\?"):
            made["ip.scr"]
        with pytest.raises(IndexError):
            made[1]


class TestATable:
    def test_is_a_mapping_and_a_sequence(self) -> None:
        made = umpa.table(map(udp, range(5)), ["ip.id", "eth.src", "ip.src", "tcp.options"])
        assert len(made) == 5
        assert "ip.id" in made
        assert "ip.ttl" not in made
        assert list(dict(made)) == list(made.keys()) == [name for name, _ in made.items()]
        assert made[-1] == (4, "00:00:00:00:00:00", "10.0.0.1", None)
        part = made[1:4:2]
        assert list(part) == [made[1], made[3]]
        assert part["eth.src"] == made["eth.src"][1:4:2]
        assert len(made) == 5

    def test_prints_its_first_and_last_rows(self) -> None:
        made = umpa.table(map(udp, range(1000)), ["ip.id", "ip.src"])
        lines = repr(made).splitlines()
        assert lines[0] == "ip.id  ip.src"
        assert lines[1] == "0      10.0.0.1"
        assert lines[11].startswith("...")
        assert lines[-2] == "999    10.0.0.1"
        assert lines[-1] == "[1000 rows, 2 columns]"
        assert repr(made[:1]).splitlines()[-1] == "[1 row, 2 columns]"

    def test_shows_nothing_that_harms(self) -> None:
        packet = Ethernet() / IP() / UDP() / b"<b>\x1b[31m"
        made = umpa.table([packet], ["data.data"])
        assert "\x1b" not in repr(made)
        html = umpa.table([udp(1)], [("tcp.dstport", "ip.src")])._repr_html_()
        assert "<th" in html
        assert "10.0.0.1" in html
        assert "[1 row, 1 column]" in html

    @pytest.mark.slow
    def test_takes_few_bytes_a_packet(self) -> None:
        """8 for the time, 4 for each address, 2 for the port, and 1 for what may be missing."""
        count = 50_000
        umpa.table(map(udp, range(100)), ["frame.time_epoch", *ENDS])
        gc.collect()
        tracemalloc.start()
        try:
            made = umpa.table(map(udp, range(count)), ["frame.time_epoch", *ENDS])
            gc.collect()
            taken = tracemalloc.get_traced_memory()[0] / len(made)
        finally:
            tracemalloc.stop()
        assert taken < 19 * 1.25
