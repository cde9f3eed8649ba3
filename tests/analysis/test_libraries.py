"""Tables for NumPy, pandas and Arrow: types, what is missing, exact times, addresses both ways."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import umpa
from umpa import IP, TCP, UDP, Ethernet, IPv6, Packet
from umpa.errors import ExtraMissing

TIME = 1_700_000_000_123_456_789
NAMES = ["frame.time_epoch", "eth.src", "ip.src", "ipv6.src", "tcp.dstport", "tcp.flags"]
NAMES += ["ip.flags.df", "tcp.options"]
MAC = "02:00:00:00:00:01"


def library(name: str) -> Any:
    return import_module(name)


@pytest.fixture
def made() -> umpa.analysis.Table:
    """Of a packet with TCP over IPv4, one with UDP over IPv6, and one of nothing known."""
    tcp = (
        Ethernet(src=MAC) / IP(src="10.0.0.1") / TCP(dstport=443, flags="SYN", options=b"\1\1\1\1")
    )
    packets = [tcp, Ethernet(src=MAC) / IPv6(src="fd00::1") / UDP()]
    wire = [Packet.dissect(bytes(packet), time_ns=TIME + i) for i, packet in enumerate(packets)]
    return umpa.table([*wire, Packet.dissect(b"", linktype=147)], NAMES)


class TestNumPy:
    def test_types_and_values(self, made: umpa.analysis.Table) -> None:
        arrays = made.to_numpy()
        types = ["datetime64[ns]", *["object"] * 3, "uint16", "uint16", "bool", "object"]
        assert [str(array.dtype) for array in arrays.values()] == types
        for name, array in arrays.items():
            assert array.mask.tolist() == [cell is None for cell in made[name]]
        assert arrays["ip.src"].tolist() == ["10.0.0.1", None, None]
        assert arrays["tcp.dstport"].tolist() == [443, None, None]
        assert arrays["tcp.options"].tolist() == [b"\1\1\1\1", None, None]
        assert arrays["frame.time_epoch"].data.view("i8")[:2].tolist() == [TIME, TIME + 1]
        assert library("numpy").isnat(arrays["frame.time_epoch"].data[2])

    def test_addresses_as_integers(self, made: umpa.analysis.Table) -> None:
        arrays = made.to_numpy(addresses="int")
        assert str(arrays["ip.src"].dtype) == "uint32"
        assert arrays["ip.src"].tolist() == [0x0A000001, None, None]
        assert str(arrays["eth.src"].dtype) == "uint64"
        assert arrays["eth.src"].tolist() == [0x020000000001, 0x020000000001, None]
        assert arrays["ipv6.src"].tolist() == [None, (0xFD << 120) + 1, None]

    def test_numbers_share_memory_and_cannot_be_written(self, made: umpa.analysis.Table) -> None:
        first, again = (made.to_numpy()["tcp.dstport"].data for _ in range(2))
        assert library("numpy").shares_memory(first, again)
        with pytest.raises(ValueError, match="read-only"):
            first[0] = 1

    def test_each_different_text_is_one_object(self, captures: Path) -> None:
        texts = umpa.table(captures / "http.pcap", ["ip.src"]).to_numpy()["ip.src"]
        assert len({id(text) for text in texts.data}) == len({*texts.data}) == 3  # and None

    @pytest.mark.parametrize("form", ["text", "int"])
    def test_every_capture_reads_back(self, form: Any, captures: Path) -> None:
        for file in sorted(captures.glob("*.pcap*")):
            made = umpa.table(file, NAMES)
            for name, array in made.to_numpy(form).items():
                if name in ("tcp.dstport", "tcp.flags", "ip.flags.df", "tcp.options") or (
                    form == "text" and name != "frame.time_epoch"
                ):
                    assert array.tolist() == list(made[name]), (file, name)

    @pytest.mark.parametrize("form", ["text", "int"])
    def test_no_rows(self, form: Any) -> None:
        assert [len(array) for array in umpa.table([], NAMES).to_numpy(form).values()] == [0] * 8


@pytest.mark.slow  # pandas is not installed where only what is quick is run
class TestPandas:
    def test_types_and_values(self, made: umpa.analysis.Table) -> None:
        frame = made.to_pandas()
        types = [
            "datetime64[ns, UTC]",
            *["category"] * 3,
            "UInt16",
            "UInt16",
            "boolean",
            "category",
        ]
        assert [str(dtype) for dtype in frame.dtypes] == types
        assert frame.isna().values.T.tolist() == [
            [cell is None for cell in c] for c in made.values()
        ]
        assert [int(time.value) for time in frame["frame.time_epoch"][:2]] == [TIME, TIME + 1]
        assert frame.iloc[0, 1:].tolist()[:4:3] == [MAC, 443]
        assert frame["ipv6.src"][1] == "fd00::1"

    def test_addresses_as_integers(self, made: umpa.analysis.Table) -> None:
        frame = made.to_pandas(addresses="int")
        assert [str(frame[name].dtype) for name in NAMES[1:4]] == ["UInt64", "UInt32", "category"]
        assert frame["ipv6.src"][1] == (0xFD << 120) + 1

    @pytest.mark.parametrize("form", ["text", "int"])
    def test_no_rows(self, form: Any) -> None:
        assert umpa.table([], NAMES).to_pandas(form).shape == (0, 8)


@pytest.mark.slow  # neither is pyarrow
class TestArrow:
    def test_types_and_values(self, made: umpa.analysis.Table) -> None:
        table = made.to_arrow()
        texts, raw = (
            f"dictionary<values={kind}, indices=int32, ordered=0>" for kind in ("string", "binary")
        )
        types = ["timestamp[ns, tz=UTC]", texts, texts, texts, "uint16", "uint16", "bool", raw]
        assert [str(field.type) for field in table.schema] == types
        for name in NAMES[1:]:
            assert table[name].to_pylist() == list(made[name]), name
        times = table["frame.time_epoch"].cast(library("pyarrow").int64()).to_pylist()
        assert times == list(made["frame.time_epoch"])

    def test_addresses_as_integers(self, made: umpa.analysis.Table) -> None:
        table = made.to_arrow(addresses="int")
        assert table["ip.src"].to_pylist() == [0x0A000001, None, None]
        assert table["eth.src"].to_pylist() == [0x020000000001, 0x020000000001, None]
        assert table["ipv6.src"].to_pylist() == [None, b"\xfd" + bytes(14) + b"\1", None]

    @pytest.mark.parametrize("form", ["text", "int"])
    def test_no_rows(self, form: Any) -> None:
        assert umpa.table([], NAMES).to_arrow(form).shape == (0, 8)


@pytest.mark.parametrize(
    ("method", "missing", "install"),
    [
        ("to_numpy", "numpy", "'umpa[columns]'"),
        ("to_pandas", "pandas", "'umpa[columns]' pandas"),
        ("to_arrow", "pyarrow", "'umpa[columns]' pyarrow"),
    ],
)
def test_what_is_not_installed_is_said(
    method: str,
    missing: str,
    install: str,
    made: umpa.analysis.Table,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ExtraMissing) as error:
        getattr(made, method)()
    assert str(error.value) == f"this needs {missing}: pip install {install}"
