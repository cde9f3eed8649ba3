"""Before time is compared, answers are: all libraries must have seen and made the same."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.bench.measure import BASE
from tests.bench.mix import checksum, pseudo

Peers = dict[str, ModuleType]


class Disagreement(Exception):
    """Two libraries gave different answers."""


def plain(value: Any) -> Any:
    """One form for what libraries read differently: addresses as text, numbers as numbers."""
    if isinstance(value, bytes):
        if len(value) == 4:
            return socket.inet_ntoa(value)
        if len(value) == 6:
            return value.hex(":")
        if len(value) == 16:
            return socket.inet_ntop(socket.AF_INET6, value)
        return value
    if isinstance(value, list):
        return None  # options decoded one by one: not compared
    return value if isinstance(value, str) else int(value)


def same_rows(peers: Peers, task: str, path: Path) -> None:
    """Every row that a task keeps is that of the base."""
    kept: dict[str, list[tuple[Any, ...]]] = {}
    for name, peer in peers.items():
        rows: list[tuple[Any, ...]] = []
        getattr(peer, task)(path, rows.append)
        kept[name] = [tuple(plain(value) for value in row) for row in rows]
    for name, rows in kept.items():
        for number, (own, base) in enumerate(zip(rows, kept[BASE], strict=True)):
            pairs = zip(own, base, strict=True)
            if any(a != b for a, b in pairs if a is not None):
                raise Disagreement(f"{task}, packet {number}:\n{name} {own}\n{BASE} {base}")


def same(peers: Peers, answer: Callable[[ModuleType], Any]) -> None:
    """One answer is that of the base."""
    base = answer(peers[BASE])
    for name, peer in peers.items():
        own = answer(peer)
        if own != base:
            if isinstance(own, list):
                at = next(
                    i for i, pair in enumerate(zip(own, base, strict=True)) if len({*pair}) > 1
                )
                own, base = f"at {at}: {own[at].hex()}", base[at].hex()
            raise Disagreement(f"{name}: {own}, but {BASE}: {base}")


def valid_tcp(name: str, made: Iterable[bytes], payload: bytes) -> None:
    """Ethernet/IP/TCP frames between the usual addresses, with right lengths and checksums."""
    for frame in made:
        ip, segment = frame[14:34], frame[34:]
        right = (
            frame[:14] == bytes.fromhex("0200000000020200000000010800")
            and ip[12:] == bytes((10, 0, 0, 1, 10, 0, 0, 2))
            and int.from_bytes(ip[2:4], "big") == len(frame) - 14
            and segment.endswith(payload)
            and checksum(ip) == 0
            and checksum(pseudo(6, ip[12:16], ip[16:], len(segment)) + segment) == 0
        )
        if not right:
            raise Disagreement(f"{name} made {frame.hex()}")


def frames_of(path: Path) -> Iterator[bytes]:
    """The frames of a pcap file of either byte order."""
    content = path.read_bytes()
    order = "<" if content[0] in (0xD4, 0x4D) else ">"
    at = 24
    while at < len(content):
        (length,) = struct.unpack_from(f"{order}I", content, at + 8)
        yield content[at + 16 : at + 16 + length]
        at += 16 + length


def same_frames(name: str, path: Path, target: Path) -> None:
    """The copy has the frames of the original."""
    if list(frames_of(path)) != list(frames_of(target)):
        raise Disagreement(f"{name} wrote other frames than it read")
