"""The headers of a packet as RFCs draw them: rows of 32 bits, as SVG that stands by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from umpa.core.rows import Block, Row, explain, markup

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["svg"]

_BITS = 32
_UNIT = 26
"""Pixels of a bit."""
_HEIGHT = 36
_MARGIN = 12
_TITLE = 40
_TALL = 4
"""Rows from which on a field is drawn shorter than it is."""
_FILLS = {"wrong": "#fbd5d5", "pinned": "#fdf0c4", "auto": "#e6f2e6"}
_STYLE = (
    "text{font-family:ui-monospace,Menlo,Consolas,monospace;fill:#1a1a1a}"
    ".t{font-size:14px;font-weight:bold}.r{font-size:8px;fill:#888;text-anchor:middle}"
    ".n{font-size:10px;fill:#555;text-anchor:middle}.v{font-size:12px;text-anchor:middle}rect{stroke:#444;stroke-width:1}"
)


class Cell(NamedTuple):
    """Some bits in a row of their own, or several whole rows."""

    row: Row
    line: int
    start: int
    bits: int
    lines: int
    labelled: bool


def svg(packet: Packet) -> str:
    """See `Packet.svg`."""
    body: list[str] = []
    y = _MARGIN
    view = explain(packet)
    for block in view.blocks:
        body.append(_title(block, y))
        cells = list(_cells(block))
        y += _TITLE
        body += (_cell(cell, y) for cell in cells)
        y += max((cell.line + cell.lines for cell in cells), default=0) * _HEIGHT + _MARGIN
    if view.left:
        body.append(f'<text class="t" x="{_MARGIN}" y="{y + 16}">{view.left}</text>')
        y += _TITLE
    width = _BITS * _UNIT + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" '
        f'viewBox="0 0 {width} {y}"><style>{_STYLE}</style>'
        f'{_ruler()}<path fill="#fff" d="M0 0H{width}V{y}H0z"/>{"".join(body)}</svg>'
    )


def _title(block: Block, y: int) -> str:
    title = f'<text class="t" x="{_MARGIN}" y="{y + 16}">{markup(block.title)}</text>'
    return f'{title}<use href="#ruler" x="{_MARGIN}" y="{y + _TITLE - 5}"/>'


def _ruler() -> str:
    """The numbers of the bits, drawn once and used above each header."""
    numbers = "".join(
        f'<text class="r" x="{bit * _UNIT + _UNIT // 2}">{bit}</text>' for bit in range(_BITS)
    )
    return f'<defs><g id="ruler">{numbers}</g></defs>'


def _cells(block: Block) -> Iterator[Cell]:
    """The pieces of each field, row by row; long ones with fewer rows than they have."""
    saved = 0
    for row, start, bits in _pieces(block):
        at = start - block.at * 8
        runs = list(_runs(at, bits))
        widest = max(range(len(runs)), key=lambda n: runs[n][2] * runs[n][3])
        for number, (line, column, size, lines) in enumerate(runs):
            drawn = min(lines, _TALL)
            yield Cell(row, line - saved, column, size, drawn, number == widest)
            saved += lines - drawn


def _runs(at: int, bits: int) -> Iterator[tuple[int, int, int, int]]:
    """Row, first bit in it, bits in it, and rows: the whole rows in the middle taken together."""
    while bits > 0:
        line, column = divmod(at, _BITS)
        whole = bits // _BITS if not column else 0
        size = _BITS if whole else min(bits, _BITS - column)
        taken = whole * _BITS or size
        yield line, column, size, max(whole, 1)
        at, bits = at + taken, bits - taken


def _pieces(block: Block) -> Iterator[tuple[Row, int, int]]:
    """Each bit once, as part of the narrowest field that has it."""
    rows = [row for row in block.rows if row.bits]
    for number, row in enumerate(rows):
        at, end = row.start, row.start + row.bits
        for other in rows[number + 1 :]:
            if other.start >= end:
                break
            if other.start > at:
                yield row, at, other.start - at
            at = max(at, other.start + other.bits)
        if at < end:
            yield row, at, end - at


def _cell(cell: Cell, top: int) -> str:
    row = cell.row
    x, y = _MARGIN + cell.start * _UNIT, top + cell.line * _HEIGHT
    width, height = cell.bits * _UNIT, cell.lines * _HEIGHT
    fill = _FILLS.get(row.mark.kind, "#fff") if row.mark else "#fff"
    name = row.name if width > 6 * len(row.name) + 4 else row.name.rpartition("_")[2]
    value = row.value if _fits(row.value, width) else row.text
    if row.bits == 1:
        value = {"True": "1", "False": "0"}.get(value, value)
    if row.items:
        value = ", ".join(f"{item.name} {item.text}".strip() for item in row.items)
    if not cell.labelled:
        name, value = f"{name} ...", ""
    middle, half = x + width / 2, y + height / 2
    return (
        f"<g><title>{markup(' '.join(filter(None, (row.name, row.value, row.note))))}</title>"
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>'
        f'<text class="n" x="{middle:g}" y="{half - 4:g}">'
        f"{markup(_short(name, width, 6.2))}</text>"
        f'<text class="v" x="{middle:g}" y="{half + 11:g}">'
        f"{markup(_short(value, width, 7.4))}</text></g>"
    )


def _fits(text: str, width: int) -> bool:
    return len(text) * 7.4 <= width - 4


def _short(text: str, width: int, per_char: float) -> str:
    """As much of a text as its cell is wide."""
    room = int((width - 4) / per_char)
    return text if len(text) <= room else text[: max(1, room - 1)] + "\u2026"
