"""The bytes of a packet: sixteen a line, or field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from umpa.core.rows import Block, Row, explain

if TYPE_CHECKING:
    from umpa.core.packet import Packet

__all__ = ["dump", "hexdump"]

_WIDTH = 16
_COLUMN = _WIDTH * 3 - 1
_PRINTABLE = bytes(byte if 32 <= byte < 127 else ord(".") for byte in range(256))


def hexdump(packet: Packet, *, fields: bool = False) -> str:
    """See `Packet.hexdump`."""
    if not fields:
        return "\n".join(dump(bytes(packet)))
    view = explain(packet)
    lines = [line for block in view.blocks for line in _block(view.laid.data, block)]
    if view.left:
        last = view.blocks[-1]
        end = last.at + last.size
        lines += [f"{view.left}:", *dump(view.laid.data[end:], end)]
    return "\n".join(lines)


def dump(data: bytes, start: int = 0, most: int | None = None) -> Iterator[str]:
    """Lines of offset, bytes and characters; of `most` bytes at most, the rest is counted."""
    stop = len(data) if most is None else min(most, len(data))
    for at in range(0, stop, _WIDTH):
        piece = data[at : min(at + _WIDTH, stop)]
        text = piece.translate(_PRINTABLE).decode("ascii")
        yield f"{start + at:04x}  {piece.hex(' '):<{_COLUMN}}  {text}"
    if stop < len(data):
        yield f"... {len(data) - stop} bytes more"


def _block(data: bytes, block: Block) -> Iterator[str]:
    """A layer: its title, then its fields in wire order."""
    yield f"{block.title}:"
    if block.layer.name == "data":
        yield from dump(data[block.at : block.at + block.size], block.at)
        return
    width = max((len(row.name) for row in block.rows), default=0)
    done, word = block.at, (block.at, block.at)
    rows = [row for row in block.rows if row.bits]
    for number, row in enumerate(rows):
        first, last = row.start // 8, (row.start + row.bits + 7) // 8
        yield from _fieldless(data, done, first)
        if first >= done and not (row.start % 8 or row.bits % 8):
            done, word = last, (first, last)
            yield from _field(data[first:last], first, row, width)
            continue
        if first >= done:
            done = _word_end(rows[number:])
            word = first, done
            yield f"{first:04x}  {data[first:done].hex(' ')}"
        elif word[1] - word[0] > 4 or last > word[1]:
            word = first, last
        yield f"{'':6}{_bits(data, word, row):<{_COLUMN}}  {row.name:<{width}}  {row.value}"
    yield from _fieldless(data, done, block.at + block.size)


def _fieldless(data: bytes, start: int, stop: int) -> Iterator[str]:
    """Bytes that no field speaks of: reserved ones, filling, what a length field leaves over."""
    if start < stop:
        yield from _labelled(data[start:stop], start, "-")


def _word_end(rows: list[Row]) -> int:
    """Where the bytes end that `rows[0]` shares with the fields behind it."""
    end = rows[0].start + rows[0].bits
    for row in rows[1:]:
        if end % 8 == 0 or row.start >= end + -end % 8:
            break
        end = max(end, row.start + row.bits)
    return (end + 7) // 8


def _field(data: bytes, at: int, row: Row, width: int) -> Iterator[str]:
    """A field of whole bytes, or the options it is made of, each on lines of its own."""
    done = 0
    for item in row.items:
        text = f"{row.name:<{width}}  {item.name} {item.text}"
        yield from _labelled(data[done : done + item.size], at + done, text)
        done += item.size
    if done < len(data):
        yield from _labelled(data[done:], at + done, f"{row.name:<{width}}  {row.value}")


def _labelled(data: bytes, at: int, label: str) -> Iterator[str]:
    """Bytes with what they are behind the first of their lines."""
    for start in range(0, len(data), _WIDTH):
        piece = data[start : start + _WIDTH].hex(" ")
        yield f"{at + start:04x}  {piece:<{_COLUMN}}  {label}".rstrip()
        label = ""


def _bits(data: bytes, word: tuple[int, int], row: Row) -> str:
    """The bits of a field within its word, as in `.... 0101`."""
    size = (word[1] - word[0]) * 8
    digits = f"{int.from_bytes(data[word[0] : word[1]], 'big'):0{size}b}"
    start = row.start - word[0] * 8
    shown = [digits[n] if start <= n < start + row.bits else "." for n in range(size)]
    return " ".join("".join(shown[n : n + 4]) for n in range(0, size, 4))
