"""What is fuzzed: each target takes any bytes, and raises where umpa breaks a promise."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import umpa
from umpa.core.packet import Packet
from umpa.errors import EncodeError, FieldError, FileError
from umpa.savefile import Reader, Writer

__all__ = ["TARGETS", "Target", "seeds"]

CAPTURES = Path(__file__).parent.parent / "captures"
LINKTYPES = {
    "ethernet": 1,
    "ip": 228,
    "ipv6": 229,
    "null": 0,
    "ppp": 9,
    "raw": 101,
    "wlan": 105,
    "sll": 113,
    "sll2": 276,
}
MANY = 30
"""Layers of which each knows its bytes only from the whole packet."""
Target = Callable[[bytes], None]


def frame(data: bytes, linktype: int) -> None:
    """Dissect, ask everything, change, build: for one frame."""
    packet = Packet.dissect(data, linktype)
    asked(packet, data)
    changed(Packet.dissect(data, linktype))
    cut = Packet.dissect(data[: len(data) * 3 // 4], linktype, wire_length=len(data))
    asked(cut, data[: len(data) * 3 // 4])


def asked(packet: Packet, data: bytes) -> None:
    """A packet that is only read: nothing raises, and its bytes stay."""
    assert bytes(packet) == data
    for layer in packet.layers:
        for name in layer:
            str(layer[name])
        assert layer.checksum_status in ("good", "bad", "unverified", "absent")
    if len(packet.layers) < MANY:
        assert b"".join(map(bytes, packet.layers)) == data
    assert packet.error is None or str(packet.error)
    text = f"{packet}{packet.summary()}{packet.hexdump(fields=True)}"
    assert text.isprintable() or "\n" in text
    assert packet.untouched
    back = Packet.from_dict(json.loads(json.dumps(packet.to_dict())))
    assert bytes(back) == data
    assert bytes(pickle.loads(pickle.dumps(packet))) == data


def changed(packet: Packet) -> None:
    """A packet that was changed is written alike by all its copies, and what is written reads."""
    packet.include(b"")
    try:
        data = bytes(packet)
    except EncodeError:
        return
    assert bytes(packet.copy()) == data
    assert bytes(pickle.loads(pickle.dumps(packet))) == data
    assert bytes(Packet.from_dict(packet.to_dict())) == data
    if len(packet.layers) < MANY:
        assert b"".join(map(bytes, packet.layers)) == data
    assert Packet.dissect(data, packet.linktype).layers or not data
    for layer in packet.layers[:20]:
        for name in list(layer)[:40]:
            with contextlib.suppress(FieldError):  # a view, which is read only
                layer[name] = layer[name]
    with contextlib.suppress(EncodeError):
        bytes(packet)


def frames_of(linktype: int) -> Target:
    return lambda data: frame(data, linktype)


def any_link(data: bytes) -> None:
    """The first two bytes choose the link type."""
    frame(data[2:], int.from_bytes(data[:2], "big"))


def savefile(data: bytes) -> None:
    """A capture file: packets, then perhaps one `FileError`; what was read is written and read."""
    packets = []
    try:
        for packet in Reader(io.BytesIO(data)):
            packets.append(packet)
            if len(packets) > 200:
                break
    except FileError as error:
        said = str(error)
        assert "\n" not in said
    for packet in packets:
        assert packet.wire_length >= 0
        assert packet.error is None or str(packet.error)
    written(packets)


def written(packets: list[Packet]) -> None:
    target = io.BytesIO()
    kept = [packet for packet in packets if packet.time_ns is None or 0 <= packet.time_ns < 1 << 62]
    try:
        with Writer(target, format="pcapng") as writer:
            writer.write_all(kept)
    except EncodeError:
        return
    again = list(Reader(io.BytesIO(target.getvalue())))
    assert [bytes(one) for one in again] == [bytes(one) for one in kept]
    assert [one.linktype for one in again] == [one.linktype for one in kept]
    assert [one.wire_length for one in again] == [one.wire_length for one in kept]


def conversations(data: bytes) -> None:
    """IP packets, the length of each before it: each byte of a stream is there once, or a gap."""
    packets: list[Packet] = []
    while data:
        end = 1 + data[0]
        packets.append(Packet.dissect(data[1:end], LINKTYPES["raw"], time_ns=len(packets)))
        data = data[end:]
    found = umpa.streams(packets, limit=3, buffer=500)
    for stream in found:
        for way in (stream.to_server, stream.to_client):
            parts = [(piece.offset, len(piece.data)) for piece in way.pieces]
            parts += [(gap.offset, gap.size) for gap in way.gaps]
            end = 0
            for offset, size in sorted(parts):
                assert (offset, size > 0) == (end, True)
                end += size
            assert end == way.size
    assert found.packets == umpa.flows(packets, limit=3).packets == len(packets)


TARGETS: dict[str, Target] = {name: frames_of(number) for name, number in LINKTYPES.items()}
TARGETS.update({"any": any_link, "savefile": savefile, "conversations": conversations})


def seeds(name: str) -> Iterator[bytes]:
    """Where to begin: the frames, or the files, that were recorded for the tests."""
    for path in sorted(CAPTURES.glob("*.pcap*")):
        if name == "savefile":
            yield path.read_bytes()[:2000]
            continue
        if name == "conversations":
            yield b"".join(with_length(packet) for packet in head(path.open("rb")))
            continue
        for packet in head(path.open("rb")):
            if name == "any":
                yield packet.linktype.to_bytes(2, "big") + bytes(packet)
            elif packet.linktype == LINKTYPES[name]:
                yield bytes(packet)
            elif packet.linktype == 1 and name in ("ip", "ipv6", "raw"):
                yield bytes(packet)[14:]


def with_length(packet: Packet) -> bytes:
    """The IP packet of a frame, as far as a byte can tell its length."""
    data = bytes(packet)[14 if packet.linktype == 1 else 0 :][:255]
    return bytes([len(data)]) + data


def head(file: BinaryIO) -> Iterator[Packet]:
    with file, Reader(file) as reader:
        for number, packet in enumerate(reader):
            if number >= 12:
                return
            yield packet
