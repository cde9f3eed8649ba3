"""Frames for the tests of links, and reading as a caller would."""

from __future__ import annotations

import struct
import time

from umpa.errors import LinkDown
from umpa.link.base import Frame, Link

MAC = bytes.fromhex("020000000001 020000000002")


def frame(port: int, size: int = 60) -> bytes:
    """A UDP datagram from and to that port; nobody answers it."""
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 9, 17, 0, b"\x0a\0\0\2", b"\x7f\1\1\1"
    )
    udp = struct.pack("!HHHH", port & 0xFFFF, port & 0xFFFF, size - 34, 0)
    return (MAC + b"\x08\0" + ip + udp).ljust(size, b"\x5a")


def port_of(data: bytes) -> int | None:
    """The port of a frame made here."""
    return int.from_bytes(data[36:38], "big") if data[30:34] == b"\x7f\1\1\1" else None


def ports(frames: list[Frame]) -> list[int]:
    """The ports of the frames made here; what else there is on the wire is left out."""
    found = (port_of(data) for _, data, _ in frames)
    return [port for port in found if port is not None]


def collect(link: Link, count: int, seconds: float = 5.0) -> list[Frame]:
    """Read until so many frames made here came, or the time is over."""
    frames: list[Frame] = []
    end = time.monotonic() + seconds
    while len(frames) < count and time.monotonic() < end:
        if link.wait(0.1):
            frames += (got for got in link.read() if port_of(got[1]) is not None)
    return frames


def until_down(link: Link, seconds: float = 5.0) -> str:
    """Read until `LinkDown` is raised; returns its words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if link.wait(0.1):
            try:
                link.read()
            except LinkDown as error:
                return str(error)
    raise AssertionError("no LinkDown")
