"""A packet as HTML tables, one a layer: what a notebook shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from umpa.core.rows import Block, Row, explain, markup

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["html"]

_COLORS = {"wrong": "#b00020", "pinned": "#8a5a00", "good": "#1b6e2c"}
_CELL = 'style="text-align:left;padding:1px 8px"'


def html(packet: Packet) -> str:
    """See `Packet._repr_html_`: HTML that stands by itself, every text escaped."""
    view = explain(packet)
    parts = [part for block in view.blocks for part in _block(block)]
    if view.left:
        parts.append(f"<p>{view.left}</p>")
    if view.laid.error is not None:
        parts.append(f'<p style="color:{_COLORS["wrong"]}">{markup(str(view.laid.error))}</p>')
    return f"<div>{''.join(parts)}</div>"


def _block(block: Block) -> Iterator[str]:
    margin = "2em" if block.quoted else "0"
    yield (
        f'<table style="margin:0 0 .5em {margin};font-family:monospace">'
        f'<caption style="text-align:left;font-weight:bold">{markup(block.title)}</caption>'
    )
    yield from map(_row, block.rows)
    yield "</table>"


def _row(row: Row) -> str:
    value = "<br>".join(
        [markup(row.text), *(markup(f"{item.name} {item.text}") for item in row.items)]
    )
    color = _COLORS.get(row.mark.kind, "#666") if row.mark else ""
    note = f'<span style="color:{color}">{markup(row.mark.text)}</span>' if row.mark else ""
    cells = "".join(f"<td {_CELL}>{cell}</td>" for cell in (value, markup(row.meaning), note))
    doc = markup(row.field.doc)
    return f'<tr><th {_CELL} title="{doc}">{markup(row.name)}</th>{cells}</tr>'
