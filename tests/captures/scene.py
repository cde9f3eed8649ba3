"""The register of scenes, each the making of one capture file."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from tests.captures.lab import Lab

Scene = Callable[[Lab, Path], None]
SCENES: dict[str, Scene] = {}
SECTION_HEADER = b"\x0a\x0d\x0d\x0a"


def scene(file: str) -> Callable[[Scene], Scene]:
    """Register a scene under the name of the file that it writes."""

    def register(function: Scene) -> Scene:
        SCENES[file] = function
        return function

    return register


# For each block type with such options: where its options start, and which name the machine.
MACHINE_OPTIONS = {
    0x0A0D0D0A: (24, {2, 3}),  # section header: shb_hardware, shb_os
    0x00000001: (16, {12, 15}),  # interface description: if_os, if_hardware
}


def without_machine(content: bytes) -> bytes:
    """A capture without the pcapng options that name the recording machine and its system."""
    if not content.startswith(SECTION_HEADER):
        return content
    kept, at = [], 0
    while at < len(content):
        kind, length = struct.unpack_from("<II", content, at)
        start, unwanted = MACHINE_OPTIONS.get(kind, (length - 4, set()))
        body = content[at + 8 : at + start]
        options = without_options(content[at + start : at + length - 4], unwanted)
        total = struct.pack("<I", 12 + len(body) + len(options))
        kept.append(struct.pack("<I", kind) + total + body + options + total)
        at += length
    return b"".join(kept)


def without_options(options: bytes, unwanted: set[int]) -> bytes:
    """pcapng options, those with an unwanted code left out."""
    kept, at = b"", 0
    while at < len(options):
        code, size = struct.unpack_from("<HH", options, at)
        end = at + 4 + size + -size % 4
        if code not in unwanted:
            kept += options[at:end]
        at = end
    return kept
