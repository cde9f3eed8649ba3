"""Columns for NumPy, pandas and Arrow, which are imported only here, and only when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from umpa.analysis.column import Addresses, Coded, Column, Numbers, Packed, Times
from umpa.errors import ExtraMissing

if TYPE_CHECKING:
    from umpa.analysis.table import AddressForm, Table

__all__ = ["arrow_table", "numpy_array", "pandas_frame"]

_MAC = 6


def _library(name: str, install: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise ExtraMissing(f"this needs {name}: pip install {install}") from None


def _numpy() -> Any:
    return _library("numpy", "'umpa[columns]'")


def _gaps(column: Column) -> Any:
    np = _numpy()
    return np.frombuffer(column.missing, dtype=bool) if len(column) else np.zeros(0, dtype=bool)


def _words(column: Numbers) -> Any:
    """The words, in the column's own memory."""
    np = _numpy()
    words = np.asarray(memoryview(column.words))
    if isinstance(column, Times):
        words = words.view("datetime64[ns]")
    elif column.read is bool:
        words = words.view(bool)
    words.flags.writeable = False
    return words


def _is_number(column: Column, addresses: AddressForm) -> bool:
    """Whether its words are what is handed over."""
    if isinstance(column, Addresses):
        return addresses == "int"
    return isinstance(column, Numbers)


def _is_mac(column: Column) -> bool:
    return isinstance(column, Packed) and column.is_address and column.size == _MAC


def _mac_numbers(column: Packed) -> Any:
    np = _numpy()
    padded = np.zeros((len(column), 8), dtype="u1")
    padded[:, 8 - _MAC :] = np.frombuffer(bytes(column.data), "u1").reshape(-1, _MAC)
    return padded.view(">u8").reshape(-1).astype("u8")


def _coded(column: Column, addresses: AddressForm) -> tuple[Any, list[Any]]:
    """For each cell the number of its value, and the values: what differs is made once."""
    np = _numpy()
    if isinstance(column, Coded):
        return np.asarray(memoryview(column.codes)).astype("i4"), column.values
    there = ~_gaps(column)
    if isinstance(column, Packed):
        words = np.frombuffer(bytes(column.data), f"V{column.size}")
    else:
        assert isinstance(column, Numbers)
        words = _words(column)
    different, numbers = np.unique(words[there], return_inverse=True)
    codes = np.zeros(len(column), "i4")
    codes[there] = numbers
    if isinstance(column, Packed) and addresses == "int" and column.is_address:
        return codes, [int.from_bytes(bytes(word), "big") for word in different]
    read: Any = column.read
    return codes, [read(word) for word in different.tolist()]


def numpy_array(column: Column, addresses: AddressForm) -> Any:
    """See `Table.to_numpy`."""
    np = _numpy()
    gaps = _gaps(column)
    if isinstance(column, Numbers) and _is_number(column, addresses):
        return np.ma.MaskedArray(_words(column), gaps)
    if isinstance(column, Packed) and addresses == "int" and _is_mac(column):
        return np.ma.MaskedArray(_mac_numbers(column), gaps)
    codes, values = _coded(column, addresses)
    cells = np.empty(len(column), dtype=object)
    if values:
        objects = np.empty(len(values), dtype=object)
        objects[:] = values
        cells[:] = objects[codes]
    cells[gaps] = None
    return np.ma.MaskedArray(cells, gaps)


def pandas_frame(table: Table, addresses: AddressForm) -> Any:
    """See `Table.to_pandas`."""
    pandas = _library("pandas", "'umpa[columns]' pandas")
    return pandas.DataFrame(
        {name: _pandas_column(column, addresses) for name, column in table.items()}
    )


def _pandas_column(column: Column, addresses: AddressForm) -> Any:
    pandas = _library("pandas", "'umpa[columns]' pandas")
    np = _numpy()
    gaps = _gaps(column)
    if isinstance(column, Times):
        return pandas.Series(_words(column).copy()).dt.tz_localize("UTC")
    numbers = numpy_array(column, addresses)
    if numbers.dtype == bool:
        return pandas.arrays.BooleanArray(numbers.data.copy(), gaps.copy())
    if numbers.dtype != object:
        return pandas.arrays.IntegerArray(numbers.data.copy(), gaps.copy())
    codes, values = _coded(column, addresses)
    return pandas.Categorical.from_codes(
        np.where(gaps, -1, codes), pandas.Index(values, dtype=object)
    )


def arrow_table(table: Table, addresses: AddressForm) -> Any:
    """See `Table.to_arrow`."""
    arrow = _library("pyarrow", "'umpa[columns]' pyarrow")
    return arrow.table(
        {name: _arrow_column(arrow, column, addresses) for name, column in table.items()}
    )


def _arrow_column(arrow: Any, column: Column, addresses: AddressForm) -> Any:
    np = _numpy()
    gaps = _gaps(column)
    if isinstance(column, Times):
        words = np.asarray(memoryview(column.words))
        return arrow.array(words, mask=gaps).cast(arrow.timestamp("ns", tz="UTC"))
    if (
        isinstance(column, Packed)
        and addresses == "int"
        and column.is_address
        and not _is_mac(column)
    ):
        size = column.size
        cells = [None if gap else bytes(column.data[at * size : (at + 1) * size])
                 for at, gap in enumerate(gaps)]  # fmt: skip
        return arrow.array(cells, arrow.binary(size))
    numbers = numpy_array(column, addresses)
    if numbers.dtype != object:
        return arrow.array(numbers.data, mask=gaps)
    codes, values = _coded(column, addresses)
    kinds = {type(value) for value in values}
    if len(kinds) > 1 or not kinds <= {str, bytes, int, bool}:
        values = [str(value) for value in values]
    codes = arrow.array(codes, mask=gaps)
    plain = arrow.array(values) if values else arrow.array([], arrow.string())
    return arrow.DictionaryArray.from_arrays(codes, plain)
