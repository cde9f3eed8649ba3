"""Frames to test with: those of a corpus, of the bundled captures, and broken copies of them.

`UMPA_CORPUS` names a folder with a folder `dev` of captures, and beside it `oracle/dev` with what
tshark says of each packet and `tools` with the scorer. Without it, the bundled captures serve.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from umpa.errors import FileError
from umpa.savefile import Reader

__all__ = ["BUNDLED", "CORPUS", "Frame", "broken", "frames"]

CORPUS = os.environ.get("UMPA_CORPUS", "")
BUNDLED = Path(__file__).parent.parent / "captures"


class Frame(NamedTuple):
    """Bytes as captured, and where they come from."""

    capture: str
    number: int
    linktype: int
    wire_length: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.capture} packet {self.number}: {self.data.hex()}"


def frames() -> Iterator[Frame]:
    """Every frame of every capture; of a damaged one, those before the damage."""
    root = Path(CORPUS) / "dev" if CORPUS else BUNDLED
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".md", ".tsv", ".pyc"):
            yield from _frames_of(path, root)


def _frames_of(path: Path, root: Path) -> Iterator[Frame]:
    name = str(path.relative_to(root))
    try:
        with Reader(path) as reader:
            for number, packet in enumerate(reader, 1):
                yield Frame(name, number, packet.linktype, packet.wire_length, bytes(packet))
    except FileError:
        return


def broken(count: int, seed: int = 1) -> Iterator[Frame]:
    """`count` frames with flipped bits, other bytes, cuts, splices, or lengths that lie."""
    whole = [frame for frame in frames() if len(frame.data) < 2000]
    choose = random.Random(seed)
    for _ in range(count):
        frame = choose.choice(whole)
        data = bytearray(frame.data)
        for _ in range(choose.choice((1, 1, 2, 4))):
            data = _mutated(data, whole, choose)
        yield frame._replace(data=bytes(data), wire_length=len(data))


def _mutated(data: bytearray, whole: list[Frame], choose: random.Random) -> bytearray:
    at = choose.randrange(len(data) + 1)
    kind = choose.randrange(7)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << choose.randrange(8)
    elif kind == 1 and at < len(data):
        data[at] = choose.choice((0, 1, 4, 0x45, 0x60, 0x7F, 0x80, 0xFF))
    elif kind == 2:
        return data[:at]
    elif kind == 3:
        return data + data[at:]
    elif kind == 4:
        return data[:at] + choose.choice(whole).data[at:]
    elif kind == 5:
        return data[:at] + bytes(choose.randrange(4)) + data[at:]
    elif at + 2 <= len(data):
        data[at : at + 2] = choose.choice((b"\0\0", b"\0\1", b"\xff\xff", b"\x05\xdc"))
    return data
