"""The FlowSets of NetFlow version 9 (RFC 3954, section 5), as far as counting them goes."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["count_of_sets"]

_TEMPLATES, _OPTIONS = 0, 1
_FIRST_DATA = 256


def count_of_sets(data: bytes) -> int | None:
    """Templates and data records together; None where the data does not say."""
    sizes: dict[int, int] = {}
    count = 0
    while len(data) >= 4:
        kind, length = _short(data, 0), _short(data, 2)
        if not 4 <= length <= len(data):
            return None
        records, data = data[4:length], data[length:]
        if kind in (_TEMPLATES, _OPTIONS):
            templates = list(_templates(records, options=kind == _OPTIONS))
            sizes.update(templates)
            count += len(templates)
        elif kind >= _FIRST_DATA and sizes.get(kind):
            count += len(records) // sizes[kind]
        else:
            return None
    return None if any(data) else count


def _templates(records: bytes, *, options: bool) -> Iterator[tuple[int, int]]:
    """The number of each template, and the bytes of a record that follows it."""
    header = 6 if options else 4
    while len(records) >= header and (number := _short(records, 0)) >= _FIRST_DATA:
        fields = _short(records, 2) + _short(records, 4) if options else _short(records, 2) * 4
        if header + fields > len(records):
            return
        stops = range(header, header + fields - 3, 4)
        yield number, sum(_short(records, at + 2) for at in stops)
        records = records[header + fields :]


def _short(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")
